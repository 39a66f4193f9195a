"""The programs of bench/ do what they say: rows are there, and what they count is right.

Usage: test_bench.py RUSTLE RUSTLE-FLOOR RUSTLE-GRAPH RUSTLE-INFLATE RUSTLE-STORE-LOAD
                     [RUSTLE-PRIMITIVES [RUSTLE-BENCH]]
"""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plot

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")
RUSTLE, FLOOR, GRAPH, INFLATE, LOAD, PRIMITIVES, BENCH = (sys.argv[1:] + ["", ""])[:7]
CORPUS_ROWS = ["floor/count_newlines", "floor/utf8_validate", "lex/tokens", "lex/tokens_scalar",
               "parse/items", "parse/items_scalar"]


def run(argv, corpus=None):
    environment = {name: value for name, value in os.environ.items() if name != "RUSTLE_CORPUS"}
    if corpus is not None:
        environment["RUSTLE_CORPUS"] = corpus
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=environment, timeout=240)


def write(folder, name, nbytes):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"/" * nbytes)


class Floor(unittest.TestCase):
    def test_reads_every_source_once_whatever_the_threads(self):
        with tempfile.TemporaryDirectory() as tree:
            write(tree, "empty.rs", 0)
            write(tree, "larger_than_the_buffer.rs", 3_000_000)
            for i in range(50):
                write(tree, f"a/{i}/{i}.rs", i)
            write(tree, "a/no_source.txt", 1_000)
            write(tree, ".hidden/b.rs", 1_000)
            os.symlink("empty.rs", os.path.join(tree, "link.rs"))
            for nthreads in ("1", "2", "7"):
                done = run([FLOOR, nthreads, tree])
                self.assertEqual(done.stdout, f"files 52\nbytes {3_000_000 + sum(range(50))}\n")
                self.assertEqual(done.returncode, 0)

    def test_asks_for_sizes_without_reading(self):
        with tempfile.TemporaryDirectory() as tree:
            for i in range(50):
                write(tree, f"a/{i}/{i}.rs", i)
            for how in ("stat", "uring"):
                done = run([FLOOR, "2", tree, how])
                if how == "uring" and "io_uring: " in done.stderr:
                    continue # refused here
                self.assertEqual(done.stdout, f"files 50\nbytes {sum(range(50))}\n")
            os.chmod(os.path.join(tree, "a/7/7.rs"), 0)
            self.assertEqual(run([FLOOR, "2", tree, "stat"]).returncode, 0)
            done = run([FLOOR, "2", tree, "read"])
            self.assertEqual(done.returncode, 1)
            self.assertIn("usage: ", done.stderr)

    def test_fails_where_there_is_nothing(self):
        done = run([FLOOR, "1", os.path.join(SAMPLES, "none")])
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file", done.stderr)


class Plot(unittest.TestCase):
    def shapes(self, picture, tag):
        return [node for node in xml.etree.ElementTree.fromstring(picture).iter()
                if node.tag.endswith("}" + tag)]

    def test_bars_are_longer_for_more_and_left_out_for_nothing(self):
        rows = [("a < b", 1000.0, True), ("c", 10.0, False), ("none", 0.0, False)]
        bars = [node for node in self.shapes(plot.bars("title", "MB/s", rows, mark=1), "rect")
                if node.get("fill") != "white"]
        self.assertEqual([node.get("fill") for node in bars], [plot.OURS, plot.THEIRS])
        widths = [float(node.get("width")) for node in bars]
        self.assertAlmostEqual(widths[0], 3 * widths[1], delta=1)  # three decades above 1, and one

    def test_lines_have_their_points_in_order(self):
        picture = plot.lines("title", "files", "ms", {"a": [(10, 5), (100, 50), (1000, 500)]})
        points = [(float(node.get("cx")), float(node.get("cy")))
                  for node in self.shapes(picture, "circle")]
        self.assertEqual(points, sorted(points, key=lambda point: (point[0], -point[1])))
        self.assertEqual(len(points), 3)

    def test_ticks_are_the_decades_around_the_values(self):
        self.assertEqual(plot.decades(0.5, 20), [0.1, 1, 10, 100])
        self.assertEqual(plot.decades(1, 1), [1, 10])


class Tables(unittest.TestCase):
    def test_a_table_can_be_had_as_json(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tables")
            program = ("import measure; "
                       "measure.print_table(['row', 'MB/s'], [['a', '1'], ['b', '22']])")
            done = subprocess.run([sys.executable, "-B", "-c", program], stdout=subprocess.PIPE,
                                  text=True, cwd=os.path.dirname(SAMPLES), check=True,
                                  env={**os.environ, "RUSTLE_BENCH_TABLES": path})
            self.assertEqual(done.stdout, "row  MB/s\na       1\nb      22\n")
            with open(path, encoding="utf-8") as file:
                table = json.loads(file.read())
            self.assertEqual((table["head"], table["rows"]),
                             (["row", "MB/s"], [["a", "1"], ["b", "22"]]))


class Graph(unittest.TestCase):
    def test_a_comment_concerns_nobody_and_a_function_who_looked(self):
        with tempfile.TemporaryDirectory() as tree:
            for name, text in (("lib.rs", "mod a; use a::X;"), ("a.rs", "pub struct X;")):
                with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                    file.write(text)
            rows = [line.split() for line in run([GRAPH, "build", tree]).stdout.splitlines()]
            self.assertEqual(rows[:3], [["files", "2"], ["edges", "2"], ["limited", "0"]])
            rows = [line.split() for line in run([GRAPH, "edit", "20", tree]).stdout.splitlines()]
            edits = [(row[0], int(row[2])) for row in rows if len(row) == 3]
            self.assertEqual(len(edits), 60)
            self.assertEqual({n for kind, n in edits if kind == "comment"}, {0})
            self.assertEqual({n for kind, n in edits if kind == "pub_fn"}, {1, 2})

    def test_fails_without_a_tree(self):
        self.assertEqual(run([GRAPH, "build"]).returncode, 2)


class StoreLoad(unittest.TestCase):
    def test_every_row_is_loaded(self):
        with tempfile.TemporaryDirectory() as folder:
            tree, old, new = (os.path.join(folder, name) for name in ("tree", "old.db", "new.db"))
            for name, text in (("Cargo.toml", '[package]\nname = "a-b"\n'),
                               ("src/lib.rs", "pub mod a; use a::X; pub extern \"C\" fn f() {}"),
                               ("src/a.rs", "pub struct X; fn broken( {"),
                               ("src/b/loose.rs", "fn main() {}"), ("src/empty.rs", "")):
                os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
                with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                    file.write(text)
            self.assertEqual(run([RUSTLE, "index", "--quiet", "--db", old, tree]).returncode, 0)
            done = run([LOAD, old, new])
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = []
            for path in (old, new):
                database = sqlite3.connect(path)
                tables = database.execute("SELECT name FROM sqlite_schema WHERE type='table'"
                                          " ORDER BY name").fetchall()
                self.assertGreater(len(tables), 10)
                rows.append({table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr)
                             for table, in tables})
                database.close()
            self.assertEqual(rows[0], rows[1])
            for table in ("files", "errors", "crates", "modules", "deps", "folder_stamps"):
                self.assertGreater(len(rows[0][table]), 0, table)

    def test_fails_without_a_database(self):
        done = run([LOAD, os.path.join(SAMPLES, "none"), os.path.join(SAMPLES, "new")])
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be read", done.stderr)


class Inflate(unittest.TestCase):
    def test_inflates_every_archive_once_whatever_the_threads(self):
        with tempfile.TemporaryDirectory() as folder:
            compressed = 0
            for i in range(30):
                with open(os.path.join(folder, f"{i}.crate"), "wb") as file:
                    compressed += file.write(gzip.compress(b"x" * (i * 10_000)))
            write(folder, "no_archive.rs", 100)
            for nthreads in ("1", "2", "7"):
                done = run([INFLATE, nthreads, folder])
                self.assertEqual(done.stdout, f"archives 30\ncompressed {compressed}\n"
                                 f"inflated {sum(range(30)) * 10_000}\n")
                self.assertEqual(done.returncode, 0)

    def test_fails_on_what_is_no_archive(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, "bad.crate", 1000)
            done = run([INFLATE, "1", folder])
            self.assertEqual(done.returncode, 1)
            self.assertIn("bad.crate", done.stderr)


@unittest.skipUnless(BENCH, "rustle-bench is not built")
class Bench(unittest.TestCase):
    def test_every_row_reads_the_whole_corpus(self):
        texts = []
        for name in os.listdir(SAMPLES):
            with open(os.path.join(SAMPLES, name), "rb") as file:
                texts.append(file.read())
        done = run([BENCH, "--benchmark_repetitions=1", "--benchmark_min_time=0",
                    "--benchmark_report_aggregates_only=false", "--benchmark_format=json",
                    "--benchmark_filter=^[a-z]+/[a-z0-9_]+$"], SAMPLES)
        self.assertEqual(done.returncode, 0, done.stderr)
        output = json.loads(done.stdout)
        self.assertEqual(output["context"]["corpus_files"], str(len(texts)))
        self.assertEqual(output["context"]["corpus_bytes"], str(sum(map(len, texts))))
        rows = {row["name"]: row for row in output["benchmarks"]}
        self.assertEqual(sorted(rows), sorted(CORPUS_ROWS))
        for row in rows.values():
            self.assertGreater(row["bytes_per_second"], 0)
        self.assertEqual(rows["floor/count_newlines"]["lines"],
                         sum(text.count(b"\n") for text in texts))
        self.assertEqual(rows["floor/utf8_validate"]["valid"], len(texts))
        for row, what in (("lex/tokens", "tokens"), ("parse/items", "items")):
            self.assertGreater(rows[row][what], len(texts))
            self.assertGreater(rows[row][what + "/s"], rows[row][what])
            self.assertEqual(rows[row][what], rows[row + "_scalar"][what])

    def test_hard_inputs_are_read_without_failure(self):
        done = run([BENCH, "--benchmark_repetitions=1", "--benchmark_min_time=0",
                    "--benchmark_report_aggregates_only=false", "--benchmark_format=json",
                    "--benchmark_filter=/hard/"], SAMPLES)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads(done.stdout)["benchmarks"]
        self.assertGreater(len(rows), 30)
        for row in rows:
            self.assertNotIn("error_message", row)
            self.assertGreater(row["bytes_per_second"], 0)

    def test_says_what_is_wrong_with_the_corpus(self):
        with tempfile.TemporaryDirectory() as empty:
            for corpus, message in ((None, "RUSTLE_CORPUS must name"),
                                    ("", "RUSTLE_CORPUS must name"),
                                    (os.path.join(empty, "none"), "No such file"),
                                    (empty, "no .rs file")):
                done = run([BENCH], corpus)
                self.assertEqual(done.returncode, 1)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stdout, "")


@unittest.skipUnless(PRIMITIVES, "rustle-primitives is not built")
class Primitives(unittest.TestCase):
    # Rows whose process reports several figures: what is behind the row's name.
    PARTS = {"map_1": ["/insert_growing", "/bytes_an_entry", "/hit", "/miss", "/mix_90_10",
                       "/iterate", "/remove"],
             "map_2": ["/insert_growing", "/hit", "/miss", "/mix_90_10", "/iterate", "/remove"],
             "pool_1/idle": ["/start", "/submit"], "pool_2/idle": ["/start", "/submit"]}

    def rows(self):
        done = run([PRIMITIVES])
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split() for line in done.stdout.splitlines()]

    def measure(self, row, peer, size):
        done = run([PRIMITIVES, row, peer, size])
        self.assertEqual(done.returncode, 0, f"{row}: {done.stderr}")
        lines = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual([line[0] for line in lines],
                         [row + part for part in self.PARTS.get(row, [""])])
        for _, value, unit in lines:
            self.assertIn(unit, ("ns", "us", "M/s", "bytes"))
            if unit != "bytes": # of a small map, the pages that it takes were there before
                self.assertGreater(float(value), 0, row)

    def test_every_row_accounts_for_its_items(self):
        rows = [row for row in self.rows() if not row[0].startswith("map")]
        self.assertGreater(len(rows), 30)
        for row, peer in rows:
            with self.subTest(row=row):
                self.measure(row, peer, "1000")

    def test_every_row_over_maps_finds_the_keys_of_the_file(self):
        rows = [row for row in self.rows() if row[0].startswith("map")]
        self.assertGreater(len(rows), 5)
        with tempfile.TemporaryDirectory() as folder:
            keys = os.path.join(folder, "keys")
            with open(keys, "w", encoding="ascii") as file:
                file.writelines(f"src/{i % 7}/{i}.rs\n" for i in range(2 * 3001))
            for row, peer in rows:
                with self.subTest(row=row):
                    self.measure(row, peer, keys)
            # The same keys as stored and as absent ones: what is inserted is not new, and what
            # should be missed is found.
            with open(keys, "w", encoding="ascii") as file:
                file.writelines(f"{i % 100}\n" for i in range(200))
            done = run([PRIMITIVES, "map_1", "rustle", keys])
            self.assertEqual(done.returncode, 1)
            self.assertIn("failed: no other key is found", done.stderr)

    def test_says_how_it_is_called(self):
        for argv in (["deque/push_pop"], ["deque/push_pop", "nobody"], ["none", "rustle", "1"],
                     ["deque/push_pop", "rustle", "1", "1"]):
            done = run([PRIMITIVES, *argv])
            self.assertEqual(done.returncode, 2)
            self.assertIn("usage: ", done.stderr)
            self.assertEqual(done.stdout, "")
        for size in ("0", "none"):
            done = run([PRIMITIVES, "deque/push_pop", "rustle", size])
            self.assertEqual(done.returncode, 1)
            self.assertIn("failed: the size is a number above 0", done.stderr)


unittest.main(argv=sys.argv[:1])
