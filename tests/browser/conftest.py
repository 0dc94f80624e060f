"""A JupyterLab started by `make lab`, a page of headless Chromium, and a learner's hands."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SECONDS_TO_START, SECONDS_TO_RUN = 90, 400
VIEW = {"width": 1400, "height": 1000}
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


def find_chromium():
    "The path of an installed Chromium or Chrome; fails where there is none."
    found = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    assert found, "Expected Chromium, found none: install it, on Debian with apt-get install chromium."
    return found


def free_port():
    "A port on which nobody listens."
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, server):
    "Return when `url` answers; fail when the server has ended or takes too long."
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert server.poll() is None, "make lab ended before it served a page; see its output above."
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"make lab did not answer within {SECONDS_TO_START} s.")


@dataclass
class Lab:
    """A running JupyterLab: its address, and the folder that holds its copy of the lessons."""

    address: str
    folder: Path


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab started by `make lab` on a copy of the lessons, with every cell of a notebook on the page."""
    tmp_path = tmp_path_factory.mktemp("lab")
    nbs = tmp_path / "nbs"
    shutil.copytree(ROOT / "nbs", nbs, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path)
    settings = tmp_path / "user/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}', encoding="utf-8")
    port = free_port()
    flags = (f"--no-browser --ServerApp.ip=127.0.0.1 --ServerApp.port={port} --ServerApp.port_retries=0 "
             f"--IdentityProvider.token=test --LabApp.workspaces_dir='{tmp_path}/workspaces' "
             f"--LabApp.user_settings_dir='{tmp_path}/user'")
    server = subprocess.Popen(["make", "--no-print-directory", "lab", f"FOLDER={tmp_path}", f"FLAGS={flags}"],
                              cwd=ROOT, env=os.environ | {"MAKEFLAGS": ""}, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token=test", server)
        yield Lab(f"http://127.0.0.1:{port}", tmp_path)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page of its own for each test."""
    page = browser.new_page(viewport=VIEW)
    yield page
    page.close()


def change_source(lab, name, old, new):
    """Change a number in the lab's copy of a notebook, as a reader would."""
    path = lab.folder / "nbs" / name
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{name} holds {old!r} {source.count(old)} times."
    path.write_text(source.replace(old, new), encoding="utf-8")


class Lesson:
    """A notebook of `lab` opened on `page`."""

    def __init__(self, lab, page, name):
        self.page, self.path = page, lab.folder / "nbs" / name
        page.goto(f"{lab.address}/lab/tree/nbs/{name}?token=test&reset")
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        expect(self.panel).to_be_visible(timeout=60_000)
        self.wait()
        self.clear()

    def clear(self):
        """Forget the stored outputs and counts, so that what stands there later is new."""
        self.page.get_by_role("menuitem", name="Edit", exact=True).click()
        self.page.get_by_role("menuitem", name="Clear Outputs of All Cells").click()
        counted = self.panel.locator(".jp-CodeCell .jp-InputArea-prompt").get_by_text(re.compile(r"\[\d+\]:"))
        expect(counted).to_have_count(0)

    def wait(self, seconds=60):
        """Until the kernel has nothing to do."""
        expect(self.panel.locator(IDLE)).to_be_attached(timeout=seconds * 1000)

    def cell(self, text):
        """The code cell whose source holds `text`."""
        return self.panel.locator(".jp-CodeCell", has=self.page.locator(".jp-InputArea", has_text=text)).first

    def run_up_to(self, text):
        """Run every cell above the one that holds `text`, then that one; gives it back."""
        cell = self.cell(text)
        cell.locator(".jp-InputPrompt").click()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Above Selected Cell").click()
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputArea-prompt").first).to_have_text(re.compile(r"\[\d+\]:"),
                                                                        timeout=SECONDS_TO_RUN * 1000)
        self.wait(SECONDS_TO_RUN)
        return cell

    def save(self):
        """Store the notebook and give its cells with code."""
        before = self.path.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        deadline = time.monotonic() + 30
        while self.path.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline, "The notebook was not stored within 30 s."
            self.page.wait_for_timeout(200)
        cells = json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]


@pytest.fixture
def open_lesson(lab, page):
    """A function that opens a notebook by its file name."""
    return lambda name: Lesson(lab, page, name)
