""".ci/run, with commands that only pretend to work."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRETEND = """#!/bin/sh
echo "ran: $*"
case "$*" in
    *lint*) exit "${LINT:-0}" ;;
    *test-book*) echo "=== 1 failed, 2 passed in 0.10s ==="; exit "${BOOK:-0}" ;;
    *test*) echo "=== 3 passed in 0.20s ===" ;;
esac
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")


@pytest.fixture
def run(tmp_path):
    """Run a copy of .ci/run in a folder where make, Python and Chromium pretend; gives status and lines."""
    folder = tmp_path / "course"
    for name in ("bin/make", "bin/chromium", ".venv/bin/python"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PRETEND, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    shutil.copytree(ROOT / ".ci", folder / ".ci")

    def run(**variables):
        environment = os.environ | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"} | variables
        result = subprocess.run(["bash", str(folder / ".ci/run")], env=environment, text=True, capture_output=True,
                                check=False)
        return result.returncode, result.stdout.splitlines()

    return run


def test_each_part_has_its_seconds_and_pytests_summary_stands_last(run):
    status, lines = run()
    assert status == 0
    parts = [line.removeprefix("--- ") for line in lines if line.startswith("--- ")]
    table = lines[lines.index("--- seconds of each part") + 1:lines.index("--- summary, failures last")]
    rows = [re.fullmatch(r" *\d+  (.+)", line)[1] for line in table if line]
    assert rows == [*parts[:-2], "together"]
    assert lines[-2:] == ["=== 3 passed in 0.20s ===", "=== 1 failed, 2 passed in 0.10s ==="]


def test_style_comes_first_after_the_installation(run):
    _, lines = run()
    assert [line for line in lines if line.startswith("--- ")][:2] == ["--- installation", "--- style"]
    assert "ran: --no-print-directory lint" in lines


def test_a_failing_part_fails_the_whole_and_the_others_run(run):
    status, lines = run(LINT="7", BOOK="1")
    assert status == 7
    assert "--- lessons in the browser" in lines
    assert lines[-1] == "=== 1 failed, 2 passed in 0.10s ==="
