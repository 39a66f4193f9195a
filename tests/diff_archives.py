"""Every crate of the corpus's vendor/ folder, packed as cargo does, gives the same records as its
folder: the same files, items, positions and errors.

Usage: diff_archives.py PROGRAM
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile

import crate_packing


def scan(program, path, cwd, *more):
    run = subprocess.run([program, "scan", "--sort", "path", "--format", "jsonl", "--no-ignore",
                          "-j2", *more, path], cwd=cwd, capture_output=True, check=False,
                         timeout=600)
    if run.returncode not in (0, 1, 2):
        sys.exit(f"scan of {path} ended with {run.returncode}: {run.stderr.decode()}")
    return run.stdout, run.stderr, run.returncode


def compare(program, vendor, folder, crate):
    """True if the two are the same; and the number of their records."""
    archive = f"{crate}.crate"
    with open(os.path.join(folder, archive), "wb") as file:
        file.write(crate_packing.pack(os.path.join(vendor, crate), crate, level=1))
    out, err, status = scan(program, crate, vendor)
    wanted = (out.replace(b'{"file":"' + crate.encode() + b"/",
                          b'{"file":"' + archive.encode() + b"!/"),
              b"".join(line.replace(crate.encode(), archive.encode() + b"!", 1)
                       for line in err.splitlines(keepends=True)), status)
    return scan(program, archive, folder) == wanted, out.count(b"\n")


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
        together, _, _ = scan(program, ".", folder, "--max-memory", "16M", "-j4")
    different = [crate for crate, (same, _) in zip(crates, results) if not same]
    nrecords = sum(n for _, n in results)
    for crate in different:
        print(f"{crate}: the archive and the folder differ")
    if together.count(b"\n") != nrecords:
        different.append("all")
        print(f"all together: {together.count(bytes([10]))} records, one by one {nrecords}")
    print(f"{len(crates)} crates, {nrecords} records, {len(different)} different")
    sys.exit(1 if different or len(crates) < 100 or nrecords < 100_000 else 0)


main()
