"""The commands of the README on machines with settings of their own."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from coursekit.course import lab

ROOT = Path(__file__).parent.parent
FOREIGN = dict.fromkeys(["PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"], "/elsewhere")
FOREIGN |= {"PIP_REQUIRE_VIRTUALENV": "1", "PIP_USER": "1"}


def run(*command, **environment):
    "What `command` prints when it runs in the repository."
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"MAKEFLAGS": ""} | environment, text=True,
                          capture_output=True, check=True).stdout


def test_commands_of_make_do_not_inherit_what_sends_packages_elsewhere():
    out = run("make", "--eval", "show-environment:; @env", "show-environment", **FOREIGN)
    shown = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
    assert shown["PATH"] and shown["PIP_USER"] == "0"
    assert not (FOREIGN.keys() - {"PIP_USER"}) & shown.keys()


@pytest.fixture
def tiny(tmp_path):
    """A package without dependencies."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "1"\n', encoding="utf-8")
    (package / "tiny.py").write_text("", encoding="utf-8")
    return package


def test_packages_go_into_the_environment_although_pip_is_told_to_install_for_the_user(tiny, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text("[install]\nuser = true\n", encoding="utf-8")
    install = ("install-tiny:; @.venv/bin/python -m pip install --quiet --no-deps --no-index --no-build-isolation "
               f"--dry-run --report - '{tiny}'")
    out = run("make", "--eval", install, "install-tiny", PIP_CONFIG_FILE=str(settings), **FOREIGN)
    assert '"name": "tiny"' in out


def answer(url, seconds=30):
    "What `url` answers, as soon as it does."
    deadline = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(url, timeout=seconds).read()
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_taken_port_does_not_stop_jupyterlab(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, *lab.arguments(tmp_path), "--no-browser", f"--ServerApp.port={port}"]
        with subprocess.Popen(command, env=os.environ | lab.settings_in(tmp_path), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as server:
            try:
                shown = next(filter(None, (re.search(r"http://127.0.0.1:(\d+)/lab", line) for line in server.stdout)))
                assert shown[1] != str(port)
                assert b"version" in answer(f"http://127.0.0.1:{shown[1]}/api")
            finally:
                server.kill()


def test_text_has_unix_line_endings_in_every_clone():
    lines = run("git", "ls-files", "--eol").splitlines()
    wrong = [line for line in lines if not ("i/lf" in line and "eol=lf" in line) and "attr/-text" not in line
             and "i/none" not in line]
    assert len(lines) > 200 and wrong == []
