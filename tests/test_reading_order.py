"""docs/coursekit.md is the reading order: a module imports only what comes before it, so that there is no cycle."""

import ast
import re
import sys
from pathlib import Path

import coursekit

PACKAGE = Path(coursekit.__file__).parent
PAGE = (PACKAGE.parent / "docs/coursekit.md").read_text(encoding="utf-8")
ORDER = re.findall(r"^\| `([\w.]+)` \|", PAGE, re.M)
COMMANDS = {"", "__main__", "serve.__main__"}  # no module imports these


def name_of(path):
    """The module in the file at `path`, without coursekit before it."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path):
    """The modules of coursekit that the file at `path` imports at work, at its top or within a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_checkers = {node for check in ast.walk(tree) if isinstance(check, ast.If)
                    and ast.unparse(check.test) == "TYPE_CHECKING" for node in ast.walk(check)}
    for node in set(ast.walk(tree)) - for_checkers:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "coursekit":
            base = node.module.removeprefix("coursekit").lstrip(".")
            names = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
            yield from ({name if name in MODULES else base for name in names})
        elif isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("coursekit.") for alias in node.names
                        if alias.name.startswith("coursekit."))


def place(module):
    """Where `module` stands in the reading order; the lessons' exercises share a line."""
    return ORDER.index("exercises" if module.startswith("exercises.") else module)


def test_every_module_has_its_line():
    faces = {name for name in MODULES if any(other.startswith(f"{name}.") for other in MODULES)}
    listed = {name for name in MODULES if not name.startswith("exercises.")} - COMMANDS - faces
    assert listed <= set(ORDER) and len(set(ORDER)) == len(ORDER)
    assert set(ORDER) <= set(MODULES)


def test_modules_import_only_what_comes_before():
    for module, path in MODULES.items():
        if module in COMMANDS:
            continue
        for imported in set(imports(path)) - {module}:
            assert imported in ORDER, f"{module} imports {imported}, which has no line in docs/coursekit.md"
            assert place(imported) < place(module), f"{module} imports {imported}, which comes after it"


def all_imports(path):
    """The first name of everything that the file at `path` imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_what_installs_the_course_imports_nothing_that_must_be_installed():
    paths = sorted((PACKAGE / "course").glob("*.py"))
    assert len(paths) > 5
    for path in paths:
        others = {name for name in all_imports(path) if not name.startswith("coursekit.course")
                  and name.split(".")[0] not in sys.stdlib_module_names}
        assert not others, f"{path.name} imports {', '.join(sorted(others))}"


def test_an_older_python_can_read_the_command_line_that_refuses_it():
    source = (PACKAGE / "__main__.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 7))
    assert {node.module for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)} == {"pathlib"}


def test_no_module_imports_a_command():
    assert not {imported for path in MODULES.values() for imported in imports(path)} & (COMMANDS - {""})
