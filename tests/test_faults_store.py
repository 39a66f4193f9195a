"""System calls that fail under what keeps a database and under what watches: each of a run in turn,
in some of the ways that it can; and every allocation of a watch.

Usage: test_faults_store.py PROGRAM LAYER [unittest option...]. LAYER is fault_layer.so, which tells
how. A run must end with its result or with an error that it tells; no descriptor may be left open;
and the database must be whole: of before or of after, and the next run makes it true.
"""

import errno
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, LAYER = "", ""
FOUND, NOTHING, ERROR, TERMINATED = 0, 1, 2, 128 + signal.SIGTERM
PATIENCE = 60
SLOW = "RUSTLE_TEST_SANITIZED" in os.environ  # then a part must do

SANITIZED = {
    "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""),
}

FAULTS = {
    "openat": [errno.EMFILE, errno.EACCES],
    "open": [errno.EMFILE, errno.EACCES],
    "opendir": [errno.EMFILE],
    "close": [errno.EIO],
    "read": [errno.EIO, errno.EINTR],
    "pread": [errno.EIO],
    "preadv2": [errno.EIO],
    "write": [errno.EIO, errno.ENOSPC],
    "pwrite": [errno.EIO, errno.ENOSPC],
    "fsync": [errno.EIO],
    "ftruncate": [errno.EIO, errno.ENOSPC],
    "fstat": [errno.EIO],
    "stat": [errno.EACCES],
    "lstat": [errno.EACCES],
    "fstatat": [errno.EIO],
    "fstatfs": [errno.EIO],
    "access": [errno.EACCES],
    "readlink": [errno.EIO],
    "rename": [errno.EIO, errno.ENOSPC],
    "unlink": [errno.EIO],
    "mkdir": [errno.EACCES, errno.ENOSPC],
    "flock": [errno.ENOLCK],
    "fcntl": [errno.ENOLCK, errno.EACCES],
    "mmap": [errno.ENOMEM],
    "getcwd": [errno.ENOENT],
    "getdents64": [errno.EIO],
    "getrandom": [errno.EAGAIN],
    "pthread_create": [errno.EAGAIN],
    "eventfd": [errno.EMFILE],
    "signalfd": [errno.EMFILE],
    "epoll_create1": [errno.EMFILE],
    "epoll_ctl": [errno.ENOMEM, errno.ENOSPC],
    "epoll_pwait2": [errno.EINTR, errno.ENOSYS],
    "poll": [errno.EINTR],
    "inotify_init1": [errno.EMFILE],
    "inotify_add_watch": [errno.ENOSPC, errno.EACCES, errno.ENOENT],
    "inotify_rm_watch": [errno.EINVAL],
    "io_uring_setup": [errno.ENOSYS],
    "io_uring_register": [errno.ENOMEM],
    "io_uring_enter": [errno.EINTR, errno.ENOMEM],
    "request": [errno.EINVAL],
}


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = os.path.join(self.folder, "log")
        self.tree = os.path.join(self.folder, "tree")
        self.database = os.path.join(self.folder, "db", "index.db")
        os.mkdir(os.path.dirname(self.database))
        self.write("Cargo.toml", '[package]\nname = "p"\nversion = "1.0.0"\n')
        self.write("src/lib.rs", "mod a;\npub use a::*;\n")
        self.write("src/a.rs", "pub fn old() {}\n")

    def write(self, path, text):
        path = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def environment(self, call=None, at=None, error=None):
        env = {**os.environ, **SANITIZED, "LD_PRELOAD": LAYER, "RUSTLE_FAULT_LOG": self.log}
        if call is not None:
            env["RUSTLE_FAULT_CALL"] = call
        if at is not None:
            env.update(RUSTLE_FAULT_AT=str(at), RUSTLE_FAULT_ERROR=str(error))
        return env

    def numbers(self):
        """Calls counted, descriptors left open; None where there was no memory to write them."""
        if not os.path.exists(self.log):
            return None, None
        with open(self.log, encoding="ascii") as file:
            numbers = [int(word) for word in file.read().split()]
        os.unlink(self.log)
        return numbers

    def run_program(self, *args, call=None, at=None, error=None):
        return subprocess.run([PROGRAM, *args], cwd=self.tree, timeout=PATIENCE, check=False,
                              env=self.environment(call, at, error), stdin=subprocess.DEVNULL,
                              capture_output=True)

    def index(self, **fault):
        return self.run_program("index", "-q", "-j1", "--db", self.database, ".", **fault)

    def remove_database(self):
        for name in os.listdir(os.path.dirname(self.database)):
            os.unlink(os.path.join(os.path.dirname(self.database), name))

    def found(self):
        """The names of the functions in the database; it must be whole."""
        run = self.run_program("find", "--db", self.database, "--kind", "fn", "")
        self.assertIn((run.returncode, run.stderr), ((FOUND, b""), (NOTHING, b"")))
        check = self.run_program("sql", "--db", self.database, "PRAGMA integrity_check")
        self.assertIn(b"ok", check.stdout, check.stderr)
        self.numbers()
        return {line.rsplit(b" ", 1)[1].decode() for line in run.stdout.splitlines()}

    def check_told(self, run, expected):
        """Ended as it would without a fault, or with an error that was told."""
        self.assertIn(run.returncode, (*expected, ERROR), run.stderr)
        if run.returncode == ERROR:
            self.assertRegex(run.stderr, b"rustle: |: error: ")
        self.assertIn(self.numbers()[1], (0, None), "descriptors are left open")

    def each(self, start, check, most):
        """Checks runs of `start`, which takes a fault, in which each of its calls fails; of those
        of one name about `most`."""
        total = 0
        for call, errors in FAULTS.items():
            start(call=call)
            ncalls = self.numbers()[0]
            for at in range(0, ncalls, max(1, ncalls // (most // 4 if SLOW else most))):
                for error in errors:
                    with self.subTest(call=call, at=at, error=errno.errorcode[error]):
                        check(start(call=call, at=at, error=error))
                        total += 1
        self.assertGreater(total, 20)


class Index(Case):
    def check(self, run, allowed, at_last, was_there):
        self.check_told(run, (FOUND,))
        if os.path.exists(self.database):
            # A file that cannot be read is told of, and not there.
            self.assertIn(self.found(), allowed if run.returncode == ERROR else ({at_last},))
        else:
            self.assertEqual((run.returncode, was_there), (ERROR, False))
        again = self.index()
        self.assertEqual((again.returncode, again.stderr), (FOUND, b""))
        self.assertEqual(self.found(), {at_last})
        self.numbers()

    def test_from_nothing(self):
        def start(**fault):
            self.remove_database()
            return self.index(**fault)

        self.each(start, lambda run: self.check(run, (set(), {"old"}), "old", False), 15)

    def test_of_a_change(self):
        def start(**fault):
            self.write("src/a.rs", "pub fn old() {}\n")
            self.remove_database()
            self.assertEqual(self.index().returncode, FOUND)
            self.numbers()
            self.write("src/a.rs", "pub fn newer() {}\nstruct S;\n")
            return self.index(**fault)

        allowed = {"old"}, set(), {"newer"}
        self.each(start, lambda run: self.check(run, allowed, "newer", True), 15)


class Find(Case):
    def check(self, run, clean):
        self.check_told(run, (FOUND,))
        if run.returncode == FOUND:
            self.assertEqual(run.stdout, clean.stdout)

    def test_each_command(self):
        self.assertEqual(self.index().returncode, FOUND)
        for args in (["find", "old"], ["show", "old"], ["stats"], ["sql", "SELECT path FROM files"],
                     ["deps", "src/lib.rs"]):
            if args[0] != "deps":
                args[1:1] = ["--db", self.database]
            clean = self.run_program(*args)
            self.assertEqual((clean.returncode, clean.stderr), (FOUND, b""), args)
            self.numbers()
            self.each(lambda args=args, **fault: self.run_program(*args, **fault),
                      lambda run, clean=clean: self.check(run, clean), 15)


class Watch(Case):
    """A watch sees a change, or says why not, or ends and says so."""

    IO = "epoll"

    def start(self, **fault):
        """A run, with what it printed until a change was told or it ended; ended by a signal."""
        self.write("src/a.rs", "pub fn old() {}\n")
        self.remove_database()
        process = subprocess.Popen(
            [PROGRAM, "watch", "--io", self.IO, "-j1", "--db", self.database, "."], cwd=self.tree,
            env=self.environment(**fault), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        said = self.until(process, b"ready")
        if b"ready" in said:
            self.write("src/a.rs", "pub fn newer() {}\n")
            said += self.until(process, b"newer")
        process.terminate()
        try:
            left, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail("it does not end")
        return subprocess.CompletedProcess([], process.returncode, said + left, errors)

    @staticmethod
    def until(process, word):
        """What it prints until that word, its end, or a moment after it told of an error."""
        said, streams, end = b"", [process.stdout, process.stderr], time.monotonic() + PATIENCE
        while word not in said and (left := end - time.monotonic()) > 0:
            ready = select.select(streams, [], [], left)[0]
            if process.stderr in ready:
                streams, end = [process.stdout], time.monotonic() + 0.1
            if process.stdout in ready:
                piece = os.read(process.stdout.fileno(), 65536)
                if piece == b"":
                    break
                said += piece
        return said

    def check(self, run):
        # A signal that comes before it is waited for ends it as it ends any program.
        self.check_told(run, (TERMINATED, -signal.SIGTERM))
        if b"ready" in run.stdout and b"newer" not in run.stdout:
            self.assertIn(b"rustle: ", run.stderr, "a change was lost without a word")
        if os.path.exists(self.database):
            self.assertIn(self.found(), ({"old"}, {"newer"}, set()))
        again = self.index()
        self.assertEqual(again.returncode, FOUND, again.stderr)
        self.assertEqual(self.found(), {"newer"} if b"ready" in run.stdout else {"old"})

    def test_on_epoll(self):
        self.each(self.start, self.check, 8)

    def test_memory(self):
        self.start(call="malloc")
        ncalls = self.numbers()[0]
        if ncalls == 0:
            self.skipTest("a sanitizer allocates")
        step = ncalls // 120 | 1  # odd, so that it meets most kinds
        for at in range(0, ncalls, step):
            with self.subTest(at=at):
                self.check(self.start(call="malloc", at=at, error=errno.ENOMEM))


class WatchOnUring(Watch):
    IO = "uring"

    def setUp(self):
        super().setUp()
        run = self.start()
        if run.returncode == ERROR:
            self.skipTest("io_uring is refused")
        self.numbers()

    def test_on_epoll(self):
        self.skipTest("that is the other one")

    def test_on_uring(self):
        self.each(self.start, self.check, 8)


if __name__ == "__main__":
    PROGRAM, LAYER = (os.path.abspath(path) for path in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
