"""environment.yml, pyproject.toml and requirements.lock say the same."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
PINS = re.findall(r"^([\w.-]+)==([\w.+!]+)", LOCK, re.M)
PINNED = {canonicalize_name(name): version for name, version in PINS}


def read_environment():
    "(bound of Python, the other requirements) of environment.yml, comments left out."
    lines = [line.strip() for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()]
    items = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    items = items[next(i for i, item in enumerate(items) if item.startswith("python")):]
    return Requirement(items[0]), items[1:]


@pytest.mark.parametrize("requirement", NEEDED, ids=lambda requirement: requirement.name)
def test_lock_is_within_the_bounds(requirement):
    pinned = PINNED.get(canonicalize_name(requirement.name))
    assert pinned, f"{requirement.name} is not in requirements.lock: make lock."
    assert requirement.specifier.contains(pinned), f"{requirement} but the lock pins {pinned}: make lock."
    assert requirement.specifier, f"{requirement.name} has no lower bound in pyproject.toml."


def test_environment_lists_the_same():
    python, others = read_environment()
    assert str(python.specifier) == PROJECT["requires-python"]
    assert others == ["pip", "pip:", *map(str, NEEDED), "-e ."]


def test_every_pin_has_hashes_and_no_address():
    assert "://" not in LOCK
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.M)[1:]
    assert len(entries) == len(re.findall(r"^\S*==", LOCK, re.M)) > 100
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_lock_holds_the_versions_that_the_lessons_were_stored_with():
    assert PINNED["torch"] == "2.14.0"
    assert PINNED["torchvision"] == "0.29.0"


def test_version_stands_in_one_place():
    from coursekit import __version__

    assert PROJECT["dynamic"] == ["version"] and "version" not in PROJECT
    assert not re.search(r"^version:", CITATION, re.M), "CITATION.cff needs no version: coursekit.__version__ is it."
    released = re.findall(r"^## \[(\d\S*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert released[0] == __version__, "The newest heading with a number in CHANGELOG.md is the version's."


def test_licence_is_the_same_everywhere():
    assert f"\nlicense: {PROJECT['license']}\n" in CITATION


def test_licences_are_there():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "CC BY 4.0" in (ROOT / "LICENSE-PROSE.md").read_text(encoding="utf-8")
