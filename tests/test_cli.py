"""The program rustle as its users meet it: exit statuses, what goes where, options.

Usage: test_cli.py PROGRAM VERSION [unittest option...]. What the records themselves say is for the
differential tests; here it only matters that they arrive.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PROGRAM, VERSION = "", ""
FOUND, NOTHING, ERROR = 0, 1, 2

GOOD = b"/// Adds.\npub fn add(a: u8, b: u8) -> u8 { a + b }\n\nmod m { struct S { x: u8 } }\n"
BROKEN = b"fn before() {}\nfn (\nfn after() {}\n"
EMPTY = b"// nothing here\n"


def rustle(*args, stdin=b"", cwd=None, env=None):
    return subprocess.run([PROGRAM, *args], input=stdin, cwd=cwd, capture_output=True, timeout=60,
                          env={**os.environ, **(env or {})})


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, content):
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return os.fsdecode(path)

    def check(self, run, status):
        self.assertEqual(run.returncode, status, run.stderr.decode(errors="replace"))
        return run

    def check_usage_error(self, *args, says=b""):
        run = self.check(rustle(*args), ERROR)
        self.assertEqual(run.stdout, b"")
        self.assertIn(says, run.stderr)
        self.assertTrue(run.stderr.startswith(b"rustle"), run.stderr)


class Program(Case):
    def test_no_command_is_an_error(self):
        self.check_usage_error(says=b"--help")

    def test_unknown_command_is_named(self):
        self.check_usage_error("frobnicate", says=b"'frobnicate'")

    def test_unknown_option_is_named(self):
        self.check_usage_error("--frobnicate", says=b"'--frobnicate'")

    def test_help_lists_the_commands(self):
        for option in "--help", "-h":
            run = self.check(rustle(option), FOUND)
            for command in b"scan", b"outline", b"tokens":
                self.assertIn(b"\n  " + command + b" ", run.stdout)
            self.assertEqual(run.stderr, b"")

    def test_version(self):
        for option in "--version", "-V":
            run = self.check(rustle(option), FOUND)
            self.assertEqual(run.stdout, b"rustle " + VERSION.encode() + b"\n")

    def test_output_that_cannot_be_written_is_an_error(self):
        good = self.write("good.rs", GOOD)
        for args in (["--help"], ["--version"], ["scan", good], ["outline", good],
                     ["tokens", good], ["scan", "--format", "jsonl", good]):
            with self.subTest(args=args), open("/dev/full", "wb") as full:
                run = subprocess.run([PROGRAM, *args], stdout=full, stderr=subprocess.PIPE,
                                     timeout=60, check=False)
                self.check(run, ERROR)
                self.assertIn(b"No space left", run.stderr)


class EveryCommand(Case):
    COMMANDS = "scan", "outline", "tokens"

    def test_help_names_the_command(self):
        for command in self.COMMANDS:
            for option in "--help", "-h":
                with self.subTest(command=command, option=option):
                    run = self.check(rustle(command, option), FOUND)
                    self.assertIn(b"usage: rustle " + command.encode(), run.stdout)
                    self.assertEqual(run.stderr, b"")

    def test_unknown_option_is_named(self):
        for command in self.COMMANDS:
            with self.subTest(command=command):
                self.check_usage_error(command, "--frobnicate", says=b"--frobnicate")
                self.check_usage_error(command, "-%", says=b"%")

    def test_missing_file_is_named(self):
        for command in self.COMMANDS:
            with self.subTest(command=command):
                run = self.check(rustle(command, "no/such.rs", cwd=self.folder), ERROR)
                self.assertIn(b"no/such.rs", run.stderr)
                self.assertIn(b"No such file or directory", run.stderr)

    def test_a_path_may_begin_with_a_dash_after_two(self):
        self.write("-x.rs", GOOD)
        for command in self.COMMANDS:
            with self.subTest(command=command):
                run = self.check(rustle(command, "--", "-x.rs", cwd=self.folder), FOUND)
                self.assertNotEqual(run.stdout, b"")


class Scan(Case):
    def records(self, *args, status=FOUND, **kwargs):
        run = self.check(rustle("scan", "--format", "jsonl", *args, **kwargs), status)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def test_finds_the_rs_files_of_a_tree_and_no_others(self):
        self.write("src/a.rs", GOOD)
        self.write("src/deep/er/b.rs", GOOD)
        self.write("src/c.txt", GOOD)
        self.write("src/d.rs.bak", GOOD)
        found = self.records("--sort", "path", "src", cwd=self.folder)
        self.assertEqual([r["file"] for r in found if "status" in r],
                         ["src/a.rs", "src/deep/er/b.rs"])

    def test_reads_a_file_that_is_named_whatever_its_name(self):
        path = self.write("odd-name", GOOD)
        self.assertEqual(self.records(path)[0]["items"], 4)

    def test_summary_counts(self):
        self.write("a.rs", GOOD)
        self.write("b.rs", GOOD)
        run = self.check(rustle("scan", self.folder), FOUND)
        for row in rb"files +2 ", rb"items +8$", rb"  fn +2$", rb"errors +0$":
            self.assertRegex(run.stdout, rb"(?m)^" + row)
        self.assertEqual(run.stderr, b"")

    def test_summary_is_the_default(self):
        path = self.write("a.rs", GOOD)
        kinds = [rustle("scan", *option, path).stdout.split()[:2]
                 for option in ([], ["--format", "summary"], ["--format=summary"])]
        self.assertEqual(kinds, [kinds[0]] * 3)

    def test_text_shows_names_with_their_nesting(self):
        path = self.write("a.rs", GOOD)
        run = self.check(rustle("scan", "--format", "text", path), FOUND)
        for name in b"add", b"m", b"S", b"x":
            self.assertRegex(run.stdout, rb"\b" + name + rb"\b")
        self.assertIn(b"a.rs", run.stdout)

    def test_standard_input(self):
        found = self.records("-", stdin=GOOD)
        self.assertEqual([r["name"] for r in found if "kind" in r], ["add", "m", "S", "x"])

    def test_standard_input_can_be_given_a_name(self):
        run = self.check(rustle("scan", "--stdin-path", "my/x.rs", "-", stdin=BROKEN), ERROR)
        self.assertRegex(run.stderr, rb"(?m)^my/x\.rs:2:4: error: ")

    def test_empty_tree_finds_nothing(self):
        self.check(rustle("scan", self.folder), NOTHING)

    def test_file_without_items_is_a_file_found(self):
        self.check(rustle("scan", self.write("a.rs", EMPTY)), FOUND)

    def test_current_folder_is_the_default(self):
        self.write("deep/a.rs", GOOD)
        found = self.records(cwd=self.folder)
        self.assertEqual(len(found), 5)

    def test_quiet_prints_nothing(self):
        run = self.check(rustle("scan", "-q", self.write("a.rs", GOOD)), FOUND)
        self.assertEqual((run.stdout, run.stderr), (b"", b""))

    def test_source_error_has_its_place_and_does_not_hide_the_rest(self):
        self.write("a.rs", BROKEN)
        self.write("b.rs", GOOD)
        run = self.check(rustle("scan", "--format", "jsonl", "--sort", "path", ".",
                                cwd=self.folder), ERROR)
        self.assertRegex(run.stderr, rb"(?m)^(\./)?a\.rs:2:4: error: ")
        found = [json.loads(line) for line in run.stdout.splitlines()]
        names = [r["name"] for r in found if "name" in r]
        for name in "before", "after", "add", "S":
            self.assertIn(name, names)

    def test_missing_path_does_not_hide_the_rest(self):
        self.write("a.rs", GOOD)
        run = self.check(rustle("scan", "--format", "jsonl", "none", "a.rs", cwd=self.folder),
                         ERROR)
        self.assertIn(b"none", run.stderr)
        self.assertIn(b'"add"', run.stdout)

    def test_unreadable_file_is_an_error_and_does_not_hide_the_rest(self):
        if os.geteuid() == 0:
            self.skipTest("root can read everything")
        os.chmod(self.write("a.rs", GOOD), 0)
        self.write("b.rs", GOOD)
        run = self.check(rustle("scan", "--format", "jsonl", self.folder), ERROR)
        self.assertIn(b"Permission denied", run.stderr)
        self.assertIn(b'"add"', run.stdout)

    def test_not_utf8_is_a_status_and_an_error(self):
        path = self.write("a.rs", b"fn f() {}\n// \xff\n")
        found = self.records(path, status=ERROR)
        self.assertEqual(found[0]["status"], "not-utf8")

    def test_symbolic_links_are_not_followed(self):
        self.write("tree/a.rs", GOOD)
        os.symlink("..", os.path.join(self.folder, "tree/up"))
        os.symlink("a.rs", os.path.join(self.folder, "tree/b.rs"))
        found = self.records("tree", cwd=self.folder)
        self.assertEqual([r["file"] for r in found if "status" in r], ["tree/a.rs"])

    def test_file_names_of_any_bytes_give_valid_json(self):
        for name in ["sp ace.rs", 'quo"te\\.rs', "new\nline.rs", b"bad\xff.rs"]:
            self.write(name, GOOD)
        self.assertEqual(len([r for r in self.records(self.folder) if "status" in r]), 4)

    def test_sorted_output_is_the_same_for_any_number_of_threads(self):
        for i in range(60):
            self.write(f"{i % 7}/{i}.rs", GOOD * (1 + i * 31 % 50))
        runs = [rustle("scan", "--format", "jsonl", "--sort", "path", option, n, self.folder)
                for option, n in (("-j", "1"), ("-j", "2"), ("--threads", "8"))]
        for run in runs:
            self.check(run, FOUND)
            self.assertEqual(run.stdout, runs[0].stdout)
        files = [json.loads(line)["file"] for line in runs[0].stdout.splitlines()
                 if b'"status"' in line]
        self.assertEqual(len(files), 60)
        self.assertEqual(files, sorted(files))

    def scanned(self, *args, status=FOUND, cwd=None):
        """The names of the files that a scan of self.folder reads, sorted."""
        run = self.check(rustle("scan", "--format", "jsonl", *args, cwd or self.folder), status)
        records = [json.loads(line) for line in run.stdout.splitlines()]
        return sorted(os.path.relpath(record["file"], self.folder) for record in records
                      if "status" in record)

    def test_ignore_files_are_respected(self):
        for name in ("a.rs", "ignored.rs", "b/c.rs", "d/e.rs"):
            self.write(name, GOOD)
        self.write(".ignore", b"ignored.rs\n/b\n")
        self.write(".gitignore", b"d\n")
        self.assertEqual(self.scanned(), ["a.rs", "d/e.rs"])  # no repository: no .gitignore
        os.mkdir(os.path.join(self.folder, ".git"))
        self.assertEqual(self.scanned(), ["a.rs"])
        self.assertEqual(self.scanned("--no-ignore"), ["a.rs", "b/c.rs", "d/e.rs", "ignored.rs"])

    def test_hidden_files_only_when_asked_for(self):
        self.write("a.rs", GOOD)
        self.write(".b.rs", GOOD)
        self.write(".c/d.rs", GOOD)
        self.assertEqual(self.scanned(), ["a.rs"])
        self.assertEqual(self.scanned("--hidden"), [".b.rs", ".c/d.rs", "a.rs"])

    def test_globs_choose_the_files(self):
        for name in ("a.rs", "b.rs", "c/a.rs"):
            self.write(name, GOOD)
        self.assertEqual(self.scanned("-g", "a.rs"), ["a.rs", "c/a.rs"])
        self.assertEqual(self.scanned("-g", "!a.rs"), ["b.rs"])
        self.assertEqual(self.scanned("--glob", "a.rs", "--glob", "!c"), ["a.rs"])

    def test_links_are_followed_when_asked_for(self):
        self.write("real/a.rs", GOOD)
        os.symlink("real", os.path.join(self.folder, "link"))
        self.assertEqual(self.scanned("-L"), ["link/a.rs", "real/a.rs"])
        os.symlink("..", os.path.join(self.folder, "real/up"))
        self.assertEqual(self.scanned("-L", status=ERROR)[-1], "real/a.rs")

    def test_large_files_are_passed_over_when_asked_for(self):
        self.write("small.rs", GOOD)
        self.write("large.rs", GOOD + b" " * 2048)
        self.assertEqual(self.scanned("--max-filesize", "2K"), ["small.rs"])
        self.assertEqual(self.scanned("--max-filesize", "1M"), ["large.rs", "small.rs"])

    def test_a_reader_that_goes_away_ends_the_scan(self):
        for i in range(300):
            self.write(f"{i}.rs", GOOD * 200)
        for order in "path", "none":
            with subprocess.Popen([PROGRAM, "scan", "--format", "jsonl", "--sort", order,
                                   self.folder], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as run:
                run.stdout.read(1)
                run.stdout.close()
                run.stdout = None
                run.communicate(timeout=60)
                self.assertNotEqual(run.returncode, FOUND)

    def test_wrong_option_values_are_named(self):
        for args in (["--format", "xml"], ["--sort", "size"], ["-j", "two"], ["-j", "-1"],
                     ["-j", ""], ["-j", "2x"], ["--threads", "99999999999999999999"], ["-j", "513"],
                     ["--max-filesize", "x"], ["--max-filesize", "1KB"], ["-g", "a{b"]):
            with self.subTest(args=args):
                self.check_usage_error("scan", *args, self.folder, says=args[1].encode())

    def test_option_without_its_value_is_an_error(self):
        self.check_usage_error("scan", "--format")


class Outline(Case):
    def test_shows_names(self):
        run = self.check(rustle("outline", self.write("a.rs", GOOD)), FOUND)
        for name in b"add", b"m", b"S", b"x":
            self.assertRegex(run.stdout, rb"\b" + name + rb"\b")

    def test_standard_input_can_be_given_a_name(self):
        run = self.check(rustle("outline", "--stdin-path", "x.rs", "-", stdin=BROKEN), ERROR)
        self.assertRegex(run.stderr, rb"(?m)^x\.rs:2:4: error: ")

    def test_standard_input_gives_the_same(self):
        path = self.write("a.rs", GOOD)
        self.assertEqual(rustle("outline", "-", stdin=GOOD).stdout, rustle("outline", path).stdout)

    def test_nothing_found(self):
        self.check(rustle("outline", "-", stdin=EMPTY), NOTHING)

    def test_source_error(self):
        run = self.check(rustle("outline", self.write("a.rs", BROKEN)), ERROR)
        self.assertRegex(run.stderr, rb"(?m)a\.rs:2:4: error: ")
        self.assertIn(b"after", run.stdout)

    def test_wants_one_file(self):
        self.check_usage_error("outline")
        self.check_usage_error("outline", "a.rs", "b.rs")

    def test_folder_is_an_error(self):
        run = self.check(rustle("outline", self.folder), ERROR)
        self.assertIn(b"Is a directory", run.stderr)


class Tokens(Case):
    def test_a_line_a_token(self):
        run = self.check(rustle("tokens", self.write("a.rs", b"fn f")), FOUND)
        fields = [line.split(b"\t")[:3] for line in run.stdout.splitlines()]
        self.assertEqual(fields, [[b"0", b"2", b"Ident"], [b"2", b"1", b"Whitespace"],
                                  [b"3", b"1", b"Ident"]])

    def test_standard_input_gives_the_same(self):
        path = self.write("a.rs", GOOD)
        self.assertEqual(rustle("tokens", "-", stdin=GOOD).stdout, rustle("tokens", path).stdout)

    def test_empty_file_has_none(self):
        run = self.check(rustle("tokens", "-", stdin=b""), NOTHING)
        self.assertEqual(run.stdout, b"")

    def test_hash_of_paths_from_standard_input(self):
        a, b = self.write("a.rs", GOOD), self.write("b.rs", b"\xef\xbb\xbf#!/bin/x\nfn f() {}")
        listed = self.check(rustle("tokens", "--hash", "-", stdin=f"{a}\n{b}\n".encode()), FOUND)
        named = self.check(rustle("tokens", "--hash", a, b), FOUND)
        self.assertEqual(listed.stdout, named.stdout)
        first, second = (line.split(b"\t") for line in named.stdout.splitlines())
        self.assertEqual(first[0:2], [a.encode(), str(len(GOOD)).encode()])
        self.assertEqual(first[5], b"0")
        # White space, fn, white space, f, (, ), white space, {, }.
        self.assertEqual((second[2], second[5]), (b"9", b"11"))

    def test_hash_of_bytes_that_are_not_utf8(self):
        path = self.write("a.rs", b"fn f() {}\n// \xff\n")
        run = rustle("tokens", "--hash", path)
        self.assertEqual(run.stdout.rstrip(b"\n").split(b"\t"),
                         [path.encode(), b"15", b"not-utf8", b"13"])


class Graph(Case):
    def setUp(self):
        super().setUp()
        self.write("Cargo.toml", b'[package]\nname = "top"\nedition = "2021"\n'
                                 b'[dependencies]\ndep-crate = { path = "dep" }\n')
        self.write("src/lib.rs", b"mod a;\npub mod b;\npub use a::A;\nmod gone;\n")
        self.write("src/a.rs", b"use crate::b::B;\npub struct A;\n")
        self.write("src/b.rs", b"use crate::A;\nuse dep_crate::D;\npub struct B;\n")
        self.write("src/orphan.rs", b"fn f() {}\n")
        self.write("dep/Cargo.toml", b'[package]\nname = "dep-crate"\n')
        self.write("dep/src/lib.rs", b"pub struct D;\n")

    def lines(self, *args, status=FOUND):
        return self.check(rustle(*args, cwd=self.folder), status).stdout.decode().splitlines()

    def test_edges_are_sorted_and_have_kinds(self):
        self.assertEqual(self.lines("graph"), [
            "src/a.rs -> src/b.rs use 1", "src/b.rs -> dep/src/lib.rs use 1",
            "src/b.rs -> src/a.rs use 1", "src/b.rs -> src/lib.rs use 1",
            "src/lib.rs -> src/a.rs mod 1", "src/lib.rs -> src/a.rs re-export 1",
            "src/lib.rs -> src/b.rs mod 1"])

    def test_json_can_be_read(self):
        graph = json.loads(rustle("graph", "--format", "json", cwd=self.folder).stdout)
        self.assertIn({"name": "src/a.rs", "dependents": 2}, graph["nodes"])
        self.assertIn({"from": "src/a.rs", "to": "src/b.rs", "kind": "use", "count": 1},
                      graph["edges"])
        self.assertEqual(len(graph["edges"]), 7)

    def test_graphml_is_xml(self):
        text = rustle("graph", "--format", "graphml", cwd=self.folder).stdout
        root = xml.etree.ElementTree.fromstring(text)
        space = "{http://graphml.graphdrawing.org/xmlns}"
        self.assertEqual(len(root.findall(f"{space}graph/{space}node")), 5)
        self.assertEqual(len(root.findall(f"{space}graph/{space}edge")), 7)

    def test_dot_names_nodes_and_edges(self):
        lines = self.lines("graph", "--format", "dot")
        self.assertEqual((lines[0], lines[-1]), ("digraph rustle {", "}"))
        self.assertIn('  n0 [label="dep/src/lib.rs"];', lines)
        self.assertEqual(sum(" -> " in line for line in lines), 7)

    def test_crates_depend_on_crates(self):
        self.assertEqual(self.lines("graph", "--crate"), ["top -> dep_crate use 1"])

    def test_crates_come_by_name_then_by_root(self):
        for name in "z", "b", "m", "a", "q", "c":
            self.write(f"more/{name}/Cargo.toml", b'[package]\nname = "' + name.encode() + b'"\n'
                       b'[dependencies]\ndep-crate = { path = "../../dep" }\n')
            self.write(f"more/{name}/src/lib.rs", b"use dep_crate::D;\n")
            self.write(f"more/{name}/src/main.rs", b"use dep_crate::D;\nuse dep_crate::D as E;\n")
        lines = self.lines("graph", "--crate", "more", "dep")
        self.assertEqual(lines, [f"{name} -> dep_crate use {count}"
                                 for name in sorted("zbmaqc") for count in (1, 2)])

    def test_module_and_depth_limit_the_graph(self):
        self.assertEqual(self.lines("graph", "--module", "dep/src/lib.rs", status=FOUND), [])
        near = self.lines("graph", "--module", "top::a", "--depth", "1")
        self.assertEqual(near, ["src/a.rs -> src/b.rs use 1", "src/b.rs -> src/a.rs use 1"])
        self.assertEqual(self.lines("graph", "--module", "src/a.rs", "--depth", "1"), near)
        self.check_usage_error("graph", "--depth", "1", says=b"--module")
        self.check_usage_error("graph", "--depth", "-1", says=b"'-1'")
        self.check_usage_error("graph", "--format", "svg", says=b"'svg'")

    def test_cycles_leave_out_the_rest(self):
        self.assertEqual(self.lines("graph", "--cycles"), [
            "src/a.rs -> src/b.rs use 1", "src/b.rs -> src/a.rs use 1",
            "src/b.rs -> src/lib.rs use 1", "src/lib.rs -> src/a.rs mod 1",
            "src/lib.rs -> src/a.rs re-export 1", "src/lib.rs -> src/b.rs mod 1"])
        self.assertEqual(self.lines("graph", "--cycles", "dep", status=NOTHING), [])

    def test_a_bad_manifest_is_told_with_its_place_and_the_rest_goes_on(self):
        self.write("bad/Cargo.toml", b'[package]\nname = "bad\nedition = "2021"\n')
        self.write("bad/src/lib.rs", b"mod a;\n")
        self.write("bad/src/a.rs", b"\n")
        self.write("nameless/Cargo.toml", b"[package]\n")
        self.write("nameless/src/lib.rs", b"\n")
        for command in ("graph",), ("modules",), ("deps", "bad/src/lib.rs"):
            run = self.check(rustle(*command, cwd=self.folder), ERROR)
            self.assertRegex(run.stderr, rb"bad/Cargo\.toml:2:\d+: error: the manifest is not TOML: ")
            self.assertRegex(run.stderr, rb"nameless/Cargo\.toml:1:\d+: error: the package has no")
            self.assertIn(b"bad/src/a.rs", run.stdout)
        run = rustle("graph", cwd=self.folder)
        self.assertIn(b"src/a.rs -> src/b.rs use 1\n", run.stdout)

    def test_orphans_are_files_that_nobody_declares(self):
        self.assertEqual(self.lines("graph", "--orphans"), ["src/orphan.rs"])

    def test_deps_and_rdeps_are_each_other_reversed(self):
        self.assertEqual(self.lines("deps", "src/b.rs"),
                         ["dep/src/lib.rs\tuse\t1", "src/a.rs\tuse\t1", "src/lib.rs\tuse\t1"])
        self.assertEqual(self.lines("rdeps", "src/b.rs"), ["src/a.rs\tuse\t1",
                                                          "src/lib.rs\tmod\t1"])
        self.assertEqual(self.lines("rdeps", "--transitive", "dep/src/lib.rs"),
                         ["src/a.rs", "src/b.rs", "src/lib.rs"])
        self.assertEqual(self.lines("deps", "dep/src/lib.rs", status=NOTHING), [])
        self.check_usage_error("deps", says=b"no file")
        for path in (os.path.join(self.folder, "src/b.rs"), "./src/../src/b.rs",
                     os.path.join("..", os.path.basename(self.folder), "src/b.rs")):
            self.assertEqual(len(self.lines("deps", path)), 3)
        self.assertEqual(len(self.lines("deps", "src/b.rs", self.folder)), 3)
        below = rustle("deps", "../../" + os.path.basename(self.folder) + "/src/b.rs", "..",
                       cwd=os.path.join(self.folder, "dep"))
        self.assertEqual(len(self.check(below, FOUND).stdout.splitlines()), 3)
        run = self.check(rustle("deps", "src/none.rs", cwd=self.folder), ERROR)
        self.assertIn(b"src/none.rs", run.stderr)

    def test_modules_are_a_tree_and_missing_files_are_told(self):
        run = self.check(rustle("modules", cwd=self.folder), ERROR)
        self.assertEqual(run.stdout.decode().splitlines(), [
            "dep_crate dep/src/lib.rs", "top src/lib.rs", "  a src/a.rs", "  b src/b.rs"])
        self.assertIn(b"src/lib.rs:4:5: error: file not found for module: gone [E0583]", run.stderr)

    def test_files_of_modules_can_be_listed(self):
        run = self.check(rustle("modules", "--files", cwd=self.folder), ERROR)
        self.assertEqual(run.stdout.decode().splitlines(),
                         ["dep/src/lib.rs", "src/a.rs", "src/b.rs", "src/lib.rs"])
        self.assertEqual(self.lines("modules", "--files", "--crate-root", "dep/src/lib.rs"),
                         ["dep/src/lib.rs"])
        self.check_usage_error("modules", "--crate-root", "a.rs", ".", says=b"--crate-root")

    def test_help_names_the_commands(self):
        for command in "graph", "deps", "rdeps", "modules":
            run = self.check(rustle(command, "--help"), FOUND)
            self.assertIn(b"usage: rustle " + command.encode(), run.stdout)
            self.check_usage_error(command, "--frobnicate", says=b"--frobnicate")


if __name__ == "__main__":
    PROGRAM, VERSION = os.path.abspath(sys.argv[1]), sys.argv[2]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
