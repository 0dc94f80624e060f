"""python -m coursekit install, lab and test, whole, in a course whose packages only pretend."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import fake_wheels
import pytest
from fake_wheels import publish

from coursekit.course import tests

ROOT = Path(__file__).parent.parent
BARE = [getattr(sys, "_base_executable", sys.executable), "-S"]  # a Python without any package
PROJECT = """[build-system]
requires = []
build-backend = "fake_wheels"
backend-path = ["."]
"""
SAYS = """import json, os, sys
print(json.dumps({"said": sys.argv[1:], "prefix": sys.prefix, "pid": os.getpid(), **os.environ}), flush=True)
sys.exit(int(os.environ.get("STATUS_" + sys.argv[-1], 0)))
"""
FOREIGN = dict.fromkeys(["PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"], "/elsewhere") | {
    "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"}


def fill(index, cpu):
    """Publish the packages of the pretended course, and PyTorch for CPUs at another place; the lock."""
    publish(cpu, "torch", "2.14.0+cpu", {"torch.py": "for_cpu = True"})
    publish(cpu, "torchvision", "0.29.0+cpu", {"torchvision.py": ""}, ["torch==2.14.0"])
    publish(cpu, "torch", "2.15.0+cpu", {"torch.py": ""})
    return "".join([
        publish(index, "torch", "2.14.0", {"torch.py": "for_cpu = False"}, ["nvidia-cublas", "triton"]),
        publish(index, "torchvision", "0.29.0", {"torchvision.py": ""}, ["torch==2.14.0"]),
        publish(index, "timm", "1.0", {"timm.py": ""}, ["torch"]),
        publish(index, "nvidia_cublas", "13.1", {"nvidia/cublas.py": ""}),
        publish(index, "triton", "3.8", {"triton.py": ""}),
        *(publish(index, name, "1.0", {f"{name}/__init__.py": "", f"{name}/__main__.py": SAYS})
          for name in ("ipykernel", "jupyterlab", "pytest"))])


def make_course(folder, lock):
    """A copy of the course in `folder`, with this lock."""
    for name in ("coursekit", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(fake_wheels.__file__, folder)
    (folder / "nbs").mkdir()
    for lesson in ("00_first", "03_other", "03b_more"):
        (folder / f"nbs/{lesson}.ipynb").write_text("{}", encoding="utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "requirements.lock").write_text(lock, encoding="utf-8")
    return folder


def settings_of(home, index):
    """Files of pip in `home` that name an index, and send packages elsewhere."""
    text = (f"[global]\nindex-url = {index}\ntarget = {home / 'elsewhere'}\nuser = true\n"
            f"[install]\nprefix = {home / 'elsewhere'}\nroot = {home / 'elsewhere'}\n")
    for path in (home / ".pip/pip.conf", home / "pip/pip.ini"):  # Windows reads the second
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")


def call(place, *command, **variables):
    """Run `command` in the course; its result, and what each package that pretends has said."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("PIP_", "XDG_", "COURSEKIT_", "MAKE", "JUPYTER_", "IPYTHON", "MPL"))}
    environment |= {"HOME": str(place.home), "USERPROFILE": str(place.home), "NO_PROXY": "127.0.0.1",
                    "COURSEKIT_TORCH_INDEX": place.cpu} | variables
    process = subprocess.Popen(command, cwd=place.folder, env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=300)
    said = [json.loads(line) for line in out.splitlines() if line.startswith('{"said"')]
    return SimpleNamespace(status=process.returncode, out=out, said=said, pid=process.pid)


def bare(place, *words, **variables):
    """Run `python -m coursekit WORDS` with a Python that has no packages."""
    return call(place, *BARE, "-m", "coursekit", *words, **variables)


def installed(folder):
    """The packages of the course's .venv, each as name-version."""
    [packages] = [*folder.glob(".venv/lib/python*/site-packages"), *folder.glob(".venv/Lib/site-packages")]
    return {path.name.removesuffix(".dist-info") for path in packages.glob("*.dist-info")}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A home, and the two indexes, served."""
    base = tmp_path_factory.mktemp("places")
    lock = fill(base / "index", base / "cpu")
    with fake_wheels.serving(base) as address:
        settings_of(base / "home", f"{address}/index")
        yield SimpleNamespace(home=base / "home", cpu=f"{address}/cpu", lock=lock, base=base)


@pytest.fixture(scope="module")
def course(places):
    """A course in a folder with a space in its name, installed where everything leads elsewhere."""
    place = SimpleNamespace(folder=make_course(places.base / "a course", places.lock), **vars(places))
    place.first = bare(place, "install", **FOREIGN)
    assert place.first.status == 0, place.first.out
    return place


@pytest.fixture(scope="module")
def cpu_course(places):
    """A course installed with PyTorch for CPUs alone."""
    place = SimpleNamespace(folder=make_course(places.base / "cpu course", places.lock), **vars(places))
    place.first = bare(place, "install", "--torch", "cpu")
    assert place.first.status == 0, place.first.out
    return place


def test_packages_go_into_the_environment_whatever_pips_files_say(course):
    assert {"torch-2.14.0", "nvidia_cublas-13.1", "timm-1.0", "coursekit-0.1.0"} <= installed(course.folder)
    assert not (course.home / "elsewhere").exists()


def test_what_it_costs_is_said_before_the_first_download(course):
    said, later = course.first.out.split("Collecting", 1)
    assert "GB of disk" in said and "GB of disk" not in later


def test_the_kernel_is_installed_so_that_waiting_threads_give_way(course):
    [kernel] = course.first.said
    assert kernel["said"][-3:] == ["--env", "GOMP_SPINCOUNT", "1000"] and "PYTHONPATH" not in kernel
    assert Path(kernel["prefix"]) == course.folder / ".venv"


def test_a_second_installation_does_nothing(course):
    again = bare(course, "install")
    assert (again.status, again.out) == (0, "")


def test_a_newer_lock_is_installed(course):
    later = (course.folder / ".venv/.ready").stat().st_mtime + 1
    os.utime(course.folder / "requirements.lock", (later, later))
    said = bare(course, "install").out
    assert said.startswith("Bringing .venv up") and "Requirement already satisfied" in said
    os.utime(course.folder / "requirements.lock", (later - 9, later - 9))


def test_the_lab_starts_with_the_users_options(course):
    run = bare(course, "lab", "--port", "9000", "--no-browser", "--t=x", **FOREIGN)
    [lab] = run.said
    assert lab["said"][-4:] == ["--port", "9000", "--no-browser", "--t=x"]
    # A preferred folder in a user's own settings does not stop JupyterLab.
    assert {f"--ServerApp.{name}_dir={course.folder}" for name in ("root", "preferred")} <= set(lab["said"])
    assert not {"PYTHONPATH", "PIP_TARGET", "IPYTHONDIR"} & lab.keys()
    assert os.name == "nt" or lab["pid"] == run.pid  # so that signals reach it


def test_a_home_that_cannot_be_written_does_not_stop_the_lab(course, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    home = str(tmp_path / "file/home")
    run = bare(course, "lab", HOME=home, USERPROFILE=home)
    [lab] = run.said
    assert lab["JUPYTER_DATA_DIR"] == str(course.folder / ".venv/home/jupyter-data")
    assert f"{home} cannot be written" in run.out


def test_all_is_tested_and_the_first_failure_counts(course):
    run = bare(course, "test", "--jobs", "3", STATUS_tests="7", STATUS_nbs="5", **FOREIGN)
    unit, lessons = run.said
    assert run.status == 7
    assert unit["said"] == ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "tests"]
    assert lessons["said"] == [*unit["said"][:-1], "--nbval-lax", "nbs"]
    assert unit["COURSEKIT_TEST"] == "1" and "PYTHONPATH" not in unit
    assert unit["IPYTHONDIR"] == str(course.folder / ".venv/home/ipython")


def test_packages_that_carry_data_come_first_and_only_lessons_have_no_network(monkeypatch):
    ran = []
    monkeypatch.setattr(tests, "run", lambda *words, **variables: ran.append(words) or 0)
    assert tests.test() == 0
    packages, unit, lessons = ran
    assert packages[1:] == ("-m", "coursekit", "data", "get", "--packages") and unit[2] == "pytest"
    assert os.name == "nt" or lessons[:2] == ("sh", "scripts/offline.sh")


def test_only_some_lessons_are_tested(course):
    run = bare(course, "test", "--jobs", "1", "--own-data", "--lessons", "00", "03")
    unit, lessons = run.said
    names = [str(Path("nbs", f"{name}.ipynb")) for name in ("00_first", "03_other", "03b_more")]
    assert unit["said"] == ["-k", "complete_data", "tests"]
    assert lessons["said"] == ["--nbval-lax", "--own-data", *names]


def test_a_lesson_that_is_none_is_named():
    with pytest.raises(tests.CourseError, match="found '77', with which none begins"):
        tests.choose(["00", "77"])


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_make_hands_its_variables_on(course):
    run = call(course, "make", "test", "LESSONS=00 03", "JOBS=2", PYTHONHOME="/elsewhere", **FOREIGN)
    assert run.said[-1]["said"][:2] == ["-n", "2"] and run.said[-1]["said"][-1] == str(Path("nbs/03b_more.ipynb"))
    run = call(course, "make", "lab", f"FOLDER={course.home}", "FLAGS=--no-browser --port='9 0'", **FOREIGN)
    assert run.said[-1]["said"][-2:] == ["--no-browser", "--port=9 0"]
    assert f"--ServerApp.root_dir={course.home}" in run.said[-1]["said"]


def test_pytorch_for_cpus_comes_from_its_index_and_no_library_of_cuda(cpu_course):
    packages = installed(cpu_course.folder)
    assert {"torch-2.14.0+cpu", "torchvision-0.29.0+cpu", "timm-1.0", "coursekit-0.1.0"} <= packages
    assert not [name for name in packages if name.startswith(("nvidia", "triton"))]
    assert "about 1.5 GB" in cpu_course.first.out


def test_an_environment_for_cpus_stays_one(cpu_course):
    (cpu_course.folder / ".venv/.ready").unlink()
    assert bare(cpu_course, "install").status == 0
    assert "torch-2.14.0+cpu" in installed(cpu_course.folder)
    assert bare(cpu_course, "install", "--torch", "cpu").out == ""


def test_an_environment_with_cuda_is_not_taken_for_one_without(course):
    run = bare(course, "lab", "--torch", "cpu")
    assert run.status == 1 and not run.said
    assert run.out.startswith("Expected a .venv without CUDA's libraries") and "remove .venv" in run.out


@pytest.mark.parametrize("move", [False, True])
def test_a_copied_or_moved_course_does_not_run_the_code_of_the_old_folder(course, tmp_path, move):
    folder = tmp_path / "new"
    shutil.copytree(course.folder, folder, symlinks=True)
    place = SimpleNamespace(folder=folder, home=course.home, cpu=course.cpu)
    moved = course.folder.rename(tmp_path / "hidden") if move else None
    try:
        run = bare(place, "lab")
    finally:
        if move:
            moved.rename(course.folder)
    assert run.status == 1 and not run.said
    found = "none" if move else f"that of {course.folder}"
    assert f"found {found} (was the folder copied or moved?): remove .venv" in run.out


def test_a_hash_that_differs_stops_the_installation(places, tmp_path):
    lock = re.sub(r"(ipykernel==1.0 .*\n.*sha256:)\w+", rf"\g<1>{'0' * 64}", places.lock)
    place = SimpleNamespace(folder=make_course(tmp_path / "course", lock), **vars(places))
    run = bare(place, "install")
    assert run.status == 1 and "Run the same command again" in run.out.splitlines()[-1]
    assert "Traceback" not in run.out and not (place.folder / ".venv/.ready").exists()


def test_the_package_without_the_course_says_so(tmp_path):
    shutil.copytree(ROOT / "coursekit", tmp_path / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    run = bare(SimpleNamespace(folder=tmp_path, home=tmp_path, cpu=""), "lab")
    assert run.status == 1 and run.out.startswith("Expected the course's folder") and "git clone" in run.out
