"""Every system call of a scan is made to fail, one after the other, in each way that it can, and
every allocation of the commands.

Usage: test_faults.py PROGRAM LAYER [unittest option...]. LAYER is fault_layer.so, which tells how. A
scan must come to its end, with no descriptor left open. It either says the same as without the
fault, or says what went wrong and exits with 2; then what it does print is the same, but for files
that it says it could not read.
"""

import errno
import json
import os
import subprocess
import sys
import tempfile
import unittest

import crate_packing

PROGRAM, LAYER = "", ""
FOUND, ERROR = 0, 2

SANITIZED = {
    "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""),
}

# What each call can fail with; 0 is less than asked for.
FAULTS = {
    "openat": [errno.EIO, errno.ENOENT, errno.EMFILE, errno.ENOMEM, errno.EINTR, errno.EACCES],
    "open": [errno.ENOENT, errno.ENOMEM],
    "close": [errno.EIO, errno.EINTR],
    "read": [errno.EIO, errno.EINTR, errno.ENOMEM, 0],
    "pread": [errno.EIO],
    "preadv2": [errno.EIO, errno.EINTR, errno.EOPNOTSUPP, errno.EAGAIN, 0],
    "write": [errno.EIO, errno.EINTR, 0],
    "fstat": [errno.EIO, errno.ENOMEM],
    "stat": [errno.EIO],
    "fstatat": [errno.EIO, errno.ENOENT],
    "getdents64": [errno.EIO, errno.ENOENT, errno.EINTR],
    "eventfd": [errno.EMFILE],
    "epoll_create1": [errno.EMFILE],
    "epoll_ctl": [errno.ENOMEM],
    "epoll_pwait2": [errno.EINTR, errno.ENOSYS],
    "pthread_create": [errno.EAGAIN],
    "io_uring_setup": [errno.EPERM, errno.ENOSYS, errno.ENOMEM, errno.EMFILE],
    "io_uring_register": [errno.EPERM, errno.ENOMEM, errno.EMFILE],
    "io_uring_enter": [errno.EINTR, errno.EAGAIN, errno.ENOMEM, errno.EIO],
    "request": [errno.EINVAL, 0],
}

# After these the scan must say the same: they pass, or there is another way.
HARMLESS = {
    ("openat", errno.EMFILE), ("openat", errno.EINTR), ("close", errno.EIO),
    ("close", errno.EINTR), ("read", errno.EINTR), ("read", 0), ("preadv2", errno.EINTR),
    ("preadv2", errno.EOPNOTSUPP), ("preadv2", errno.EAGAIN), ("preadv2", errno.EIO),
    ("preadv2", 0), ("write", errno.EINTR), ("write", 0), ("getdents64", errno.EINTR),
    ("epoll_pwait2", errno.EINTR), ("epoll_pwait2", errno.ENOSYS), ("request", errno.EINVAL),
    ("request", 0), ("io_uring_enter", errno.EINTR), ("io_uring_enter", errno.EAGAIN),
    ("io_uring_enter", errno.ENOMEM),
}


def grouped(output):
    """The lines of each file: one with its status, and those behind it."""
    files = {}
    for line in output.splitlines():
        record = json.loads(line)
        if "status" in record:
            lines = files[record["file"]] = []
        lines.append(line)
    return files


class Faults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = os.path.join(folder.name, "log")
        self.tree = os.path.join(folder.name, "tree")
        for i in range(3):
            path = os.path.join(self.tree, "ab"[i % 2], f"{i}.rs")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(b"pub fn f%d(a: u8) -> u8 { a }\n" % i * (1, 100, 4000)[i])
        open(os.path.join(self.tree, "empty.rs"), "wb").close()
        packed = crate_packing.tar([("a.rs", b"pub fn a() {}\n"), ("b.rs", b"mod a;\n")], "p-1.0.0")
        with open(os.path.join(self.tree, "p-1.0.0.crate"), "wb") as file:
            file.write(crate_packing.compress(packed))

    def scan(self, io, at=None, call=None, error=None, cold=False):
        env = {**os.environ, **SANITIZED, "LD_PRELOAD": LAYER, "RUSTLE_FAULT_LOG": self.log}
        if call is not None:
            env["RUSTLE_FAULT_CALL"] = call
        if at is not None:
            env.update(RUSTLE_FAULT_AT=str(at), RUSTLE_FAULT_ERROR=str(error))
        if cold:
            env["RUSTLE_FAULT_COLD"] = "1"
        return subprocess.run(
            [PROGRAM, "scan", "-j1", *io, "--format", "jsonl", "--sort", "path", self.tree],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def numbers(self):
        """Calls counted, descriptors left open."""
        with open(self.log, encoding="ascii") as file:
            numbers = [int(word) for word in file.read().split()]
        os.unlink(self.log)
        return numbers

    def check(self, run, clean, harmless):
        says = run.stderr.decode(errors="replace")
        if run.returncode == FOUND:
            self.assertEqual(run.stdout, clean.stdout)
            return
        self.assertFalse(harmless, says)
        self.assertEqual(run.returncode, ERROR, says)
        self.assertIn("rustle: ", says)
        all_files = grouped(clean.stdout)
        for name, lines in grouped(run.stdout).items():
            if json.loads(lines[0])["status"] == "io-error":
                self.assertIn(name, says)
            else:
                self.assertEqual(lines, all_files[name])

    def check_all(self, io, calls, cold=False):
        clean = self.scan(io, cold=cold)
        self.assertEqual(clean.returncode, FOUND, clean.stderr)
        self.assertEqual(len(grouped(clean.stdout)), 6)
        self.assertEqual(self.numbers()[1], 0)
        nfaults = 0
        for call in calls:
            errors = FAULTS[call]
            self.scan(io, call=call, cold=cold)
            ncalls = self.numbers()[0]
            for at in range(ncalls):
                for error in errors:
                    with self.subTest(io=io, cold=cold, call=call, at=at,
                                      error=errno.errorcode.get(error, "less")):
                        run = self.scan(io, at, call, error, cold)
                        self.assertEqual(self.numbers()[1], 0, "descriptors are left open")
                        self.check(run, clean, (call, error) in HARMLESS)
                        nfaults += 1
        self.assertGreater(nfaults, 10)

    def test_plain_calls(self):
        self.check_all(["--io=epoll"], FAULTS)

    def test_io_uring(self):
        self.check_all([], ["preadv2", "close", "write", "pthread_create", "eventfd", "epoll_ctl",
                            "io_uring_setup", "io_uring_register", "io_uring_enter"])

    def test_files_that_are_not_cached(self):
        self.check_all([], ["openat", "read", "request", "io_uring_enter"], cold=True)

    def test_io_uring_that_is_refused_changes_nothing(self):
        clean = self.scan(["--io=epoll"])
        for error in errno.EPERM, errno.ENOSYS, errno.ENOMEM:
            run = self.scan([], "all", "io_uring_setup", error)
            self.assertEqual((run.returncode, run.stdout), (FOUND, clean.stdout))
            run = self.scan(["--io=uring"], "all", "io_uring_setup", error)
            self.assertEqual((run.returncode, run.stdout), (ERROR, b""))
            self.assertIn(os.strerror(error).encode(), run.stderr)

    def test_descriptors_that_run_out_for_good_are_told_of(self):
        run = self.scan([], "all", "openat", errno.EMFILE)
        self.assertEqual(run.returncode, ERROR)
        self.assertIn(os.strerror(errno.EMFILE).encode(), run.stderr)


class Memory(unittest.TestCase):
    """Each allocation fails in turn, SQLite's among them; of many, some: a prime apart, so that over
    the commands most kinds of them are met."""

    MOST = 150

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for path, content in (("Cargo.toml", '[package]\nname = "p"\nversion = "1.0.0"\n'),
                              ("src/lib.rs", "mod a;\npub use a::f;\n"),
                              ("src/a.rs", "pub fn f() {}\nstruct S { x: u8 }\n")):
            os.makedirs(os.path.dirname(os.path.join(self.folder, path)), exist_ok=True)
            with open(os.path.join(self.folder, path), "w", encoding="ascii") as file:
                file.write(content)

    def run_program(self, args, at=None):
        """The run, and how many allocations there were, where that is known."""
        log = os.path.join(self.folder, "log")
        env = {**os.environ, **SANITIZED, "LD_PRELOAD": LAYER, "RUSTLE_FAULT_LOG": log,
               "RUSTLE_FAULT_CALL": "malloc"}
        if at is not None:
            env.update(RUSTLE_FAULT_AT=str(at), RUSTLE_FAULT_ERROR=str(errno.ENOMEM))
        run = subprocess.run([PROGRAM, *args], cwd=self.folder, env=env, timeout=60, check=False,
                             stdin=subprocess.DEVNULL, capture_output=True)
        if not os.path.exists(log): # there was no memory to write it
            return run, None
        with open(log, encoding="ascii") as file:
            ncalls = int(file.read().split()[0])
        os.unlink(log)
        return run, ncalls

    def each(self, args):
        """A run without a failure, and one for each allocation that fails."""
        clean, ncalls = self.run_program(args)
        self.assertEqual(clean.returncode, FOUND, clean.stderr)
        if ncalls == 0:
            self.skipTest("a sanitizer allocates")
        self.assertGreater(ncalls, 3)
        step = next(n for n in (1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31) if ncalls <= n * self.MOST)
        for at in range(0, ncalls, step):
            with self.subTest(args=args, at=at):
                yield clean, self.run_program(args, at)[0]

    def check_reading(self, *commands):
        for args in commands:
            for clean, run in self.each(args):
                if run.returncode == FOUND:
                    self.assertEqual(run.stdout, clean.stdout)
                else:
                    self.assertEqual(run.returncode, ERROR, run.stderr)
                    self.assertIn(b"rustle: ", run.stderr)

    def test_of_what_reads_sources(self):
        self.check_reading(["scan", "-j1", "--format", "jsonl", "--sort", "path", "src"], ["graph"],
                           ["modules"], ["deps", "src/lib.rs"], ["outline", "src/a.rs"],
                           ["tokens", "src/a.rs"])

    def test_of_what_asks_a_database(self):
        self.run_program(["index", "-q"])
        self.check_reading(["find", "f"], ["show", "f"], ["stats"], ["sql", "SELECT * FROM items"])

    def test_of_index(self):
        """A database that is there afterwards is sound, and of before or of after."""
        database = os.path.join(self.folder, ".rustle", "index.db")
        for before in False, True:
            for _, run in self.each(["index", "-q", "-j1"]):
                self.assertIn(run.returncode, (FOUND, ERROR), run.stderr)
                if run.returncode == ERROR:
                    self.assertIn(b"rustle: ", run.stderr)
                if os.path.exists(database):
                    found, _ = self.run_program(["find", "--exact", "f"])
                    self.assertIn(b"src/a.rs:1:8: pub fn f\n", found.stdout, found.stderr)
                else:
                    self.assertEqual((before, run.returncode), (False, ERROR))
                if not before and os.path.exists(database):
                    os.unlink(database)
            self.run_program(["index", "-q"])


class Allocations(unittest.TestCase):
    """A scan that is under way allocates nothing for a file or an item: memory is used again, and
    what is allocated are blocks and messages that hold many."""

    FORMATS = (["--format", "summary"], 32), (["--format", "jsonl"], 4), (["--sort", "path"], 4)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def tree(self, nfiles, nitems):
        tree = os.path.join(self.folder, f"{nfiles}-{nitems}")
        text = "/// a\n#[cfg(x)] pub fn f(a: u8) -> u8 { a }\nuse a::{b, c};\n" * (nitems // 4)
        for i in range(nfiles):
            path = os.path.join(tree, str(i % 10), f"{i}.rs")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        return tree

    def count(self, tree, options):
        log, total = os.path.join(self.folder, "log"), 0
        for call in "malloc", "mmap":
            env = {**os.environ, **SANITIZED, "LD_PRELOAD": LAYER, "RUSTLE_FAULT_LOG": log,
                   "RUSTLE_FAULT_CALL": call}
            run = subprocess.run([PROGRAM, "scan", "-j1", *options, tree], env=env, timeout=60,
                                 check=False, stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual((run.returncode, run.stderr), (FOUND, b""))
            with open(log, encoding="ascii") as file:
                ncalls = int(file.read().split()[0])
            if call == "malloc" and ncalls == 0:
                self.skipTest("a sanitizer allocates")
            total += ncalls
        return total

    def test_none_for_a_file_or_an_item(self):
        few, many, large = self.tree(500, 8), self.tree(1500, 8), self.tree(500, 200)
        for options, files in self.FORMATS:
            with self.subTest(options=options):
                base = self.count(few, options)
                self.assertLess(self.count(many, options) - base, 1000 // files)
                self.assertLess(self.count(large, options) - base, 500 * 192 // 500)


if __name__ == "__main__":
    PROGRAM, LAYER = sys.argv[1], sys.argv[2]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
