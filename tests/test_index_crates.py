"""`rustle index` on archives: the database equals a scan, after random changes, after kills, beside bad
archives and within a bound on memory; packages, versions, and what a registry's index says of them.

Usage: test_index_crates.py PROGRAM STORE_DUMP [unittest option...]. RUSTLE_CORPUS, if set, gives the
crates of its vendor/ folder besides.
"""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

import crate_packing
import store_tree
import test_cli
from test_cli import ERROR, FOUND, NOTHING, rustle

SEED = 20261124
DUMPER = None
MANIFEST = '[package]\nname = "{}"\nversion = "{}"\nedition = "2021"\n'


def package(name, version, files=(), manifest=""):
    """The bytes of a .crate with a Cargo.toml."""
    text = MANIFEST.format(name, version) + manifest
    files = sorted([("Cargo.toml", text.encode()), *files])
    return crate_packing.compress(crate_packing.tar(files, f"{name}-{version}"), 1)


def library(number):
    return [("src/lib.rs", b"mod a;\npub use a::A%d as B;\n" % number),
            ("src/a.rs", b"pub struct A%d;\nuse crate::B;\n" % number),
            ("tests/t.rs", b"use p::B;\nfn t() {}\n")]


class Case(test_cli.Case):
    def setUp(self):
        super().setUp()
        self.root = os.path.join(self.folder, "tree")
        self.database = os.path.join(self.folder, "tree.db")
        os.mkdir(self.root)
        self.clock = 1_600_000_000_000_000_000

    def check(self, run, status=FOUND):
        return super().check(run, status)

    def put(self, path, content, stamp=True):
        """Writes a file below the root, with a time of its own that lies in the past."""
        full = self.write(os.path.join("tree", path), content)
        if stamp:
            self.clock += 1_000
            os.utime(full, ns=(self.clock, self.clock))
        return full

    def index(self, *args, status=FOUND, database=None, **kwargs):
        return self.check(rustle("index", "--db", database or self.database, *args, self.root,
                                 **kwargs), status)

    def counts(self, run):
        """The numbers of the lines of a summary, by their first words."""
        return {line.split()[0]: [int(n) for n in re.findall(r"\b\d+\b", line.split(None, 1)[1])]
                for line in run.stdout.decode().splitlines()[:3]}

    def rows(self, sql, database=None):
        connection = sqlite3.connect(database or self.database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def dump(self, database=None):
        return store_tree.dump(DUMPER, database or self.database, self.root)

    def assert_equals_scan(self, database=None):
        scan = store_tree.scan(test_cli.PROGRAM, self.root)
        self.assertEqual(self.dump(database).splitlines(), scan.splitlines())
        return scan

    def everything(self, database):
        """What a database says, without its numbers."""
        return (self.dump(database), *store_tree.graph_rows(database),
                self.rows("SELECT CAST(path AS TEXT), size, hex(hash), status, name, version, yanked,"
                          " newest, files, message FROM archives ORDER BY 1", database),
                self.rows("SELECT name, package, version, CAST(path AS TEXT) FROM crates JOIN files"
                          " ON file_id = root_file ORDER BY 4, 1", database),
                self.rows("SELECT CAST(f.path AS TEXT), CAST(a.path AS TEXT) FROM files f"
                          " JOIN archives a USING(archive_id) ORDER BY 1", database))

    def assert_equals_fresh(self, *args, status=(FOUND,)):
        fresh = os.path.join(self.folder, "fresh.db")
        if os.path.exists(fresh):
            os.unlink(fresh)
        run = rustle("index", "-q", "--db", fresh, *args, self.root)
        self.assertIn(run.returncode, status, run.stderr)
        for ours, theirs in zip(self.everything(self.database), self.everything(fresh)):
            self.assertEqual(ours, theirs)


class Whole(Case):
    def test_archives_are_indexed_beside_sources(self):
        self.put("src/lib.rs", b"pub fn outside() {}\n")
        self.put("Cargo.toml", MANIFEST.format("outer", "9.0.0").encode())
        self.put("cache/p-1.0.0.crate", package("p", "1.0.0", library(1)))
        self.put("q.tar.gz", crate_packing.compress(crate_packing.tar(library(2), "q")))
        self.index()
        scan = self.assert_equals_scan()
        self.assertEqual(scan.count(b'"status":"ok"'), 7)
        self.assertEqual(self.rows("SELECT path, name, version, files, status FROM archives"),
                         [("cache/p-1.0.0.crate", "p", "1.0.0", 3, "ok"),
                          ("q.tar.gz", None, None, 3, "ok")])
        self.assertEqual(self.rows("SELECT name, package, version FROM crates ORDER BY 1, 2"),
                         [("lib", None, None), ("outer", "outer", "9.0.0"), ("p", "p", "1.0.0"),
                          ("t", None, None), ("t", "p", "1.0.0")])
        self.assertEqual(
            self.rows("SELECT f.path FROM files f JOIN archives a USING(archive_id)"
                      " WHERE a.name = 'p' ORDER BY 1"),
            [(f"cache/p-1.0.0.crate!/{path}",) for path in ("src/a.rs", "src/lib.rs", "tests/t.rs")])

    def test_a_folder_called_like_an_archive_damaged_the_database(self):
        told = "called like what is in an archive, and left out"
        inside, also = "p-1.0.0.crate!/src/lib.rs", "p-1.0.0.crate!/q-1.0.0.crate"

        def check(*args, status=ERROR):
            errors = self.index("-q", *args, status=status).stderr.decode().splitlines()
            self.assertEqual(sorted(errors), sorted(
                f"rustle: {self.root}/{path}: {told}" for path in (inside, also)
                if os.path.exists(os.path.join(self.root, path)) and not (args and path == inside)))
            # No row is without the others, and a search finds what there is.
            files = self.rows("SELECT file_id FROM files ORDER BY 1")
            self.assertEqual(self.rows("SELECT file_id FROM packed_items ORDER BY 1"), files)
            found = self.check(rustle("find", "--limit", "0", "--db", self.database, "--kind", "fn"))
            return sorted(line.split()[-1] for line in found.stdout.decode().splitlines())

        self.put("m.rs", b"fn plain() {}\n")
        self.put("p-1.0.0.crate", package("p", "1.0.0", [("src/lib.rs", b"pub fn member() {}\n")]))
        self.assertEqual(check(status=FOUND), ["member", "plain"])
        self.put(inside, b"pub fn disk() {}\n")
        self.assertEqual(check(), ["member", "plain"])
        self.put(also, package("q", "1.0.0", library(1)))
        self.put("p-1.0.0.crate", package("p", "1.0.0", [("src/lib.rs", b"pub fn other() {}\n")]))
        self.assertEqual(check(), ["other", "plain"])
        self.assertEqual(check(), ["other", "plain"])
        self.assert_equals_fresh(status=(ERROR,))
        os.unlink(self.database)
        self.assertEqual(check(), ["other", "plain"])
        self.assertEqual(check("--crates"), ["other"])
        self.assertEqual(check(), ["other", "plain"])
        shown = self.check(rustle("show", "--db", self.database, "other", cwd=self.root))
        self.assertEqual(shown.stdout.decode().splitlines()[-1], "pub fn other() {}")
        for args in ("graph",), ("modules",):
            run = self.check(rustle(*args, self.root), ERROR)
            self.assertEqual(sorted(run.stderr.decode().splitlines()), sorted(
                f"rustle: {self.root}/{path}: {told}" for path in (inside, also)))
        os.unlink(os.path.join(self.root, "p-1.0.0.crate"))
        self.assertEqual(check(), ["plain"])
        os.unlink(os.path.join(self.root, inside))
        os.unlink(os.path.join(self.root, also))
        self.assertEqual(check(status=FOUND), ["plain"])
        self.assert_equals_fresh()

    def test_with_crates_only_archives_count(self):
        self.put("src/lib.rs", b"pub fn outside() {}\n")
        self.put("p-1.0.0.crate", package("p", "1.0.0", library(1)))
        self.index("--crates")
        self.assertEqual(self.rows("SELECT count(*), count(archive_id) FROM files"), [(3, 3)])
        self.index()
        self.assertEqual(self.rows("SELECT count(*), count(archive_id) FROM files"), [(4, 3)])
        self.assert_equals_scan()
        self.index("--crates")
        self.assertEqual(self.rows("SELECT count(*), count(archive_id) FROM files"), [(3, 3)])

    def test_the_graph_is_that_of_the_folder(self):
        self.put("p-1.0.0.crate", package("p", "1.0.0", library(1)))
        for path, content in library(1):
            self.write(f"unpacked/{path}", content)
        self.write("unpacked/Cargo.toml", MANIFEST.format("p", "1.0.0").encode())
        folder = os.path.join(self.folder, "folder.db")
        self.index("--crates")
        self.check(rustle("index", "--db", folder, os.path.join(self.folder, "unpacked")))
        inside = json.loads(json.dumps(store_tree.graph_rows(self.database))
                            .replace("p-1.0.0.crate!/", ""))
        self.assertEqual(inside, json.loads(json.dumps(store_tree.graph_rows(folder))))
        self.assertEqual(len(inside[0]), 5)

    def test_the_number_of_threads_does_not_show(self):
        for i in range(60):
            self.put(f"{i % 7}/p-1.0.{i}.crate", package("p", f"1.0.{i}", library(i)))
            self.put(f"{i % 5}/s{i}.rs", b"fn f() {}\n")
        contents = []
        for n, more in ("1", []), ("2", []), ("5", []), ("3", ["--max-memory", "1"]):
            database = os.path.join(self.folder, f"{n}.db")
            self.index("-j", n, *more, database=database)
            with open(database, "rb") as file:
                contents.append(file.read())
        for content in contents[1:]:
            self.assertTrue(content == contents[0])
        self.assert_equals_scan(database)

    def test_items_are_found_and_shown(self):
        self.put("p-1.0.0.crate", package("p", "1.0.0", library(1)))
        self.put("p-1.2.0.crate", package("p", "1.2.0", library(2)))
        self.put("q-1.2.0.crate", package("q", "1.2.0", library(3)))
        self.put("p/Cargo.toml", MANIFEST.format("p", "1.3.0").encode())
        self.put("p/src/lib.rs", b"pub struct Aplain;")
        self.index()

        def find(*args, status=FOUND):
            run = self.check(rustle("find", "--db", self.database, "--kind", "struct", *args), status)
            return [line.split()[-1] for line in run.stdout.decode().splitlines()]

        self.assertEqual(find("A"), ["A1", "A2", "A3", "Aplain"])
        self.assertEqual(find("--crate", "p", "A"), ["A1", "A2", "Aplain"])
        self.assertEqual(find("--crate", "p@1.2", "A"), ["A2"])
        self.assertEqual(find("--crate", "p@1", "A"), ["A1", "A2", "Aplain"])
        self.assertEqual(find("--crate", "p@1.3.0", "A"), ["Aplain"])
        self.assertEqual(find("--crate", "p@1.2.1", "A", status=NOTHING), [])
        self.assertEqual(find("--newest", "A"), ["A2", "A3", "Aplain"])
        self.assertEqual(find("p::a::A2"), ["A2"])
        # The same from the sources themselves.
        run = self.check(rustle("find", "--crate", "p@1.2", "--kind", "struct", "A", cwd=self.root))
        self.assertEqual(run.stdout, b"p-1.2.0.crate!/src/a.rs:1:12: pub struct A2\n")
        run = self.check(rustle("show", "--db", self.database, "A3", cwd=self.root))
        self.assertEqual(run.stdout, b"// q-1.2.0.crate!/src/a.rs:1\npub struct A3;\n")
        self.check(rustle("find", "--db", self.database, "--crate", "p@", "A"), ERROR)

    def test_the_corpus(self):
        vendor = os.path.join(os.environ.get("RUSTLE_CORPUS", ""), "vendor")
        if not os.path.isdir(vendor):
            self.skipTest("RUSTLE_CORPUS has no folder vendor/")
        for name in sorted(os.listdir(vendor))[::7]:
            self.put(f"{name}.crate", crate_packing.pack(os.path.join(vendor, name), name, 1))
        self.index("--crates")
        self.assertGreater(self.assert_equals_scan().count(b"\n"), 50_000)
        self.assert_equals_fresh("--crates", "-j1")


class Changes(Case):
    def test_what_is_the_same_is_not_opened_again(self):
        for i in range(10):
            self.put(f"p-1.0.{i}.crate", package("p", f"1.0.{i}", library(i)))
        self.index()
        counts = self.counts(self.index())
        self.assertEqual(counts["archives"], [10, 0, 0, 0])
        self.assertEqual(counts["files"], [30, 0, 0, 0])
        # Another time: it is opened, and turns out to be the same.
        self.clock += 1_000
        os.utime(os.path.join(self.root, "p-1.0.3.crate"), ns=(self.clock, self.clock))
        self.assertEqual(self.counts(self.index())["archives"], [10, 1, 0, 0])
        self.assertEqual(self.counts(self.index())["archives"], [10, 0, 0, 0])
        # Another content.
        self.put("p-1.0.3.crate", package("p", "1.0.3", library(99)))
        self.assertEqual(self.counts(self.index())["archives"], [10, 1, 1, 0])
        self.assert_equals_scan()
        os.unlink(os.path.join(self.root, "p-1.0.4.crate"))
        self.assertEqual(self.counts(self.index())["archives"], [9, 0, 0, 1])
        self.assert_equals_scan()
        # A time of now is not to be trusted.
        self.put("p-1.0.5.crate", package("p", "1.0.5", library(98)), stamp=False)
        self.assertEqual(self.counts(self.index())["archives"], [9, 1, 1, 0])
        self.assertEqual(self.counts(self.index())["archives"], [9, 1, 0, 0])

    def content(self, r, name, version):
        files = []
        for i in range(r.randrange(6)):
            files.append((f"src/{r.choice(['lib', 'main', 'a', 'b/mod', f'm{i}'])}.rs",
                          "".join(r.choice(store_tree.PIECES if r.random() < 0.95 else
                                           store_tree.BROKEN).format(
                              a=r.choice(store_tree.WORDS), b=r.choice(store_tree.WORDS),
                              c=r.choice(store_tree.WORDS)) for _ in range(r.randrange(5))).encode()))
        data = package(name, version, dict(files).items())
        kind = r.random()
        if kind < 0.05:
            return data[:len(data) // 2]
        return b"" if kind < 0.08 else data

    def test_after_random_changes_it_equals_a_fresh_one(self):
        r = random.Random(SEED)
        paths, nbad = {}, 0
        for step in range(240):
            for _ in range(r.choice([1, 1, 2, 5, 20])):
                kind = r.random()
                if not paths or kind < 0.45:
                    name = r.choice(["p", "q-r", "s_t"])
                    version = f"{r.randrange(2)}.{r.randrange(3)}.{r.randrange(9)}"
                    path = f"{r.choice(['', 'a/', 'a/b/'])}{name}-{version}.crate"
                    paths[path] = (name, version)
                    self.put(path, self.content(r, name, version), stamp=r.random() < 0.9)
                elif kind < 0.65:
                    path = r.choice(sorted(paths))
                    self.put(path, self.content(r, *paths[path]))
                elif kind < 0.75:
                    path = r.choice(sorted(paths))
                    self.clock += 1_000
                    os.utime(os.path.join(self.root, path), ns=(self.clock, self.clock))
                elif kind < 0.85:
                    self.put(f"s/{r.randrange(9)}.rs", b"pub fn f%d() {}\n" % r.randrange(99))
                else:
                    path = r.choice(sorted(paths))
                    del paths[path]
                    os.unlink(os.path.join(self.root, path))
            run = rustle("index", "--db", self.database, "-j", str(1 + step % 3), self.root)
            self.assertIn(run.returncode, (FOUND, NOTHING, ERROR), run.stderr)
            nbad += run.returncode == ERROR
            if step % 10 == 9:
                self.assert_equals_scan()
                self.assert_equals_fresh(status=(FOUND, NOTHING, ERROR))
        self.assertGreater(nbad, 5)

    def test_so_many_change_that_the_names_are_written_anew(self):
        for round_number in range(3):
            for i in range(420):
                self.put(f"p-1.0.{i}.crate", package("p", f"1.0.{i}", library(i + round_number)))
            self.index("-q")
            self.assert_equals_scan()

    def test_kills(self):
        r = random.Random(SEED)
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        environment = {**os.environ, "ASAN_OPTIONS": options}
        for i in range(150):
            self.put(f"p-1.0.{i}.crate", package("p", f"1.0.{i}", library(i)))
        begin = time.monotonic()
        self.index("-q")
        cold = time.monotonic() - begin
        killed = ended = 0
        while killed < 40 and ended < 800:
            if r.random() < 0.3:
                for suffix in "", "-wal", "-shm":
                    if os.path.exists(self.database + suffix):
                        os.unlink(self.database + suffix)
            for _ in range(r.choice([1, 10, 100])):
                i = r.randrange(170)
                self.put(f"p-1.0.{i}.crate", package("p", f"1.0.{i}", library(r.randrange(999))))
            child = subprocess.Popen([test_cli.PROGRAM, "index", "-q", "--db", self.database,
                                      self.root], stderr=subprocess.PIPE, env=environment)
            time.sleep(r.random() * cold * 1.2)
            child.kill()
            said = child.communicate()[1]
            if child.returncode != -signal.SIGKILL:
                ended += 1
                continue
            killed += 1
            self.assertEqual(said, b"")
            if os.path.exists(self.database):
                self.dump()
            if killed % 5 == 0:
                self.index("-q")
                self.assert_equals_scan()
        self.assertEqual(killed, 40)
        self.index("-q")
        self.assert_equals_scan()
        self.assert_equals_fresh()
        self.assertEqual([name for name in os.listdir(self.folder)
                          if ".new" in name or "aside" in name], [])


class Bad(Case):
    def test_bad_archives_are_told_and_the_run_goes_on(self):
        good = package("p", "1.0.0", library(1))
        bad = {"b-1.0.0.crate": (good[:-9], "the compressed data are corrupt or cut off"),
               "c-1.0.0.crate": (b"", "the file is empty"),
               "d-1.0.0.crate": (crate_packing.compress(
                   crate_packing.tar([("../x.rs", b"")], "d-1.0.0")),
                                 "d-1.0.0/../x.rs: a path with `..`"),
               "e.tar.gz": (b"PK\3\4", "not compressed with gzip")}
        self.put("p-1.0.0.crate", good)
        for path, (content, _) in bad.items():
            self.put(path, content)
        for _ in range(3): # told each time
            run = self.index(status=ERROR)
            self.assertEqual(sorted(run.stderr.decode().splitlines()),
                             sorted(f"rustle: {path}: {message}"
                                    for path, (_, message) in bad.items()))
        self.assertEqual(self.counts(run)["archives"], [5, 4, 0, 0])
        self.assertEqual(self.rows("SELECT path, status, message FROM archives WHERE status != 'ok'"
                                   " ORDER BY 1"),
                         [(path, "io-error", message) for path, (_, message) in bad.items()])
        self.assertEqual(self.rows("SELECT path, status, message, errors FROM files WHERE status !="
                                   " 'ok' ORDER BY 1"),
                         [(path, "io-error", message, 1) for path, (_, message) in bad.items()])
        self.assert_equals_scan()
        for path in bad: # mended
            self.put(path, crate_packing.compress(crate_packing.tar(library(1), path[:-6])))
        os.rename(os.path.join(self.root, "e.tar.gz"), os.path.join(self.root, "f.tar.gz"))
        run = self.index()
        self.assertEqual(self.counts(run)["archives"], [5, 4, 4, 1])
        self.assert_equals_scan()
        self.put("p-1.0.0.crate", good[:50]) # broken
        self.index(status=ERROR)
        self.assert_equals_scan()
        self.assertEqual(self.rows("SELECT count(*) FROM crates WHERE package = 'p'"), [(0,)])

    def test_the_limit_on_memory_is_kept(self):
        filler = os.urandom(1 << 16)
        for i in range(12): # each inflates to 16 MB
            files = [("data", bytes([i]) + filler * 250), ("src/lib.rs", b"fn f() {}\n" * 9000)]
            self.put(f"p-1.0.{i}.crate", crate_packing.compress(
                crate_packing.tar(files, f"p-1.0.{i}"), 1))
        limit = 80 << 20
        code = ("import os, sys\npid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n"
                "_, status, usage = os.wait4(pid, 0)\n"
                "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)")
        done = subprocess.run([sys.executable, "-S", "-c", code, test_cli.PROGRAM, "index", "-q",
                               "-j", "8", "--max-memory", str(limit), "--db", self.database,
                               self.root], capture_output=True, check=True, timeout=250)
        status, kib = done.stdout.split()
        self.assertEqual(int(status), FOUND, done.stderr)
        if not os.environ.get("RUSTLE_TEST_SANITIZED"):
            self.assertLess(int(kib) << 10, limit)
        self.assert_equals_scan()


class Registry(Case):
    def put_index(self, name, versions):
        """`versions`: those that are yanked have a `!` behind them."""
        low = name.lower()
        folder = {1: "1", 2: "2", 3: f"3/{low[0]}"}.get(len(low), f"{low[:2]}/{low[2:4]}")
        lines = [json.dumps({"name": name, "vers": version.rstrip("!"), "deps": [],
                             "cksum": "0" * 64, "features": {}, "yanked": version.endswith("!")})
                 for version in versions]
        self.write(f"index/{folder}/{low}", "\n".join(lines + ["", "no JSON {"]).encode())
        self.write("index/config.json", b'{"dl": "", "api": ""}')
        return os.path.join(self.folder, "index")

    def put_packages(self, **packages):
        for name, versions in packages.items():
            for i, version in enumerate(versions):
                self.put(f"{name}-{version}.crate",
                         package(name, version, [("src/lib.rs", b"struct S%d;" % i)]))

    def archives(self, *columns):
        return self.rows(f"SELECT {', '.join(('name', 'version') + columns)} FROM archives"
                         " ORDER BY name, archive_id")

    def test_newest_is_by_the_order_of_versions(self):
        order = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
                 "1.0.0-beta.11", "1.0.0-rc.1"]
        self.put_packages(pre=order, mixed=["1.9.0", "1.10.0", "2.0.0-rc.1", "1.10.0-x"],
                          one=["0.0.1"], tags=["1.0.0+a"])
        self.put("download.crate", crate_packing.compress(crate_packing.tar(library(1), "x-1.0.0")))
        self.index("--crates", "--newest")
        self.assertEqual(self.archives("newest"),
                         [(None, None, 0), ("mixed", "1.10.0", 1), ("one", "0.0.1", 1),
                          ("pre", "1.0.0-rc.1", 1), ("tags", "1.0.0+a", 1)])
        self.assert_equals_fresh("--crates", "--newest")
        self.index("--crates")
        self.assertEqual(len(self.archives()), 1 + 7 + 4 + 1 + 1)
        self.assertEqual(self.rows("SELECT version FROM archives WHERE newest AND name = 'mixed'"),
                         [("1.10.0",)])
        # When the newest goes, another one is.
        os.unlink(os.path.join(self.root, "mixed-1.10.0.crate"))
        counts = self.counts(self.index("--crates"))
        self.assertEqual(counts["archives"][1:], [0, 0, 1])
        self.assertEqual(self.rows("SELECT version FROM archives WHERE newest AND name = 'mixed'"),
                         [("1.9.0",)])
        self.assert_equals_fresh("--crates")

    def test_yanked_versions(self):
        for name in "a", "ab", "abc", "abcd", "Abc-De":
            index = self.put_index(name, ["1.0.0", "1.1.0!", "1.2.0-pre!"])
            self.put_packages(**{name: ["1.0.0", "1.1.0", "1.2.0-pre"]})
        self.put_packages(all_=["1.0.0"], unknown=["1.0.0", "1.1.0"])
        index = self.put_index("all_", ["1.0.0!"])
        self.index("--crates", "--registry-index", index)
        rows = self.archives("yanked", "newest")
        self.assertEqual([row for row in rows if row[0] == "Abc-De"],
                         [("Abc-De", "1.0.0", 0, 1), ("Abc-De", "1.1.0", 1, 0),
                          ("Abc-De", "1.2.0-pre", 1, 0)])
        self.assertEqual(sum(yanked == 1 for _, _, yanked, _ in rows), 11)
        self.assertEqual([row for row in rows if row[0] in ("all_", "unknown")],
                         [("all_", "1.0.0", 1, 1), ("unknown", "1.0.0", None, 0),
                          ("unknown", "1.1.0", None, 1)])
        run = self.check(rustle("find", "--db", self.database, "--no-yanked", "--crate", "ab", "S"))
        self.assertEqual(len(run.stdout.splitlines()), 1)
        # Something is yanked: nothing is opened for that.
        self.put_index("abcd", ["1.0.0!", "1.1.0!", "1.2.0-pre"])
        counts = self.counts(self.index("--crates", "--registry-index", index))
        self.assertEqual(counts["archives"][1:], [0, 0, 0])
        self.assertIn(("abcd", "1.2.0-pre", 0, 1), self.archives("yanked", "newest"))
        self.assert_equals_fresh("--crates", "--registry-index", index)
        self.index("--crates", "--registry-index", index, "--no-yanked")
        self.assertNotIn(1, [yanked for _, _, yanked in self.archives("yanked")])
        self.assertEqual(len(self.archives()), 18 - 11)
        self.index("--crates", "--registry-index", index, "--no-yanked", "--newest")
        self.assertEqual(self.archives(),
                         [("Abc-De", "1.0.0"), ("a", "1.0.0"), ("ab", "1.0.0"), ("abc", "1.0.0"),
                          ("abcd", "1.2.0-pre"), ("unknown", "1.1.0")])
        self.assert_equals_fresh("--crates", "--registry-index", index, "--no-yanked", "--newest")

    def test_without_a_registry(self):
        self.put_packages(p=["1.0.0"])
        self.check_usage_error("index", "--no-yanked", self.root,
                               says=b"--no-yanked needs --registry-index")
        run = self.index("--registry-index", self.folder, status=ERROR)
        self.assertIn(b"config.json: No such file or directory; is that a registry's index?",
                      run.stderr)
        self.assertFalse(os.path.exists(self.database))
        self.index()
        before = self.everything(self.database)
        self.index("--registry-index", self.folder, status=ERROR)
        self.assertEqual(self.everything(self.database), before)


if __name__ == "__main__":
    test_cli.PROGRAM = os.path.abspath(sys.argv.pop(1))
    DUMPER = os.path.abspath(sys.argv.pop(1))
    unittest.main()
