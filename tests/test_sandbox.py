"""What a tree from elsewhere can do to who reads it: nothing but be read.

Usage: test_sandbox.py PROGRAM [unittest option...]. Names of files, of packages, targets, crates and
members of archives hold what terminals obey; links lead out of the tree; and nothing but the
database is written.
"""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xml.etree.ElementTree

import crate_packing
import test_cli
from test_cli import Case, ERROR, FOUND, NOTHING, rustle

# A colour, a title, a bell, DEL, C1 in UTF-8 and as a stray byte, a line break, an override of the
# direction of the text, and a name in Latin-1, which no terminal obeys.
EVIL = (b"esc\x1b[31m.rs", b"title\x1b]0;gotcha\x07.rs", b"del\x7f.rs", b"c1\xc2\x9b31m.rs",
        b"byte\x9b31m.rs", b"line\nbreak.rs", b"carriage\rreturn.rs", b"bidi\xe2\x80\xae.rs",
        b"separator\xe2\x80\xa8.rs", b"isolate\xe2\x81\xa6.rs")
HARMLESS = (b"latin\xe9.rs", "grün ’.rs".encode())

MANIFEST = rb"""
[package]
name = "p\u001B[2J"
version = "1.0.0"
[[bin]]
name = "bin\u001B]0;x\u0007"
path = "bin\u001B[1m.rs"
[dependencies]
"d\u001B[2J" = { path = "no\u001B[2J" }
[features]
"f\u009b" = []
[bad\u001B]
"""

SOURCE = b"""mod inner;
#[path = "no\x1b[31m.rs"]
mod gone;
pub fn f(a: [u8; "\x1b[31m\x07\xc2\x9b".len()]) -> u8 { 0 } // \x1b[31m
"""
BROKEN = b"fn (\n#![no\x1b[31m]\n\"\x1b[31m"

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def hostile_tree(case):
    for name in EVIL + HARMLESS:
        case.write(b"src/" + name, SOURCE)
        case.write(b"broken/" + name, BROKEN)
        case.write(b"dir" + name + b"/inside.rs", SOURCE)
    case.write("src/lib.rs", b"mod m;\nuse crate::m::g;\n")
    case.write("src/m.rs", b"pub fn g() {}\n")
    case.write(b"bin\x1b[1m.rs", b"fn main() {}\n")
    case.write("Cargo.toml", MANIFEST)
    members = [("a\x1b[31m\n.rs", SOURCE), ("b\x9b.rs", BROKEN)]
    case.write(b"arch\x1b[2J-1.0.0.crate",
               crate_packing.compress(crate_packing.tar(members, "arch\x1b[2J-1.0.0")))
    case.write(b"bad\x1b[2J.crate", b"no archive")
    case.write(b"gone\x1b[2J/Cargo.toml", b"[package]\nname = \"\x1b[2J")


# Every command in every form, whatever it says of this tree.
COMMANDS = (
    ["scan"], ["scan", "--format", "text"], ["scan", "--format", "jsonl"], ["scan", "no\x1b[2J"],
    ["scan", "--files-from", "no\x1b[2J"], ["scan", "--sort", "\x1b[2J"], ["\x1b[2J"], ["-\x1b[2J"],
    ["outline", "src/esc\x1b[31m.rs"], ["outline", "broken/esc\x1b[31m.rs"],
    ["outline", "no\x1b[31m.rs"], ["outline", "src/lib.rs", "--\x1b[2J"],
    ["tokens", "src/esc\x1b[31m.rs"], ["tokens", "broken/esc\x1b[31m.rs"], ["tokens", "--hash"],
    ["graph"], ["graph", "--crates"], ["graph", "--orphans"], ["graph", "--format", "dot"],
    ["graph", "--format", "json"], ["graph", "--format", "graphml"], ["graph", "--module", "\x1b[2J"],
    ["graph", "no\x1b[2J"],
    ["modules"], ["modules", "--crate-root", "src/esc\x1b[31m.rs"], ["deps", "src/lib.rs"],
    ["deps", "no\x1b[2J"], ["rdeps", "src/m.rs"],
    ["find", "f"], ["find", "--json", "f"], ["find", "--regex", "(\x1b[2J"], ["find", "--in", "/\x1b"],
    ["find", "--after", "\x1b[2J", "f"], ["show", "f"], ["show", "no\x1b[2J"],
    ["sql", "SELECT path, message FROM files"], ["sql", "--json", "SELECT path FROM files"],
    ["sql", "SELECT * FROM crates"], ["sql", "SELECT code, message FROM errors"],
    ["sql", "SELECT '\x1b[2J' AS \"\x1b[2J\""], ["sql", "SELECT \x1b[2J"], ["stats"],
    ["index", "-v"], ["index", "--db", "no\x1b[2J/x"], ["index", "-j", "\x1b[2J"],
    ["stats", "--db", "no\x1b[2J"],
)


def on_terminal(args, cwd):
    """Everything that a terminal would get, and the exit status."""
    leader, terminal = pty.openpty()
    said = []

    def read():
        try:
            while part := os.read(leader, 1 << 16):
                said.append(part)
        except OSError:  # the last end of the terminal was closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    try:
        run = subprocess.run([test_cli.PROGRAM, *args], cwd=cwd, stdin=subprocess.DEVNULL,
                             stdout=terminal, stderr=terminal, timeout=60, check=False,
                             env={**os.environ, "NO_COLOR": "1"})
    finally:
        os.close(terminal)
        reader.join()
        os.close(leader)
    return b"".join(said).replace(b"\r\n", b"\n"), run.returncode


class Names(Case):
    def setUp(self):
        super().setUp()
        hostile_tree(self)
        rustle("index", "-q", cwd=self.folder)

    def check_obeyed(self, said, args, kept=b""):
        # A terminal that reads UTF-8 takes other bytes for U+FFFD.
        text = said.decode("utf-8", errors="surrogateescape")
        for stray in (chr(0xDC00 + byte) for byte in range(0x80, 0xA0)):
            self.assertNotIn(stray, text, args)
        found = OBEYED.search(text)
        self.assertIsNone(found, f"{args}: {found and text[:found.end()][-200:]!r}")

    def test_no_command_shows_a_terminal_what_it_obeys(self):
        for args in COMMANDS:
            with self.subTest(args=args):
                said, status = on_terminal(args, self.folder)
                self.assertGreaterEqual(status, 0)
                self.check_obeyed(said, args)

    def test_nor_does_one_write_it_elsewhere(self):
        for args in COMMANDS:
            if args[0] == "show": # source is written as it is
                continue
            with self.subTest(args=args):
                run = rustle(*args, cwd=self.folder)
                self.check_obeyed(run.stdout + run.stderr, args)

    def test_a_terminal_is_shown_something(self):
        said, status = on_terminal(["scan", "--format", "text"], self.folder)
        self.assertEqual(status, ERROR)
        for name in b"esc?[31m.rs", b"byte?31m.rs", b"c1?31m.rs", b"bidi?.rs", *HARMLESS:
            self.assertIn(b"src/" + name, said)

    def test_source_is_shown_as_it_is_but_on_a_terminal(self):
        run = self.check(rustle("show", "f", cwd=self.folder), FOUND)
        self.assertIn(SOURCE.splitlines()[3].split(b" // ")[0], run.stdout)
        said, _ = on_terminal(["show", "f"], self.folder)
        self.assertIn(b"\npub fn f(a: [u8; \"?[31m??\".len()]) -> u8 { 0 }\n", said)

    def test_ends_of_lines_as_windows_has_them_show_nothing_odd(self):
        self.write("src/windows.rs", b"/// w\r\npub fn windows() {\r\n    f(\"\r\x1b\")\r\n}\r\n")
        rustle("index", "-q", cwd=self.folder)
        said, _ = on_terminal(["show", "windows"], self.folder)
        self.assertIn(b"\n/// w\npub fn windows() {\n    f(\"??\")\n}\n", said)

    def test_json_holds_the_names_as_they_are(self):
        run = rustle("scan", "--format", "jsonl", "src", cwd=self.folder)
        files = {json.loads(line).get("file") for line in run.stdout.splitlines()}
        for name in EVIL + HARMLESS:
            try:
                self.assertIn("src/" + name.decode(), files)
            except UnicodeDecodeError:
                escaped = "".join(chr(c) if c < 0x80 else f"\\x{c:02X}" for c in name)
                self.assertIn("src/" + escaped, files)
        nodes = json.loads(rustle("graph", "--format", "json", cwd=self.folder).stdout)["nodes"]
        names = {node["name"] for node in nodes}
        for name in EVIL:
            shown = name.decode("utf-8", errors="replace")
            self.assertTrue(any(n.endswith("src/" + shown) for n in names), shown)

    def test_every_format_of_the_graph_can_be_read(self):
        run = rustle("graph", "--format", "graphml", cwd=self.folder)
        xml.etree.ElementTree.fromstring(run.stdout)
        run = rustle("graph", "--format", "dot", cwd=self.folder)
        self.assertEqual(run.stdout.count(b"[label="), run.stdout.count(b"\n") - 2)

    def test_watch_shows_no_name_as_it_is(self):
        with subprocess.Popen([test_cli.PROGRAM, "watch", "--settle", "5"], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as watch:
            said = b""
            while b"?[33m.rs" not in said: # until it listens, nothing comes of a change
                name = self.write(f"new{len(said)}\x1b[33m.rs", SOURCE)
                os.set_blocking(watch.stdout.fileno(), False)
                time.sleep(0.05)
                said += watch.stdout.read() or b""
                os.unlink(name)
            watch.send_signal(signal.SIGTERM)
            os.set_blocking(watch.stdout.fileno(), True)
            said += watch.stdout.read()
        self.check_obeyed(said, "watch")

    def test_sql_has_an_escape_for_each(self):
        run = self.check(rustle("sql", "SELECT 'a\tb\nc\\d\x1b\u009b'", cwd=self.folder), FOUND)
        self.assertEqual(run.stdout, b"a\\tb\\nc\\\\d\\x1b\\xc2\\x9b\n")
        run = self.check(rustle("sql", "--json", "SELECT 'a\"\n\x1b\x7f\u009b\u202e' AS x",
                                cwd=self.folder), FOUND)
        self.assertEqual(run.stdout, b'{"x":"a\\"\\n\\u001b\\u007f\\u009b\\u202e"}\n')


class LongPaths(Case):
    def test_paths_longer_than_the_system_takes(self):
        """Of exactly 4,095 and 4,096 bytes, and far longer."""
        for total in 4095, 4096, 10_000:
            with self.subTest(total=total):
                root = os.path.join(self.folder, str(total))
                os.mkdir(root)
                here = os.open(root, os.O_RDONLY)
                left = total - len(os.fsencode(root)) - 1
                while left > 255 + 5:
                    os.mkdir("d" * 200, dir_fd=here)
                    below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
                    os.close(here)
                    here = below
                    left -= 201
                name = "n" * (left - 3) + ".rs"
                file = os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=here)
                os.write(file, b"pub fn deep() {}\n")
                os.close(file)
                os.close(here)
                run = rustle("scan", "--format", "jsonl", root)
                file = json.loads(run.stdout.splitlines()[0])
                self.assertEqual(len(file["file"]), total)
                said = run.stderr.decode()
                if file["status"] == "ok":
                    self.assertEqual((run.returncode, said), (FOUND, ""))
                else:
                    self.assertEqual((run.returncode, file["status"]), (ERROR, "io-error"))
                    self.assertIn("File name too long", said)
                self.assertEqual(file["status"], "ok" if total < 4096 else file["status"])
                for args in (["index"], ["graph"], ["modules"], ["find", "deep"]):
                    run = rustle(*args, cwd=root)
                    self.assertIn(run.returncode, (FOUND, NOTHING, ERROR), args)
                    if run.returncode == ERROR:
                        self.assertIn(b"File name too long", run.stderr, args)


class Links(Case):
    """A tree from elsewhere brings links, where the program writes."""

    NAMES = ("index.db", "index.db.lock", "index.db.new", "index.db-wal", "index.db-shm",
             "index.db-journal", "index.db.new-journal", "index.db.new-wal", ".gitignore")

    def setUp(self):
        super().setUp()
        self.write("tree/a.rs", b"pub fn a() {}\n")
        self.victim = self.write("victim", b"precious")
        self.tree = os.path.join(self.folder, "tree")

    def intact(self):
        with open(self.victim, "rb") as file:
            self.assertEqual(file.read(), b"precious")

    def test_nothing_is_written_through_a_link(self):
        for name in self.NAMES:
            with self.subTest(name=name):
                shutil.rmtree(os.path.join(self.tree, ".rustle"), ignore_errors=True)
                os.mkdir(os.path.join(self.tree, ".rustle"))
                os.symlink("../../victim", os.path.join(self.tree, ".rustle", name))
                for _ in range(2):
                    run = rustle("index", self.tree)
                    self.assertIn(run.returncode, (FOUND, ERROR))
                    self.intact()
                if name in ("index.db", "index.db.lock"):
                    self.assertEqual(run.returncode, ERROR)
                    self.assertIn(b"symbolic link", run.stderr)
                else:
                    self.check(run, FOUND)

    def test_nor_into_a_folder_behind_one(self):
        os.mkdir(os.path.join(self.folder, "elsewhere"))
        os.symlink("../elsewhere", os.path.join(self.tree, ".rustle"))
        run = self.check(rustle("index", self.tree), ERROR)
        self.assertIn(b"symbolic link", run.stderr)
        self.assertEqual(os.listdir(os.path.join(self.folder, "elsewhere")), [])

    def test_a_database_that_is_named_may_be_a_link(self):
        self.check(rustle("index", "--db", os.path.join(self.folder, "x.db"), self.tree), FOUND)
        link = os.path.join(self.folder, "link.db")
        os.symlink("x.db", link)
        self.check(rustle("index", "--db", link, self.tree), FOUND)

    def test_a_link_is_not_followed_out_of_the_tree(self):
        self.write("outside/secret.rs", b"pub fn secret() {}\n")
        os.symlink("../outside", os.path.join(self.tree, "folder"))
        os.symlink("../outside/secret.rs", os.path.join(self.tree, "file.rs"))
        os.symlink("/dev/zero", os.path.join(self.tree, "endless.rs"))
        run = self.check(rustle("scan", "--format", "jsonl", self.tree), FOUND)
        self.assertEqual(run.stdout.count(b'"status"'), 1)

    def test_what_is_swapped_for_a_link_while_it_is_read(self):
        """A folder and a file become links and themselves again, as fast as can be. Whatever is
        read is one or the other, or is told to be unreadable."""
        for i in range(50):
            self.write(f"tree/sub{i}/f.rs", b"pub fn inside() {}\n")
        outside = os.path.join(self.folder, "outside")
        os.makedirs(os.path.join(outside, "deeper"))
        self.write("outside/deeper/f.rs", b"pub fn outside() {}\n")
        done = threading.Event()

        def swap():
            while not done.is_set():
                for i in range(50):
                    path = os.path.join(self.tree, f"sub{i}")
                    os.rename(path, path + "~")
                    os.symlink(outside, path)
                    os.unlink(path)
                    os.rename(path + "~", path)

        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            for _ in range(30):
                run = rustle("scan", "--format", "jsonl", self.tree)
                self.assertIn(run.returncode, (FOUND, ERROR))
                self.assertNotIn(b"deeper", run.stdout)
        finally:
            done.set()
            swapper.join()


@unittest.skipIf(shutil.which("strace") is None, "no strace")
class Writes(Case):
    """Of all system calls that could change a file, those of the database alone."""

    CALLS = ("openat,openat2,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,"
             "symlinkat,unlink,unlinkat,rmdir,truncate,chmod,fchmodat,chown,fchownat,lchown,mknod,"
             "mknodat,utimensat,setxattr,lsetxattr,bind")
    # The runtime of ThreadSanitizer maps a file of its own as it starts.
    NOT_OURS = re.compile(r"/dev/(null|tty)|.*/tsan\.rodata\.\d+")
    CHANGES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE|"
                         r"^\d+ +(?!open)\w+\(")

    def changed(self, args, cwd):
        """The paths that calls that succeeded could have changed, and the exit status."""
        with tempfile.NamedTemporaryFile("r", errors="surrogateescape") as log:
            run = subprocess.run(["strace", "-f", "-s", "9999", "-e", "trace=" + self.CALLS, "-o",
                                  log.name, test_cli.PROGRAM, *args], cwd=cwd, timeout=120,
                                 capture_output=True, check=False, stdin=subprocess.DEVNULL,
                                 env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            lines = log.read().splitlines()
        if not lines:
            self.skipTest("nothing can be traced here")
        paths = set()
        for line in lines:
            if " = -1 " in line or not self.CHANGES.search(line):
                continue
            paths |= set(re.findall(r'"((?:[^"\\]|\\.)*)"', line))
        return {path for path in paths if not self.NOT_OURS.fullmatch(path)}, run.returncode

    def test_only_the_database_is_written(self):
        for i in range(40):
            self.write(f"src/m{i}.rs", b"pub fn f%d() {}\n" % i)
        self.write("src/lib.rs", b"".join(b"mod m%d;\n" % i for i in range(40)))
        self.write("Cargo.toml", b'[package]\nname = "p"\nversion = "1.0.0"\n')
        self.write("p-1.0.0.crate", crate_packing.compress(
            crate_packing.tar([("a.rs", b"pub fn a() {}\n")], "p-1.0.0")))
        for args in (["scan", "."], ["scan", "--format", "jsonl"], ["outline", "src/lib.rs"],
                     ["tokens", "src/lib.rs"], ["graph"], ["deps", "src/lib.rs"],
                     ["rdeps", "src/m1.rs"], ["modules"], ["find", "f1"]):
            with self.subTest(args=args):
                paths, status = self.changed(args, self.folder)
                self.assertEqual(status, FOUND)
                self.assertEqual(paths, set())
        paths, status = self.changed(["index"], self.folder)
        self.assertEqual(status, FOUND)
        self.assertIn(".rustle/index.db", paths)
        here = os.path.realpath(self.folder)
        for args in (["index"], ["find", "f1"], ["show", "f1"], ["stats"],
                     ["sql", "SELECT kind, count(*) FROM items GROUP BY 1 ORDER BY 2, 1"],
                     ["sql", "SELECT a.name FROM items a JOIN items b USING (name) ORDER BY 1"],
                     ["find", "f"]):
            with self.subTest(args=args):
                more, status = self.changed(args, self.folder)
                self.assertEqual(status, FOUND)
                paths |= more
        for path in paths:
            self.assertRegex(os.path.normpath(os.path.join(here, path)), "^" + re.escape(here) + r"/\.rustle(/|$)")


if __name__ == "__main__":
    test_cli.PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
