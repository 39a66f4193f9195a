"""Asks rustc again for the data files of this folder.

Usage: regenerate.py, with the corpus folder in RUSTLE_CORPUS; rustc 1.95 or later. Takes half an
hour for the whole corpus; what is done is kept in the cache, so that it can be interrupted.

- rejected_by_rustc.txt: the files that rustc's parser rejects in every edition.
- rustc_ast_items.tsv: for the files that rustc accepts and syn rejects: the edition, the number of
  items in rustc's own syntax tree, and a hash over them (ast_items.py).
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import ast_items
import differential

EDITIONS = ("2021", "2024", "2018", "2015")
JOBS = 2


def rustc():
    """The compiler itself: the rustup proxy costs as much as a parse."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE,
                             text=True).stdout.strip()
    program = os.path.join(sysroot, "bin", "rustc")
    version = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE,
                             text=True).stdout.strip()
    if tuple(map(int, re.match(r"rustc (\d+)\.(\d+)", version).groups())) < (1, 95):
        sys.exit(f"rustc 1.95 or later is needed; this is {version}")
    return program, version


def run_rustc(program, edition, argv, folder=None):
    return subprocess.run([program, "-Zparse-crate-root-only", "--edition", edition, *argv],
                          cwd=folder, env={**os.environ, "RUSTC_BOOTSTRAP": "1"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=300)


def edition_of(program, path):
    """The first edition in which the file parses without an error; "rejected" if there is none."""
    for edition in EDITIONS:
        if run_rustc(program, edition, [path]).returncode == 0:
            return edition
    return "rejected"


def editions(program, version, folder, paths):
    """path -> edition or "rejected". Kept, and gone on with, in the cache."""
    kept = os.path.join(differential.cache(), "judge-" + version.split()[1] + ".tsv")
    known = {}
    if os.path.exists(kept):
        with open(kept) as file:
            known = dict(line.rstrip("\n").split("\t") for line in file if line.count("\t") == 1)
    todo = [path for path in paths if path not in known]
    with open(kept, "a") as file, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = pool.map(lambda path: edition_of(program, os.path.join(folder, path)), todo)
        for path, result in zip(todo, results):
            known[path] = result
            file.write(f"{path}\t{result}\n")
            file.flush()
    return {path: known[path] for path in paths}


def rustc_items(program, edition, path):
    """rustc's list of the items of a file. The file gets a name that reads well in the dump."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(path, os.path.join(folder, ast_items.FILE_NAME))
        dump = run_rustc(program, edition, ["-Zunpretty=ast-tree", ast_items.FILE_NAME], folder)
    with open(path, "rb") as file:
        return ast_items.from_dump(dump.stdout.decode(), file.read())


def main():
    folder = differential.corpus()
    program, version = rustc()
    files = differential.listing(folder)
    edition = editions(program, version, folder, [path for path, _, _ in files])
    rejected = [path for path, result in edition.items() if result == "rejected"]
    with open(os.path.join(HERE, "rejected_by_rustc.txt"), "w") as file:
        file.write(f"# Rejected by {version} in every edition.\n")
        file.writelines(path + "\n" for path in rejected)
    by_syn = [line.split("\t")[0]
              for line in differential.oracle_lines("items", folder, files)
              if line.endswith("\trejected")]
    with open(os.path.join(HERE, "rustc_ast_items.tsv"), "w") as file:
        file.write(f"# The items that {version} sees in the files that syn rejects: path, edition, "
                   "items, hash.\n")
        for path in by_syn:
            if edition[path] != "rejected":
                items = rustc_items(program, edition[path], os.path.join(folder, path))
                file.write(f"{path}\t{edition[path]}\t{len(items)}\t{ast_items.digest(items)}\n")
    print(f"{version}: {len(edition)} files, {len(rejected)} rejected")


if __name__ == "__main__":
    main()
