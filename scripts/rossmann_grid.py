"""Train every combination of four choices with three seeds, briefly, and store the errors for lesson 10.

`python scripts/rossmann_grid.py` writes results/10_rossmann_grid.json. Runs that are stored there for the same data
and settings are not trained again, so it may be stopped at any time.
"""

import itertools
import json
import time

from store_results import RESULTS, store

from coursekit.device import describe_machine
from coursekit.tabular.rossmann import rossmann_data, rossmann_learner
from coursekit.tabular.rossmann_features import rossmann_features

PATH = RESULTS / "10_rossmann_grid.json"
EPOCHS, LR, WD, BATCH_SIZE, SEEDS = 2, 1e-2, 0.2, 256, (0, 1, 2)
LAYERS = {"200, 100": [200, 100], "1000": [1000], "1000, 500": [1000, 500]}
EMBEDDING_DROPOUT, BATCH_NORM = (0.0, 0.04), (False, True)
DROPOUT = {"none": 0.0, "0.001, 0.01": [0.001, 0.01], "0.2": 0.2}
CHOICES = ("layers", "embedding dropout", "dropout", "batch norm", "seed")


def train(data, layers, embedding_dropout, dropout, batch_norm, seed):
    """RMSPE on the held-out rows after one short cycle; of two dropouts a single layer has the last."""
    sizes, p = LAYERS[layers], DROPOUT[dropout]
    learn = rossmann_learner(data, seed, sizes=sizes, embedding_dropout=embedding_dropout, batch_norm=batch_norm,
                             dropout=p[-len(sizes):] if isinstance(p, list) else p, batch_size=BATCH_SIZE)
    learn.reporters = [learn.recorder]
    learn.fit_one_cycle(EPOCHS, LR, WD)
    return learn.recorder.history[-1]["exp_rmspe"]


def main():
    """Train what is not stored yet, one after the other."""
    features = rossmann_features()
    data = rossmann_data(features)
    stored = {"data": str(features.origin), "epochs": EPOCHS, "lr": LR, "wd": WD, "batch_size": BATCH_SIZE, "runs": []}
    if PATH.exists():
        earlier = json.loads(PATH.read_text(encoding="utf-8"))
        if all(earlier.get(name) == stored[name] for name in ("data", "epochs", "lr", "wd", "batch_size")):
            stored = earlier
    done = {tuple(run[name] for name in CHOICES) for run in stored["runs"]}
    for chosen in itertools.product(LAYERS, EMBEDDING_DROPOUT, DROPOUT, BATCH_NORM, SEEDS):
        if chosen in done:
            continue
        start = time.perf_counter()
        error = train(data, *chosen)
        print(*chosen, f"{error:.4f}, {time.perf_counter() - start:.0f} s", flush=True)
        stored["runs"].append(dict(zip(CHOICES, chosen, strict=True)) | {"exp_rmspe": round(error, 5)})
        stored["machine"] = describe_machine()
        store(stored, PATH)


if __name__ == "__main__":
    main()
