"""A module imports only from tiers above its own, so that there can be no cycle."""

import ast
from pathlib import Path

import coursekit

PACKAGE = Path(coursekit.__file__).parent
TIERS = [
    "style files",
    "device fetch download unpack formulas plots lesson metrics callbacks param_groups layers errors hooks drawn "
    "columns tables",
    "data backbones loaders schedules recorder progress sheets processors",
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


def test_modules_import_only_from_tiers_above():
    for path in sorted(PACKAGE.rglob("*.py")):
        module = module_of(path)
        if module == "__init__":
            continue
        assert module in TIER, f"{path.name} belongs to no tier: add it to TIERS"
        for imported in set(imports(path)) - {module}:
            allowed = TIER[imported] < TIER[module] or (module, imported) in WITHIN
            assert allowed, f"{path.name}, tier {TIER[module]}, imports {imported}, tier {TIER[imported]}"
