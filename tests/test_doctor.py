"""The doctor finds what keeps the lessons from running, and says so with its exit status."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest

from coursekit import __main__ as command_line
from coursekit import doctor


@pytest.fixture
def healthy(monkeypatch):
    """A machine on which everything is well, whatever this one is like."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    monkeypatch.setenv("COURSEKIT_DEVICE", "cpu")
    monkeypatch.setattr(doctor, "check_kernel", lambda: doctor.Finding(True, "kernel", "coursekit"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=2e9))


def test_healthy(healthy, capsys):
    assert command_line.main(["doctor"]) == 0
    out = capsys.readouterr().out
    for expected in ("Python", "torch", "CPU", "GB", "disk", "kernel", "MNIST", "lock", "lessons will run."):
        assert expected in out
    assert "NO" not in out.split()


def test_as_a_command_with_a_wrong_folder():
    environment = {"COURSEKIT_DATA": "/no/such/folder", "COURSEKIT_DEVICE": "cpu", "PATH": ""}
    run = subprocess.run([sys.executable, "-m", "coursekit", "doctor"], capture_output=True, text=True,
                         check=False, env=environment)
    assert run.returncode == 1 and "COURSEKIT_DATA is '/no/such/folder'" in run.stdout, run.stderr
    assert "The lessons will not run yet, mend:" in run.stdout


def test_a_device_that_is_not_there(healthy, monkeypatch, capsys):
    monkeypatch.setenv("COURSEKIT_DEVICE", "abacus")
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "NO  device" in out and "abacus" in out and out.endswith("mend: device.\n")


def test_old_and_missing_packages():
    finding = doctor.check_packages(["torch>=99", "no-such-package>=1", "pytest>=1", "none; extra == 'dev'"])
    assert finding.good is False and "torch 2." in finding.text and "(needed: >=99)" in finding.text
    assert "no-such-package missing" in finding.text
    assert "pytest" not in finding.text and "none" not in finding.text
    assert doctor.check_packages(["torch>=2", "torchvision>=0.1", "pytest>=1"]).good


def test_an_old_python(monkeypatch):
    assert doctor.check_python().good
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    assert doctor.check_python().good is False


def test_kernel(tmp_path):
    assert doctor.check_kernel(tmp_path).good is False
    path = tmp_path / "share/jupyter/kernels/coursekit/kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"argv": [sys.executable, "-m", "ipykernel_launcher"]}))
    finding = doctor.check_kernel(tmp_path)
    assert finding.good is False and "not of this environment" in finding.text
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    path.write_text(json.dumps({"argv": [str(tmp_path / "bin/python"), "-m", "ipykernel_launcher"]}))
    assert doctor.check_kernel(tmp_path).good
    path.write_text(json.dumps({"argv": [str(tmp_path / "moved/python")]}))
    finding = doctor.check_kernel(tmp_path)
    assert finding.good is False and "moved/python, which is not there" in finding.text


@pytest.mark.parametrize("free, good", [(2e9, True), (2e8, False)])
def test_disk(monkeypatch, free, good):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    cache, disk = doctor.check_cache()
    assert cache.good is True and disk.good is good


def test_what_differs_from_the_lock(monkeypatch, tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("torch==2.14.0 \\\n    --hash=sha256:00\n    # via coursekit\n"
                    "numpy==2.0 \\\n    --hash=sha256:11\n"
                    "gone==1.0 ; python_version >= '3.11' \\\n    --hash=sha256:22\n"
                    "elsewhere==1.0 ; sys_platform == 'none' \\\n    --hash=sha256:33\n")
    monkeypatch.setattr(doctor, "installed", {"torch": "2.14.0+cpu", "numpy": "2.1"}.get)
    finding = doctor.check_lock(lock)
    assert finding.text == "numpy 2.1 (lock: 2.0); gone missing (lock: 1.0)"
    assert finding.good is None  # worth knowing, but the lessons run
    lock.write_text("torch==2.14.0 \\\n")
    assert doctor.check_lock(lock).good


def write_lesson(folder, stem, requires, minutes=1.0):
    first = {"cell_type": "markdown", "source": [f"# Lesson {stem}\n", "\n", "You will begin.\n", "| a |\n"]}
    notebook = {"cells": [first], "metadata": {"coursekit": {"requires": requires, "minutes": minutes}}}
    (folder / f"{stem}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def test_lessons_are_listed(tmp_path, capsys):
    write_lesson(tmp_path, "00_start", [], minutes=2)
    assert command_line.show_lessons(folder=tmp_path) == 0
    said = capsys.readouterr().out
    assert said.split()[:6] == "00_start Lesson 00_start You will begin.".split()
    assert said.splitlines()[-1] == "1 lesson, about 2 minutes of computing on two CPU cores"


def test_the_way_to_a_lesson(tmp_path, capsys):
    for stem, requires in {"00_start": [], "01_line": ["00_start"], "02_other": ["00_start"], "03a_net": ["01_line"],
                           "03b_fails": ["03a_net"]}.items():
        write_lesson(tmp_path, stem, requires)
    assert command_line.show_lessons("03b", tmp_path) == 0
    said = capsys.readouterr().out
    shown = [line.split()[0] for line in said.splitlines() if line.startswith("0")]
    assert shown == ["00_start", "01_line", "03a_net", "03b_fails"]
    assert command_line.show_lessons("03", tmp_path) == 1 and "fits 03a_net, 03b_fails." in capsys.readouterr().out
    assert command_line.show_lessons("99", tmp_path) == 1 and "fits none." in capsys.readouterr().out


def test_a_cache_and_a_home_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "file/cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "file/home"))
    finding, _ = doctor.check_cache()
    assert finding.good is False and finding.text.endswith("set COURSEKIT_CACHE to a folder of your own")
    assert doctor.check_home().good is False
    monkeypatch.setenv("COURSEKIT_CACHE", "near")
    [finding] = doctor.check_cache()
    assert finding.good is False and "Expected an absolute path in COURSEKIT_CACHE" in finding.text


def test_an_older_python_is_told_which_one_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 6))
    assert command_line.main(["lab"]) == 1
    assert capsys.readouterr().out.startswith("Expected Python 3.11 or newer, found ")


def test_options_of_jupyterlab_go_to_the_lab_only(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["doctor", "--no-browser"])
    assert "unrecognized arguments: --no-browser" in capsys.readouterr().err


def test_pythonpath_and_pythonhome_are_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("PYTHONHOME", raising=False)
    assert not list(doctor.check_variables())
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert [finding.good for finding in doctor.check_variables()] == [None]
    (tmp_path / "numpy.py").write_text("")
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    home, path = doctor.check_variables()
    assert home.good is False and path.good is False and "its own numpy in the place" in path.text


def test_the_code_of_another_folder_is_named(tmp_path, monkeypatch):
    assert not list(doctor.check_place())
    (tmp_path / "old/coursekit").mkdir(parents=True)
    (tmp_path / "old/coursekit/__init__.py").write_text("")
    monkeypatch.setattr(doctor, "coursekit_of", lambda python: tmp_path / "old/coursekit/__init__.py")
    [finding] = doctor.check_place()
    assert finding.good is False and f"that of {tmp_path / 'old'}, not of this folder" in finding.text


def test_an_intruder_that_breaks_torch_is_named(tmp_path):
    (tmp_path / "numpy.py").write_text("")
    run = subprocess.run([sys.executable, "-m", "coursekit", "doctor"], capture_output=True, text=True, check=False,
                         env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{doctor.ROOT}"})
    assert run.returncode == 1 and "its own numpy" in run.stdout and "Traceback" not in run.stderr, run.stderr


def test_a_plain_installation(tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(doctor.ROOT / "coursekit", tree / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(doctor.ROOT / name, tree)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
                    "--no-index", "-w", tmp_path, tree], check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "installed")
    ours = {path.relative_to(tree) for path in (tree / "coursekit").rglob("*") if path.is_file()}
    assert not {path for path in ours if not (tmp_path / "installed" / path).is_file()}
    start = f"import runpy, sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); sys.argv[1:] = [{{}}]; "
    start += "runpy.run_module('coursekit', run_name='__main__', alter_sys=True)"
    for arguments, said in {"'doctor'": "not a checkout: versions are not compared", "'lessons'": "git clone",
                            "'data', 'list'": "git clone"}.items():
        run = subprocess.run([sys.executable, "-c", start.format(arguments)], cwd=tmp_path, capture_output=True,
                             text=True, check=False)
        assert said in run.stdout and "Traceback" not in run.stderr, run.stdout + run.stderr
