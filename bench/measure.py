"""What the scripts of this folder share: the build's programs, medians, tables."""

import json
import os
import shlex
import statistics
import subprocess
import sys
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
DEFAULT_BUILD = os.path.join(ROOT, "build", "release")
# A file to which each table is added as a line of JSON: how bench/report gets them.
TABLES = "RUSTLE_BENCH_TABLES"


def die(why):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {why}")


def corpus():
    """The folder that RUSTLE_CORPUS names."""
    folder = os.environ.get("RUSTLE_CORPUS", "")
    if not os.path.isdir(folder):
        die("RUSTLE_CORPUS must name a folder of .rs files; tools/fetch-corpus prints one")
    return os.path.realpath(folder)


def program(build, path):
    """A program of the build, which must be there."""
    found = os.path.join(build, path)
    if not os.access(found, os.X_OK):
        die(f"{found} is not built; try: cmake --preset release && cmake --build --preset release")
    return found


def load():
    """The machine's load averages, to be printed with what was measured under them."""
    return "load average " + " ".join(f"{average:.2f}" for average in os.getloadavg())


def run_timed(argv, output=subprocess.DEVNULL):
    """Wall seconds, peak MiB and the text of standard output, if wanted. Trees have files with
    errors, and searches find nothing, so that a status of 1 or 2 is none; one of a signal is."""
    start = time.monotonic()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output,
                             stderr=subprocess.DEVNULL, text=True)
    text = child.stdout.read() if output == subprocess.PIPE else ""
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1, 2):
        die(f"failed with status {child.returncode}: {shlex.join(argv)}")
    return seconds, usage.ru_maxrss / 1024, text


def median(values):
    return statistics.median(values)


def print_table(head, rows, left=(0,)):
    """Columns of strings, to the right but for those whose numbers are in `left`."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
    if os.environ.get(TABLES):
        with open(os.environ[TABLES], "a", encoding="utf-8") as file:
            json.dump({"script": os.path.basename(sys.argv[0]), "head": head, "rows": rows}, file)
            file.write("\n")
