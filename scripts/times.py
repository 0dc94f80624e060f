"""Measure seconds and peak memory of lessons: `python scripts/times.py [00 03 ...] [--write]`."""

import argparse
import re
import threading
import time
from pathlib import Path

import nbformat
import psutil
from run_lessons import find_lessons, make_client

from coursekit.device import describe_machine

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- times: written by make times -->", "<!-- end of times -->"


class PeakMemory(threading.Thread):
    """The most memory, in bytes, that process `pid` and its children held at a time, as `peak`."""

    def __init__(self, pid, interval=0.2):
        super().__init__(daemon=True)
        self.process, self.interval = psutil.Process(pid), interval
        self.peak, self.finished = 0, threading.Event()

    def run(self):
        """Look now and again until `finished` is set."""
        self.peak = self.look()
        while not self.finished.wait(self.interval):
            self.peak = max(self.peak, self.look())

    def look(self):
        """Bytes held now; what processes share is counted once, where the system tells (Linux)."""
        total = 0
        try:
            for process in [self.process, *self.process.children(recursive=True)]:
                held = process.memory_full_info()
                total += getattr(held, "pss", held.rss)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass  # it ended while we looked
        return total


def measure(path):
    """(seconds, peak bytes) of the lesson at `path`, from the start of its kernel to its last cell."""
    client = make_client(path)
    start = time.perf_counter()
    with client.setup_kernel():
        memory = PeakMemory(client.km.provisioner.process.pid)
        memory.start()
        for i, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, i)
        seconds = time.perf_counter() - start
        memory.finished.set()
        memory.join()
    note_difference(path, client.nb.metadata.coursekit.get("minutes"), seconds)
    return seconds, memory.peak


def note_difference(path, minutes, seconds):
    """Say so where a lesson's metadata promise another time."""
    if minutes and not 0.5 <= seconds / 60 / minutes <= 2:
        print(f"{path.name}: its metadata say {minutes} minutes; measured {seconds / 60:.1f}.", flush=True)


def title(notebook):
    """The heading of the first cell."""
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def table(rows):
    """The README's table in Markdown; `rows` hold (path, seconds, bytes, title), None for what was not measured."""
    lines = ["| Lesson | | Seconds | Peak memory |", "|---|---|---:|---:|"]
    for path, seconds, peak, name in rows:
        numbers = "- | -" if seconds is None else f"{seconds:.0f} | {peak / 1e9:.1f} GB"
        lines.append(f"| [{path.stem}](nbs/{path.name}) | {name} | {numbers} |")
    measured = [row for row in rows if row[1] is not None]
    total, most = sum(row[1] for row in measured), max(row[2] for row in measured)
    lines.append(f"| together | | {total:.0f} | {most / 1e9:.1f} GB |")
    return "\n".join(lines) + f"\n\nMeasured on: {describe_machine()}."


def measured_before(text):
    """File name -> (seconds, bytes) from the table in `text`."""
    rows = re.findall(r"\(nbs/(.+?)\) \|.*\| (\d+) \| ([\d.]+) GB \|", text)
    return {name: (float(seconds), float(gigabytes) * 1e9) for name, seconds, gigabytes in rows}


def put_between(text, content, begin=BEGIN, end=END):
    """`text` with `content` between its two markers; raises ValueError if they are missing."""
    if begin not in text or end not in text:
        raise ValueError(f"Expected the lines {begin!r} and {end!r} in README.md, found none: add them.")
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{content}\n{end}{rest.split(end, 1)[1]}"


def main(arguments=None):
    """Measure, print, and with --write store the table in README.md; lessons not named keep their times there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="first letters of the lessons' file names; all if left out")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    chosen = parser.parse_args(arguments)
    readme = README.read_text(encoding="utf-8")
    times = measured_before(readme)
    for path in find_lessons(chosen.names):
        times[path.name] = measure(path)
        print(f"{path.name}: {times[path.name][0]:.0f} s, {times[path.name][1] / 1e9:.2f} GB", flush=True)
    rows = [(path, *times.get(path.name, (None, None)), title(nbformat.read(path, as_version=4)))
            for path in find_lessons([])]
    print("\n" + table(rows))
    if chosen.write:
        README.write_text(put_between(readme, table(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
