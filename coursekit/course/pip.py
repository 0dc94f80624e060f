"""pip as the course needs it: all the user's settings hold, but for those that say where packages go."""

import ast
import os
import subprocess

from coursekit.course.environment import PYTHON, CourseError, clean, run

PLACES = {"target", "prefix", "root", "user", "require-virtualenv"}
BROKEN_OFF = "The installation broke off, see above. Run the same command again: what is downloaded is kept by pip."


def install(*arguments, without=()):
    """Run `pip install` in .venv, leaving out the settings of the user's that `without` names too."""
    unset = dict.fromkeys(without, "")  # an empty variable counts as none
    if run(PYTHON, "-m", "pip", "install", *arguments, **settings() | unset):
        raise CourseError(BROKEN_OFF)


def settings():
    """What pip's configuration files say, as variables, and the one that makes pip read no file.

    No variable can undo a line such as `target = FOLDER` of a file: an empty one is passed over.
    """
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], env=clean() | {"PYTHONUTF8": "1"},
                            encoding="utf-8", stdout=subprocess.PIPE, check=False)
    if listed.returncode:
        raise CourseError("Expected pip to read its configuration, it failed, see above: mend the file that it names.")
    return {name: value for name, value in read(listed.stdout) if name not in os.environ} | {
        "PIP_CONFIG_FILE": os.devnull}


def read(listed):
    """(variable, value) of each line of `pip config list` that concerns installing: global.index-url='...'."""
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in ("global", "install") and name not in PLACES:
            yield f"PIP_{name.upper().replace('-', '_')}", ast.literal_eval(value)
