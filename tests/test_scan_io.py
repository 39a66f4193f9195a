"""rustle scan on io_uring and on plain calls: the same output, lists of files, signals.

Usage: test_scan_io.py PROGRAM [unittest option...].
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import crate_packing

PROGRAM = ""
FOUND, NOTHING, ERROR = 0, 1, 2
IO = (["--io=uring"], ["--io=epoll"], [])


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        probe = subprocess.run([PROGRAM, "scan", "--io=uring", self.folder], capture_output=True,
                               timeout=60)
        self.io = IO if probe.returncode == NOTHING else IO[1:]

    def write(self, name, nitems=1):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("pub fn f(a: u8) -> u8 { a }\n" * nitems)
        return path

    def archive(self, name, sources):
        """An archive of (path, number of items)."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        files = [(source, b"pub fn f(a: u8) -> u8 { a }\n" * nitems)
                 for source, nitems in sources]
        with open(path, "wb") as file:
            file.write(crate_packing.compress(
                crate_packing.tar(files, os.path.basename(name).removesuffix(".crate"))))
        return path

    def scan(self, *args, stdin=b"", status=FOUND):
        """What each way of reading prints, which must be the same."""
        outputs = []
        for io in self.io:
            run = subprocess.run([PROGRAM, "scan", *io, *args], input=stdin, capture_output=True,
                                 timeout=60)
            self.assertEqual(run.returncode, status, run.stderr)
            outputs.append((run.stdout, run.stderr))
        self.assertEqual(len(set(outputs)), 1)
        return outputs[0]

    def names(self, *args, **kwargs):
        out, _ = self.scan("--sort", "path", "--format", "jsonl", *args, **kwargs)
        records = [json.loads(line) for line in out.splitlines()]
        return [os.path.relpath(record["file"], self.folder) for record in records
                if "status" in record]


class Reading(Case):
    def test_the_output_is_the_same_either_way(self):
        for i in range(150):
            self.write(f"{i % 9}/{i}.rs", 1 + i * i % 4000)
        self.write("empty.rs", 0)
        for args in ([], ["-j1"], ["-j7"]):
            self.assertEqual(len(self.names(*args, self.folder)), 151)

    def test_what_cannot_be_read_is_told_once_and_does_not_hide_the_rest(self):
        self.write("a.rs")
        os.mkfifo(os.path.join(self.folder, "pipe.rs"))
        listed = [os.path.join(self.folder, name)
                  for name in ("a.rs", "missing.rs", "pipe.rs", "folder.rs")]
        os.mkdir(listed[3])
        out, says = self.scan("--format", "jsonl", "--sort", "path", "--files-from", "-",
                              stdin="\n".join(listed).encode(), status=ERROR)
        for path in listed[1:]:
            self.assertEqual(says.count(path.encode()), 1, says)
        status = [json.loads(line).get("status") for line in out.splitlines()]
        self.assertEqual([s for s in status if s], ["ok", "io-error", "io-error", "io-error"])

    def test_a_pipe_that_is_named_is_read_to_its_end(self):
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        for io in self.io:
            with subprocess.Popen([PROGRAM, "scan", *io, "--format", "jsonl", pipe],
                                  stdout=subprocess.PIPE) as run:
                time.sleep(0.02)
                with open(pipe, "wb") as writer:
                    writer.write(b"fn a() {}\n")
                    writer.flush()
                    time.sleep(0.02)
                    writer.write(b"fn b() {}\n")
                out, _ = run.communicate(timeout=60)
                self.assertEqual(json.loads(out.splitlines()[0])["items"], 2)

    def test_few_descriptors_are_enough(self):
        for i in range(50):
            self.write(f"{i % 5}/{i}.rs")
        for io in self.io:
            run = subprocess.run(["sh", "-c", 'ulimit -n 24; exec "$@"', "sh", PROGRAM, "scan",
                                  *io, "-j8", "--format", "text", self.folder],
                                 capture_output=True, timeout=60)
            if io != IO[0]: # eight rings need more
                self.assertEqual(run.returncode, FOUND, run.stderr)


class Lists(Case):
    def test_the_files_of_a_list_are_parsed_whatever_their_names(self):
        paths = [self.write("a.rs"), self.write("b.txt"), self.write("d/c.rs")]
        text = "\n".join(paths)
        names = ["a.rs", "b.txt", "d/c.rs"]
        self.assertEqual(self.names("--files-from", "-", stdin=text.encode()), names)
        self.assertEqual(self.names("--files-from", "-", stdin=f"\n{text}\n\n".encode()), names)
        text = "\0".join(paths) + "\0"
        self.assertEqual(self.names("-0", "--files-from", "-", stdin=text.encode()), names)
        listing = os.path.join(self.folder, "list")
        with open(listing, "w", encoding="utf-8") as file:
            file.write(text.replace("\0", "\n"))
        self.assertEqual(self.names("--files-from", listing), names)
        self.assertEqual(self.names("--files-from", listing, os.path.join(self.folder, "d")),
                         names)

    def test_a_long_list(self):
        path = self.write("a.rs")
        text = (path + "\n") * 9000
        out, _ = self.scan("--files-from", "-", "--format", "text", stdin=text.encode())
        self.assertEqual(out.count(path.encode()), 9000)

    def test_archives_of_a_list_are_read_in_their_place(self):
        paths = [self.archive(f"{i:03}/p-1.0.0.crate", [("a.rs", i), ("b.rs", 1)])
                 for i in range(90)]
        paths += [self.write(f"{i:03}/z.rs", i) for i in range(0, 90, 3)]
        names = sorted([os.path.relpath(path, self.folder) for path in paths[90:]] +
                       [f"{i:03}/p-1.0.0.crate!/{name}.rs" for i in range(90) for name in "ab"])
        for delimiter, args in ("\n", []), ("\0", ["-0"]):
            text = delimiter.join(paths).encode()
            for threads in "-j1", "-j4":
                self.assertEqual(self.names(*args, threads, "--files-from", "-", stdin=text), names)
        in_order, _ = self.scan("--sort", "path", "--format", "jsonl", self.folder)
        for io in self.io:
            run = subprocess.run([PROGRAM, "scan", *io, "-j4", "--format", "jsonl", "--files-from",
                                  "-"], input="\n".join(paths).encode(), capture_output=True,
                                 timeout=60, check=True)
            self.assertEqual(sorted(run.stdout.splitlines()), sorted(in_order.splitlines()))

    def test_archives_without_sources_do_not_hold_a_list_up(self):
        empty = self.archive("e-1.0.0.crate", [("README.md", 1)])
        path = self.write("a.rs")
        text = "\n".join([empty] * 300 + [path])
        for more in [], ["--max-memory", "1"]:
            out, _ = self.scan("--files-from", "-", "--format", "text", *more, stdin=text.encode())
            self.assertEqual(out.count(path.encode()), 1)

    def test_a_list_goes_on_behind_an_archive_that_is_read_in_parts(self):
        large = self.archive("p-1.0.0.crate", [(f"{i}.rs", 3000 + i) for i in range(40)])
        path = self.write("a.rs")
        for io in self.io:
            run = subprocess.Popen([PROGRAM, "scan", *io, "--files-from", "-", "--format", "text"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.addCleanup(run.kill)
            run.stdin.write(large.encode() + b"\n")
            run.stdin.flush()
            for _ in range(sum(1 + 3000 + i for i in range(40))): # all of it: paths, and items
                run.stdout.readline()
            out, _ = run.communicate(path.encode() + b"\n", timeout=60)
            self.assertEqual((out.count(path.encode()), run.returncode), (1, FOUND))

    def test_how_sources_of_an_archive_are_shown_is_no_file(self):
        path = self.archive("p-1.0.0.crate", [("a.rs", 1)])
        for order in "none", "path":
            for name in "!/", "!/a.rs", "/":
                out, says = self.scan("--files-from", "-", "--format", "jsonl", "--sort", order,
                                      stdin=(path + name).encode(), status=ERROR)
                self.assertEqual(json.loads(out.splitlines()[0])["status"], "io-error")
                self.assertEqual(len(says.splitlines()), 1)

    def test_a_list_of_none_finds_nothing(self):
        self.scan("-q", "--files-from", "-", status=NOTHING)

    def test_a_list_that_cannot_be_read_is_named(self):
        for path in "/nowhere/list", "/":
            out, says = self.scan("--files-from", path, "--format", "text", status=ERROR)
            self.assertEqual(out, b"")
            self.assertIn(path.encode(), says)

    def test_standard_input_is_not_both_list_and_file(self):
        _, says = self.scan("--files-from", "-", "-", status=ERROR)
        self.assertIn(b"standard input", says)

    def test_files_are_parsed_as_the_list_grows(self):
        path = self.write("a.rs")
        for io in self.io:
            with subprocess.Popen([PROGRAM, "scan", *io, "--files-from", "-", "--format", "text"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
                for _ in range(5): # an answer to each before the next
                    run.stdin.write(path.encode() + b"\n")
                    run.stdin.flush()
                    self.assertEqual(run.stdout.readline(), path.encode() + b"\n")
                    self.assertIn(b"fn f", run.stdout.readline())
                run.stdin.close()
                self.assertEqual(run.wait(timeout=60), FOUND)


class Signals(Case):
    def test_what_has_been_parsed_is_printed_and_the_status_tells(self):
        path = self.write("a.rs")
        for io in self.io:
            for signo in signal.SIGINT, signal.SIGTERM:
                for order in "none", "path":
                    with self.subTest(io=io, signo=signo, order=order), subprocess.Popen(
                            [PROGRAM, "scan", *io, "--files-from", "-", "--format", "jsonl",
                             "--sort", order], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE) as run:
                        run.stdin.write(path.encode() + b"\n")
                        run.stdin.flush()
                        if order == "none":
                            run.stdout.readline()
                        else:
                            time.sleep(0.2)
                        run.send_signal(signo)
                        self.assertEqual(run.wait(timeout=60), 128 + signo)
                        for line in run.stdout.read().splitlines():
                            json.loads(line)

    def test_a_scan_of_a_tree_ends_early(self):
        for i in range(400):
            self.write(f"{i % 20}/{i}.rs", 3000)
        for io in self.io:
            with subprocess.Popen([PROGRAM, "scan", *io, "-j1", "--format", "jsonl", self.folder],
                                  stdout=subprocess.PIPE) as run:
                first = run.stdout.readline()
                run.send_signal(signal.SIGINT)
                rest = run.stdout.read()
                self.assertEqual(run.wait(timeout=60), 128 + signal.SIGINT)
                nfiles = sum(b'"status"' in line for line in (first + rest).splitlines())
                self.assertLess(nfiles, 400)
                self.assertEqual((first + rest)[-1:], b"\n")

    def test_a_scan_of_archives_ends_early(self):
        self.archive("0-large/p-1.0.0.crate", [(f"{i}.rs", 1000 + i) for i in range(100)])
        for i in range(200):
            self.archive(f"{i}/p-1.0.{i}.crate", [("a.rs", 1000 + i)])
        for io in self.io:
            for more in (["-j1"], ["-j4"], ["-j4", "--max-memory", "1"], ["--sort", "path"],
                         ["--sort", "path", "-j4", "--max-memory", "1"]):
                with self.subTest(io=io, more=more), subprocess.Popen(
                        [PROGRAM, "scan", *io, "--format", "jsonl", *more, self.folder],
                        stdout=subprocess.PIPE) as run:
                    first = run.stdout.readline()
                    run.send_signal(signal.SIGINT)
                    lines = (first + run.stdout.read()).splitlines()
                    self.assertEqual(run.wait(timeout=60), 128 + signal.SIGINT)
                    records = [json.loads(line) for line in lines]
                    nfiles = sum(record.get("status") == "ok" for record in records)
                    self.assertIn(nfiles, range(1, 300))
                    self.assertEqual(sum(record.get("items", 0) for record in records),
                                     len(records) - nfiles) # all of what was begun

    def test_one_that_waits_for_standard_input_ends_too(self):
        for io in self.io:
            with subprocess.Popen([PROGRAM, "scan", *io, "-"], stdin=subprocess.PIPE) as run:
                time.sleep(0.2)
                run.send_signal(signal.SIGTERM)
                self.assertEqual(run.wait(timeout=60), 128 + signal.SIGTERM)

    def test_an_ignored_signal_stays_ignored(self):
        path = self.write("a.rs")
        with subprocess.Popen(["sh", "-c", 'trap "" INT; exec "$@"', "sh", PROGRAM, "scan", "-q",
                               "--files-from", "-"], stdin=subprocess.PIPE) as run:
            time.sleep(0.2)
            run.send_signal(signal.SIGINT)
            run.stdin.write(path.encode())
            run.stdin.close()
            self.assertEqual(run.wait(timeout=60), FOUND)


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
