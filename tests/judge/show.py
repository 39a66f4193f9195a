"""Shows where rustle's items of one file and rustc's differ.

Usage: show.py RUSTLE EDITION FILE
"""

import difflib
import json
import subprocess
import sys

import ast_items
import regenerate


def main(rustle, edition, path):
    scan = subprocess.run([rustle, "scan", "--format", "jsonl", path], stdout=subprocess.PIPE,
                          text=True).stdout.splitlines()
    ours = ast_items.from_records([json.loads(line) for line in scan if line.startswith('{"i":')])
    theirs = regenerate.rustc_items(regenerate.rustc()[0], edition, path)
    print("\t".join(ast_items.KEYS))
    print("\n".join(difflib.unified_diff(theirs, ours, "rustc", "rustle", n=1, lineterm="")))


main(*sys.argv[1:])
