"""The scripts that store and measure lessons, and the one that blocks the network."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from tiny_lesson import code, error, number, save, stream, text, tiny_lesson

SCRIPTS = Path(__file__).parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

import run_lessons  # noqa: E402
import times  # noqa: E402


@pytest.fixture(autouse=True)
def default_data(monkeypatch):
    """As `make run` is meant to be called."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson of three code cells in a folder that the scripts take for that of the lessons."""
    cells = [text("# Tiny\n"), code("print(1)\nprint(2)"), code("n = 3", tags=["parameters"]),
             code("1 / 0", tags=["raises-exception"])]
    monkeypatch.setattr(run_lessons, "LESSONS", tmp_path)
    notebook = tiny_lesson(cells)
    notebook["metadata"]["widgets"] = {"state": {}}
    cells[1]["metadata"]["collapsed"] = True
    return save(notebook, tmp_path, "01_tiny")


def test_a_lesson_is_executed_and_stored_without_noise(lesson):
    run_lessons.main(["01"])
    stored = json.loads(lesson.read_text(encoding="utf-8"))
    counts = [cell["execution_count"] for cell in stored["cells"][1:]]
    assert counts == [1, 2, 3]
    assert [cell["metadata"] for cell in stored["cells"]] == [{}, {}, {"tags": ["parameters"]},
                                                             {"tags": ["raises-exception"]}]
    printed = {"name": "stdout", "output_type": "stream", "text": ["1\n", "2\n"]}
    assert stored["cells"][1]["outputs"] == [printed]
    assert set(stored["metadata"]) == {"kernelspec", "language_info", "coursekit"}
    assert stored["metadata"]["language_info"] == {"name": "python"}
    assert [path.name for path in lesson.parent.iterdir()] == ["01_tiny.ipynb"]


def test_a_second_run_stores_the_same_bytes(lesson):
    run_lessons.main([])
    first = lesson.read_bytes()
    run_lessons.main([])
    assert lesson.read_bytes() == first


def test_a_lesson_that_fails_is_not_stored(tmp_path, lesson):
    save(tiny_lesson([code("raise ValueError('the cell says why')")]), tmp_path, "01_tiny")
    before = lesson.read_bytes()
    with pytest.raises(SystemExit, match="01_tiny.ipynb failed and was not stored(.|\n)*the cell says why"):
        run_lessons.main(["01"])
    assert lesson.read_bytes() == before


def test_other_data_are_not_stored(lesson, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATA", "somewhere")
    before = lesson.read_bytes()
    with pytest.raises(SystemExit, match="COURSEKIT_DATA is set"):
        run_lessons.main([])
    assert lesson.read_bytes() == before


def test_an_unknown_lesson_is_named(lesson):
    with pytest.raises(SystemExit, match="found none named 77"):
        run_lessons.main(["01", "77"])


def test_tracebacks_lose_the_paths_of_this_machine():
    lines = [f"File {json.__file__}:3", f"File {nbformat.__file__}:4", f"File {SCRIPTS / 'times.py'}:5",
             "File " + str(SCRIPTS / "times.py").replace(str(Path.home()), "~") + ":6"]
    short = [run_lessons.shorten_paths(line) for line in lines]
    assert short == ["File json/__init__.py:3", "File nbformat/__init__.py:4", "File scripts/times.py:5",
                     "File scripts/times.py:6"]


def test_clear_removes_what_was_stored():
    cells = number([code("1", stream("1"), error())])
    notebook = nbformat.from_dict(tiny_lesson(cells))
    run_lessons.clear(notebook)
    assert notebook.cells[0].outputs == [] and notebook.cells[0].execution_count is None


def test_peak_memory_sees_a_child():
    grandchild = "x = bytearray(200_000_000); import time; time.sleep(20)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent])
    memory = times.PeakMemory(process.pid, interval=0.05)
    memory.start()
    deadline = time.monotonic() + 15
    while memory.peak < 200e6 and time.monotonic() < deadline:
        time.sleep(0.05)
    memory.finished.set()
    for child in memory.process.children():
        child.kill()
    process.wait()
    assert 200e6 <= memory.peak < 400e6


def test_a_lesson_is_measured_and_stands_in_the_table(lesson, capsys):
    seconds, peak = times.measure(lesson)
    assert 0.1 < seconds < 60 and 10e6 < peak < 1e9
    table = times.table([(lesson, 61.4, 1.26e9, "Tiny"), (lesson, 2.0, 0.8e9, "Tiny")])
    assert "| [01_tiny](nbs/01_tiny.ipynb) | Tiny | 61 | 1.3 GB |" in table
    assert "| together | | 63 | 1.3 GB |" in table


def test_a_lesson_that_was_not_measured_has_a_row_and_measured_ones_are_read_back(lesson):
    new = lesson.with_name("02_new.ipynb")
    table = times.table([(lesson, 61.4, 1.26e9, "Tiny"), (new, None, None, "New")])
    assert "| [02_new](nbs/02_new.ipynb) | New | - | - |" in table and "| together | | 61 | 1.3 GB |" in table
    assert times.measured_before(table) == {"01_tiny.ipynb": (61.0, pytest.approx(1.3e9))}


def test_a_promise_of_another_time_is_told(lesson, capsys):
    times.note_difference(lesson, minutes=1, seconds=180)
    times.note_difference(lesson, minutes=1, seconds=70)
    assert capsys.readouterr().out == "01_tiny.ipynb: its metadata say 1 minutes; measured 3.0.\n"


def test_the_table_goes_between_its_markers():
    once = times.put_between(f"a\n{times.BEGIN}\nold\n{times.END}\nb", "new")
    assert once == times.put_between(once, "new") == f"a\n{times.BEGIN}\nnew\n{times.END}\nb"
    with pytest.raises(ValueError, match="add them"):
        times.put_between("no markers", "new")


def test_the_readme_has_a_place_for_the_table():
    assert times.put_between(times.README.read_text(encoding="utf-8"), "")


PROBE = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5).close()
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))
    print("open")
except OSError:
    print("blocked")
sys.exit(3)
"""


def test_the_network_is_blocked_but_not_the_loopback_or_it_is_said():
    result = subprocess.run(["sh", str(SCRIPTS / "offline.sh"), sys.executable, "-c", PROBE], text=True,
                            capture_output=True, timeout=60)
    assert result.returncode == 3, result.stderr
    assert result.stdout == "blocked\n" or result.stdout.startswith("The network is not blocked")


@pytest.mark.parametrize("command, at_work", [
    ("test-browser", "tests/browser"), ("run", "run_lessons.py"),
    ("times", "times.py"), ("04-full", "full_scale.py")])
def test_commands_that_run_lessons_first_see_to_the_packages(command, at_work):
    steps = subprocess.run(["make", "--dry-run", command], text=True, capture_output=True, check=True, timeout=60,
                           cwd=SCRIPTS.parent, env=os.environ | {"MAKEFLAGS": ""}).stdout
    assert 0 <= steps.find("coursekit data get --packages || true") < steps.find(at_work)


def test_every_measurement_of_the_bench_can_begin():
    run = subprocess.run([sys.executable, "-m", "bench", "--help"], cwd=SCRIPTS.parent, capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0 and "collab" in run.stdout, run.stderr
