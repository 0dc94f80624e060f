"""Make .venv, and install the versions of requirements.lock and this package into it."""

import platform
import subprocess
import sys

from coursekit.course import pip, pytorch
from coursekit.course.environment import LOCK, PYTHON, READY, ROOT, VENV, CourseError, check_place, clean, is_ready, run

# A thread that waits for another gives its core away soon: two notebooks at once do not slow each other down tenfold.
KERNEL = ("ipykernel", "install", "--sys-prefix", "--name", "coursekit", "--display-name", "Python (coursekit)",
          "--env", "GOMP_SPINCOUNT", "1000")


def install(torch=None):
    """Install what is not yet there, with PyTorch for CPUs alone where `torch` is "cpu"; raises `CourseError`."""
    if not LOCK.exists():
        raise CourseError("Expected the course's folder with requirements.lock, found the package alone: git clone the "
                          "course, and run the command there.")
    check_place()
    pytorch.check_asked(torch)
    if is_ready():
        return
    for_cpu = torch == "cpu" or pytorch.is_for_cpu()
    print("Bringing .venv up to requirements.lock." if pytorch.is_there() else cost(for_cpu), flush=True)
    make_venv()
    install_lock(for_cpu)
    pip.install("--quiet", "--no-deps", "--no-build-isolation", "-e", ROOT)
    if run(PYTHON, "-m", *KERNEL):
        raise CourseError(pip.BROKEN_OFF)
    READY.touch()


def cost(for_cpu):
    """What the installation takes, and how to take less."""
    size = "1.5 GB" if for_cpu else "6.5 GB" if platform.system() == "Linux" else "2 GB"
    said = f"Installing into .venv, this once: about {size} of disk"
    if size != "6.5 GB":
        return f"{said}."
    return (f"{said}, most of it CUDA's libraries for NVIDIA's cards. For a CPU alone, 1.5 GB: stop with Ctrl-C, "
            "remove .venv, and add TORCH=cpu to `make lab`, or --torch cpu to `python -m coursekit lab`.")


def make_venv():
    """Make .venv, unless a working pip is there already."""
    if PYTHON.exists() and not subprocess.run([PYTHON, "-m", "pip", "--version"], env=clean(), check=False,
                                              capture_output=True).returncode:
        return
    python = getattr(sys, "_base_executable", sys.executable)  # not that of .venv, which is made anew
    if run(python, "-m", "venv", "--clear", VENV):
        raise CourseError(f"Expected {python} to make .venv, it could not, see above: mend that (Debian and Ubuntu "
                          "want the package python3-venv), then run the same command again.")


def install_lock(for_cpu):
    """Install the packages of the lock: all, or PyTorch for CPUs and what else is needed."""
    if not for_cpu:
        return pip.install("--require-hashes", "-r", LOCK)
    versions, others = pytorch.divide(LOCK.read_text(encoding="utf-8"))
    path = VENV / "requirements-without-cuda.lock"
    path.write_text(others, encoding="utf-8")
    pip.install("--no-deps", "--index-url", pytorch.index(), *versions,
                without=("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"))
    pip.install("--require-hashes", "-r", path)
