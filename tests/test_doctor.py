"""The doctor finds what keeps the lessons from running, and says so with its exit status."""

import json
import shutil
import subprocess
import sys
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
    monkeypatch.setattr(doctor, "check_disk", lambda: doctor.Finding(True, "disk", "enough"))


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
    assert doctor.check_kernel(tmp_path).good
    path.write_text(json.dumps({"argv": [str(tmp_path / "moved/python")]}))
    finding = doctor.check_kernel(tmp_path)
    assert finding.good is False and "moved/python, which is not there" in finding.text


@pytest.mark.parametrize("free, good", [(2e9, True), (2e8, False)])
def test_disk(monkeypatch, free, good):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    assert doctor.check_disk().good is good


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
