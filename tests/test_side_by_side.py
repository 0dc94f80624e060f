"""Lessons tested side by side: the mends hold, the longest begin, and no kernel outlives its test."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from tiny_lesson import code, number, save, tiny_lesson

CONFTEST = Path(__file__).parent.parent / "conftest.py"
SPEC = importlib.util.spec_from_file_location("course_conftest", CONFTEST)
conftest = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(conftest)
BESIDE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the course's conftest.py, for notebooks."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def start(folder, *flags):
    "pytest, begun in `folder` on the notebooks there, in a group of processes of its own."
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", *flags]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True, preexec_fn=None if os.name == "nt" else _hear_interrupts)


def _hear_interrupts():
    "Ctrl-C is heard also where these tests run in the background, whose processes ignore it."
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def add(folder, name, *cells):
    "A notebook of `cells` in `folder`."
    save(tiny_lesson(number(list(cells))), folder, name)


def test_a_failed_notebook_stops_a_dead_kernel_is_noticed_and_others_go_on(folder):
    add(folder, "01_fails", code("1 / 0"), code("1"))
    add(folder, "02_dies", code("import os; os._exit(9)"), code("1"))
    add(folder, "03_works", code("1"), code("2"))
    out, _ = start(folder, *BESIDE, "-rs").communicate(timeout=120)
    assert "2 failed, 2 passed, 2 skipped" in out and "kernel died" in out, out


def test_the_cores_are_divided_among_the_workers(folder, monkeypatch):
    add(folder, "01_threads", code("import os\nassert os.environ['OMP_NUM_THREADS'] == os.environ['EXPECTED']"))
    for name in conftest.THREADS:
        monkeypatch.delenv(name, raising=False)
    for expected, failed in [(max(1, conftest.cores() // 2), 0), (77, 1)]:
        monkeypatch.setenv("EXPECTED", str(expected))
        process = start(folder, *BESIDE)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == failed, out


def test_the_longest_lesson_begins_after_those_without_a_time(tmp_path):
    readme = tmp_path / "README.md"
    rows = [("01_short", 5), ("02_long", 90), ("03_middle", 20)]
    readme.write_text("\n".join(f"| [x](nbs/{name}.ipynb) | X | {seconds} | 1.0 GB |" for name, seconds in rows),
                      encoding="utf-8")
    items = [SimpleNamespace(path=Path(f"{name}.ipynb"), cell=cell)
             for name in ("01_short", "02_long", "03_middle", "04_new") for cell in (0, 1)]
    order = [(item.path.stem, item.cell) for item in conftest.longest_first(items, readme)]
    assert order == [(name, cell) for name in ("04_new", "02_long", "03_middle", "01_short") for cell in (0, 1)]
    assert conftest.longest_first(items, tmp_path / "none.md") == items


@pytest.mark.parametrize(("device", "available", "n_cores", "expected"),
                         [("cpu", 64e9, 8, 8), ("cpu", 7e9, 8, 2), ("cpu", 1e9, 8, 1), ("cuda", 64e9, 8, 1)])
def test_no_more_workers_than_cores_memory_and_graphics_cards(monkeypatch, device, available, n_cores, expected):
    monkeypatch.setattr("coursekit.device.get_device", lambda: SimpleNamespace(type=device))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available))
    monkeypatch.setattr(conftest, "cores", lambda: n_cores)
    assert conftest.pytest_xdist_auto_num_workers(None) == expected


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=lambda ending: ending.name)
def test_kernels_end_with_the_test(folder, ending):
    for name in ("01_waits", "02_waits"):
        add(folder, name, code("import os, pathlib, time\n"
                               "path = pathlib.Path(f'{os.getpid()}.pid')\npath.touch()\ntime.sleep(120)"))
    process = start(folder, *BESIDE)
    kernels = wait_for(lambda: found if len(found := list(folder.glob("*.pid"))) == 2 else None, 60)
    (os.killpg if ending == signal.SIGINT else os.kill)(process.pid, ending)  # as Ctrl-C, or as the system would
    process.communicate(timeout=60)
    pids = [int(path.stem) for path in kernels]
    assert wait_for(lambda: not any(map(psutil.pid_exists, pids)), 30), f"{pids} outlived {ending.name}."


def wait_for(condition, seconds):
    "What `condition` gives as soon as it is true; None after `seconds`."
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found or None
