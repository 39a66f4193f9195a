"""rustle find against a search through all records: thousands of random queries, and those that
people make.

Usage: test_store_find.py RUSTLE [QUERIES]. The rules are written here once more, from what
index/query.h says of them.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile

from store_tree import WORDS, Tree, index, scan

SEED = 20261124
NOT_ASKED = {"use_leaf", "impl"}
SILENT_FILES = {"lib", "main", "mod"}


def fold(text, case):
    return text if case else "".join(c.lower() if c.isascii() else c for c in text)


def words_of(name):
    """The words of a name: at underscores, capitals, and where digits begin."""
    for part in name.split("_"):
        yield from re.findall(r"[A-Z]+(?![a-z\x80-\U0010ffff])|[A-Z]?[^A-Z0-9]+|[0-9]+[^A-Z0-9]*", part)


def initials(words, text, case):
    if not text:
        return True
    if not words:
        return False
    word = words[0]
    for n in range(1, len(text) + 1):
        piece = text[:n]
        if not fold(word, case).startswith(fold(piece, case)):
            break
        if any(b.isascii() and b.isupper() and not (a.isascii() and a.isupper())
               for a, b in zip(piece, piece[1:])):
            break
        if initials(words[1:], text[n:], case):
            return True
    return False


def match(name, text, mode, case):
    """0 to 3, or None."""
    a, b = fold(name, case), fold(text, case)
    if mode == "regex":
        return 0 if re.search(text, name, 0 if case else re.I | re.A) else None
    if a == b:
        return 0
    if a.startswith(b):
        return None if mode == "exact" and b else 1
    if mode != "":
        return None
    if text and initials(list(words_of(name)), text, case):
        return 2
    return 3 if b in a else None


def path_modules(path):
    *folders, file = path.split("/")
    stem = file[:-3]
    return [f for f in folders if f != "src"] + ([stem] if stem not in SILENT_FILES else [])


def self_name(self_ty):
    found = re.match(r"(?:[&*\s:]|'\w+|(?:mut|const|dyn)\b)*((?:\w+::)*)(\w+)", self_ty)
    return found.group(2) if found else None


class Records:
    """All items of a tree, as a scan prints them."""

    def __init__(self, program, root, order, modules, crates, members):
        """modules: lists of names by file; crates: names by root file; members: files by names of
        crates and packages."""
        self.items = []
        self.modules = modules
        self.members = members
        holds = {path: set(names) for path, names in crates.items()}
        for line in scan(program, root).splitlines():
            record = json.loads(line)
            if "error" in record:
                continue
            if "file" in record:
                path = record["file"][len(root) + 1:]
                in_file = []
                continue
            record["file"] = path
            in_file.append(record)
            names = []
            parent = record["parent"]
            while parent >= 0:
                above = in_file[parent]
                name = self_name(above["self_ty"]) if above["kind"] == "impl" else above.get("name")
                if name:
                    names.insert(0, name)
                parent = above["parent"]
            record["in"] = path_modules(path) + names
            record["inside"] = names
            record["holds"] = holds.setdefault(path, set())
            if path_modules(path):
                holds[path].add(path_modules(path)[-1])
            own = self_name(record["self_ty"]) if record["kind"] == "impl" else record.get("name")
            if own and record["kind"] != "use_leaf":
                holds[path].add(own)
            record["file_order"] = order[path]
            self.items.append(record)

    def stands_in(self, item, container, case):
        wanted = [fold(name, case) for name in container]
        if wanted == [fold(name, case) for name in item["in"][-len(wanted):]]:
            return True
        # Only files are looked into that hold something of the innermost name, in any case.
        if fold(container[-1], False) not in (fold(name, False) for name in item["holds"]):
            return False
        return any(wanted == [fold(name, case) for name in (module + item["inside"])[-len(wanted):]]
                   for module in self.modules.get(item["file"], []))

    def find(self, text, mode, case, kinds, vis, below, crate):
        container, rest = [], text
        if mode != "regex" and "::" in text:
            *container, rest = text.split("::")
            mode = mode or "prefix"
        hits = []
        for item in self.items:
            kind = item["kind"]
            if kind not in kinds if kinds else kind in NOT_ASKED:
                continue
            name = self_name(item["self_ty"]) if kind == "impl" else item.get("name")
            if not name or (vis and item.get("vis", "none").split()[0] not in vis):
                continue
            if below and not item["file"].startswith(below + "/") and item["file"] != below:
                continue
            if crate is not None and item["file"] not in self.members.get(crate.replace("-", "_"), ()):
                continue
            how = match(name, rest, mode, case)
            if how is None:
                continue
            if container and not self.stands_in(item, container, case):
                continue
            vendored = "vendor" in item["file"].split("/")[:-1]
            raw = name.encode()
            key = (how, item.get("vis") != "pub", vendored, fold(name, False).encode(), raw,
                   item["file_order"], item["i"])
            hits.append((key, item["file"], item["i"]))
        return [hit[1:] for hit in sorted(hits)]


def find(program, database, *options, cwd=None):
    args = [program, "find", "--json", *(["--db", database] if database else []), *options]
    run = subprocess.run(args, capture_output=True, check=False, timeout=60, cwd=cwd)
    assert run.returncode in (0, 1), (args, run.stderr)
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert (run.returncode == 0) == bool(records), args
    after = re.search(r"--after (\S+)", run.stderr.decode())
    return [(r["file"], r["i"]) for r in records], after and after.group(1)


def random_query(r, records):
    name = r.choice(records.items)
    base = name.get("name") or r.choice(WORDS)
    kind = r.random()
    mode, text = "", base
    if kind < 0.2:
        mode = "exact"
    elif kind < 0.35:
        mode, text = "prefix", base[:r.randrange(len(base) + 1)]
    elif kind < 0.5:
        start = r.randrange(len(base))
        text = base[start:start + r.randrange(1, 5)]
    elif kind < 0.65:
        text = "".join(w[:r.randrange(1, 3)] for w in words_of(base)) or base
    elif kind < 0.75:
        mode = "regex"
        text = r.choice(["^" + base + "$", base[:2] + ".*" + base[-1:], "[aeiou]_", "^[A-Z][a-z]+$"])
    else:
        depth = r.randrange(1, 4)
        around = name["in"]
        if r.random() < 0.5 and name["file"] in records.modules:
            around = r.choice(records.modules[name["file"]]) + name["inside"]
        text = "::".join((around + [base])[-depth - 1:])
        mode = r.choice(["", "", "exact", "prefix"])
    if r.random() < 0.3 and mode != "regex":
        text = text.swapcase() if r.random() < 0.5 else text.lower()
    return text, mode


def check_random(program, database, records, nqueries, r):
    found = 0
    for number in range(nqueries):
        text, mode = random_query(r, records)
        case = r.random() < 0.3
        kinds = r.choice([None, None, None, ["fn"], ["struct", "enum"], ["use_leaf"], ["impl"]])
        vis = r.choice([None, None, None, ["pub"], ["inherited", "crate"]])
        below = r.choice([None, None, None, "src", "vendor/x", "b"])
        crate = r.choice([None, None, None, None, r.choice([*records.members, "none"])])
        if crate is not None and r.random() < 0.5:
            crate = crate.replace("_", "-")
        limit = r.choice([0, 0, 1, 7])
        options = ["--limit", str(limit), *([f"--{mode}"] if mode else []), *(["--case"] * case)]
        options += ["--kind", ",".join(kinds)] if kinds else []
        options += ["--vis", ",".join(vis)] if vis else []
        options += ["--in", below] if below else []
        options += ["--crate", crate] if crate is not None else []
        expected = records.find(text, mode, case, kinds, vis, below, crate)
        got, after = find(program, database, *options, "--", text)
        if limit:
            assert bool(after) == (len(expected) > limit), (number, options, text)
            if after:
                more, _ = find(program, database, *options, "--after", after, "--", text)
                got += more
            expected = expected[:2 * limit if after else limit]
        if got != expected:
            only = [h for h in expected if h not in got][:3], [h for h in got if h not in expected][:3]
            sys.exit(f"query {number} {options} {text!r}: expected {len(expected)}, got {len(got)};"
                     f" missing {only[0]}, wrong {only[1]}")
        found += len(expected)
    return found


def file_order(program, database):
    rows = subprocess.run([program, "sql", "--db", database, "SELECT path FROM files ORDER BY file_id"],
                          capture_output=True, check=True).stdout.decode().split("\n")
    return {path: number for number, path in enumerate(rows)}


def graph_of(program, database):
    """Records' modules, crates and members."""
    def rows(sql):
        run = subprocess.run([program, "sql", "--json", "--db", database, sql], capture_output=True,
                             check=False)
        return [json.loads(line) for line in run.stdout.splitlines()]

    modules, crates, members = {}, {}, {}
    for row in rows("SELECT files.path AS file, m.path AS path FROM modules m JOIN files USING(file_id)"):
        modules.setdefault(row["file"], []).append(row["path"].split("::"))
    for row in rows("SELECT path, name FROM crates JOIN files ON file_id = root_file"):
        crates.setdefault(row["path"], []).append(row["name"].replace("-", "_"))
    for row in rows("SELECT files.path AS file, c.name AS name, c.package AS package FROM modules"
                    " JOIN files USING(file_id) JOIN crates c USING(crate_id)"):
        for name in row["name"], row.get("package"):
            if name:
                members.setdefault(name.replace("-", "_"), set()).add(row["file"])
    assert len(modules) > 100 and len(members) > 3
    return modules, crates, members


def main():
    program = os.path.abspath(sys.argv[1])
    nqueries = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    r = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(os.path.join(folder, "tree"), SEED)
        os.mkdir(tree.root)
        for _ in range(300):
            tree.add()
        for path in [p for p in tree.paths if b"\xfe" in p]: # its records are escaped
            os.unlink(os.path.join(os.fsencode(tree.root), path))
            tree.paths.remove(path)
        database = os.path.join(folder, "find.db")
        index(program, database, tree.root)
        records = Records(program, tree.root, file_order(program, database), *graph_of(program, database))
        found = check_random(program, database, records, nqueries // 2, r)
        # Again with changes that are not yet in the segments.
        for _ in range(60):
            tree.write(r.choice(tree.paths), tree.source())
        for _ in range(20):
            os.unlink(os.path.join(os.fsencode(tree.root), tree.paths.pop()))
        index(program, database, tree.root)
        records = Records(program, tree.root, file_order(program, database), *graph_of(program, database))
        found += check_random(program, database, records, nqueries // 2, r)
        # And without any database: the same, files in the order of their paths.
        by_path = {path: path for path in {item["file"] for item in records.items}}
        for item in records.items:
            item["file_order"] = by_path[item["file"]].encode()
        for text in "new", "hm", "HashMap::new", "a", "":
            got, _ = find(program, None, "--limit", "0", text, cwd=tree.root)
            assert got == records.find(text, "", False, None, None, None, None), text
            found += len(got)
        assert found > 10 * nqueries, found
        print(f"{nqueries} queries, {found} hits")


if __name__ == "__main__":
    main()
