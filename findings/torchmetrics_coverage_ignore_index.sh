#!/usr/bin/env bash
# torchmetrics' MultilabelCoverageError takes a label that ignore_index leaves out for a true label of the lowest score:
# every row with such a label gets the worst coverage, all labels, even where its true label has the first place.
# Seen with torchmetrics 1.9.0; its documentation says that a target equal to ignore_index does not take part, and that
# the result is how far down the ranking one has to go to meet all true labels.
# Instead: cut the ignored columns from each row and average scikit-learn's coverage_error over the rows.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 scikit-learn==1.9.1 torchmetrics==1.9.0
cat > "$work/find.py" <<'PY'
import sys
from importlib.metadata import version

import torch
from sklearn.metrics import coverage_error
from torchmetrics.classification import MultilabelCoverageError

for name in ("torchmetrics", "scikit-learn", "torch"):
    print(name, version(name))

scores = torch.tensor([[0.9, 0.3, 0.2, 0.1, 0.4], [0.1, 0.8, 0.7, 0.2, 0.3]])
target = torch.tensor([[1, 0, 0, 0, 0], [0, 1, 1, 0, 0]])
known = torch.tensor([[True, True, True, True, False], [True, True, True, False, True]])


def cut_out(scores, target, known):
    rows = [coverage_error(t[k][None], s[k][None]) for s, t, k in zip(scores, target, known)]
    return float(sum(rows) / len(rows))


expected = cut_out(scores, target, known)
seen = {
    value: MultilabelCoverageError(num_labels=5, ignore_index=value)(scores, target.where(known, value)).item()
    for value in (-1, -100)
}
whole = MultilabelCoverageError(num_labels=5)(scores, target).item()
print("expected: leaving out one wrong label a row, ranked below the true ones, changes nothing:", expected)
print("seen: without ignore_index:", whole, "| with it:", seen)
same = expected == whole == 1.5 and seen == {-1: 5.0, -100: 5.0}
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
