#!/usr/bin/env bash
# torchmetrics' MultilabelRankingLoss breaks ties by the order of the label columns and counts a batch without rankable
# rows as one row, so equal scores are a perfect or the worst result by where the true label stands, and the batch size
# changes the mean.
# Seen with torchmetrics 1.9.0 against scikit-learn 1.9.1, which counts a tie as a wrong order; the documentation
# promises the mean share of label pairs in the wrong order, and that compute() is the result over all batches.
# Instead: gather scores and targets of the whole epoch and use scikit-learn's label_ranking_loss.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 scikit-learn==1.9.1 torchmetrics==1.9.0
cat > "$work/find.py" <<'PY'
import sys
from importlib.metadata import version

import torch
from sklearn.metrics import label_ranking_loss
from torchmetrics.classification import MultilabelRankingLoss

for name in ("torchmetrics", "scikit-learn", "torch"):
    print(name, version(name))

equal = torch.full((4, 5), 0.5)
first = torch.zeros(4, 5, dtype=torch.long)
first[:, 0] = 1
last = first.flip(1)
ties = [MultilabelRankingLoss(5)(equal, target).item() for target in (first, last)]
reference = [float(label_ranking_loss(target, equal)) for target in (first, last)]
print("expected: with equal scores the loss is one number wherever the true label stands; scikit-learn:", reference)
print("seen: true label in the first column, in the last column:", ties)

scores = torch.tensor([[0.9, 0.8, 0.1]] * 2 + [[0.2, 0.3, 0.4]] * 4)
target = torch.tensor([[0, 1, 0]] * 2 + [[0, 0, 0]] * 4)
by_batch = {}
for size in (6, 4, 3, 1):
    metric = MultilabelRankingLoss(3)
    for part, true in zip(scores.split(size), target.split(size)):
        metric.update(part, true)
    by_batch[size] = round(metric.compute().item(), 4)
print("expected: one mean for any batch size; scikit-learn:", round(float(label_ranking_loss(target, scores)), 4))
print("seen, by batch size:", by_batch)

same = (
    sorted(ties) == [0.0, 1.0] and reference == [1.0, 1.0]
    and by_batch == {6: 0.1667, 4: 0.2, 3: 0.25, 1: 0.1667}
)
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
