#!/usr/bin/env bash
# pandas turns missing values into False when a categorical column of True and False goes through JSON with
# orient="table": the file holds null, but its schema says boolean, and reading it gives a column of plain bool.
# Seen with pandas 3.1.1; its documentation describes this orient as the one whose schema keeps the dtypes on the way
# back, categoricals included, and names no loss of missing values.
# Instead: hold such a column as the nullable dtype "boolean", which comes back with its missing values, or use Parquet.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1 numpy==2.4.6
cat > "$work/find.py" <<'PY'
import io
import json
import sys
from importlib.metadata import version

import pandas as pd

for name in ("pandas", "numpy"):
    print(name, version(name))
answers = pd.Series([True, None, False, None, True])
before = pd.DataFrame({
    "category": answers.astype("category"),
    "boolean": answers.astype("boolean"),
    "words": answers.map({True: "yes", False: "no"}).astype("category"),
})
text = before.to_json(orient="table")
after = pd.read_json(io.StringIO(text), orient="table")
stored = [row["category"] for row in json.loads(text)["data"]]
missing_before, missing_after = before.isna().sum().to_dict(), after.isna().sum().to_dict()
print("expected: each column comes back with its two missing values:", missing_before)
print("in the file, column category:", stored)
print("seen:", missing_after, "| column category is now", after["category"].dtype, after["category"].tolist())
same = (
    stored == [True, None, False, None, True]
    and missing_before == {"category": 2, "boolean": 2, "words": 2}
    and missing_after == {"category": 0, "boolean": 2, "words": 2}
    and after["category"].dtype == bool and after["category"].tolist() == [True, False, False, False, True]
)
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
