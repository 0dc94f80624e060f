"""The rules of CONTRIBUTING on code: short functions, a docstring on every public name, one width of line."""

import ast
import re
import tomllib
from pathlib import Path

import coursekit

PACKAGE = Path(coursekit.__file__).parent
ROOT = PACKAGE.parent
RULES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MOST_LINES, WIDTH = (int(re.search(rf"{what} of at most (\d+)", RULES)[1]) for what in ("functions", "lines"))
TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
         for path in sorted(PACKAGE.rglob("*.py"))}
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)


def found(*kinds):
    """(file, node) of every definition of these kinds, at any depth."""
    return [(name, node) for name, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, kinds)]


def public(tree):
    """The module, and its public classes, functions and methods, that a reader may call; no overridden ones."""
    yield tree
    for node in tree.body:
        if isinstance(node, (*DEFS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (child for child in node.body if isinstance(child, DEFS) and not child.name.startswith("_"))


def test_ruff_and_contributing_have_one_width():
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert ruff["line-length"] == WIDTH and "E" in ruff["lint"]["select"] and "E501" not in ruff["lint"]["ignore"]


def test_functions_are_short():
    long = [f"{name}: {node.name}, {node.end_lineno - node.lineno + 1} lines" for name, node in found(*DEFS)
            if node.end_lineno - node.lineno + 1 > MOST_LINES]
    assert not long


def test_public_names_say_what_they_give():
    silent = [f"{name}: {getattr(node, 'name', 'the module')}" for name, tree in TREES.items() for node in public(tree)
              if not ast.get_docstring(node) and not name.startswith("exercises/lesson_")]  # written as a learner would
    assert not silent


def test_no_star_imports():
    assert not [name for name, node in found(ast.ImportFrom) for alias in node.names if alias.name == "*"]


def test_every_except_names_a_type():
    assert not [f"{name}:{node.lineno}" for name, node in found(ast.ExceptHandler) if node.type is None]
