"""A small tree of Rust sources that changes at random, and its database; for the store's tests."""

import json
import os
import random
import sqlite3
import subprocess

PIECES = [
    "/// Doc.\npub fn {a}<T>(x: {b}) -> T {{ struct {c}; todo!() }}\n",
    "#[cfg(feature = \"{b}\")]\npub(crate) struct {a} {{ pub {b}: u8, {c}: {b} }}\n",
    "impl<T> {b} for {a}<T> {{ const {c}: u8 = 1; fn {b}(&self) {{}} }}\n",
    "pub use crate::{a}::{{self, {b} as {c}, d::*}};\n",
    "mod {a} {{ pub(super) fn {b}() {{}} pub mod {c} {{ pub(in crate::{a}) struct {b}; }} }}\n",
    "enum {a} {{ {b}, {c}(u8), D {{ x: u8 }} }}\n",
    "cfg_if! {{ if #[cfg(a)] {{ fn {a}() {{}} }} else {{ mod {b} {{}} }} }}\n",
    "extern \"C\" {{ fn {a}(x: u8, ...); static mut {b}: u8; }}\n",
    "macro_rules! {a} {{ () => {{}} }}\n#[path = \"{b}.rs\"]\nmod {c};\n",
    "trait {a}: {b} {{ type {c}; fn d(&mut self) -> u8 {{ 1 }} }}\n",
]
BROKEN = ["fn {a}( {{\n", "struct ;\n", "pub pub fn {b}() {{}}\n", "\"never closed {c}\n"]
WORDS = ["alpha", "Beta", "gamma_ray", "HashMap", "new", "iter", "x1", "DeltaWing", "foo_bar", "É"]


class Tree:
    """Sources below a folder; every change is the next of a seeded sequence."""

    def __init__(self, folder, seed):
        self.root = folder
        self.random = random.Random(seed)
        self.paths = []
        self.touched = set()  # paths, since somebody emptied it
        self.count = 0

    def word(self):
        return self.random.choice(WORDS) + self.random.choice(["", "", "", "_2", "Extra"])

    def source(self, folder=b""):
        r = self.random
        text = ""
        for _ in range(r.randrange(6)):
            piece = r.choice(BROKEN if r.random() < 0.03 else PIECES)
            text += piece.format(a=self.word(), b=self.word(), c=self.word())
        if self.paths and r.random() < 0.3:  # a dependency on another file
            other = os.path.relpath(b"/" + r.choice(self.paths), b"/" + folder)
            if other.isascii():
                text += (f'#[path = "{os.fsdecode(other)}"]\nmod m{r.randrange(9)};\n'
                         f"pub use m{r.randrange(9)}::{{self as n, {self.word()}}};\n")
        data = text.encode()
        return data + b"\xff" if r.random() < 0.01 else data

    def write(self, path, data):
        full = os.path.join(os.fsencode(self.root), path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        temporary = full + b".tmp"
        with open(temporary, "wb") as file:
            file.write(data)
        # Times that differ from change to change and lie in the past, as those of a tree do that
        # was written a while ago; sometimes the time of now, which cannot be trusted.
        if self.random.random() < 0.9:
            self.count += 1
            stamp = 1_600_000_000_000_000_000 + self.count
            os.utime(temporary, ns=(stamp, stamp))
        os.rename(temporary, full)
        self.touched.add(path)

    def package(self):
        """A Cargo.toml that comes, changes or goes."""
        r = self.random
        path = r.choice([b"Cargo.toml", b"vendor/x/Cargo.toml", b"b/c/Cargo.toml"])
        full = os.path.join(os.fsencode(self.root), path)
        if os.path.exists(full) and r.random() < 0.4:
            os.unlink(full)
            self.touched.add(path)
        elif self.paths:
            root = os.path.relpath(b"/" + r.choice(self.paths), b"/" + os.path.dirname(path))
            text = f'[package]\nname = "{self.word()}"\nversion = "0.1.0"\nedition = "2021"\n'
            if root.isascii():
                text += f'[lib]\npath = "{os.fsdecode(root)}"\n'
            self.write(path, text.encode())

    def add(self):
        r = self.random
        folder = r.choice(["", "src/", "src/a/", "vendor/x/src/", "b/c/d/", "e\u00e9/"])
        path = os.fsencode(f"{folder}{self.word()}{r.randrange(1000)}.rs")
        if r.random() < 0.02:
            path = path.replace(b".rs", b"\xfe.rs")
        self.write(path, self.source(os.path.dirname(path)))
        if path not in self.paths:
            self.paths.append(path)

    def change(self):
        """One random change."""
        r = self.random
        kind = r.random()
        if not self.paths or kind < 0.3:
            self.add()
        elif kind < 0.72:
            path = r.choice(self.paths)
            self.write(path, self.source(os.path.dirname(path)))
        elif kind < 0.75:
            self.package()
        elif kind < 0.8:  # the same again, later
            path = r.choice(self.paths)
            with open(os.path.join(os.fsencode(self.root), path), "rb") as file:
                self.write(path, file.read())
        elif kind < 0.85:
            path = r.choice(self.paths)
            new = path[:-3] + b"_moved.rs"
            root = os.fsencode(self.root)
            if len(path) < 100 and new not in self.paths:
                os.rename(os.path.join(root, path), os.path.join(root, new))
                self.paths[self.paths.index(path)] = new
                self.touched |= {path, new}
        else:
            path = self.paths.pop(r.randrange(len(self.paths)))
            os.unlink(os.path.join(os.fsencode(self.root), path))
            self.touched.add(path)


def scan(program, root):
    """What the database must say: the records of a scan."""
    return subprocess.run([program, "scan", "--format", "jsonl", "--sort", "path", root],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                          timeout=300).stdout


def dump(dumper, database, root):
    """What the database says; its own contradictions are errors."""
    run = subprocess.run([dumper, database, root], capture_output=True, check=False, timeout=300)
    if run.returncode != 0:
        raise AssertionError(run.stderr.decode(errors="replace"))
    return run.stdout


def graph(program, root):
    """The dependencies as `rustle graph` sees them, between files that can be written down."""
    run = subprocess.run([program, "graph", "--format", "json", root], capture_output=True,
                         check=False, timeout=300)
    edges = json.loads(run.stdout.decode(errors="replace"))["edges"]
    prefix = os.fspath(root) + "/"
    return sorted((edge["from"].removeprefix(prefix), edge["to"].removeprefix(prefix),
                   edge["kind"], edge["count"]) for edge in edges)


def graph_rows(database):
    """Crates, modules and dependencies in a database, by path."""
    connection = sqlite3.connect(database)
    connection.text_factory = lambda data: data.decode(errors="replace")
    deps = connection.execute(
        "SELECT CAST(a.path AS TEXT), CAST(b.path AS TEXT), kind, count FROM deps"
        " JOIN files a ON a.file_id = from_file JOIN files b ON b.file_id = to_file").fetchall()
    modules = connection.execute(
        "SELECT crates.name, modules.path, CAST(files.path AS TEXT), kind, CAST(d.path AS TEXT)"
        " FROM modules JOIN crates USING(crate_id) JOIN files USING(file_id)"
        " LEFT JOIN files d ON d.file_id = declared_in").fetchall()
    crates = connection.execute(
        "SELECT name, CAST(path AS TEXT) FROM crates JOIN files ON file_id = root_file").fetchall()
    ndeps = connection.execute("SELECT count(*) FROM deps").fetchone()[0]
    nmodules = connection.execute("SELECT count(*) FROM modules").fetchone()[0]
    connection.close()
    assert ndeps == len(deps) and nmodules == len(modules), "rows of files that are not there"
    return sorted(deps), sorted(modules, key=str), sorted(crates)


def index(program, database, root, *options):
    """Brings the database up to date. Returns what was said on standard error."""
    run = subprocess.run([program, "index", "--db", database, *options, root],
                         capture_output=True, check=False, timeout=300)
    if run.returncode not in (0, 1):
        raise AssertionError(run.stderr.decode(errors="replace"))
    return run.stderr
