"""Compares the tokens of every file of the corpus with rustc_lexer's: kind, length, details.

Usage: diff_tokens.py RUSTLE, with the corpus folder in RUSTLE_CORPUS.
"""

import sys

import differential


def main(rustle):
    status, pairs = differential.compare(
        "tokens", [rustle, "tokens", "--hash", "-"], "tokens",
        lambda oracle, path: (differential.output([rustle, "tokens", path]),
                              differential.output([oracle, "tokens", path])))
    compared = [theirs.split("\t") for _, _, theirs in pairs]
    lexed = [fields for fields in compared if fields[2] != "not-utf8"]
    print(f"tokens: {len(lexed)} files compared, {sum(int(fields[2]) for fields in lexed)} tokens; "
          f"{len(compared) - len(lexed)} files are not UTF-8 (size and place compared)")
    return status


sys.exit(main(*sys.argv[1:]))
