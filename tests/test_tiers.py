"""A module imports only from tiers above its own, so that there can be no cycle."""

import ast
import sys
from pathlib import Path

import coursekit

PACKAGE = Path(coursekit.__file__).parent
TIERS = [
    "style files states course errors metrics",
    "device fetch download unpack formulas plots lesson callbacks param_groups layers hooks drawn "
    "slips precision columns tables",
    "data backbones loaders schedules recorder progress checkpoint sheets processors",
    "learner",
    "images photos photo_checks augment convnets heatmaps tabular collab text rnns rossmann labelling",
    "interpret export widgets doctor exercises pets_model serve __main__",
]
TIER = {name: number for number, names in enumerate(TIERS) for name in names.split()}
WITHIN = {("tabular", "tables"), ("rossmann", "tabular"), ("pets_model", "export"), ("serve", "export"),
          ("serve", "pets_model"), ("__main__", "doctor"), ("fetch", "download"), ("fetch", "unpack"),
          ("download", "unpack"), ("photo_checks", "images"), ("photos", "images"), ("labelling", "images")}


def module_of(path):
    """The first name below the package: data/mnist.py belongs to data."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path):
    """The modules of coursekit that the file at `path` imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "coursekit":
            yield from (alias.name for alias in node.names if alias.name in TIER)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coursekit."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if name.name.startswith("coursekit."))


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


def test_modules_import_only_from_tiers_above():
    for path in sorted(PACKAGE.rglob("*.py")):
        module = module_of(path)
        if module == "__init__":
            continue
        assert module in TIER, f"{path.name} belongs to no tier: add it to TIERS"
        for imported in set(imports(path)) - {module}:
            allowed = TIER[imported] < TIER[module] or (module, imported) in WITHIN
            assert allowed, f"{path.name}, tier {TIER[module]}, imports {imported}, tier {TIER[imported]}"
