"""Prints which lines of some folders were run, from the counters that gcov's instrumentation left.

Usage: coverage_report.py BUILD FOLDER... A source that was compiled several times (templates, the
stressed and the modelled builds) counts as run where any of its objects ran it.
"""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def counters(build):
    for folder, _, names in os.walk(build):
        for name in names:
            if name.endswith(".gcda"):
                yield os.path.join(folder, name)


def lines_of(path):
    """(file, line, count) of all sources that an object was made of."""
    run = subprocess.run(["gcov", "--json-format", "--stdout", path], capture_output=True,
                         cwd=os.path.dirname(path), check=False)
    return [(os.path.realpath(os.path.join(document["current_working_directory"], file["file"])),
             line["line_number"], line["count"])
            for document in map(json.loads, run.stdout.splitlines())
            for file in document["files"] for line in file["lines"]]


def ranges(numbers, known):
    """As text: 3-5,9; lines without code in between do not part a range."""
    text, known = [], sorted(known)
    place = {number: i for i, number in enumerate(known)}
    for number in sorted(numbers):
        if text and place[number] == place[text[-1][1]] + 1:
            text[-1][1] = number
        else:
            text.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in text)


def main():
    build, folders = os.path.abspath(sys.argv[1]), [os.path.join(ROOT, name) + os.sep for name in sys.argv[2:]]
    counts = collections.defaultdict(lambda: collections.defaultdict(int))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(lines_of, sorted(counters(build))):
            for path, number, count in lines:
                if path.startswith(tuple(folders)):
                    counts[path][number] += count
    if not counts:
        sys.exit(f"{build}: no counters")
    all_run = all_lines = 0
    for path in sorted(counts):
        missed = {number for number, count in counts[path].items() if count == 0}
        nlines, nrun = len(counts[path]), len(counts[path]) - len(missed)
        all_lines, all_run = all_lines + nlines, all_run + nrun
        print(f"{os.path.relpath(path, ROOT):34} {nrun:5}/{nlines:<5} {100 * nrun / nlines:6.1f} % "
              f"{ranges(missed, counts[path])}".rstrip())
    print(f"{'all':34} {all_run:5}/{all_lines:<5} {100 * all_run / all_lines:6.1f} %")


main()
