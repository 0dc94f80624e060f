"""`make lab` in headless Chromium: the table of lessons opens, and lesson 00 runs there by its Run button."""

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
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parent.parent.parent
LESSON = "00_start_here.ipynb"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SECONDS_TO_START, SECONDS_TO_RUN = 90, 300


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


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab started by `make lab` on a copy of the lessons."""
    nbs = tmp_path / "nbs"
    shutil.copytree(ROOT / "nbs", nbs, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path)
    port = free_port()
    flags = (f"--no-browser --ServerApp.ip=127.0.0.1 --ServerApp.port={port} --ServerApp.port_retries=0 "
             f"--IdentityProvider.token=test --LabApp.workspaces_dir='{tmp_path}/workspaces' "
             f"--LabApp.user_settings_dir='{tmp_path}/user'")
    server = subprocess.Popen(["make", "--no-print-directory", "lab", f"FOLDER={tmp_path}", f"FLAGS={flags}"],
                              cwd=ROOT, env=os.environ | {"MAKEFLAGS": ""}, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token=test", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


@pytest.fixture
def page():
    """A page of a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser.new_page(viewport={"width": 1400, "height": 1000})
        browser.close()


def read_default_url():
    "The page that `make lab` opens."
    return re.search(r"default_url=(\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))[1]


def save_and_read(page, path):
    "The notebook's cells with code, after the page has stored it."
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2000)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]


def test_lab_opens_at_the_table_of_lessons(lab, page):
    page.goto(f"{lab}{read_default_url()}?token=test")
    preview = page.locator(".jp-MarkdownViewer")
    expect(preview.get_by_role("heading", name="Lessons")).to_be_visible(timeout=60_000)
    preview.get_by_role("link", name="00_start_here").first.click()
    expect(page.locator(".jp-NotebookPanel")).to_be_visible(timeout=60_000)


def test_lesson_runs_by_its_run_button(lab, page, tmp_path):
    page.goto(f"{lab}/lab/tree/nbs/{LESSON}?token=test")
    panel = page.locator(".jp-NotebookPanel")
    expect(panel).to_be_visible(timeout=60_000)
    expect(panel.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_attached(timeout=60_000)
    path = tmp_path / "nbs" / LESSON
    before = path.stat().st_mtime_ns
    n_cells = len(json.loads(path.read_text(encoding="utf-8"))["cells"])
    panel.locator(".jp-Cell").first.click()
    run = panel.locator("[data-command='notebook:run-cell-and-select-next'], [data-jp-item-name=run]").first
    for _ in range(n_cells):
        run.click()
    status = panel.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.wait_for_timeout(1000)
    expect(status).to_be_attached(timeout=SECONDS_TO_RUN * 1000)
    cells = save_and_read(page, path)
    assert path.stat().st_mtime_ns > before
    errors = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"
              and "raises-exception" not in cell["metadata"].get("tags", [])]
    assert not errors
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
