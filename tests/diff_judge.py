"""Holds what rustle says of the corpus against rustc's own parser.

Usage: diff_judge.py RUSTLE, with the corpus folder in RUSTLE_CORPUS.

1. A file that rustc parses in some edition has no error here.
2. Where syn is no judge because it rejects what rustc accepts, the items are those of rustc's
   syntax tree, as far as ast_items.py can tell.

Both judgements are kept in judge/, so this needs no rustc; judge/regenerate.py asks it again.
"""

import json
import os
import subprocess
import sys

import differential

sys.path.insert(0, differential.JUDGE)
import ast_items


def data_lines(name):
    with open(os.path.join(differential.JUDGE, name)) as file:
        return [line.rstrip("\n") for line in file if not line.startswith("#")]


def scan(rustle, folder):
    """The lines of all files, file by file: the file's own object, and the text of the rest."""
    argv = [rustle, "scan", "--format", "jsonl", "--sort", "path", "."]
    with subprocess.Popen(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as process:
        about, rest = None, []
        for line in process.stdout:
            if line.startswith('{"file"') and '"status"' in line:
                if about is not None:
                    yield about, rest
                about, rest = json.loads(line), []
            else:
                rest.append(line)
        if about is not None:
            yield about, rest
    # 2 only says that some file has an error.
    if process.returncode not in (0, 2):
        print(f"judge: rustle scan ended with status {process.returncode}")
        yield None, []


def main(rustle):
    folder = differential.corpus()
    rejected = set(data_lines("rejected_by_rustc.txt"))
    by_ast = {}
    for line in data_lines("rustc_ast_items.tsv"):
        path, edition, nitems, digest = line.split("\t")
        by_ast[path] = (edition, int(nitems), digest)
    known = differential.known_differences("judge")
    wrong, seen, nclean, nast, nast_items = {}, set(), 0, 0, 0
    for about, rest in scan(rustle, folder):
        if about is None:
            return 1
        path = os.path.normpath(about["file"])
        seen.add(path)
        if path not in rejected:
            nclean += 1
            if about["errors"] > 0 or about["status"] != "ok":
                wrong[path] = next((line for line in rest if '"error":' in line), about["status"])
        if path in by_ast:
            edition, nitems, digest = by_ast[path]
            nast, nast_items = nast + 1, nast_items + nitems
            records = [json.loads(line) for line in rest if line.startswith('{"i":')]
            items = ast_items.from_records(records)
            if (len(items), ast_items.digest(items)) != (nitems, digest):
                wrong.setdefault(path, f"{len(items)} items, rustc has {nitems} (edition "
                                       f"{edition}); judge/show.py shows both lists")
    missing = sorted((rejected | set(by_ast)) - seen)
    new = sorted(set(wrong) - set(known))
    stale = sorted(set(known) - set(wrong))
    for path in new[:differential.SHOWN]:
        print(f"differs: {path}\n  {wrong[path].strip()}")
    for path in stale:
        print(f"known difference that is none any more: {path}")
    for path in missing[:differential.SHOWN]:
        print(f"not scanned: {path}")
    print(f"judge: {len(seen)} files scanned; {nclean} that rustc accepts; items of {nast} files "
          f"({nast_items} items) compared with rustc's; {len(wrong)} files differ, "
          f"{len(wrong) - len(new)} of them known")
    return 1 if new or stale or missing else 0


sys.exit(main(*sys.argv[1:]))
