"""Will the lessons run here? One line for each thing they need, one for what differs from the lock."""

import json
import platform
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
FREE_DISK = 1e9  # bytes
MARKS = {True: "ok", False: "NO", None: "--"}


class Finding(NamedTuple):
    """One line of the report; `good` is None for what is worth knowing and keeps no lesson from running."""

    good: bool | None
    subject: str
    text: str


def main():
    """Print every finding; the exit status: 0 if the lessons will run, else 1."""
    findings = [check_python(), check_packages(), check_device(), check_disk(), check_kernel(), *check_data(),
                check_lock()]
    for finding in findings:
        print(f"{MARKS[finding.good]}  {finding.subject:9} {finding.text}")
    wrong = [finding.subject for finding in findings if finding.good is False]
    print(f"The lessons will not run yet, mend: {', '.join(wrong)}." if wrong else "The lessons will run.")
    return 1 if wrong else 0


def check_python():
    """Python 3.11 or newer."""
    return Finding(sys.version_info >= (3, 11), "Python", f"{platform.python_version()} (needed: 3.11)")


def check_packages(needed=None):
    """The packages that coursekit needs, without extras, and whether any is missing or too old."""
    needed = [Requirement(text) for text in needed or requires("coursekit")]
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
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        return Finding(False, "device", str(error))


def check_disk(folder=ROOT):
    """Free disk in the repository."""
    free = shutil.disk_usage(folder).free
    return Finding(free > FREE_DISK, "disk", f"{free / 1e9:.1f} GB free (needed: {FREE_DISK / 1e9:.0f})")


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
    return Finding(True, "kernel", "coursekit")


def check_data():
    """Each data set and where it would come from; nothing is downloaded."""
    try:
        from coursekit.fetch import catalog, data_set
    except ImportError as error:
        return [Finding(False, "data", str(error))]
    outlooks = [data_set(name).outlook() for name in catalog()]
    return [Finding(good, "data", text) for good, text in outlooks]


def check_lock(path=ROOT / "requirements.lock"):
    """What is installed in another version than the lock's, or not at all."""
    differing = list(differences(path.read_text(encoding="utf-8")))
    return Finding(None if differing else True, "lock", "; ".join(differing) or "nothing differs from it")


def differences(lock):
    """A few words for each pin of `lock` for this machine that is not met; +cpu and the like do not count."""
    for line in re.findall(r"^[\w.-]+==[^\\\n]*", lock, re.MULTILINE):
        pin = Requirement(line.strip())
        [wanted], found = pin.specifier, installed(pin.name)
        if pin.marker and not pin.marker.evaluate():
            continue
        if found is None or Version(found).public != Version(wanted.version).public:
            yield f"{pin.name} {found or 'missing'} (lock: {wanted.version})"
