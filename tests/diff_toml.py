"""Compares rustle's TOML reader with Python's tomllib: whether a document is valid, and its values.

Usage: diff_toml.py DIFF_TOML_DUMP. Compared are the documents in corpus/toml/, changed copies of
them (seeded), and, if RUSTLE_CORPUS names a folder, every .toml file in it. Where the two differ by
design, see `by_design` below.
"""

import datetime
import json
import math
import os
import random
import subprocess
import sys
import tempfile

import differential

try:
    import tomllib
except ImportError:  # before Python 3.11
    print("skipped: this Python has no tomllib")
    sys.exit(differential.SKIPPED)

CHANGED_COPIES = 6000
PIECES = [b'"', b"'", b'"""', b"'''", b"\\", b"[", b"]", b"[[", b"]]", b"{", b"}", b",", b".",
          b"=", b"#", b"\n", b"\r\n", b"\r", b"\t", b" ", b"\0", b"\x7f", b"\xff", b"\xc3\xa9",
          b"a", b"_", b"-", b"+", b"0", b"1", b"9", b"e", b"inf", b"nan", b"true", b"1979-05-27",
          b"T", b"07:32:00", b"Z", b"a.b", b"a = 1\n", b"\n[a]\n", b"\n[[a]]\n", b"\n[a.b]\n",
          b"\na.b.c = 2\n", b"{a.b = 1}", b"\\u00e9", b"\\ud800", b"0x", b"\xef\xbb\xbf"]


def same_datetime(ours, theirs):
    text = ""
    if isinstance(theirs, datetime.date):
        text = f"{theirs.year:04}-{theirs.month:02}-{theirs.day:02}"
    if isinstance(theirs, (datetime.datetime, datetime.time)):
        text += "T" if text else ""
        text += f"{theirs.hour:02}:{theirs.minute:02}:{theirs.second:02}.{theirs.microsecond:06}"
        time, nanoseconds = ours[:len(text)], ours[len(text):len(text) + 3]
        if not nanoseconds.isdigit():
            return False
        ours = time + ours[len(text) + 3:]
        if isinstance(theirs, datetime.datetime) and theirs.tzinfo:
            text += f"{int(theirs.utcoffset().total_seconds()) // 60:+}"
    return ours == text


def same(ours, theirs):
    """Whether our JSON tells the same tree as tomllib's."""
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if not isinstance(ours, dict) or set(ours) != {"type", "value"}:
        return False
    kind, text = ours["type"], ours["value"]
    if isinstance(theirs, str):
        return kind == "string" and text == theirs
    if isinstance(theirs, bool):
        return kind == "boolean" and text == ("true" if theirs else "false")
    if isinstance(theirs, int):
        return kind == "integer" and text == str(theirs)
    if isinstance(theirs, float):
        mine = float.fromhex(text)
        return kind == "float" and (math.isnan(mine) and math.isnan(theirs) or
                                    mine == theirs and
                                    math.copysign(1, mine) == math.copysign(1, theirs))
    return kind == "datetime" and same_datetime(text, theirs)


def by_design(document, error):
    """A reason why the two may differ on the document, or None."""
    if not error and (b":60" in document or b"0000-" in document):
        return "leap seconds and the year 0, which Python's datetime does not know"
    if error.get("message", "").startswith("the integer needs more than 64 bits"):
        return "integers of any size, which Python has"
    if error.get("message", "").startswith("arrays and inline tables are nested too deep"):
        return "a limit for nesting"
    return None


def read(document):
    """tomllib's tree, or None and why not."""
    try:
        text = document.removeprefix(b"\xef\xbb\xbf").decode()
        return tomllib.loads(text), ""
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        return None, str(why)
    except RecursionError:
        return None, "too deep for Python"
    except ValueError as why:  # an integer of too many digits for int()
        return None, str(why)


def changed(document, seed):
    """A copy with a few changes: bytes deleted, pieces inserted, lines moved."""
    choose = random.Random(seed)
    copy = bytearray(document[:4096])
    for _ in range(choose.randrange(1, 4)):
        at = choose.randrange(len(copy) + 1)
        what = choose.randrange(4)
        if what == 0:
            del copy[at:at + choose.randrange(1, 8)]
        elif what == 1:
            lines = bytes(copy).splitlines(keepends=True) or [b""]
            lines.insert(choose.randrange(len(lines) + 1), choose.choice(lines))
            copy = bytearray(b"".join(lines))
        else:
            copy[at:at] = choose.choice(PIECES)
    return bytes(copy)


def compare(dump, name, paths, documents):
    """Compares the documents, which lie at those paths; how many differ without a reason."""
    done = subprocess.run([dump], input="".join(path + "\n" for path in paths), text=True,
                          stdout=subprocess.PIPE, encoding="utf-8", timeout=600)
    lines = done.stdout.split("\n")[:-1]  # not splitlines(): strings hold U+2028 and the like
    if done.returncode or len(lines) != len(paths):
        sys.exit(f"{dump} ended with status {done.returncode} at {paths[len(lines):][:1]}")
    valid = differing = 0
    reasons = {}
    for path, document, line in zip(paths, documents, lines):
        ours = json.loads(line)
        error = ours["error"] if set(ours) == {"error"} and "line" in ours["error"] and isinstance(
            ours["error"]["line"], int) else {}
        theirs, why = read(document)
        if theirs is None and error or theirs is not None and not error and same(ours, theirs):
            valid += not error
            continue
        reason = by_design(document, error) if error or theirs is None else None
        if reason:
            reasons[reason] = reasons.get(reason, 0) + 1
            continue
        differing += 1
        if differing <= differential.SHOWN:
            print(f"differs: {path}\n  {document[:400]!r}\n  rustle: {line[:300]}\n"
                  f"  tomllib: {why or repr(theirs)[:300]}")
    print(f"toml: {name}: {len(paths)} documents, {valid} valid with equal values, "
          f"{len(paths) - valid - differing - sum(reasons.values())} invalid for both, "
          f"{differing} differ")
    for reason, n in sorted(reasons.items()):
        print(f"  {n} more differ by design: {reason}")
    return differing


def contents(paths):
    documents = []
    for path in paths:
        with open(path, "rb") as file:
            documents.append(file.read())
    return documents


def toml_files(folder):
    return sorted(os.path.join(parent, name) for parent, _, names in os.walk(folder)
                  for name in names if name.lower().endswith(".toml"))


def main(dump):
    cases = toml_files(os.path.join(differential.TESTS, "corpus", "toml"))
    documents = contents(cases)
    differing = compare(dump, "cases", cases, documents)
    corpus = toml_files(os.environ.get("RUSTLE_CORPUS", ""))
    if corpus:
        corpus_documents = contents(corpus)
        differing += compare(dump, "corpus", corpus, corpus_documents)
        documents = documents + corpus_documents[::20]
    with tempfile.TemporaryDirectory() as folder:
        copies = [changed(documents[i % len(documents)], i) for i in range(CHANGED_COPIES)]
        paths = [os.path.join(folder, f"{i}.toml") for i in range(len(copies))]
        for path, copy in zip(paths, copies):
            with open(path, "wb") as file:
                file.write(copy)
        differing += compare(dump, "changed copies", paths, copies)
    return 1 if differing else 0


sys.exit(main(*sys.argv[1:]))
