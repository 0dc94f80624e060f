#!/usr/bin/env bash
# torcheval counts every class that ties with the true one as ranked below it, so top-k accuracy and hit rate of a
# network that gives all classes the same score are perfect, and small probabilities rounded to 0 double the result.
# Seen with torcheval 0.0.7 against scikit-learn 1.9.1; its documentation says that the k highest probabilities or
# logits are considered, and k = 1 does take one class (the highest), so top-1 and top-2 do not fit together.
# Instead: take scores.topk(k).indices yourself and look the target up in them, or pass logits in float32.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 scikit-learn==1.9.1 torcheval==0.0.7
cat > "$work/find.py" <<'PY'
import sys
from importlib.metadata import version

import torch
from sklearn.metrics import top_k_accuracy_score
from torcheval.metrics import MulticlassAccuracy
from torcheval.metrics.functional import hit_rate

for name in ("torcheval", "scikit-learn", "torch"):
    print(name, version(name))


def top(scores, target, k):
    return round(MulticlassAccuracy(k=k).update(scores, target).compute().item(), 3)


def reference(scores, target, k):
    return round(float(top_k_accuracy_score(target, scores, k=k, labels=range(scores.shape[1]))), 3)


head = torch.nn.Linear(8, 10)
torch.nn.init.zeros_(head.weight)
torch.nn.init.zeros_(head.bias)
target = torch.arange(100) % 10
scores = head(torch.ones(100, 8)).detach()
untrained = {k: top(scores, target, k) for k in (1, 2, 5)}
expected = {k: reference(scores, target, k) for k in (1, 2, 5)}
hits = hit_rate(scores, target, k=1).mean().item()
print("expected: a head of zeros guesses, so k of 10 classes hit k tenths:", expected)
print("seen: top-k accuracy", untrained, "| hit rate with k = 1:", hits)

generator = torch.Generator().manual_seed(0)
logits = 20 * torch.randn(2000, 10, generator=generator)
target = torch.randint(0, 10, (2000,), generator=generator)
from_logits, from_half = top(logits, target, 5), top(logits.softmax(1).half(), target, 5)
print("expected: top-5 accuracy of random answers is about 0.5, from logits as from float16 probabilities")
print("seen: from logits", from_logits, "| from their probabilities in float16", from_half)

same = (
    untrained == {1: 0.1, 2: 1.0, 5: 1.0} and expected == {1: 0.1, 2: 0.2, 5: 0.5} and hits == 1.0
    and 0.45 < from_logits < 0.55 and from_half > 0.85
)
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" -W ignore::FutureWarning "$work/find.py"
