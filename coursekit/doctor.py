"""Will the lessons run here? One line for each thing they need, one for what differs from the lock."""

import json
import os
import pkgutil
import platform
import re
import shutil
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from coursekit.course.environment import coursekit_of, is_ours
from coursekit.files import ROOT, cache_folder, nearest, why_not_writable

FREE_DISK = 1e9  # bytes
MARKS = {True: "ok", False: "NO", None: "--"}


class Finding(NamedTuple):
    """One line of the report; `good` is None for what is worth knowing and keeps no lesson from running."""

    good: bool | None
    subject: str
    text: str


def main():
    """Print every finding; the exit status: 0 if the lessons will run, else 1."""
    findings = [check_python(), *check_variables(), *check_place(), check_packages(), check_device(), check_home(),
                *check_cache(), check_kernel(), *check_data(), check_lock()]
    for finding in findings:
        print(f"{MARKS[finding.good]}  {finding.subject:9} {finding.text}")
    wrong = [finding.subject for finding in findings if finding.good is False]
    print(f"The lessons will not run yet, mend: {', '.join(wrong)}." if wrong else "The lessons will run.")
    return 1 if wrong else 0


def check_python():
    """Python 3.11 or newer."""
    return Finding(sys.version_info >= (3, 11), "Python", f"{platform.python_version()} (needed: 3.11)")


def check_place():
    """Whether lessons, which run in a folder of their own, would take coursekit from another folder than this."""
    found = coursekit_of(sys.executable)
    if found and not is_ours(found):
        yield Finding(False, "coursekit", f"lessons would run that of {found.parent.parent}, not of this folder (was "
                      "it copied?): remove .venv and run `make lab`")


def check_packages(needed=None):
    """The packages that coursekit needs, without extras, and whether any is missing or too old."""
    try:
        from packaging.requirements import Requirement

        needed = [Requirement(text) for text in needed or requires("coursekit")]
    except (ImportError, PackageNotFoundError) as error:
        missing = getattr(error, "name", None) or "coursekit"
        return Finding(False, "packages", f"{missing} is missing in {sys.executable}: run `make lab`, or the Python "
                       "in .venv")
    needed = [package for package in needed if not package.marker or package.marker.evaluate({"extra": ""})]
    wrong = [f"{package.name} {installed(package.name) or 'missing'} (needed: {package.specifier})"
             for package in needed if not package.specifier.contains(installed(package.name) or "0", True)]
    if wrong:
        return Finding(False, "packages", f"{'; '.join(wrong)}: run `make lab`, or install them")
    listed = ", ".join(f"{package.name} {installed(package.name)}" for package in needed[:2])
    return Finding(True, "packages", f"{listed} and {len(needed) - 2} others")


def installed(name):
    """The installed version of a package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_device():
    """The device to train on and its memory; also that torch and torchvision load, not only lie there."""
    try:
        import psutil
        import torchvision  # noqa: F401

        from coursekit.device import describe_machine, get_device

        device = get_device()
        memory = f"; main memory {psutil.virtual_memory().total / 2**30:.0f} GB"
        return Finding(True, "device", describe_machine(device) + memory)
    except Exception as error:  # noqa: BLE001 - a foreign package can break an import in any way
        return Finding(False, "device", str(error))


def check_variables():
    """What PYTHONPATH and PYTHONHOME, where they are set, put in the place of this environment's packages."""
    if os.environ.get("PYTHONHOME"):
        yield Finding(False, "variable", "PYTHONHOME is set, so packages of another Python are taken: run `unset "
                      "PYTHONHOME`")
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    ours = {module.name for module in pkgutil.iter_modules([sysconfig.get_path("purelib")])}
    hidden = sorted(ours & {module.name for module in pkgutil.iter_modules(folders)})
    if hidden:
        yield Finding(False, "variable", f"PYTHONPATH puts its own {', '.join(hidden[:5])} in the place of this "
                      "environment's: run `unset PYTHONPATH`")
    elif folders:
        yield Finding(None, "variable", f"PYTHONPATH is set, but hides no package: {os.pathsep.join(folders)}")


def check_home():
    """Whether Jupyter, IPython and matplotlib can write into the home folder."""
    home = Path(os.path.expanduser("~"))
    if reason := why_not_writable(home):
        return Finding(False, "home", f"Jupyter, IPython and matplotlib cannot write into {home} ({reason}): start "
                       "with `make lab`, which does without, or set HOME to a folder of your own")
    return Finding(True, "home", "can be written")


def check_cache():
    """Whether what is fetched or computed can be kept, and the free disk there."""
    try:
        folder = cache_folder()
        free = shutil.disk_usage(nearest(folder)).free
    except (OSError, ImportError) as error:
        return [Finding(False, "cache", str(error))]
    reason = why_not_writable(folder)
    remedy = f" cannot be written ({reason}): set COURSEKIT_CACHE to a folder of your own" if reason else ""
    return [Finding(not reason, "cache", f"{folder}{remedy}"),
            Finding(free > FREE_DISK, "disk", f"{free / 1e9:.1f} GB free (needed: {FREE_DISK / 1e9:.0f})")]


def check_kernel(prefix=sys.prefix):
    """The Jupyter kernel that the lessons name, in this environment."""
    path = Path(prefix) / "share/jupyter/kernels/coursekit/kernel.json"
    if not path.is_file():
        return Finding(False, "kernel", "none called coursekit: run `python -m ipykernel install "
                       "--sys-prefix --name coursekit --display-name 'Python (coursekit)'`")
    python = json.loads(path.read_text(encoding="utf-8"))["argv"][0]
    if not shutil.which(python):
        return Finding(False, "kernel", f"coursekit starts {python}, which is not there (was the folder "
                       "moved?): remove .venv and run `make lab`")
    bare = not Path(python).is_absolute()  # Jupyter puts the running Python in its place
    if not bare and not Path(python).parent.resolve().is_relative_to(Path(prefix).resolve()):
        return Finding(False, "kernel", f"coursekit starts {python}, which is not of this environment, {prefix} (was "
                       "the folder copied?): remove .venv and run `make lab`")
    return Finding(True, "kernel", "coursekit")


def check_data():
    """Each data set and where it would come from; nothing is downloaded."""
    try:
        from coursekit.data.fetch import catalog, data_set
    except Exception as error:  # noqa: BLE001 - as in check_device
        return [Finding(False, "data", str(error))]
    outlooks = [data_set(name).outlook() for name in catalog()]
    return [Finding(good, "data", text) for good, text in outlooks]


def check_lock(path=ROOT / "requirements.lock"):
    """What is installed in another version than the lock's, or not at all."""
    if not path.is_file():
        return Finding(None, "lock", "not a checkout: versions are not compared")
    try:
        differing = list(differences(path.read_text(encoding="utf-8")))
    except ImportError as error:
        return Finding(None, "lock", f"not compared: {error}")
    return Finding(None if differing else True, "lock", "; ".join(differing) or "nothing differs from it")


def differences(lock):
    """A few words for each pin of `lock` for this machine that is not met; +cpu and the like do not count."""
    from packaging.requirements import Requirement
    from packaging.version import Version

    for line in re.findall(r"^[\w.-]+==[^\\\n]*", lock, re.MULTILINE):
        pin = Requirement(line.strip())
        [wanted], found = pin.specifier, installed(pin.name)
        if pin.marker and not pin.marker.evaluate():
            continue
        if found is None or Version(found).public != Version(wanted.version).public:
            yield f"{pin.name} {found or 'missing'} (lock: {wanted.version})"
