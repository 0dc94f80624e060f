"""Train at the scale that a lesson has no time for, and store the figures: `python scripts/full_scale.py 04`.

Writes results/<lesson>.json; the lesson's results table shows each row beside the reader's own of the same name.
Lesson 04 has a function here. Any other lesson is executed itself, on the largest data this machine has (set
COURSEKIT_DATA) and with the parameters that its metadata names under `full`.
"""

import argparse
import json
import platform
import time

import torch
from nbformat.v4 import new_code_cell
from run_lessons import LESSONS, make_client
from store_results import RESULTS, store
from torch import nn
from torch.nn import functional as F

from coursekit.data import mnist
from coursekit.device import describe_machine, seed_everything
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.metrics import accuracy


def new_net():
    """Lesson 04's network of 50 hidden units."""
    return nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))


def train_seeds(data, new_model, seeds):
    """The history row of one one-cycle epoch at 1e-2 for every seed."""
    rows = []
    for seed in seeds:
        seed_everything(seed)
        loaders = Loaders.from_tensors(data.x_train, data.y_train, data.x_valid, data.y_valid, 64, seed)
        learn = Learner(new_model(), loaders, F.cross_entropy, [accuracy])
        learn.fit_one_cycle(1, 1e-2)
        rows.append(learn.recorder.history[-1])
    return rows


def spread(rows, key):
    """The lowest and highest value in words."""
    values = [row[key] for row in rows]
    return f"{min(values):.4f} to {max(values):.4f} in {len(values)} seeds"


def mnist_neural_net():
    """Data, name of the column, seeds and rows for lesson 04: how much its headline figures depend on the seed."""
    data = mnist()
    rows = train_seeds(data, new_net, range(12))
    return str(data.origin), "12 seeds", "0 to 11", {
        "one cycle, validation loss": spread(rows, "valid_loss"), "one cycle, accuracy": spread(rows, "accuracy")}


def execute(path):
    """Data, name of the column, seed and rows of the lesson at `path`, run with its parameters for full scale."""
    client = make_client(path, timeout=None)
    parameters = next(cell for cell in client.nb.cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in client.nb.metadata.coursekit["full"].items():
        parameters.source += f"\n{name} = {value!r}"
    client.nb.cells.append(new_code_cell(
        "import json\n"
        "print(json.dumps([results.data, results.column, results.used.get('seed'),\n"
        "                  results.table()['measured here'].to_dict()]))"))
    client.execute()
    return json.loads(client.nb.cells[-1].outputs[0].text)


FUNCTIONS = {"04_mnist_neural_net": mnist_neural_net}


def find():
    """The lessons that have a full scale, by name."""
    return FUNCTIONS | {path.stem: lambda path=path: execute(path) for path in sorted(LESSONS.glob("*.ipynb"))
                        if "full" in json.loads(path.read_text(encoding="utf-8"))["metadata"].get("coursekit", {})}


def titles(data):
    """The titles of the data sets that `data`, descriptions between bars, speaks of."""
    return ", ".join(description.split(" (")[0] for description in data.split(" | "))


def main(arguments=None):
    """Run the lesson that the command line names and store its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    lessons = find()
    parser.add_argument("name", help=f"first letters of {', '.join(lessons)}")
    name = parser.parse_args(arguments).name
    lesson = next((lesson for lesson in lessons if lesson.startswith(name)), None)
    if lesson is None:
        parser.error(f"{name!r} has no full scale; expected the first letters of {', '.join(lessons)}.")
    start = time.perf_counter()
    data, column, seeds, rows = lessons[lesson]()
    machine = describe_machine()
    stored = {"data": data, "column": column or titles(data), "machine": machine,
              "python": platform.python_version(), "torch": torch.__version__,
              "seeds": seeds, "seconds": round(time.perf_counter() - start),
              "rows": [{"name": row, "value": value, "data": titles(data), "machine": machine.split(";")[0]}
                       for row, value in rows.items()]}
    store(stored, RESULTS / f"{lesson}.json")


if __name__ == "__main__":
    main()
