"""`rustle scan` on archives as its users meet it: where they are found, how they are shown, what is
wrong with bad ones, how much memory they take, and what is not parsed twice.

Usage: test_archives.py PROGRAM [unittest option...].
"""

import io
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import unittest

import crate_packing
import test_cli
from test_cli import ERROR, FOUND, NOTHING, rustle

NAME = "p-1.0.0"
SOURCES = [("Cargo.toml", b"[package]\nname = 'p'\n"), ("src/a.rs", b"pub struct A;\n"),
           ("src/lib.rs", b"mod a;\nfn f() {}\n")]


def crate(files, name=NAME):
    return crate_packing.compress(crate_packing.tar(files, name))


def members(entries, end=b"\0" * 1024):
    """A gzipped tar of (name, type, content, link)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, content in entries:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "target"
            archive.addfile(info, io.BytesIO(content))
    return crate_packing.compress(out.getvalue()[:archive.offset] + end)


class Case(test_cli.Case):
    def scan(self, *args, status=FOUND, **kwargs):
        return self.check(rustle("scan", *args, cwd=self.folder, **kwargs), status)

    def shown(self, *args, status=FOUND):
        """The paths of the files' records, in the order of the output."""
        run = self.scan("--sort", "path", "--format", "jsonl", *args, status=status)
        records = [json.loads(line) for line in run.stdout.splitlines()]
        return [record["file"] for record in records if "status" in record]

    def stats(self, *args, status=FOUND):
        run = self.scan("--stats", *args, status=status)
        return {name.strip(): [int(n) for n in re.findall(r"\d+", numbers)]
                for name, numbers in re.findall(r"^( *[a-z ]+?)  +(\d.*)$", run.stdout.decode(),
                                                re.MULTILINE)}


class Found(Case):
    def test_sources_are_shown_below_the_archive(self):
        self.write("p-1.0.0.crate", crate(SOURCES))
        self.assertEqual(self.shown("p-1.0.0.crate"),
                         ["p-1.0.0.crate!/src/a.rs", "p-1.0.0.crate!/src/lib.rs"])

    def test_a_tarball_keeps_its_folders(self):
        self.write("x.tar.gz", crate(SOURCES))
        self.assertEqual(self.shown("x.tar.gz"),
                         ["x.tar.gz!/p-1.0.0/src/a.rs", "x.tar.gz!/p-1.0.0/src/lib.rs"])

    def test_archives_and_sources_are_found_side_by_side(self):
        for path in ("cache/index.crates.io-0/p-1.0.0.crate", "mirror/p-/1.0/p-1.0.0.crate",
                     "p-1.0.0.crate", "p.tar.gz"):
            self.write(path, crate(SOURCES))
        for path in ("p-1.0.0.crate.rs", "a.rs", "p-1.0.0.crate-x/b.rs", "p-1.0.0.cratE"):
            self.write(path, b"fn f() {}\n")
        self.write("p.tgz", b"is not looked at")
        self.write(".hidden/p-1.0.0.crate", crate(SOURCES))
        found = self.shown()
        self.assertEqual(found, sorted(found))
        self.assertEqual(len(found), 4 * 2 + 3)
        self.assertEqual(set(self.shown("-j", "1", "a.rs", "p.tar.gz", "mirror")),
                         {path for path in found for start in ("./a.rs", "./p.tar.gz", "./mirror")
                          if path.startswith(start)} and
                         {"a.rs", "p.tar.gz!/p-1.0.0/src/a.rs", "p.tar.gz!/p-1.0.0/src/lib.rs",
                          "mirror/p-/1.0/p-1.0.0.crate!/src/a.rs",
                          "mirror/p-/1.0/p-1.0.0.crate!/src/lib.rs"})

    def test_the_output_is_the_same_for_any_number_of_threads(self):
        for i in range(40):
            files = [(f"src/m{j}.rs", b"fn f() { g(%d) }\nstruct S;\n" % (j * i)) for j in range(30)]
            if i % 10 == 0: # large enough to be cut
                files = [(path, content + b"/* %d */\n" % i * 9_000) for path, content in files]
            self.write(f"p{i % 7}/p-1.0.{i}.crate", crate(files, f"p-1.0.{i}"))
            self.write(f"q{i % 7}/{i}.rs", b"fn f() {}\n")
        self.write("p0/bad.crate", b"bad")
        for form in "jsonl", "text":
            runs = {(run.stdout, run.stderr) for run in
                    (self.scan("--sort", "path", "--format", form, *more, status=ERROR)
                     for more in (["-j1"], ["-j2"], ["-j5"], ["-j3", "--max-memory", "1"]))}
            self.assertEqual(len(runs), 1)
        unsorted = {tuple(sorted(self.scan("--format", "jsonl", "-j", n, status=ERROR)
                                 .stdout.splitlines())) for n in ("1", "4")}
        self.assertEqual(len(unsorted), 1)

    def test_hidden_and_large_sources_are_passed_over(self):
        self.write("p-1.0.0.crate", crate([(".a.rs", b""), (".b/c.rs", b""), ("d/.e/f.rs", b""),
                                           ("d/g.rs", b"fn g() {}"), ("h.rs", b"")]))
        shown = "p-1.0.0.crate!/"
        self.assertEqual(self.shown("p-1.0.0.crate"), [shown + "d/g.rs", shown + "h.rs"])
        self.assertEqual(len(self.shown("--hidden", "p-1.0.0.crate")), 5)
        self.assertEqual(self.shown("--max-filesize", "5", "p-1.0.0.crate"), [shown + "h.rs"])

    def test_an_archive_without_sources_is_no_error(self):
        self.write("p-1.0.0.crate", crate([("README.md", b"text")]))
        self.scan("p-1.0.0.crate", status=NOTHING)
        self.write("a.rs", b"fn f() {}")
        self.scan(status=FOUND)

    def test_errors_in_sources_tell_where(self):
        self.write("p-1.0.0.crate", crate([("a.rs", b"fn ok() {}\n\nfn (\n")]))
        run = self.scan("p-1.0.0.crate", status=ERROR)
        self.assertRegex(run.stderr, rb"^p-1.0.0.crate!/a.rs:3:4: error: ")

    def test_a_missing_archive_is_named(self):
        run = self.scan("no.crate", status=ERROR)
        self.assertIn(b"no.crate: No such file or directory", run.stderr)


class Evil(Case):
    """One archive after the other, each beside a good one, which is read all the same."""

    def evil(self, content, message, name=f"{NAME}.crate", threads=("1", "4")):
        for other in f"{NAME}.crate", "p.tar.gz":
            if os.path.exists(os.path.join(self.folder, "evil", other)):
                os.remove(os.path.join(self.folder, "evil", other))
        self.write(f"evil/{name}", content)
        self.write("evil/good-1.0.0.crate", crate(SOURCES, "good-1.0.0"))
        for n in threads:
            run = self.scan("--sort", "path", "--format", "jsonl", "-j", n, "evil", status=ERROR)
            self.assertEqual(run.stderr.decode(), f"rustle: evil/{name}: {message}\n")
            records = [json.loads(line) for line in run.stdout.splitlines()]
            ours = [record for record in records
                    if record.get("file", "").startswith(f"evil/{name}")]
            self.assertEqual([record.get("status") for record in ours], ["io-error", None])
            self.assertEqual(ours[1]["error"]["msg"], message)
            good = [record for record in records
                    if record.get("file", "").startswith("evil/good") and "status" in record]
            self.assertEqual([record["status"] for record in good], ["ok", "ok"])

    def test_gzip(self):
        good = crate(SOURCES)
        corrupt = bytearray(good)
        corrupt[len(good) // 2] ^= 0xFF
        self.evil(b"", "the file is empty")
        self.evil(b"\0" * 512, "not compressed with gzip")
        self.evil(b"PK\3\4", "not compressed with gzip")
        self.evil(good[:7], "the gzip header is malformed or cut off")
        self.evil(good[:-20], "the compressed data are corrupt or cut off")
        self.evil(good[:-3], "the compressed data are corrupt or cut off")
        self.evil(good[:10] + b"\xFF" * 100, "the compressed data are corrupt or cut off")
        self.evil(good[:-8] + b"\0\0\0\0" + good[-4:], "the checksum of the data is wrong")
        self.evil(good[:-4] + struct.pack("<I", 7), "the length of the data is not what the file "
                  "says")
        self.evil(good[:-4] + b"\xFF" * 4, "the length of the data is not what the file says")
        self.evil(good + b"more", "something else follows the compressed data")
        self.write("evil/p-1.0.0.crate", bytes(corrupt))
        self.scan("evil", status=ERROR)

    def test_bombs(self):
        piece = crate_packing.compress(b"\0" * (1 << 20), 9)
        message = "inflates to more than is allowed for its size"
        self.evil(piece * 513, message, threads=["2"])
        tall = crate_packing.compress(b"\0" * (513 << 20), 1)
        self.evil(tall, message, threads=["2"])
        self.evil(tall[:-4] + b"\0" * 4, message, threads=["2"])

    def test_tar(self):
        file = ("p-1.0.0/a.rs", tarfile.REGTYPE, b"fn a() {}")
        tar = crate_packing.tar(SOURCES, NAME)
        pack = crate_packing.compress
        self.evil(pack(b""), "there is nothing in it")
        self.evil(pack(b"\0" * 1024), "there is nothing in it")
        self.evil(pack(tar[:300]), "the tar archive is cut off")
        self.evil(pack(tar[:700]), "the tar archive is cut off")
        self.evil(pack(b"p" + tar), "the checksum of a tar header is wrong")
        self.evil(pack(tar[:3] + b"X" + tar[4:]), "the checksum of a tar header is wrong")
        for kind in tarfile.SYMTYPE, tarfile.LNKTYPE:
            self.evil(members([file, ("p-1.0.0/l", kind, b"")]), "p-1.0.0/l: a link")
        for kind in tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE, b"Z":
            self.evil(members([file, ("p-1.0.0/d", kind, b"")]),
                      "p-1.0.0/d: neither a file nor a folder")
        for name, message in (("/etc/a.rs", "an absolute path"), ("../a.rs", "a path with `..`"),
                              ("p-1.0.0/../../a.rs", "a path with `..`"),
                              ("p-1.0.0/x/..", "a path with `..`"),
                              ("q-1.0.0/a.rs", "lies outside of the package's folder"),
                              ("a.rs", "lies outside of the package's folder"),
                              ("p-1.0.0", "lies outside of the package's folder")):
            self.evil(members([file, (name, tarfile.REGTYPE, b"")]), f"{name}: {message}")
        self.evil(members([file, file]), "a.rs: is there twice")
        self.evil(members([file, ("p-1.0.0/./a.rs", tarfile.REGTYPE, b"")]), "a.rs: is there twice")
        self.evil(members([file, ("p-1.0.0/a.rs/b.rs", tarfile.REGTYPE, b"")]),
                  "a.rs: is a file, and yet something lies below it")
        self.evil(members([("p-1.0.0/\x1b[2J", tarfile.SYMTYPE, b"")]),
                  "p-1.0.0/?[2J: a link")
        self.evil(members([file, ("/a.rs", tarfile.REGTYPE, b"")]), "/a.rs: an absolute path",
                  "p.tar.gz")

    def test_what_is_no_file(self):
        os.makedirs(os.path.join(self.folder, "folder.crate"))
        self.write("folder.crate/a.rs", b"fn f() {}")
        self.assertEqual(self.shown(), ["./folder.crate/a.rs"])
        os.mkfifo(os.path.join(self.folder, "pipe.crate"))
        self.assertEqual(self.shown(), ["./folder.crate/a.rs"])
        run = self.scan("pipe.crate", status=ERROR)
        self.assertIn(b"pipe.crate: Invalid argument", run.stderr)

    def test_what_cannot_be_read(self):
        path = self.write("p-1.0.0.crate", crate(SOURCES))
        os.chmod(path, 0)
        if os.access(path, os.R_OK):
            self.skipTest("root reads everything")
        self.assertIn(b"Permission denied", self.scan(".", status=ERROR).stderr)

    def test_all_together(self):
        for i in range(60):
            self.write(f"{i}/p-1.0.0.crate", [crate(SOURCES), b"", b"bad", crate(SOURCES)[:-9],
                                              members([("/a", tarfile.REGTYPE, b"")])][i % 5])
        run = self.scan("-j", "4", status=ERROR)
        self.assertIn(b"archives         60 (48 bad)\n", run.stdout)
        self.assertIn(b"files            72 (24 ok, 0 with errors, 0 not UTF-8, 48 unreadable)",
                      run.stdout)
        self.assertEqual(len(run.stderr.splitlines()), 48)


class Memory(Case):
    def peak(self, *args):
        """The peak of resident memory, in bytes. A child inherits the peak of the process that
        started it, so a small one starts it."""
        code = ("import os, sys\npid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n"
                "_, status, usage = os.wait4(pid, 0)\n"
                "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)")
        done = subprocess.run([sys.executable, "-S", "-c", code, test_cli.PROGRAM, "scan", "-q",
                               *args], cwd=self.folder, capture_output=True, check=True,
                              timeout=250)
        status, kib = done.stdout.split()
        self.assertEqual(int(status), FOUND, done.stderr)
        return int(kib) << 10

    def test_the_limit_is_kept(self):
        filler = os.urandom(1 << 16)
        for i in range(12): # each inflates to 16 MB
            files = [("data", bytes([i]) + filler * 250), ("src/lib.rs", b"fn f() {}\n" * 9000)]
            self.write(f"p-1.0.{i}.crate", crate_packing.compress(
                crate_packing.tar(files, f"p-1.0.{i}"), 1))
        limit = 80 << 20
        numbers = self.stats("-j", "8", "--max-memory", str(limit))
        self.assertGreater(numbers["put off"][0], 0)
        self.assertLessEqual(numbers["most reserved"][0], limit // 2)
        self.assertEqual(numbers["archives"], [12, 0])
        free = self.stats("-j", "8", "--max-memory", "8G")
        self.assertEqual(free["put off"], [0])
        if not os.environ.get("RUSTLE_TEST_SANITIZED"):
            self.assertLess(self.peak("-j", "8", "--max-memory", str(limit)), limit)

    def test_what_is_larger_than_the_limit_goes_alone(self):
        for i in range(12):
            self.write(f"p-1.0.{i}.crate", crate([("a.rs", b"fn f() {}\n" * 30_000)],
                                                 f"p-1.0.{i}"))
        numbers = self.stats("-j", "4", "--max-memory", "1")
        self.assertEqual(numbers["archives"], [12, 0])
        self.assertEqual(numbers["files"][0], 12)
        self.assertLess(numbers["most reserved"][0], 2 << 20)

    def test_a_length_that_lies_waits_anew(self):
        # Two members of gzip: the last four bytes tell the length of the second only.
        for i in range(6):
            tar = crate_packing.tar([("a.rs", b"fn f() {}\n" * 30_000)], f"p-1.0.{i}")
            self.write(f"p-1.0.{i}.crate",
                       crate_packing.compress(tar) + crate_packing.compress(b""))
        for limit in "1", "16M", "1G":
            numbers = self.stats("-j", "4", "--max-memory", limit)
            self.assertEqual(numbers["archives"], [6, 0])
            self.assertEqual(numbers["files"][:2], [6, 6])

    def test_bad_numbers_are_refused(self):
        for number in "0", "-1", "x", "1T", "":
            self.check_usage_error("scan", "--max-memory", number, says=b"bad number of bytes")


class Project(Case):
    """modules, graph, deps and rdeps on archives."""

    FILES = [("Cargo.toml", b'[package]\nname = "p"\nversion = "1.0.0"\nedition = "2021"\n'),
             ("data.in", b"fn included() {}\n"),
             ("src/lib.rs", b"mod a;\npub use a::A;\n#[path = \"../../out.rs\"]\nmod out;\n"
                            b"#[path = \"/absolute.rs\"]\nmod absolute;\ninclude!(\"../data.in\");\n"),
             ("src/a.rs", b"pub struct A;\n")]

    def run_command(self, *args, status=FOUND):
        run = self.check(rustle(*args, cwd=self.folder), status)
        return run.stdout.decode(), run.stderr.decode()

    def test_an_archive_is_a_project(self):
        self.write("d/p-1.0.0.crate", crate(self.FILES))
        self.write("d/out.rs", b"pub struct Outside;\n") # where ../../ would lead
        self.write("d/Cargo.toml", b'[workspace]\nmembers = ["*"]\n')
        out, err = self.run_command("modules", "d", status=ERROR)
        self.assertEqual(out, "out d/out.rs\np d/p-1.0.0.crate!/src/lib.rs\n"
                              "  a d/p-1.0.0.crate!/src/a.rs\n"
                              "  include! d/p-1.0.0.crate!/data.in\n")
        self.assertEqual(err.count("the file that the `path` attribute names was not found"), 2)
        out, _ = self.run_command("graph", "d")
        self.assertEqual(out.splitlines(), [
            "d/p-1.0.0.crate!/src/lib.rs -> d/p-1.0.0.crate!/data.in include 1",
            "d/p-1.0.0.crate!/src/lib.rs -> d/p-1.0.0.crate!/src/a.rs mod 1",
            "d/p-1.0.0.crate!/src/lib.rs -> d/p-1.0.0.crate!/src/a.rs re-export 1"])
        out, _ = self.run_command("rdeps", "d/p-1.0.0.crate!/src/a.rs", "d")
        self.assertEqual(out, "d/p-1.0.0.crate!/src/lib.rs\tmod\t1\n"
                              "d/p-1.0.0.crate!/src/lib.rs\tre-export\t1\n")
        out, _ = self.run_command("deps", "--transitive", "./d//p-1.0.0.crate!/src/lib.rs", "d")
        self.assertEqual(out, "d/p-1.0.0.crate!/data.in\nd/p-1.0.0.crate!/src/a.rs\n")

    def test_it_is_the_same_as_in_a_database(self):
        for version in "1.0.0", "1.0.1":
            self.write(f"d/p-{version}.crate", crate(self.FILES, f"p-{version}"))
        self.write("d/src/lib.rs", b"mod m;\n")
        self.write("d/src/m.rs", b"use super::*;\n")
        self.run_command("index", "--db", "x.db", "d")
        rows, _ = self.run_command(
            "sql", "--db", "x.db", "SELECT a.path || ' -> ' || b.path || ' ' || kind || ' ' || count"
            " FROM deps JOIN files a ON a.file_id = from_file JOIN files b ON b.file_id = to_file")
        out, _ = self.run_command("graph", "d")
        edges = [line.replace("d/", "") for line in out.splitlines() if "data.in" not in line]
        self.assertEqual(sorted(rows.splitlines()), sorted(edges))
        self.assertEqual(len(edges), 2 * 2 + 2)

    def test_bad_archives_are_told(self):
        self.write("p-1.0.0.crate", crate(self.FILES)[:-9])
        self.write("a.rs", b"fn f() {}\n")
        for command in ("modules",), ("graph",), ("deps", "a.rs"):
            _, err = self.run_command(*command, status=ERROR)
            self.assertEqual(err, "rustle: ./p-1.0.0.crate: the compressed data are corrupt or cut "
                                  "off\n")


class Shared(Case):
    def test_the_same_content_is_parsed_once(self):
        files = [(f"src/{i}.rs", b"pub fn f%d(x: u8) -> u8 { x }\n" % i * 50) for i in range(100)]
        self.write("v/p-1.0.0.crate", crate(files))
        files[7] = ("src/7.rs", b"fn edited() {}\n")
        self.write("v/p-1.0.1.crate", crate(files, "p-1.0.1"))
        numbers = self.stats("-j1", "v")
        self.assertEqual(numbers["sources"][0], 200)
        self.assertEqual(numbers["parsed"][0], 101)
        self.assertEqual(numbers["shared"][0], 99)
        self.assertEqual(numbers["files"][:2], [200, 200])
        self.assertEqual(numbers["fn"], [50 * 199 + 1])

    def test_what_is_shared_is_printed_as_if_it_were_parsed(self):
        files = [("src/ok.rs", b"/// Doc.\npub fn f() {}\n"), ("src/bad.rs", b"fn (\nfn g() {}\n"),
                 ("src/not.rs", b"fn \xff() {}\n"), ("src/empty.rs", b"")]
        for version in "1.0.0", "1.0.1", "1.0.2":
            self.write(f"v/p-{version}.crate", crate(files, f"p-{version}"))
        for form in "jsonl", "text", "summary":
            outputs = []
            for version in "1.0.0", "1.0.1", "1.0.2":
                args = ["--sort", "path", "--format", form, "-j1"]
                alone = self.scan(*args, f"v/p-{version}.crate", status=ERROR)
                outputs.append((alone.stdout, alone.stderr))
            together = self.scan("--sort", "path", "--format", form, "-j1", "v", status=ERROR)
            self.assertEqual(together.stderr, b"".join(err for _, err in outputs))
            if form != "summary":
                self.assertEqual(together.stdout, b"".join(out for out, _ in outputs))
        # Errors tell lines, and a line the path: such files are parsed again.
        self.assertEqual(self.stats("-j1", "v", status=ERROR)["shared"][0], 2 * 2)


if __name__ == "__main__":
    test_cli.PROGRAM = sys.argv.pop(1)
    unittest.main()
