"""Compares the item records of every file that syn accepts, deep, to the byte.

Usage: diff_items.py RUSTLE DIFF_ITEMS_HASH, with the corpus folder in RUSTLE_CORPUS. Files in which
we differ with a reason are in judge/known_differences.tsv.
"""

import sys

import differential


def same(ours, theirs):
    # What syn rejects is for diff_judge.py.
    return theirs.endswith("\trejected") or ours == theirs


def main(rustle, diff_items_hash):
    status, pairs = differential.compare(
        "items", [diff_items_hash], "items",
        # Without the file's line, which holds the path and the number of errors.
        lambda oracle, path: (
            differential.output([rustle, "scan", "--format", "jsonl", path])[1:],
            differential.output([oracle, "items", path])[1:]),
        same)
    theirs = [line.split("\t") for _, _, line in pairs]
    accepted = [fields for fields in theirs if len(fields) == 4]
    print(f"items: {len(accepted)} files compared, {sum(int(fields[2]) for fields in accepted)} "
          f"items; {len(theirs) - len(accepted)} files that syn rejects were left out")
    return status


sys.exit(main(*sys.argv[1:]))
