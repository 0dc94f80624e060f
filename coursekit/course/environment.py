"""What the course's commands run in: the folder .venv, and the user's variables without what leads packages astray."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
READY = VENV / ".ready"
LOCK = ROOT / "requirements.lock"
HOME = VENV / "home"  # where tests keep their settings
UNWANTED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT",
            "PIP_REQUIRE_VIRTUALENV")
OURS = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
FIND = "import importlib.util as util; found = util.find_spec('coursekit'); print(found.origin if found else '')"


class CourseError(Exception):
    """A command cannot go on; the message is a sentence that says why, and what to do."""


def clean():
    """The user's variables, but none that sends packages, or Python itself, elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in UNWANTED} | OURS


def settings_in(folder):
    """The variables with which Jupyter, IPython and matplotlib keep their settings in `folder`, not at home."""
    return {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_CONFIG_DIR": str(folder / "jupyter-config"),
            "JUPYTER_DATA_DIR": str(folder / "jupyter-data"), "MPLCONFIGDIR": str(folder / "matplotlib")}


def run(*command, **variables):
    """The exit status of `command`, run in the course's folder; after Ctrl-C, which it gets too, its end is awaited."""
    with subprocess.Popen([str(word) for word in command], cwd=ROOT, env=clean() | variables) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise


def is_ready():
    """Whether all is installed in .venv, from the lock as it is now."""
    newest = max(LOCK.stat().st_mtime, (ROOT / "pyproject.toml").stat().st_mtime)
    return PYTHON.exists() and READY.exists() and READY.stat().st_mtime >= newest


def site_packages():
    """The folder of .venv that holds the packages; None if there is none."""
    return next((folder for pattern in ("lib/python3*/site-packages", "Lib/site-packages")
                 for folder in VENV.glob(pattern)), None)


def coursekit_of(python):
    """The file from which `python` takes coursekit in any folder, as lessons do; None if it knows none."""
    found = subprocess.run([str(python), "-I", "-X", "utf8", "-c", FIND], cwd=ROOT, env=clean(), encoding="utf-8",
                           capture_output=True, check=False).stdout.strip()
    return Path(found) if found else None


def is_ours(coursekit):
    """Whether that file is the one of this folder."""
    ours = ROOT / "coursekit/__init__.py"
    return coursekit is not None and coursekit.exists() and coursekit.samefile(ours)


def check_place():
    """Raise `CourseError` if .venv was made in another folder: it would run the code there."""
    if not (PYTHON.exists() and READY.exists()):
        return
    found = coursekit_of(PYTHON)
    if not is_ours(found):
        raise CourseError(f"Expected in {VENV} the code of this folder, found "
                          f"{f'that of {found.parent.parent}' if found else 'none'} (was the folder copied or moved?): "
                          "remove .venv, then run the command again.")
