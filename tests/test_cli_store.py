"""The commands of the program rustle that have to do with a database, as their users meet them.

Usage: test_cli_store.py PROGRAM EXTENSION [unittest option...]. That a database says what it should
is for the tests store_*; here it matters what is printed where, and what happens to what is no
database.
"""

import fcntl
import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest

import test_cli
from test_cli import Case, ERROR, FOUND, NOTHING, rustle

EXTENSION = ""

LIB = b"""mod shapes;
pub use shapes::Circle;
/// Adds.
pub fn add(a: u8, b: u8) -> u8 { a + b }
struct HashMap<K> { key: K }
impl<K> HashMap<K> { pub fn new() -> Self { todo!() } }
"""
SHAPES = b"pub struct Circle { pub radius: f32 }\npub struct Square;\n\nfn circle() {}\n"
VENDORED = b"pub fn add() {}\n"
ONE_TABLE = "CREATE TABLE t(x)"


class Store(Case):
    def setUp(self):
        super().setUp()
        self.write("Cargo.toml", b'[package]\nname = "geometry"\nversion = "1.0.0"\n')
        self.write("src/lib.rs", LIB)
        self.write("src/shapes.rs", SHAPES)
        self.write("vendor/x-1.0/src/lib.rs", VENDORED)
        self.database = os.path.join(self.folder, ".rustle", "index.db")

    def index(self, *args, status=FOUND):
        return self.check(rustle("index", *args, cwd=self.folder), status)

    def lines(self, *args, status=FOUND, **kwargs):
        kwargs.setdefault("cwd", self.folder)
        return self.check(rustle(*args, **kwargs), status).stdout.decode().splitlines()

    def as_nobody(self, *args):
        """Runs the program as somebody to whom permissions matter, which they do not to root."""
        user = {}
        if os.geteuid() == 0:
            nobody = 65534
            for folder, _, files in os.walk(self.folder):
                for path in [folder] + [os.path.join(folder, name) for name in files]:
                    os.chown(path, nobody, nobody)
            user = {"user": nobody, "group": nobody, "extra_groups": []}
        try:
            return subprocess.run([test_cli.PROGRAM, *args], cwd=self.folder, capture_output=True,
                                  timeout=60, check=False,
                                  env={**os.environ, "HOME": self.folder}, **user)
        except PermissionError:
            self.skipTest("nobody cannot run the program where it is")

    def age(self, path):
        """Makes a file so old that its time is trusted."""
        os.utime(path, (1_600_000_000, 1_600_000_000))


class Index(Store):
    def test_makes_a_database_that_git_does_not_see(self):
        run = self.index()
        self.assertEqual(run.stderr, b"")
        self.assertRegex(run.stdout, rb"^files     3 \(3 read, 3 written, 0 removed\)\n")
        self.assertIn(b".rustle/index.db (new)", run.stdout)
        with open(os.path.join(self.folder, ".rustle", ".gitignore"), "rb") as file:
            self.assertEqual(file.read(), b"*\n")
        left = sorted(os.listdir(os.path.join(self.folder, ".rustle")))
        self.assertEqual(left, [".gitignore", "index.db", "index.db.lock"])

    def test_quiet_says_nothing(self):
        run = self.index("--quiet")
        self.assertEqual((run.stdout, run.stderr), (b"", b""))

    def test_verbose_names_what_is_new_and_changed(self):
        run = self.index("-v", "-q")
        self.assertEqual(run.stderr, b"+ src/lib.rs\n+ src/shapes.rs\n+ vendor/x-1.0/src/lib.rs\n")
        self.write("src/shapes.rs", SHAPES + b"fn more() {}\n")
        os.unlink(os.path.join(self.folder, "vendor/x-1.0/src/lib.rs"))
        run = self.index("-v")
        self.assertEqual(run.stderr, b"~ src/shapes.rs\n")
        self.assertIn(b"1 written, 1 removed", run.stdout)

    def test_does_not_read_what_has_not_changed(self):
        for name in "src/lib.rs", "src/shapes.rs", "vendor/x-1.0/src/lib.rs", "Cargo.toml":
            self.age(os.path.join(self.folder, name))
        self.index()
        self.assertIn(b"files     3 (0 read, 0 written, 0 removed)", self.index().stdout)
        self.write("src/shapes.rs", SHAPES)  # the same, later
        self.assertIn(b"files     3 (1 read, 0 written, 0 removed)", self.index().stdout)

    def test_other_folder_and_database(self):
        database = os.path.join(self.folder, "other.db")
        self.check(rustle("index", "--db", database, self.folder, cwd="/"), FOUND)
        self.assertFalse(os.path.exists(self.database))
        self.assertEqual(len(self.lines("find", "--db", database, "--exact", "--case", "Circle", cwd="/")), 1)

    def test_a_tree_without_sources(self):
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        run = self.check(rustle("index", empty), NOTHING)
        self.assertIn(b"no .rs files found", run.stderr)

    def test_errors_of_the_sources_are_in_the_database(self):
        self.write("src/shapes.rs", b"fn (\n")
        run = self.index()
        self.assertEqual(run.stderr, b"")
        rows = self.lines("sql", "SELECT path, line, \"column\" FROM errors JOIN files USING(file_id)")
        self.assertEqual(rows, ["src/shapes.rs\t1\t4"])

    def test_a_file_that_cannot_be_read_is_told(self):
        os.chmod(os.path.join(self.folder, "src/shapes.rs"), 0)
        run = self.check(self.as_nobody("index"), ERROR)
        self.assertIn(b"src/shapes.rs: Permission denied", run.stderr)
        self.assertIn(b"files     3 (3 read, 3 written, 0 removed)", run.stdout)
        os.chmod(os.path.join(self.folder, "src/shapes.rs"), 0o644)
        self.check(self.as_nobody("index"), FOUND)
        self.assertEqual(self.lines("sql", Sql.DEPS)[0], "src/lib.rs\tsrc/shapes.rs\tmod")

    def test_a_link_to_a_file_is_no_file(self):
        os.symlink("lib.rs", os.path.join(self.folder, "src/link.rs"))
        self.assertIn(b"files     3 ", self.index().stdout)

    def test_missing_folder_and_a_file_are_errors(self):
        self.assertIn(b"no/such: No such file", self.index("no/such", status=ERROR).stderr)
        self.assertIn(b"Not a directory", self.index("src/lib.rs", status=ERROR).stderr)
        self.check_usage_error("index", "a", "b", says=b"one folder")
        self.check_usage_error("index", "-j", "x", says=b"'x'")

    def test_the_second_waits_and_says_for_whom(self):
        self.index()
        with open(self.database + ".lock", "r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.seek(0)
            lock.truncate()
            lock.write("12345\n")
            lock.flush()
            with subprocess.Popen([test_cli.PROGRAM, "index"], cwd=self.folder,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as second:
                said = second.stderr.readline()
                self.assertEqual(said, b"rustle: waiting for process 12345, which is writing"
                                       b" ./.rustle/index.db\n".replace(b"./", b""))
                time.sleep(0.05)
                self.assertIsNone(second.poll())
                fcntl.flock(lock, fcntl.LOCK_UN)
                self.assertEqual(second.wait(30), FOUND)

    def test_progress_is_only_for_terminals(self):
        leader, terminal = pty.openpty()
        with subprocess.Popen([test_cli.PROGRAM, "index", "-q"], cwd=self.folder, stderr=terminal):
            pass
        os.close(terminal)
        try:
            said = os.read(leader, 1000)
        except OSError:  # nothing, and nobody there any more
            said = b""
        os.close(leader)
        self.assertEqual(said, b"")  # it took no second


class Damage(Store):
    """What stands in the place of the database."""

    def aside(self):
        folder = os.path.dirname(self.database)
        return sorted(name for name in os.listdir(folder) if "aside" in name)

    def check_is_made_anew(self, says, aside):
        run = self.index()
        self.assertIn(says, run.stderr)
        self.assertEqual(self.aside(), aside)
        self.assertEqual(len(self.lines("find", "--exact", "--case", "Circle")), 1)
        self.assertEqual(self.index().stderr, b"")

    def test_foreign_database_is_set_aside(self):
        os.mkdir(os.path.dirname(self.database))
        connection = sqlite3.connect(self.database)
        connection.execute(ONE_TABLE)
        connection.commit()
        connection.close()
        run = self.check(rustle("find", "x", cwd=self.folder), ERROR)
        self.assertIn(b"no database of rustle", run.stderr)
        self.check_is_made_anew(b"is no database of rustle; moved to", ["index.db.aside-1"])
        connection = sqlite3.connect(self.database + ".aside-1")
        self.assertEqual(connection.execute("SELECT count(*) FROM t").fetchone(), (0,))
        connection.close()

    def test_other_file_is_set_aside(self):
        self.write(".rustle/index.db", b"a shopping list\n" * 1000)
        self.write(".rustle/index.db.aside-1", b"an older one")
        self.check_is_made_anew(b"moved to", ["index.db.aside-1", "index.db.aside-2"])

    def test_empty_file_is_filled(self):
        self.write(".rustle/index.db", b"")
        self.check_is_made_anew(b"", [])

    def test_other_version_is_made_anew(self):
        self.index()
        connection = sqlite3.connect(self.database)
        connection.execute("PRAGMA user_version=999")
        connection.commit()
        connection.close()
        run = self.check(rustle("find", "x", cwd=self.folder), ERROR)
        self.assertIn(b"another version", run.stderr)
        self.check_is_made_anew(b"is of another version of rustle; making it anew", [])

    def test_missing_table_is_damage(self):
        self.index()
        connection = sqlite3.connect(self.database)
        connection.execute("DROP TABLE deps")
        connection.commit()
        connection.close()
        self.check_is_made_anew(b"damaged; moved to", ["index.db.aside-1"])

    def test_damaged_pages_never_end_badly(self):
        self.index()
        with open(self.database, "rb") as file:
            good = file.read()
        for at in range(0, len(good), len(good) // 60):
            with open(self.database, "r+b") as file:
                file.seek(at)
                file.write(b"\xa5" * 700)
            for command in (["find", "c"], ["find", "--limit", "0"], ["show", "add"], ["stats"],
                            ["sql", "SELECT * FROM items"], ["sql", "SELECT * FROM deps"]):
                run = rustle(*command, cwd=self.folder)
                self.assertIn(run.returncode, (FOUND, NOTHING, ERROR), (at, command))
            self.write("src/shapes.rs", SHAPES + b"// %d\nfn f%d() {}\n" % (at, at))
            run = rustle("index", cwd=self.folder)
            self.assertEqual(run.returncode, FOUND, (at, run.stderr))
            with open(self.database, "wb") as file:
                file.write(good)
            for name in self.aside():
                os.unlink(os.path.join(os.path.dirname(self.database), name))

    def test_cut_off_database_is_damage(self):
        self.index()
        size = os.path.getsize(self.database)
        os.truncate(self.database, size // 2)
        self.check_is_made_anew(b"damaged; moved to", ["index.db.aside-1"])

    def test_folder_that_cannot_be_written_is_told_and_can_be_read(self):
        self.index()
        folder = os.path.dirname(self.database)
        os.chmod(self.database, 0o444)
        os.chmod(folder, 0o555)
        self.addCleanup(os.chmod, folder, 0o755)
        run = self.check(self.as_nobody("index"), ERROR)
        self.assertRegex(run.stderr, rb"^rustle: \.rustle/index\.db.*: \S.*\n$")
        run = self.check(self.as_nobody("find", "--exact", "--case", "Circle"), FOUND)
        self.assertEqual(run.stdout, b"src/shapes.rs:1:12: pub struct Circle\n")

    def test_a_place_that_is_no_folder_is_told(self):
        self.write(".rustle", b"a file")
        run = self.index(status=ERROR)
        self.assertRegex(run.stderr, rb"^rustle: .*\.rustle.*: Not a directory\n$")


class Find(Store):
    def test_answers_are_the_same_without_a_database(self):
        questions = (["find", "circle"], ["find", "--exact", "add"], ["find"], ["stats"],
                     ["find", "--kind", "fn,struct", "--vis", "pub"], ["show", "add"],
                     ["find", "geometry"], ["sql", "SELECT * FROM deps ORDER BY 1, 2"])
        before = [rustle(*question, cwd=self.folder) for question in questions]
        self.assertFalse(os.path.exists(os.path.join(self.folder, ".rustle")))
        self.index()
        for question, without in zip(questions, before):
            with self.subTest(question=question):
                run = rustle(*question, cwd=self.folder)
                self.assertEqual(without.stderr, run.stderr)
                self.assertEqual(run.returncode, without.returncode)
                if question != ["stats"]:  # sizes differ
                    self.assertEqual(run.stdout, without.stdout)

    def test_exact_names_first_and_vendored_last(self):
        self.index()
        self.assertEqual(self.lines("find", "add"), [
            "src/lib.rs:4:8: pub fn add", "vendor/x-1.0/src/lib.rs:1:8: pub fn add"])
        self.assertEqual(self.lines("find", "circle"), [
            "src/shapes.rs:1:12: pub struct Circle", "src/shapes.rs:4:4: fn circle"])
        self.assertEqual(self.lines("find", "--case", "circle"), ["src/shapes.rs:4:4: fn circle"])

    def test_filters(self):
        self.index()
        self.assertEqual(self.lines("find", "--in", "src/shapes.rs", "--kind", "field"),
                         ["src/shapes.rs:1:25: pub field Circle::radius"])
        self.assertEqual(self.lines("find", "--regex", "^(sq|ci).*e$", "--kind", "struct"),
                         ["src/shapes.rs:1:12: pub struct Circle",
                          "src/shapes.rs:2:12: pub struct Square"])
        self.assertEqual(self.lines("find", "hm"), ["src/lib.rs:5:8: struct HashMap"])
        self.assertEqual(self.lines("find", "HashMap::new"), ["src/lib.rs:6:29: pub fn HashMap::new"])
        self.assertEqual(self.lines("find", "shapes::Square"),
                         ["src/shapes.rs:2:12: pub struct Square"])

    def test_crate_is_one_of_a_name_or_of_a_package_whatever_the_folder(self):
        self.write("vendor/x-1.0/Cargo.toml",
                   b'[package]\nname = "the-x"\nversion = "1.0.0"\n[lib]\nname = "x_of_old"\n')
        self.write("vendor/x-1.0/tests/it.rs", b"fn add_test() {}\nmod deep;\n")
        self.write("vendor/x-1.0/tests/deep/mod.rs", b"fn add_deep() {}\n")
        lib = "vendor/x-1.0/src/lib.rs:1:8: pub fn add"
        test = ["vendor/x-1.0/tests/deep/mod.rs:1:4: fn add_deep",
                "vendor/x-1.0/tests/it.rs:1:4: fn add_test"]
        for database in False, True:
            for name, found in (("the-x", [lib, *test]), ("the_x", [lib, *test]),
                                ("x_of_old", [lib]), ("x-of-old", [lib]), ("it", test),
                                ("geometry", ["src/lib.rs:4:8: pub fn add"])):
                self.assertEqual(self.lines("find", "--crate", name, "add"), found, name)
            for name in ("x", "x-1.0", "the-X", "the%x", ""):
                self.assertEqual(self.lines("find", "--crate", name, "add", status=NOTHING), [])
            self.assertEqual(self.lines("find", "--crate", "the-x", "--in", "vendor/x-1.0/src", "add"),
                             [lib])
            if not database:
                self.index()

    def test_paths_from_a_crate(self):
        for database in False, True:
            self.assertEqual(self.lines("find", "geometry::shapes::Square"),
                             ["src/shapes.rs:2:12: pub struct Square"])
            self.assertEqual(self.lines("find", "geometry::HashMap::new"),
                             ["src/lib.rs:6:29: pub fn HashMap::new"])
            self.assertEqual(self.lines("find", "shapes::HashMap::new", status=NOTHING), [])
            self.assertEqual(self.lines("show", "geometry::shapes::Square"),
                             ["// src/shapes.rs:2", "pub struct Square;"])
            if not database:
                self.index()

    def test_paths_are_those_of_the_working_folder(self):
        self.index()
        source = os.path.join(self.folder, "src")
        self.assertEqual(self.lines("find", "add", cwd=source), [
            "lib.rs:4:8: pub fn add", "../vendor/x-1.0/src/lib.rs:1:8: pub fn add"])
        self.assertEqual(self.lines("find", "--in", ".", "add", cwd=source),
                         ["lib.rs:4:8: pub fn add"])
        self.assertEqual(self.lines("show", "add", cwd=source)[0], "// lib.rs:4")

    def test_json_is_an_item_record(self):
        self.index()
        record = json.loads(self.lines("find", "--json", "Square")[0])
        self.assertEqual((record["file"], record["kind"], record["name"], record["line"]),
                         ("src/shapes.rs", "struct", "Square", 2))

    def test_pages_follow_each_other(self):
        self.index()
        everything = self.lines("find", "--limit", "0")
        pages, after = [], []
        while True:
            run = self.check(rustle("find", "--limit", "2", *after, cwd=self.folder), FOUND)
            pages += run.stdout.decode().splitlines()
            more = re.fullmatch(rb"rustle: there is more: --after (\S+)\n", run.stderr)
            if more is None:
                self.assertEqual(run.stderr, b"")
                break
            after = ["--after", more.group(1)]
        self.assertEqual(pages, everything)
        self.assertGreater(len(everything), 6)

    def test_a_commit_between_the_search_and_the_printing_was_an_error(self):
        at_a_time = 1 << 18  # hits that are printed before files are looked at again
        self.write("src/first.rs", b"fn many(){}\n" * at_a_time)
        self.write("src/second.rs", b"fn many(){}\n" * 10)
        self.index("-q")
        find = subprocess.Popen([test_cli.PROGRAM, "find", "--limit", "0", "--exact", "many"],
                                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with find:
            line = find.stdout.readline()  # and now it waits for who reads the rest
            self.write("src/second.rs", b"")
            self.index("-q")
            self.assertEqual(self.lines("find", "--exact", "many", "--in", "src/second.rs",
                                        status=NOTHING), [])
            out, errors = find.stdout.read(), find.stderr.read()
        self.assertEqual((find.returncode, errors, (line + out).count(b"\n")),
                         (FOUND, b"", at_a_time + 10))
        self.assertTrue(out.endswith(b"src/second.rs:10:4: fn many\n"))

    def test_colours(self):
        self.index()
        line = self.lines("find", "--color", "always", "Square")[0]
        self.assertEqual(line, "\033[35msrc/shapes.rs\033[0m:\033[32m2\033[0m:12: pub struct "
                               "\033[1;31mSquare\033[0m")
        for extra in [], ["--color", "auto"], ["--color", "never"]:
            self.assertNotIn("\033", self.lines("find", *extra, "Square")[0])
        self.check_usage_error("find", "--color", "blue", says=b"'blue'")
        for environment, coloured in ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False):
            leader, terminal = pty.openpty()
            subprocess.run([test_cli.PROGRAM, "find", "Square"], cwd=self.folder, stdout=terminal,
                           env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment},
                           timeout=60, check=True)
            self.assertEqual(b"\033[" in os.read(leader, 4000), coloured, environment)
            os.close(terminal)
            os.close(leader)

    def test_mistakes(self):
        self.check_usage_error("find", "--kind", "function", says=b"'function'")
        self.check_usage_error("find", "--vis", "public", says=b"'public'")
        self.check_usage_error("find", "--limit", "-1", says=b"'-1'")
        self.check_usage_error("find", "a", "b", says=b"one query")
        self.check_usage_error("find", "--db", "/no/such.db", "x", says=b"/no/such.db")
        for question in (["--regex", "("], ["--after", "nonsense"], ["--in", "../.."]):
            self.check(rustle("find", *question, cwd=self.folder), ERROR)
        self.assertEqual(self.lines("find", "nothing_of_that_name", status=NOTHING), [])


class Show(Store):
    def test_source_with_docs(self):
        self.index()
        run = self.check(rustle("show", "add", cwd=self.folder), FOUND)
        self.assertEqual(run.stdout, b"// src/lib.rs:4\n/// Adds.\n"
                                     b"pub fn add(a: u8, b: u8) -> u8 { a + b }\n")
        self.assertIn(b"there are more", run.stderr)
        run = self.check(rustle("show", "HashMap::new", cwd=self.folder), FOUND)
        self.assertEqual(run.stdout, b"// src/lib.rs:6\npub fn new() -> Self { todo!() }\n")

    def test_the_file_as_it_is_now(self):
        self.index()
        self.write("src/shapes.rs", b"\n\nfn more() {}\n" + SHAPES)
        self.assertEqual(self.lines("show", "Square"), ["// src/shapes.rs:5", "pub struct Square;"])
        self.write("src/shapes.rs", b"fn more() {}\n")
        run = self.check(rustle("show", "Square", cwd=self.folder), ERROR)
        self.assertIn(b"src/shapes.rs has changed", run.stderr)

    def test_no_such_item(self):
        self.index()
        run = self.check(rustle("show", "nothing", cwd=self.folder), NOTHING)
        self.assertEqual(run.stderr, b"rustle: no item nothing\n")


class Sql(Store):
    DEPS = ("SELECT a.path, b.path, d.kind FROM deps d JOIN files a ON a.file_id = from_file"
            " JOIN files b ON b.file_id = to_file ORDER BY 1, 2, 3")
    MODULES = "SELECT crates.name, modules.path, files.path FROM modules JOIN crates USING(crate_id)" \
              " JOIN files USING(file_id) ORDER BY 1, 2"

    def test_tables(self):
        self.index()
        self.assertEqual(self.lines("sql", self.DEPS), [
            "src/lib.rs\tsrc/shapes.rs\tmod", "src/lib.rs\tsrc/shapes.rs\tre-export"])
        self.assertEqual(self.lines("sql", self.MODULES)[:2], [
            "geometry\tgeometry\tsrc/lib.rs", "geometry\tgeometry::shapes\tsrc/shapes.rs"])
        self.assertEqual(self.lines("sql", "SELECT name, vis FROM items WHERE kind = 'struct'"
                                           " ORDER BY 1"),
                         ["Circle\tpub", "HashMap\tinherited", "Square\tpub"])

    def test_a_name_was_compared_as_if_there_were_no_collations(self):
        self.index("-q")
        self.assertEqual(self.lines("sql", "SELECT count(*) FROM items WHERE name = 'hashmap'"), ["0"])
        for name, collation in ("hashmap", "NOCASE"), ("HashMap  ", "RTRIM"):
            where = f"name = '{name}' COLLATE {collation}"
            self.assertEqual(self.lines("sql", f"SELECT kind FROM items WHERE {where}"), ["struct"])

    def test_json(self):
        self.index()
        rows = self.lines("sql", "--json", "SELECT 1 AS a, 'x\ty\"' AS b, NULL AS c, 2.5 AS d")
        self.assertEqual([json.loads(row) for row in rows],
                         [{"a": 1, "b": 'x\ty"', "c": None, "d": 2.5}])
        self.assertEqual(self.lines("sql", "SELECT 'x\ty', NULL, 'a\\b'"), ["x\\ty\t\ta\\\\b"])

    def test_nothing_can_be_written(self):
        self.index()
        for statement in ("DELETE FROM files", "DROP TABLE deps", "CREATE TABLE t(x)",
                          "ATTACH '/tmp/x' AS x", "PRAGMA user_version=3", "VACUUM",
                          "VACUUM INTO 'copy.db'"):
            with self.subTest(statement=statement):
                self.check(rustle("sql", statement, cwd=self.folder), ERROR)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "copy.db")))
        self.assertEqual(self.lines("sql", "SELECT count(*) FROM files"), ["3"])

    def test_other_programs_load_the_extension(self):
        self.index()
        if not EXTENSION:
            self.skipTest("no other program can load it in this build")
        query = "SELECT name FROM items WHERE kind = 'field' ORDER BY 1"
        if shutil.which("sqlite3") is not None:
            run = subprocess.run(["sqlite3", "-init", os.devnull, self.database,
                                  ".load " + EXTENSION.removesuffix(".so"), query],
                                 capture_output=True, timeout=60, check=True)
            self.assertEqual(run.stdout, b"key\nradius\n", run.stderr)
            return
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        if not hasattr(connection, "enable_load_extension"):
            self.skipTest("neither sqlite3 nor a Python that loads extensions")
        connection.enable_load_extension(True)
        connection.load_extension(EXTENSION)
        self.assertEqual(connection.execute(query).fetchall(), [("key",), ("radius",)])

    def test_other_programs_read_the_small_tables_as_they_are(self):
        self.index()
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        self.assertEqual(connection.execute(Sql.DEPS).fetchall(), [
            ("src/lib.rs", "src/shapes.rs", "mod"), ("src/lib.rs", "src/shapes.rs", "re-export")])


class Change(Store):
    def test_dependencies_follow_the_sources(self):
        self.index()
        self.write("src/shapes.rs", SHAPES + b"use crate::add;\n")
        self.index()
        self.assertIn("src/shapes.rs\tsrc/lib.rs\tuse", self.lines("sql", Sql.DEPS))
        self.write("Cargo.toml", b'[package]\nname = "shapely"\nversion = "1.0.0"\n')
        self.index()
        self.assertEqual(self.lines("sql", "SELECT path FROM modules WHERE kind = 'mod'"),
                         ["shapely::shapes"])

    def test_a_body_leaves_the_graph_alone(self):
        for name in "src/lib.rs", "src/shapes.rs", "vendor/x-1.0/src/lib.rs", "Cargo.toml":
            self.age(os.path.join(self.folder, name))
        self.index()
        connection = sqlite3.connect(self.database)
        connection.execute("DELETE FROM deps")  # to see whether they are written
        connection.commit()
        self.write("src/lib.rs", LIB.replace(b"a + b", b"b + a /* so */"))
        self.index()
        self.assertEqual(connection.execute("SELECT count(*) FROM deps").fetchone(), (0,))
        self.write("src/lib.rs", LIB + b"pub fn another() {}\n")
        self.index()
        self.assertEqual(connection.execute("SELECT count(*) FROM deps").fetchone(), (2,))
        connection.close()

    def test_a_tree_that_was_moved_is_the_same(self):
        for name in "src/lib.rs", "src/shapes.rs", "vendor/x-1.0/src/lib.rs", "Cargo.toml":
            self.age(os.path.join(self.folder, name))
        self.index()
        moved = os.path.join(self.folder, "moved")
        os.mkdir(moved)
        for name in ".rustle", "src", "vendor", "Cargo.toml":
            shutil.move(os.path.join(self.folder, name), moved)
        run = self.check(rustle("index", moved), FOUND)
        self.assertIn(b"(0 read, 0 written, 0 removed)", run.stdout)


if __name__ == "__main__":
    test_cli.PROGRAM = os.path.abspath(sys.argv[1])
    EXTENSION = sys.argv[2] and os.path.abspath(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
