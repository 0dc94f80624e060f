"""Execute lessons from top to bottom and store their outputs: `python scripts/run_lessons.py [00 03 ...]`."""

import argparse
import os
import sys
import sysconfig
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from coursekit.data.fetch import locate
from coursekit.files import writing

ROOT = Path(__file__).parent.parent
LESSONS = ROOT / "nbs"
KERNEL = {"display_name": "Python (coursekit)", "language": "python", "name": "coursekit"}


def find_lessons(names=()):
    """The lessons whose file names begin with one of `names`, in order; all without names."""
    found = [path for path in sorted(LESSONS.glob("*.ipynb")) if path.name.startswith(tuple(names) or "")]
    unknown = [name for name in names if not any(path.name.startswith(name) for path in found)]
    if unknown or not found:
        raise SystemExit(f"Expected lessons in {LESSONS.name}/, found none named "
                         f"{', '.join(unknown) or '*.ipynb'}: give the first letters of a name, such as 03.")
    return found


def make_client(path, timeout=900):
    """A client that holds the notebook at `path`, cleared and ready to be executed in its folder."""
    notebook = nbformat.read(path, as_version=4)
    clear(notebook)
    return NotebookClient(notebook, timeout=timeout, kernel_name=KERNEL["name"], coalesce_streams=True,
                          record_timing=False, resources={"metadata": {"path": str(path.parent)}})


def clear(notebook):
    """Remove outputs and all that editors, kernels and clocks leave behind, so that changes stay readable."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"},
                         "coursekit": notebook.metadata.get("coursekit", {})}
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def clean(notebook):
    """Take out of an executed notebook what differs between runs or machines."""
    notebook.metadata.language_info = {"name": "python"}
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [shorten_paths(line) for line in output.traceback]


def shorten_paths(line):
    """A line of a traceback, its paths relative to the repository, to installed packages or to Python."""
    folders = [sysconfig.get_path("purelib"), ROOT, sysconfig.get_path("stdlib")]
    for folder in map(str, folders):
        for written in (folder, folder.replace(str(Path.home()), "~", 1)):
            line = line.replace(written + os.sep, "")
    return line


def write(text, path):
    """Store `text` at `path` in one step: an interruption leaves the old file."""
    with writing(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def run(path):
    """Execute the lesson at `path` and store it; nothing is stored if a cell fails."""
    client = make_client(path)
    start = time.perf_counter()
    client.execute()
    clean(client.nb)
    write(nbformat.writes(client.nb), path)
    print(f"{path.name}: {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e6:.2f} MB", flush=True)


def refuse_other_data(path):
    """End with a sentence if the lesson at `path` would run on other data than its default."""
    if os.environ.get("COURSEKIT_DATA"):
        sys.exit("COURSEKIT_DATA is set, but stored outputs are those of the default data: unset it.")
    for name in nbformat.read(path, as_version=4).metadata.get("coursekit", {}).get("data", []):
        if locate(name)[1].source == "publisher":
            sys.exit(f"{path.name} would run on the publisher's {name}, but stored outputs are those of the "
                     "default data: move its folder out of data/cache.")


def main(arguments=None):
    """Run the lessons named on the command line, or all; stop at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="first letters of the lessons' file names; all if left out")
    names = parser.parse_args(arguments).names
    for path in find_lessons(names):
        refuse_other_data(path)
        try:
            run(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            sys.exit(f"{path.name} failed and was not stored.\n{error}")


if __name__ == "__main__":
    main()
