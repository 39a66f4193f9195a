"""The database equals a scan, and its graph that of `rustle graph`: made from nothing, after
thousands of random changes that `rustle index` finds, and after as many that it is told of.

Usage: test_store_edits.py RUSTLE STORE_DUMP STORE_LIVE [CHANGES]. RUSTLE_CORPUS, if set, is a tree to be
indexed from nothing besides.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from store_tree import Tree, dump, graph, graph_rows, index, scan

SEED = 20261122


def first_difference(a, b):
    for number, (x, y) in enumerate(zip(a.splitlines(), b.splitlines())):
        if x != y:
            return f"line {number}: scan {x!r}, database {y!r}"
    return f"scan has {len(a)} bytes, the database {len(b)}"


def check(program, dumper, database, root, what):
    expected, found = scan(program, root), dump(dumper, database, root)
    if expected != found:
        sys.exit(f"{what}: {first_difference(expected, found)}")
    return expected


def check_graph(program, database, root, fresh, what):
    """Against `rustle graph`, and against a database made from nothing."""
    rows = graph_rows(database)
    expected = graph(program, root)
    if rows[0] != expected:
        sys.exit(f"{what}: dependencies differ: {set(rows[0]) ^ set(expected)}")
    if os.path.exists(fresh):
        os.unlink(fresh)
    index(program, fresh, root)
    for name, ours, theirs in zip(("deps", "modules", "crates"), rows, graph_rows(fresh)):
        if ours != theirs:
            sys.exit(f"{what}: {name} differ: {set(ours) ^ set(theirs)}")
    return len(expected)


def random_changes(program, dumper, folder, nchanges):
    tree = Tree(os.path.join(folder, "tree"), SEED)
    database = os.path.join(folder, "changes.db")
    os.mkdir(tree.root)
    for _ in range(100):
        tree.add()
    index(program, database, tree.root)
    expected = check(program, dumper, database, tree.root, "from nothing")
    assert expected.count(b"\n") > 300, "the tree says too little"
    done = nruns = nedges = 0
    fresh = os.path.join(folder, "fresh.db")
    while done < nchanges:
        batch = tree.random.choice([1, 1, 2, 5, 20, 60])
        for _ in range(batch):
            tree.change()
        done += batch
        index(program, database, tree.root, "-j", str(1 + nruns % 3))
        nruns += 1
        if nruns % 10 == 0 or done >= nchanges:
            check(program, dumper, database, tree.root, f"after {done} changes")
            nedges += check_graph(program, database, tree.root, fresh, f"after {done} changes")
    if dump(dumper, fresh, tree.root) != dump(dumper, database, tree.root):
        sys.exit("a fresh database differs from the one that was kept")
    assert nedges > 0, "the graphs say too little"
    print(f"{done} changes in {nruns} runs, {len(tree.paths)} files in the end, {nedges} edges")


def told_changes(program, dumper, live, folder, nchanges):
    """Changes that the caller of index_live.h tells of, as one who watches the tree does."""
    tree = Tree(os.path.join(folder, "told"), SEED + 3)
    database = os.path.join(folder, "told.db")
    os.mkdir(tree.root)
    for _ in range(60):
        tree.add()
    root = os.fsencode(tree.root)
    with subprocess.Popen([live, tree.root, database], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as keeper:
        done = nbatches = 0
        while done < nchanges:
            tree.touched.clear()
            batch = tree.random.choice([1, 1, 1, 2, 5, 20])
            for _ in range(batch):
                tree.change()
            done += batch
            nbatches += 1
            lines = [os.path.join(root, path) for path in tree.touched] + [b"update"]
            keeper.stdin.write(b"".join(line + b"\n" for line in lines))
            keeper.stdin.flush()
            answer = keeper.stdout.readline()
            assert answer == b"ok\n", answer
            what = f"told of {done} changes"
            if nbatches % 10 == 0:
                check(program, dumper, database, tree.root, what)
                check_graph(program, database, tree.root, os.path.join(folder, "new.db"), what)
            if nbatches % 100 == 0:  # somebody takes it away
                for suffix in "", "-wal", "-shm":
                    if os.path.exists(database + suffix):
                        os.unlink(database + suffix)
        keeper.stdin.close()
        assert keeper.wait(60) == 0
    index(program, database, tree.root)
    check(program, dumper, database, tree.root, "when nobody told any more")
    print(f"{done} changes told in {nbatches} batches")


def many_changes_at_once(program, dumper, folder):
    """So many that the names are written anew."""
    tree = Tree(os.path.join(folder, "many"), SEED + 1)
    database = os.path.join(folder, "many.db")
    os.mkdir(tree.root)
    for _ in range(1500):
        tree.add()
    index(program, database, tree.root)
    for round_number in range(3):
        for path in list(tree.paths):
            tree.write(path, tree.source(os.path.dirname(path)))
        index(program, database, tree.root)
        check(program, dumper, database, tree.root, f"all changed, {round_number}")
    for _ in range(len(tree.paths)):
        os.unlink(os.path.join(os.fsencode(tree.root), tree.paths.pop()))
    index(program, database, tree.root)
    assert check(program, dumper, database, tree.root, "all removed") == b""


def same_tree_same_database(program, folder):
    """The number of threads does not show."""
    tree = Tree(os.path.join(folder, "same"), SEED + 2)
    os.mkdir(tree.root)
    for _ in range(400):
        tree.add()
    for path in tree.paths:  # a time of now counts later, and a slow run gets there
        os.utime(os.path.join(os.fsencode(tree.root), path), (1_600_000_000, 1_600_000_000))
    contents = []
    for threads in "1", "2", "5":
        database = os.path.join(folder, f"same-{threads}.db")
        index(program, database, tree.root, "-j", threads)
        with open(database, "rb") as file:
            contents.append(file.read())
    assert contents[0] == contents[1] == contents[2], "databases differ"


def main():
    program, dumper, live = sys.argv[1:4]
    nchanges = int(sys.argv[4]) if len(sys.argv) > 4 else 3000
    with tempfile.TemporaryDirectory() as folder:
        random_changes(program, dumper, folder, nchanges)
        told_changes(program, dumper, live, folder, nchanges)
        many_changes_at_once(program, dumper, folder)
        same_tree_same_database(program, folder)
        corpus = os.environ.get("RUSTLE_CORPUS")
        if corpus:
            database = os.path.join(folder, "corpus.db")
            index(program, database, corpus)
            check(program, dumper, database, corpus, corpus)
            index(program, database, corpus)
            check(program, dumper, database, corpus, corpus)
            shutil.rmtree(os.path.join(folder, "tree"))


if __name__ == "__main__":
    main()
