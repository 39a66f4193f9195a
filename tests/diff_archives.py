"""Every crate of the corpus's vendor/ folder, packed as cargo does, gives the same records as its
folder: the same files, items, positions and errors; the same modules, and the same dependencies.

Usage: diff_archives.py PROGRAM
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile

import crate_packing


COMMANDS = [["scan", "--sort", "path", "--format", "jsonl", "--no-ignore", "-j2"],
            ["modules"], ["modules", "--files"], ["graph", "--format", "json"], ["graph", "--crate"],
            ["graph", "--orphans"]]


def run(program, command, path, cwd):
    done = subprocess.run([program, *command, path], cwd=cwd, capture_output=True, check=False,
                          timeout=600)
    if done.returncode not in (0, 1, 2):
        sys.exit(f"{command[0]} of {path} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout, done.stderr, done.returncode


def compare(program, vendor, folder, crate):
    """The commands that tell the two apart; and the numbers of lines that they print."""
    archive = f"{crate}.crate"
    with open(os.path.join(folder, archive), "wb") as file:
        file.write(crate_packing.pack(os.path.join(vendor, crate), crate, level=1))
    different, nlines = [], []
    for command in COMMANDS:
        wanted = run(program, command, crate, vendor)
        out, err, status = run(program, command, archive, folder)
        out, err = (text.replace(archive.encode() + b"!/", crate.encode() + b"/")
                    for text in (out, err))
        if (out, err, status) != wanted:
            different.append(" ".join(command))
        nlines.append(out.count(b"\n"))
    return different, nlines


def main():
    program, corpus = os.path.abspath(sys.argv[1]), os.environ.get("RUSTLE_CORPUS", "")
    vendor = os.path.join(corpus, "vendor")
    if not os.path.isdir(vendor):
        print("RUSTLE_CORPUS has no folder vendor/: skipped")
        sys.exit(77)
    crates = sorted(os.listdir(vendor))
    with tempfile.TemporaryDirectory() as folder:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            results = list(threads.map(lambda crate: compare(program, vendor, folder, crate),
                                       crates))
        # And all of them together, cut up and put off as it comes.
        together, _, _ = run(program, [*COMMANDS[0], "--max-memory", "16M", "-j4"], ".", folder)
    different = [crate for crate, (commands, _) in zip(crates, results) if commands]
    totals = [sum(lines) for lines in zip(*(nlines for _, nlines in results))]
    nrecords = totals[0]
    for crate, (commands, _) in zip(crates, results):
        for command in commands:
            print(f"{crate}: the archive and the folder differ in `rustle {command}`")
    if together.count(b"\n") != nrecords:
        different.append("all")
        print(f"all together: {together.count(bytes([10]))} records, one by one {nrecords}")
    print(f"{len(crates)} crates, {nrecords} records, {totals[1]} modules, {totals[3]} lines of graphs,"
          f" {len(different)} different")
    sys.exit(1 if different or len(crates) < 100 or nrecords < 100_000 else 0)


main()
