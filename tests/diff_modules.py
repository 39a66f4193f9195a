"""Compares the files that rustle finds to belong to each crate with what two others say.

Usage: diff_modules.py DIFF_MODULES_LIST DIFF_MANIFEST_DUMP, with the corpus folder in RUSTLE_CORPUS.

The crates are those of every package with a Cargo.toml in vendor/, compiler/, library/ and
src/tools/ of the corpus.

1. The oracle goes through the items as syn sees them, by the rules of the Reference: for each root
   the set of files must be the same. Left out are crates with a file that syn rejects, unless the
   sets are equal all the same.
2. rustc, if there is one, writes the files that it reads for each library and binary (dep-info), but
   for the smallest, about which it would say little and take long. It reads only those for which
   the conditions of this machine hold, without features, and stops at some errors; but each file
   that it reads as source must be one that rustle finds.
3. On a small crate with everything that can be wrong, rustc must report the same errors at the same
   lines.

Differences with a reason are in diff_modules_known.tsv.
"""

import collections
import concurrent.futures
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile

import differential

SMALLEST = 5  # files; about which rustc is asked
FOLDERS = ("vendor/", "compiler/", "library/", "src/tools/")
Root = collections.namedtuple("Root", "path kind edition proc_macro")


def roots(dump, folder):
    """The crates' roots, each file once."""
    paths = sorted(os.path.relpath(os.path.join(parent, name), folder)
                   for parent, _, names in os.walk(folder) for name in names
                   if name == "Cargo.toml")
    paths = [path for path in paths if path.startswith(FOLDERS)]
    done = subprocess.run([dump], input="".join(path + "\n" for path in paths), check=True,
                          stdout=subprocess.PIPE, encoding="utf-8", cwd=folder, timeout=300)
    found = {}
    for line in done.stdout.split("\n")[:-1]:
        for package in json.loads(line)["packages"]:
            if not package["manifest"].startswith(FOLDERS):
                continue
            for target in package["targets"]:
                if os.path.isfile(os.path.join(folder, target["path"])):
                    found.setdefault(target["path"], Root(
                        target["path"], target["kind"], target["edition"], target["proc_macro"]))
    return [found[path] for path in sorted(found)]


def kept(name, key, make):
    """What make() returns, which JSON can hold, kept outside the checkout from run to run."""
    path = os.path.join(differential.cache(), f"{name}-{key.hexdigest()[:32]}.json")
    if not os.path.exists(path):
        result = make()
        for old in os.listdir(differential.cache()):
            if old.startswith(name + "-") and old.endswith(".json"):
                os.remove(os.path.join(differential.cache(), old))
        with open(path + ".partial", "w") as file:
            json.dump(result, file)
        os.rename(path + ".partial", path)
    with open(path) as file:
        return json.load(file)


def run_lines(argv, paths, folder):
    done = subprocess.run(argv, input="".join(path + "\n" for path in paths), encoding="utf-8",
                          errors="surrogateescape", stdout=subprocess.PIPE, cwd=folder,
                          timeout=3600)
    lines = done.stdout.split("\n")[:-1]
    if done.returncode or len(lines) != len(paths):
        sys.exit(f"{argv[0]} ended with status {done.returncode} at {paths[len(lines):][:1]}")
    return lines


def ask_rustc(folder, root, out):
    """The source files that rustc reads, or None if it gets to none."""
    kind = "proc-macro" if root.proc_macro else "lib" if root.kind == "lib" else "bin"
    env = {**os.environ, "RUSTC_BOOTSTRAP": "1", "OUT_DIR": out,
           "CARGO_MANIFEST_DIR": os.path.join(folder, os.path.dirname(root.path))}
    deps = os.path.join(out, hashlib.sha256(root.path.encode()).hexdigest())
    try:
        subprocess.run(["rustc", "--edition", root.edition, "--crate-type", kind, "--cap-lints",
                        "allow", "--crate-name", "x", "--emit", "dep-info=" + deps, root.path],
                       cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=120)
        with open(deps) as file:
            lines = file.read().splitlines()
    except (OSError, subprocess.TimeoutExpired):
        return None
    os.remove(deps)
    return sorted(os.path.normpath(line[:-1].replace("\\ ", " ")) for line in lines
                  if line.endswith(":") and line.count(": ") == 0)


def rustc_files(folder, files, crates):
    key = hashlib.sha256(repr((files, crates)).encode())
    key.update(subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE).stdout)
    key.update(inspect.getsource(ask_rustc).encode())

    def make():
        with tempfile.TemporaryDirectory() as out, \
                concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(lambda root: ask_rustc(folder, root, out), crates))
    return kept("rustc-files", key, make)


def oracle_files(folder, files, crates):
    key = hashlib.sha256(repr((files, crates)).encode())
    for path in differential.oracle_sources():
        with open(path, "rb") as file:
            key.update(hashlib.sha256(file.read()).digest())
    return kept("oracle-modules", key, lambda: run_lines(
        [differential.build_oracle(folder), "modules", "-"], [root.path for root in crates],
        folder))


def known_differences(of):
    """path -> reason, of one comparison's lines in diff_modules_known.tsv."""
    known = {}
    with open(os.path.join(differential.TESTS, "diff_modules_known.tsv")) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                whose, path, reason = line.rstrip("\n").split("\t")
                if whose == of:
                    known[path] = reason
    return known


def compare_with_oracle(folder, files, crates, ours):
    known = known_differences("oracle")
    equal = rejected = nfiles = 0
    differing, kinds = [], collections.Counter()
    for root, mine, line in zip(crates, ours, oracle_files(folder, files, crates)):
        path, nrejected, *theirs = line.split("\t")
        assert path == root.path
        if set(mine) == set(theirs):
            equal += 1
            nfiles += len(mine)
            kinds[root.kind] += 1
        elif int(nrejected) > 0:
            rejected += 1
        else:
            differing.append(path)
            if path not in known:
                print(f"differs: {path}")
                for name in sorted(set(mine) ^ set(theirs))[:10]:
                    print(f"  only {'rustle' if name in mine else 'the oracle'} finds {name}")
    stale = sorted(set(known) - set(differing))
    for path in stale:
        print(f"known difference that is none any more: {path}")
    new = [path for path in differing if path not in known]
    counts = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    print(f"modules: {equal} crates with the same files as the oracle's ({counts}; {nfiles} "
          f"files), {len(differing) - len(new)} with a known difference, {len(new)} differ; "
          f"{rejected} with files that syn rejects left out")
    return bool(new or stale)


def compare_with_rustc(folder, files, crates, ours):
    if shutil.which("rustc") is None:
        print("modules: there is no rustc to compare with")
        return False
    known = known_differences("rustc")
    crates, ours = zip(*((root, mine) for root, mine in zip(crates, ours)
                         if root.kind in ("lib", "bin") and len(mine) >= SMALLEST))
    asked = total = all_read = 0
    differing, used = set(), set()
    new = 0
    for root, mine, theirs in zip(crates, ours, rustc_files(folder, files, crates)):
        if not theirs:
            continue
        # What include_str! and include_bytes! read is mostly no source.
        theirs = {path for path in theirs if path.endswith(".rs")}
        asked += 1
        total += len(theirs)
        all_read += set(mine) == theirs
        for path in sorted(theirs - set(mine) - differing):
            differing.add(path)
            reasons = {of for of in known if path == of or of.endswith("/") and path.startswith(of)}
            used |= reasons
            if not reasons:
                new += 1
                print(f"rustc reads for {root.path} what rustle does not find: {path}")
    stale = sorted(set(known) - used)
    for path in stale:
        print(f"known difference that is none any more: {path}")
    print(f"modules: rustc reads {total} files for {asked} of {len(crates)} libraries and "
          f"binaries of {SMALLEST} files and more: all but {len(differing)} are found ({new} "
          f"unexplained); for {all_read} crates rustle finds no others")
    return bool(new or stale)


# rustc reads no file of an ambiguous module, and rustle the first; so that one is empty.
WRONG = {
    "lib.rs": """mod missing;
mod two;
mod named;
mod inl { mod deep; }
#[path = "p/x.rs"] mod px;
#[path = "cyc.rs"] mod cyc;
mod ip { #![path = "q"] mod inner; }
#[path = "r"] mod op { #![path = "q"] mod inner; }
fn f() { mod blk; #[path = "blk2.rs"] mod blk2; mod g { #[path = "h.rs"] mod h; } }
fn g() { mod o { mod blk3; } #[path = "s"] mod p { mod fine; } }
include!("inc/i.rs");
""",
    "named.rs": "mod sub; fn f() { mod k { #[path = \"kk.rs\"] mod kk; } }\nmod none;",
    "inc/i.rs": "mod z;\n\nmod y; include!(\"j.rs\");", "cyc.rs": "mod cyc2;",
    "cyc2.rs": "\n#[path = \"cyc.rs\"] mod back;", "p/x.rs": "mod y;",
    **dict.fromkeys(("two.rs", "two/mod.rs", "blk2.rs", "g/h.rs", "q/inner.rs", "r/inner.rs",
                     "inc/z.rs", "inc/j.rs", "p/y.rs", "named/sub.rs", "k/kk.rs", "s/fine.rs"),
                    ""),
}


def compare_errors(modules_list):
    """Compares errors, as (code or begin of the message, place), and files, of the crate above."""
    if shutil.which("rustc") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        for path, content in WRONG.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as file:
                file.write(content)
        done = subprocess.run(["rustc", "--crate-type", "lib", "--error-format", "json", "--emit",
                               "dep-info=d", "lib.rs"], cwd=folder, stderr=subprocess.PIPE,
                              encoding="utf-8", timeout=120)
        messages = [json.loads(line) for line in done.stderr.splitlines()]
        theirs = {(message["code"]["code"] if message["code"] else message["message"][:16],
                   os.path.normpath(span["file_name"]), span["line_start"])
                  for message in messages if message["level"] == "error"
                  for span in message["spans"] if span["is_primary"]}
        with open(os.path.join(folder, "d")) as file:
            their_files = {os.path.normpath(line[:-2]) for line in file if line.endswith(":\n")}
        done = subprocess.run([modules_list, "--errors"], input="lib.rs\n", cwd=folder, check=True,
                              stdout=subprocess.PIPE, encoding="utf-8", timeout=60)
    files, *lines = done.stdout.splitlines()
    ours = set()
    for line in lines:
        _, code, message, _, place, _ = line.split("\t")
        ours.add((code or message[:16], place.split(":")[0], int(place.split(":")[1])))
    our_files = set(files.split("\t")[1:]) - {"two.rs"}
    for name, a, b in (("errors", ours, theirs), ("files", our_files, their_files)):
        for one in sorted(a ^ b, key=repr):
            print(f"only {'rustle' if one in a else 'rustc'} has among the {name}: {one}")
    print(f"modules: {len(theirs)} errors of rustc's on a crate of {len(WRONG)} files, and "
          f"{len(their_files)} files: {'the same' if ours == theirs else 'not the same'}")
    return ours != theirs or our_files != their_files


def main(modules_list, manifest_dump):
    folder = differential.corpus()
    files = differential.listing(folder)
    crates = roots(manifest_dump, folder)
    lines = run_lines([modules_list], [root.path for root in crates], folder)
    ours = [line.split("\t")[1:] for line in lines]
    failed = compare_with_oracle(folder, files, crates, ours)
    failed |= compare_errors(modules_list)
    failed |= compare_with_rustc(folder, files, crates, ours)
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
