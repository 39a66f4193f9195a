"""What the scripts of this folder share: the build's programs, medians, tables."""

import os
import statistics
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
DEFAULT_BUILD = os.path.join(ROOT, "build", "release")


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


def median(values):
    return statistics.median(values)


def print_table(head, rows, left=(0,)):
    """Columns of strings, to the right but for those whose numbers are in `left`."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
