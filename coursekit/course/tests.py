"""The tests: of the package, of the notebooks' form, and every lesson, run from top to bottom without a network."""

import os

from coursekit.course.environment import HOME, PYTHON, ROOT, CourseError, run, settings_in

LESSONS = ROOT / "nbs"


def test(lessons=(), jobs="auto", own_data=False):
    """Test the package and the `lessons` that begin with these letters, or all; the first exit status that is not 0.

    With `own_data` only what concerns the data in the folder COURSEKIT_DATA is tested, on those.
    """
    chosen = choose(lessons)
    # Tests do not depend on what the user has set up at home, and a broken bound always raises.
    variables = settings_in(HOME) | {"COURSEKIT_TEST": "1"}
    beside = [] if jobs == "1" else ["-n", jobs, "--dist", "loadfile", "--no-loadscope-reorder"]
    python = (PYTHON, "-m")
    run(*python, "coursekit", "data", "get", "--packages", **variables)  # tests that need them are skipped without
    unit = ["-k", "complete_data"] if own_data else beside
    statuses = [run(*python, "pytest", *unit, "tests", **variables),
                run(*offline(), *python, "pytest", *beside, "--nbval-lax", *(["--own-data"] if own_data else []),
                    *chosen, **variables)]
    return next((status for status in statuses if status), 0)


def choose(lessons):
    """The notebooks whose names begin so, or the folder of all; raises `CourseError` where none does."""
    chosen = []
    for lesson in lessons:
        found = sorted(LESSONS.glob(f"{lesson}*.ipynb"))
        if not found:
            raise CourseError(f"Expected the first letters of a lesson, such as 03, found {lesson!r}, with which "
                              "none begins: `python -m coursekit lessons` lists them.")
        chosen += found
    return [path.relative_to(ROOT) for path in chosen or [LESSONS]]


def offline():
    """The command that blocks the network for the one behind it, where the system has a shell."""
    return [] if os.name == "nt" else ["sh", "scripts/offline.sh"]
