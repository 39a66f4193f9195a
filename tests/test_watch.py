"""test_watch.py RUSTLE STORM [SECONDS] - rustle watch as its users have it, on io_uring and on epoll.

Checks each line of its output, how it ends, that a reader who stands still holds nothing up for good,
and that after a storm of SECONDS (default 4) by a second process, whoever only read the lines knows
what a fresh scan says: for each file the same record, byte for byte, and the same named items."""

import collections
import json
import os
import queue
import signal
import subprocess
import sys
import time
import unittest

from watch_process import PATIENCE, Case, uring_is_refused

RUSTLE, STORM = sys.argv[1], sys.argv[2]
Case.program = RUSTLE
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 4

# Kinds that have a name in scan's records, which is the end of the path in watch's.
NAMED = {"fn", "struct", "const", "static", "enum", "trait", "mod", "field"}


def items(record, key):
    return [(item["kind"], item["path"]) for item in record[key]]


class Cases:
    """Run on each interface."""

    class Lines(Case):
        def test_json_lines_tell_items(self):
            self.write("a.rs", "fn a() {}\nstruct S { x: u8 }\nuse std::io;\n")
            watch = self.watch("--json", "tree")
            self.assertEqual(watch.record(), {"event": "ready", "files": 1, "items": 5})
            self.write("a.rs", "fn a() { 1 }\nstruct S { x: u16 }\nmod m { pub fn b() {} }\n")
            record = watch.record()
            self.assertEqual(
                {key: record[key] for key in ("event", "file", "status", "items", "errors")},
                {"event": "modified", "file": "tree/a.rs", "status": "ok", "items": 5, "errors": 0})
            self.assertEqual(items(record, "added"), [("mod", "m"), ("fn", "m::b")])
            self.assertEqual(items(record, "removed"), [("use_leaf", "std::io")])
            self.assertEqual(items(record, "changed"), [("field", "S::x")])
            self.assertEqual([item["line"] for item in record["added"]], [3, 3])
            os.rename(self.tree + "/a.rs", self.tree + "/b.rs")
            records = sorted((watch.record() for _ in range(2)), key=lambda record: record["event"])
            self.assertEqual([record["event"] for record in records], ["created", "removed"])
            self.assertEqual(records[0]["from"], "tree/a.rs")
            self.assertEqual(len(records[1]["removed"]), 5)
            self.assertEqual(watch.end(), (130, []))

        def test_a_change_of_visibility_or_signature_is_a_change_and_one_of_a_body_is_none(self):
            self.write("a.rs", "fn a(x: u8) {}\n/// doc\nfn b() {}\nfn c() {}\n")
            watch = self.watch("--json", "tree")
            watch.record()
            self.write("a.rs", "fn a(y: u8) {}\n// no doc\npub fn b() {}\n\nfn  c () { 1; }\n")
            record = watch.record()
            self.assertEqual(items(record, "changed"), [("fn", "a"), ("fn", "b")])
            self.assertEqual(record["added"] + record["removed"], [])
            watch.end()

        def test_text(self):
            self.write("a.rs", "fn a() {}\n")
            watch = self.watch("tree")
            self.assertEqual(watch.line(), "ready: 1 files, 1 items\n")
            self.write("a.rs", "pub fn a() {}\nfn b(\n")
            self.assertEqual(watch.line(), "modified tree/a.rs\n")
            self.assertEqual(watch.line(), "  ~ fn a\n")
            status, _ = watch.end(signal.SIGTERM)
            self.assertEqual(status, 143)
            self.assertTrue(watch.errors[0].startswith("tree/a.rs:"), watch.errors)

        def test_touch_and_same_contents_tell_nothing(self):
            self.write("a.rs", "fn a() {}\n")
            watch = self.watch("--json", "tree")
            watch.record()
            os.utime(self.tree + "/a.rs")
            time.sleep(0.05)
            self.write("a.rs", "fn a() {}\n")
            time.sleep(0.3)
            self.write("b.rs", "fn b() {}\n")
            self.assertEqual(watch.record()["file"], "tree/b.rs")
            self.assertEqual(watch.end(), (130, []))

        def test_unreadable_and_not_utf8(self):
            watch = self.watch("--json", "tree")
            self.assertEqual(watch.record(), {"event": "ready", "files": 0, "items": 0})
            with open(self.tree + "/a.rs", "wb") as file:
                file.write(b"fn a() {} // \xff\n")
            record = watch.record()
            self.assertEqual((record["status"], record["items"]), ("not-utf8", 0))
            self.write("a.rs", "fn a() {}\n")
            self.assertEqual(items(watch.record(), "added"), [("fn", "a")])
            watch.end()

        def test_ignore_files(self):
            self.write("a.rs", "fn a() {}\n")
            watch = self.watch("--json", "tree")
            watch.record()
            self.write(".ignore", "a.rs\n")
            self.assertEqual(watch.record()["event"], "removed")
            os.unlink(self.tree + "/.ignore")
            self.assertEqual(watch.record()["event"], "created")
            watch.end()

        def test_two_signals_or_one_and_patience_end_it_when_nobody_reads(self):
            watch = self.watch("--json", "--settle", "0", "tree", read=False)
            time.sleep(0.3)
            text = "".join(f"fn f{i}() {{}}\n" for i in range(400))
            for i in range(300):  # more than the pipe, the writer and all channels hold
                self.write(f"d{i % 20}/f{i}.rs", text)
            time.sleep(1)
            self.assertIsNone(watch.process.poll())
            watch.process.send_signal(signal.SIGTERM)
            self.assertEqual(watch.process.wait(PATIENCE), 143)

        def test_a_reader_that_stands_still_loses_nothing(self):
            watch = self.watch("--json", "tree", read=False)
            time.sleep(0.3)
            text = "".join(f"fn f{i}() {{}}\n" for i in range(400))
            for i in range(300):
                self.write(f"d{i % 20}/f{i}.rs", text)
            time.sleep(1)
            watch.read()
            self.assertEqual(watch.record()["event"], "ready")
            added = collections.Counter()  # a file may have been seen half written
            while sum(n == 400 for n in added.values()) < 300:
                record = watch.record()
                self.assertEqual(record["removed"], [])
                added[record["file"]] += len(record["added"])
            watch.end()

    class Storm(Case):
        def test_the_lines_add_up_to_a_fresh_scan(self):
            outside = os.path.join(self.folder, "outside")
            os.mkdir(outside)
            watch = self.watch("--json", "tree")
            watch.record()
            started = time.time()
            subprocess.run([STORM, self.tree, outside, str(7 + len(self.io)), "5000",
                            str(int(SECONDS * 1000))], check=True, stdout=subprocess.DEVNULL)
            files, items_of, counts = {}, {}, collections.Counter()

            def take(line):
                record = json.loads(line)
                name, event = record["file"], record["event"]
                counts[event] += 1
                if (event == "created") == (name in files):
                    raise AssertionError(f"{event} cannot be: {line}")
                known = items_of.setdefault(name, collections.Counter())
                for item in record["removed"]:
                    known[(item["kind"], item["path"])] -= 1
                for item in record["added"]:
                    known[(item["kind"], item["path"])] += 1
                if event == "removed":
                    if any(known.values()):
                        raise AssertionError(f"items were left: {line}")
                    del files[name], items_of[name]
                    return
                keys = ("file", "bytes", "status", "items", "errors")
                files[name] = json.dumps({key: record[key] for key in keys}, separators=(",", ":"))

            # Quiet: until nothing was told for two seconds, in which the roots are looked at too.
            try:
                while True:
                    take(watch.line(timeout=2 if time.time() > started + SECONDS else PATIENCE))
            except queue.Empty:
                pass
            status, left = watch.end()
            self.assertEqual((status, left), (130, []))

            scan = subprocess.run([RUSTLE, "scan", "--format", "jsonl", "--sort", "path", "tree"],
                                  cwd=self.folder, capture_output=True, check=False)
            fresh, fresh_items, name = [], {}, None
            for line in scan.stdout.decode().splitlines():
                record = json.loads(line)
                if "bytes" in record:
                    fresh.append(line)
                    name = record["file"]
                    fresh_items[name] = collections.Counter()
                elif "kind" in record and record["kind"] in NAMED:
                    fresh_items[name][(record["kind"], record["name"])] += 1
            watched = [files[name] for name in sorted(files, key=os.fsencode)]
            self.assertEqual("\n".join(watched), "\n".join(fresh))
            for name, known in items_of.items():
                named = collections.Counter()
                for (kind, path), n in known.items():
                    if kind in NAMED:
                        named[(kind, path.rsplit("::", 1)[-1])] += n
                self.assertEqual(+named, +fresh_items[name], name)
            self.assertGreater(len(files), 100)
            self.assertGreater(counts["modified"], 10)
            print(f"{self.io}: {dict(counts)}, {len(files)} files in the end", file=sys.stderr)


class Usage(Case):
    io = "epoll"

    def run_watch(self, *arguments):
        return subprocess.run([RUSTLE, "watch", *arguments], cwd=self.folder, capture_output=True,
                              check=False, timeout=PATIENCE)

    def test_help_and_errors(self):
        self.assertIn(b"usage: rustle watch", self.run_watch("--help").stdout)
        for arguments in (["--settle", "x"], ["--settle", "-1"], ["--io", "x"], ["-j", "x"],
                          ["missing"], ["--wrong"]):
            result = self.run_watch(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertTrue(result.stderr.startswith(b"rustle: "), result.stderr)


    def test_an_output_that_cannot_be_written_ends_it(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            watch = subprocess.Popen([RUSTLE, "watch", "tree"], cwd=self.folder, stdout=full,
                                     stderr=subprocess.PIPE)
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
        for base in (Cases.Lines, Cases.Storm):
            case = type(f"{base.__name__}_{io}", (base,), {"io": io})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
