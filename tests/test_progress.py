"""Work that shows nothing by itself has a line that lives; a script that trains needs no figures."""

import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from coursekit import progress
from coursekit.progress import Ticker, track


class Handle:
    """Stands for a display of Jupyter's; keeps every text."""

    def __init__(self):
        self.texts, self.at_end = [], []

    def update(self, bundle, raw):
        """As Jupyter's does."""
        self.texts.append(bundle["text/plain"])


@pytest.fixture
def handle(monkeypatch):
    """The display of a notebook."""
    handle = Handle()
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr(progress, "open_display", lambda text: handle)
    monkeypatch.setattr(progress, "on_cell_end", handle.at_end.append)
    return handle


def test_a_copy_of_a_notebook_can_only_print(monkeypatch):
    shell = SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(progress.multiprocessing, "parent_process", lambda: None)
    assert progress.in_notebook()
    monkeypatch.setattr(progress.multiprocessing, "parent_process", lambda: "the notebook")
    assert not progress.in_notebook()


def test_the_loop_needs_neither_matplotlib_nor_ipython():
    code = ("import sys, coursekit.learner as l\n"
            "print(sorted({'matplotlib', 'IPython', 'PIL', 'pandas'} & set(sys.modules)))")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_track_prints_a_line_for_each_item(capsys):
    assert list(track([3, 4], "model", "seed {}".format)) == [3, 4]
    assert capsys.readouterr().out == "model 1 of 2: seed 3\nmodel 2 of 2: seed 4\n"


def test_in_a_notebook_one_line_tells_the_item_and_what_is_left(handle):
    items = track(range(2), "model")
    next(items)
    assert handle.texts[-1] == "model 1 of 2: 0 (0 s so far)"
    assert next(items) == 1
    assert handle.texts[-1].startswith("model 2 of 2: 1 (0 s so far, about 0 s left)")
    assert list(items) == [] and handle.texts[-1] == "2 of 2 models"


def test_the_line_lives_while_the_work_says_nothing_and_rests_afterwards(handle):
    with Ticker(interval=0.01) as ticker:
        ticker.say("reading", 0)
        told, deadline = len(handle.texts), time.monotonic() + 10
        while len(handle.texts) < told + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(handle.texts) >= told + 3 and not ticker.thread.is_alive()


def test_after_an_error_the_line_rests_when_the_cell_ends(handle):
    loop = track([0], "model")
    next(loop)  # and no more, as after an error in the loop's body, while the traceback keeps the loop
    for function in handle.at_end:
        function()
    time.sleep(0.1)
    assert all(thread.name != "Ticker" for thread in threading.enumerate())


def test_the_end_of_a_cell_is_told_once():
    from IPython.core.interactiveshell import InteractiveShell

    shell, told = InteractiveShell.instance(), []
    try:
        progress.on_cell_end(lambda: told.append(1))
        shell.run_cell("1 / 0")
        shell.run_cell("1")
    finally:
        InteractiveShell.clear_instance()
    assert told == [1]
