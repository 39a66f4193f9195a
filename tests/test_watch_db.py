"""test_watch_db.py RUSTLE STORM STORE_DUMP [SECONDS] - rustle watch --db, on io_uring and on epoll.

What is told of is in the database, for any other process; after a storm of SECONDS (default 4), with
events lost in the middle of it, and after kills at random moments the database holds what one holds
that is made from nothing. Files are parsed in the order of the graph."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

import crate_packing
from store_tree import dump, graph_rows, index, scan
from watch_process import PATIENCE, Case, uring_is_refused

RUSTLE, STORM, STORE_DUMP = sys.argv[1:4]
Case.program = RUSTLE
SECONDS = float(sys.argv[4]) if len(sys.argv) > 4 else 4
KILLS = 12


def threads_of(pid):
    """Whether any thread of the process runs or would, and how much of the processor all have had."""
    busy, ticks = False, 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        busy |= fields[0] != "S"
        ticks += int(fields[11]) + int(fields[12])
    return busy, ticks


class DatabaseCase(Case):
    def setUp(self):
        super().setUp()
        self.database = os.path.join(self.folder, "x.db")

    def keep(self, *arguments, **options):
        return self.watch("--db", self.database, *arguments, self.tree, **options)

    def rustle(self, *arguments):
        return subprocess.run([RUSTLE, *arguments], capture_output=True, check=False, text=True,
                              timeout=PATIENCE, cwd=self.folder)

    def find(self, name):
        result = self.rustle("find", "--exact", "--db", self.database, name)
        self.assertEqual((result.returncode in (0, 1), result.stderr), (True, ""))
        return result.stdout

    def sql(self, query):
        result = self.rustle("sql", "--db", self.database, query)
        self.assertEqual((result.returncode in (0, 1), result.stderr), (True, ""))
        return result.stdout.split("\n")[:-1]

    def wait_for(self, condition):
        give_up = time.time() + PATIENCE
        while not condition():
            self.assertLess(time.time(), give_up)
            time.sleep(0.02)

    def wait_until_idle(self, watch):
        """All that there was to do is done: for a second and a half it sleeps, but for the looks that
        it takes around once a second."""
        give_up = time.time() + PATIENCE
        since, before = time.time(), 0
        while time.time() < since + 1.5:
            self.assertLess(time.time(), give_up)
            busy, ticks = threads_of(watch.process.pid)
            if busy or ticks > before + 1:
                since, before = time.time(), ticks
            time.sleep(0.02)

    def assert_as_made_anew(self):
        fresh = os.path.join(self.folder, "fresh.db")
        for name in os.listdir(self.folder):
            if name.startswith("fresh.db"):
                os.unlink(os.path.join(self.folder, name))
        index(RUSTLE, fresh, self.tree)
        self.assertEqual(dump(STORE_DUMP, self.database, self.tree), scan(RUSTLE, self.tree))
        for ours, theirs in zip(graph_rows(self.database), graph_rows(fresh)):
            self.assertEqual(ours, theirs)
        rows = []
        for database in self.database, fresh:
            connection = sqlite3.connect(database)
            rows.append(connection.execute(
                "SELECT path, size, hash, status, items, errors, vendored, links, message FROM files"
                " ORDER BY path").fetchall())
            connection.close()
        self.assertEqual(*rows)


class Cases:
    """Run on each interface."""

    class Database(DatabaseCase):
        def test_what_is_told_is_found_by_another_process(self):
            self.write("src/lib.rs", "mod a;\npub fn first() {}\n")
            watch = self.keep("--json")
            self.assertEqual(watch.record(), {"event": "ready", "files": 1, "items": 2})
            self.assertEqual(self.find("first"), "src/lib.rs:2:8: pub fn first\n")
            for i in range(20):
                self.write("a.tmp", f"pub fn there_{i}() {{}}\n")
                os.rename(self.tree + "/a.tmp", self.tree + "/src/a.rs")
                self.assertEqual(watch.record()["event"], "modified" if i > 0 else "created")
                self.assertEqual(self.find(f"there_{i}"), f"src/a.rs:1:8: pub fn there_{i}\n")
                self.assertEqual(self.find(f"there_{i - 1}"), "")
            self.assertEqual(self.sql("SELECT kind FROM deps"), ["mod"])
            os.unlink(self.tree + "/src/a.rs")
            self.assertEqual(watch.record()["event"], "removed")
            self.assertEqual(self.find("there_19"), "")
            self.assertEqual(self.sql("SELECT count(*) FROM deps"), ["0"])
            self.assertEqual(watch.end(), (130, []))
            self.assert_as_made_anew()

        def test_a_file_called_like_one_in_an_archive_took_its_row(self):
            with open(os.path.join(self.tree, "p-1.0.0.crate"), "wb") as file:
                file.write(crate_packing.compress(crate_packing.tar(
                    [("src/lib.rs", b"pub fn member() {}\n")], "p-1.0.0")))
            self.write("a.rs", "fn plain() {}\n")
            watch = self.keep("--json")
            self.assertEqual(watch.record()["event"], "ready")
            inside = "p-1.0.0.crate!/src/lib.rs"
            for text in "pub fn disk() {}\n", "pub fn other() {}\n":
                self.write(inside, text)
                self.assertEqual(watch.record()["status"], "io-error")
            self.write("a.rs", "fn changed() {}\n")
            self.assertEqual(watch.record()["event"], "modified")
            os.unlink(os.path.join(self.tree, inside))
            self.assertEqual(watch.record()["event"], "removed")
            self.assertEqual(self.sql("SELECT path FROM files ORDER BY path"), ["a.rs", inside])
            self.assertEqual(self.find("member"), f"{inside}:1:8: pub fn member\n")
            self.assertEqual(self.find("changed"), "a.rs:1:4: fn changed\n")
            self.assertEqual([self.find("disk"), self.find("other")], ["", ""])
            self.assertEqual(watch.end(), (130, []))
            self.assertEqual(set(watch.errors), {
                f"rustle: {self.tree}/{inside}: called like what is in an archive, and left out\n"})

        def test_it_goes_on_from_a_database_that_is_there(self):
            for name in "abc":
                self.write(name + ".rs", f"fn {name}() {{}}\n")
            index(RUSTLE, self.database, self.tree)
            os.unlink(self.tree + "/b.rs")
            self.write("c.rs", "fn other() {}\n")
            watch = self.keep()
            self.assertEqual(watch.line(), "ready: 2 files, 2 items\n")
            self.assert_as_made_anew()
            self.assertEqual(watch.end(signal.SIGTERM), (143, []))

        def test_files_that_cannot_be_read_and_ignored_ones(self):
            self.write("a.rs", "fn a() {}\n")
            self.write("b.rs", "fn b() {}\n")
            watch = self.keep()
            watch.line()
            self.write(".ignore", "b.rs\n")
            self.assertEqual(watch.line(), f"removed {self.tree}/b.rs\n")
            self.assertEqual(watch.line(), "  - fn b\n")
            self.assert_as_made_anew()
            with open(self.tree + "/a.rs", "wb") as file:
                file.write(b"fn \xff() {}\n")
            self.assertEqual(watch.line(), f"modified {self.tree}/a.rs\n")
            self.assertEqual(watch.line(), "  - fn a\n")
            self.assertEqual(self.sql("SELECT status FROM files"), ["not-utf8"])
            self.assert_as_made_anew()
            watch.end()

        def test_cargo_toml_files_count(self):
            self.write("src/lib.rs", "pub fn a() {}\n")
            self.write("src/other.rs", "pub fn b() {}\n")
            self.write("Cargo.toml", '[package]\nname = "one"\nversion = "0.1.0"\n')
            watch = self.keep("--json")
            self.assertEqual(watch.record(), {"event": "ready", "files": 2, "items": 2})
            self.assertEqual(self.sql("SELECT name FROM crates"), ["one"])
            self.write("Cargo.toml", '[package]\nname = "two"\nversion = "0.1.0"\n'
                       '[lib]\npath = "src/other.rs"\n')
            self.wait_for(lambda: self.sql("SELECT name FROM crates") == ["two"])
            self.assert_as_made_anew()
            os.unlink(self.tree + "/Cargo.toml")
            self.wait_for(lambda: self.sql("SELECT name FROM crates") != ["two"])
            self.assert_as_made_anew()
            self.assertEqual(watch.end(), (130, []))  # and nothing of them is told

        def test_one_writes_and_others_wait(self):
            self.write("a.rs", "fn a() {}\n")
            first = self.keep()
            first.line()
            second = self.keep()
            self.wait_for(lambda: second.errors)
            self.assertIn(f"waiting for process {first.process.pid}", second.errors[0])
            third = self.keep()
            self.wait_for(lambda: third.errors)
            self.assertEqual(third.end(), (130, []))  # while it waits
            self.assertEqual(first.end(), (130, []))
            self.assertEqual(second.line(), "ready: 1 files, 1 items\n")
            self.assertEqual(second.end(), (130, []))

        def test_a_database_that_was_taken_away_is_made_again(self):
            self.write("a.rs", "fn a() {}\n")
            self.write("b.rs", "fn b() {}\n")
            watch = self.keep()
            watch.line()
            for suffix in "", "-wal", "-shm":
                if os.path.exists(self.database + suffix):
                    os.unlink(self.database + suffix)
            self.write("a.rs", "fn new() {}\n")
            self.assertEqual(watch.line(), f"modified {self.tree}/a.rs\n")
            self.assert_as_made_anew()
            watch.end()

        def test_a_folder_that_was_taken_away_is_made_again_and_locked(self):
            self.write("a.rs", "fn a() {}\n")
            self.database = os.path.join(self.tree, ".", ".rustle", "index.db")
            watch = self.keep()
            watch.line()
            shutil.rmtree(os.path.join(self.tree, ".rustle"))
            self.write("a.rs", "fn new() {}\n")
            self.assertEqual(watch.line(), f"modified {self.tree}/a.rs\n")
            self.assertEqual(self.find("new"), "a.rs:1:4: fn new\n")
            other = subprocess.Popen([RUSTLE, "index", self.tree], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE)
            self.addCleanup(other.kill)
            self.assertIn(b"waiting for process", other.stderr.readline())
            self.assertEqual(watch.end()[0], 130)
            self.assertEqual(other.wait(PATIENCE), 0)
            other.stderr.close()

        def test_a_reader_that_stands_still_loses_nothing(self):
            watch = self.keep("--json", read=False)
            text = "".join(f"fn f{i}() {{}}\n" for i in range(400))
            self.wait_for(lambda: os.path.exists(self.database))
            for i in range(300):
                self.write(f"d{i % 20}/f{i}.rs", text)
            time.sleep(1)
            watch.read()
            self.assertEqual(watch.record()["event"], "ready")
            self.wait_for(lambda: self.sql("SELECT count(*) FROM files WHERE items = 400")
                          == ["300"])
            self.assert_as_made_anew()
            watch.process.send_signal(signal.SIGINT)
            self.assertEqual(watch.process.wait(PATIENCE), 130)

        def test_nobody_reads_and_it_ends_all_the_same(self):
            watch = self.keep("--json", "--settle", "0", read=False)
            self.wait_for(lambda: os.path.exists(self.database))
            text = "".join(f"fn f{i}() {{}}\n" for i in range(400))
            for i in range(300):
                self.write(f"d{i % 20}/f{i}.rs", text)
            time.sleep(1)
            watch.process.send_signal(signal.SIGTERM)
            self.assertEqual(watch.process.wait(PATIENCE), 143)
            dump(STORE_DUMP, self.database, self.tree)

    class Order(DatabaseCase):
        """While nobody reads, changes wait where they are ordered."""

        FILLERS = [f"fill{i:04}" for i in range(1700)]  # more than the channels and jobs hold
        LEAVES = [f"leaf{i:03}" for i in range(100)]

        def make(self, others, leaf):
            names = others + self.LEAVES + self.FILLERS
            self.write("lib.rs", "".join(f"mod {name};\n" for name in names))
            for name in names:
                self.write(name + ".rs", leaf if name in self.LEAVES else "pub fn a() {}\n")
            index(RUSTLE, self.database, self.tree)

        def order_of(self, watch, changed):
            """The order in which these files are told of that change while others hold up all."""
            many = "".join(f"pub fn {'f' * 30}{i}() {{}}\n" for i in range(20))
            for name in self.FILLERS:
                self.write(name + ".rs", many)
            self.wait_until_idle(watch)
            for name in changed:
                self.write(name + ".rs", "pub fn a() {}\npub fn c() {}\n")
            self.wait_until_idle(watch)
            watch.read()
            self.assertEqual(watch.record()["event"], "ready")
            order = []
            while not set(changed) <= set(order):
                order.append(os.path.basename(watch.record()["file"])[:-3])
            # Not all of those that were there before had been parsed by then.
            self.assertLess(order.index(changed[-1]), len(self.FILLERS))
            return order

        def test_files_with_more_dependents_are_parsed_first(self):
            self.make(["hub"], "use crate::hub::a;\n")
            watch = self.keep("--json", "-j", "1", read=False)
            self.wait_until_idle(watch)
            order = self.order_of(watch, self.LEAVES + ["hub"])
            at = order.index("hub")
            self.assertLess(at, min(order.index(name) for name in self.LEAVES))
            watch.end()
            self.assert_as_made_anew()

        def test_the_order_follows_the_graph_as_it_changes(self):
            self.make(["old", "new"], "use crate::old::a;\n")
            watch = self.keep("--json", "-j", "1", read=False)
            self.wait_until_idle(watch)
            for name in self.LEAVES:
                self.write(name + ".rs", "use crate::new::a;\n")
            self.wait_for(lambda: self.sql(
                "SELECT count(*) FROM deps JOIN files ON file_id = to_file"
                " WHERE path = 'new.rs'") == [str(len(self.LEAVES) + 1)])
            order = self.order_of(watch, ["old", "new"])
            self.assertLess(order.index("new"), order.index("old"))
            watch.end()
            self.assert_as_made_anew()

    class Storm(DatabaseCase):
        def test_the_database_is_as_made_anew(self):
            outside = os.path.join(self.folder, "outside")
            os.mkdir(outside)
            watch = self.keep("--json")
            watch.record()
            with subprocess.Popen([STORM, self.tree, outside, str(17 + len(self.io)), "5000",
                                   str(int(SECONDS * 1000))], stdout=subprocess.DEVNULL) as storm:
                time.sleep(SECONDS / 2)
                watch.process.send_signal(signal.SIGSTOP)  # and the kernel's queue overflows
                time.sleep(SECONDS / 4)
                watch.process.send_signal(signal.SIGCONT)
                self.assertEqual(storm.wait(PATIENCE + SECONDS), 0)
            self.wait_until_idle(watch)
            self.assert_as_made_anew()
            files = self.sql("SELECT count(*) FROM files")[0]
            nlines = watch.lines.qsize()
            self.assertEqual(watch.end()[0], 130)
            self.assert_as_made_anew()
            self.assertGreater(int(files), 100)
            print(f"{self.io}: {nlines} lines, {files} files in the end", file=sys.stderr)

        def test_kills_leave_it_whole(self):
            outside = os.path.join(self.folder, "outside")
            os.mkdir(outside)
            subprocess.run([STORM, self.tree, outside, "7", "300", "1"], check=True,
                           stdout=subprocess.DEVNULL)
            draw = random.Random(7)
            for i in range(KILLS):
                watch = self.keep("--json", "--settle", "0")
                if i % 3 != 0:  # else maybe while it is made, or brought up to date
                    watch.record()
                with subprocess.Popen([STORM, self.tree, outside, str(100 + i), "0", "400"],
                                      stdout=subprocess.DEVNULL) as storm:
                    time.sleep(draw.random() * 0.4)
                    watch.close()
                    self.assertEqual(watch.process.returncode, -signal.SIGKILL)
                    if os.path.exists(self.database):
                        dump(STORE_DUMP, self.database, self.tree)
                    self.assertEqual(storm.wait(PATIENCE), 0)
                if i % 4 == 0:
                    index(RUSTLE, self.database, self.tree)
                    self.assert_as_made_anew()
            watch = self.keep("--json")
            watch.record()
            self.assert_as_made_anew()
            self.assertEqual(watch.end(signal.SIGTERM)[0], 143)


class Usage(DatabaseCase):
    io = "epoll"

    def test_errors(self):
        os.mkdir(os.path.join(self.folder, "b"))
        self.write("a.rs", "fn a() {}\n")
        for arguments in (["--db", "x.db", "tree", "b"], ["--db", "x.db", "tree/a.rs"],
                          ["--db", "none/x.db", "tree"], ["--db", "tree", "tree"], ["--db"]):
            result = self.rustle("watch", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertTrue(result.stderr.startswith("rustle: "), result.stderr)
            self.assertEqual(result.stdout, "")

    def test_the_usual_place_is_made(self):
        self.write("a.rs", "fn a() {}\n")
        watch = self.watch("--db", "tree/.rustle/index.db", "tree")
        self.assertEqual(watch.line(), "ready: 1 files, 1 items\n")
        self.assertEqual(watch.end(), (130, []))
        self.assertTrue(os.path.exists(self.tree + "/.rustle/.gitignore"))

    def test_an_output_that_cannot_be_written_ends_it(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            watch = subprocess.Popen([RUSTLE, "watch", "--db", self.database, "tree"],
                                     cwd=self.folder, stdout=full, stderr=subprocess.PIPE)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        give_up = time.time() + PATIENCE
        while watch.poll() is None:  # it learns of it with its first line
            self.assertLess(time.time(), give_up)
            self.write("a.rs", f"fn f{time.time_ns()}() {{}}\n")
            time.sleep(0.05)
        self.assertEqual(watch.returncode, 2)
        self.assertIn(b"No space left", watch.stderr.read())
        watch.stderr.close()


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    suite.addTests(loader.loadTestsFromTestCase(Usage))
    for io in ["epoll"] + ([] if uring_is_refused(RUSTLE) else ["uring"]):
        for base in (Cases.Database, Cases.Order, Cases.Storm):
            case = type(f"{base.__name__}_{io}", (base,), {"io": io})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
