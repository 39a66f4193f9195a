"""watch_process.py - a running rustle watch, for the tests of it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

PATIENCE = 120  # seconds; no run without a defect comes near


class Watch:
    """A running rustle watch, its lines in a queue."""

    def __init__(self, program, arguments, cwd, read=True):
        self.process = subprocess.Popen(
            [program, "watch", *arguments], cwd=cwd, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        self.errors = []
        self.threads = []
        self.start(self._errors)
        if read:
            self.read()

    def start(self, target):
        self.threads.append(threading.Thread(target=target, daemon=True))
        self.threads[-1].start()

    def read(self):
        self.start(self._read)

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode())
        self.lines.put(None)

    def _errors(self):
        for line in self.process.stderr:
            self.errors.append(line.decode())

    def line(self, timeout=PATIENCE):
        line = self.lines.get(timeout=timeout)
        if line is None:
            raise AssertionError("it ended: " + "".join(self.errors))
        return line

    def record(self):
        return json.loads(self.line())

    def close(self):
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def end(self, signo=signal.SIGINT):
        """Returns its status and the lines that were left."""
        self.process.send_signal(signo)
        status = self.process.wait(PATIENCE)
        left = []
        while (line := self.lines.get(timeout=PATIENCE)) is not None:
            left.append(line)
        return status, left


class Case(unittest.TestCase):
    """A tree, and what watches it."""

    program = io = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="rustle-watch-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.tree = os.path.join(self.folder, "tree")
        os.mkdir(self.tree)

    def write(self, name, text):
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def watch(self, *arguments, read=True):
        watch = Watch(self.program, ["--io", self.io, *arguments], self.folder, read)
        self.addCleanup(watch.close)
        return watch


def uring_is_refused(program):
    process = subprocess.Popen([program, "watch", "--io", "uring", "/"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        return process.wait(0.5) == 2
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
