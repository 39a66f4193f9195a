"""What the differential tests share: the corpus, the oracle and its kept answers, known differences.

The oracle's answers for the whole corpus are kept outside the checkout, under a name that is a hash
of the oracle's sources and of the corpus's listing: another oracle or another corpus asks anew.
"""

import fcntl
import hashlib
import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.abspath(__file__))
ORACLE = os.path.join(TESTS, "oracle")
JUDGE = os.path.join(TESTS, "judge")
SKIPPED = 77  # what CTest takes for "skipped"
SHOWN = 20  # differing files that are described


def corpus():
    """The corpus folder; ends the program as skipped if there is none."""
    folder = os.environ.get("RUSTLE_CORPUS", "")
    if not os.path.isdir(folder):
        print("skipped: RUSTLE_CORPUS names no folder; tools/test sets it")
        sys.exit(SKIPPED)
    return os.path.realpath(folder)


def cache():
    folder = os.environ.get("RUSTLE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "rustle")
    os.makedirs(folder, exist_ok=True)
    return folder


def listing(folder):
    """(path, size, mtime) of every regular .rs file below the folder, by path."""
    found = []
    todo = [folder]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                elif entry.name.endswith(".rs") and entry.is_file(follow_symlinks=False):
                    stat = entry.stat(follow_symlinks=False)
                    path = os.path.relpath(entry.path, folder)
                    found.append((path, stat.st_size, stat.st_mtime_ns))
    return sorted(found)


def run(argv, paths, folder, timeout):
    """The output lines of a program that reads paths, and the reason if it failed."""
    stdin = "".join(path + "\n" for path in paths)
    try:
        done = subprocess.run(argv, input=stdin, cwd=folder, stdout=subprocess.PIPE, text=True,
                              timeout=timeout)
    except subprocess.TimeoutExpired as expired:
        return (expired.stdout or b"").decode().splitlines(), f"took more than {timeout} s"
    why = f"ended with status {done.returncode}" if done.returncode else None
    return done.stdout.splitlines(), why


def build_oracle(folder):
    return subprocess.run([os.path.join(ORACLE, "build.sh"), folder], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


def oracle_sources():
    for folder, folders, names in os.walk(ORACLE):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".rs", ".toml", ".lock", ".sh")):
                yield os.path.join(folder, name)


def oracle_lines(command, folder, files):
    """What `oracle COMMAND --hash` says of the files, a line each, kept from run to run."""
    key = hashlib.sha256(command.encode())
    for path in oracle_sources():
        with open(path, "rb") as file:
            key.update(hashlib.sha256(file.read()).digest())
    key.update(repr(files).encode())
    kept = os.path.join(cache(), f"oracle-{command}-{key.hexdigest()[:32]}.tsv")
    # Two tests may want it at once; whoever comes second waits and finds it.
    with open(os.path.join(cache(), f".oracle-{command}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(kept):
            paths = [path for path, _, _ in files]
            argv = [build_oracle(folder), command, "--hash", "-"]
            lines, why = run(argv, paths, folder, timeout=3600)
            if why or len(lines) != len(paths):
                sys.exit(f"the oracle gave {len(lines)} of {len(paths)} lines: {why}")
            for name in os.listdir(cache()):
                if name.startswith(f"oracle-{command}-"):
                    os.remove(os.path.join(cache(), name))
            with open(kept + ".partial", "w") as file:
                file.writelines(line + "\n" for line in lines)
            os.rename(kept + ".partial", kept)
    with open(kept) as file:
        return file.read().splitlines()


def known_differences(test):
    """path -> reason, of one test's lines in judge/known_differences.tsv."""
    known = {}
    with open(os.path.join(JUDGE, "known_differences.tsv")) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                of, path, reason = line.rstrip("\n").split("\t")
                if of == test:
                    known[path] = reason
    return known


def first_difference(ours, theirs):
    """The first pair of lines that differ, with "-" for a line that only the other side has."""
    for i in range(max(len(ours), len(theirs))):
        a = ours[i] if i < len(ours) else "-"
        b = theirs[i] if i < len(theirs) else "-"
        if a != b:
            return a, b
    return None


def compare(test, our_argv, oracle_command, describe, same=lambda ours, theirs: ours == theirs):
    """Compares our line for each file with the oracle's; `describe(path)` gives our lines and the
    oracle's for one file. Returns what must be printed of it: the exit status and the pairs of
    lines that count."""
    folder = corpus()
    files = listing(folder)
    paths = [path for path, _, _ in files]
    theirs = oracle_lines(oracle_command, folder, files)
    ours, why = run(our_argv, paths, folder, timeout=1800)
    if why or len(ours) != len(paths):
        stopped = paths[len(ours)] if len(ours) < len(paths) else "the end"
        print(f"{test}: {our_argv[0]} {why or 'gave too few lines'} at {stopped}")
        return 1, []
    known = known_differences(test)
    pairs = list(zip(paths, ours, theirs))
    differing = [path for path, a, b in pairs if not same(a, b)]
    new = [path for path in differing if path not in known]
    stale = sorted(set(known) - set(differing))
    oracle = build_oracle(folder) if new else None
    for path in new[:SHOWN]:
        print(f"differs: {path}")
        difference = first_difference(*describe(oracle, os.path.join(folder, path)))
        if difference is None:
            print("  only in the hash: the listings are equal")
        else:
            print(f"  rustle: {difference[0]}\n  oracle: {difference[1]}")
    for path in stale:
        print(f"known difference that is none any more: {path}")
    print(f"{test}: {len(differing)} files differ: {len(differing) - len(new)} known, "
          f"{len(new)} unexplained")
    return (1 if new or stale else 0), pairs


def output(argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          errors="replace", text=True).stdout.splitlines()
