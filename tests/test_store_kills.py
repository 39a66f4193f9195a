"""Killed at any moment, `rustle index` leaves a database that is sound and that the next run brings
to what a scan says.

Usage: test_store_kills.py RUSTLE STORE_DUMP [KILLS]. The files are also copied at moments while the
program writes, as a power cut would leave them: database and log as they are, without the shared
memory. A copy taken while pages are being written is not a moment of the disk, so the program is
stopped for it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from store_tree import Tree, dump, index, scan

SEED = 20261123


def start(program, database, root):
    # Nobody who is being killed can look for leaks.
    options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return subprocess.Popen([program, "index", "--quiet", "--db", database, root],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            env={**os.environ, "ASAN_OPTIONS": options})


def check_sound(dumper, database, root):
    """Whatever is there can be read, and is a database without contradictions."""
    if os.path.exists(database):
        dump(dumper, database, root)


def check_power_cut(program, dumper, database, root, folder):
    copy = os.path.join(folder, "copy.db")
    for suffix in "", "-wal", ".new":
        if os.path.exists(copy + suffix):
            os.unlink(copy + suffix)
        if os.path.exists(database + suffix):
            shutil.copyfile(database + suffix, copy + suffix)
    check_sound(dumper, copy, root)
    index(program, copy, root)
    if dump(dumper, copy, root) != scan(program, root):
        sys.exit("after a power cut the database differs from a scan")


def main():
    program, dumper = sys.argv[1:3]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 220
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(os.path.join(folder, "tree"), SEED)
        os.mkdir(tree.root)
        for _ in range(700):
            tree.add()
        database = os.path.join(folder, "kills.db")
        begin = time.monotonic()
        index(program, database, tree.root)
        cold = time.monotonic() - begin
        killed = copies = ended = 0
        while killed < wanted:
            if tree.random.random() < 0.3:  # from nothing
                for suffix in "", "-wal", "-shm":
                    if os.path.exists(database + suffix):
                        os.unlink(database + suffix)
            for _ in range(tree.random.choice([1, 10, 300])):
                tree.change()
            run = start(program, database, tree.root)
            time.sleep(tree.random.random() * cold * 1.2)
            if killed % 10 == 0 and run.poll() is None:
                run.send_signal(signal.SIGSTOP)
                check_power_cut(program, dumper, database, tree.root, folder)
                copies += 1
            run.kill()
            said = run.communicate()[1]
            if run.returncode != -signal.SIGKILL:
                ended += 1
                if ended > 20 * wanted:
                    sys.exit("it ends before it can be killed")
                continue
            killed += 1
            assert not said, said
            check_sound(dumper, database, tree.root)
            if killed % 4 == 0:
                index(program, database, tree.root)
                if dump(dumper, database, tree.root) != scan(program, tree.root):
                    sys.exit(f"after {killed} kills the database differs from a scan")
        index(program, database, tree.root)
        if dump(dumper, database, tree.root) != scan(program, tree.root):
            sys.exit("in the end the database differs from a scan")
        left = [name for name in os.listdir(folder) if ".new" in name or "aside" in name]
        assert not left, left
        print(f"{killed} kills, {copies} power cuts, {ended} runs that came to their end")


if __name__ == "__main__":
    main()
