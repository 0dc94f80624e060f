"""The learner's time as a ratio to that of a loop written by hand, and other libraries' to the learner's.

The measurement runs in a Jupyter kernel, so that the live display is on. Random tensors of MNIST's shape do
as well as MNIST here. Each pair is timed back to back, and the median of the pairs' ratios counts.
"""

import importlib.util
import logging
import warnings
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from bench.timing import compare_pairs, in_kernel
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.metrics import accuracy

PAIRS, BATCH_SIZE, LR, WD = 9, 64, 1e-2, 0.01
SIZES = {  # hidden layers, items, the goal for the ratio
    "784-50-10": ([50], 50_000, 1.04),
    "784-1000-500-10": ([1000, 500], 25_600, 1.02),
}


def tensors(n_items, n_valid=10_000, seed=0):
    """Training and validation data like MNIST's."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(n_items + n_valid, 784, generator=generator)
    y = torch.randint(10, (n_items + n_valid,), generator=generator)
    return x[:n_items], y[:n_items], x[n_items:], y[n_items:]


def new_model(hidden):
    """Linear layers with ReLU between."""
    torch.manual_seed(0)
    sizes = [784, *hidden, 10]
    layers = [layer for n_in, n_out in pairwise(sizes) for layer in (nn.Linear(n_in, n_out), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def by_hand(hidden, data):
    """One epoch in one cycle, and validation, with nothing around it."""
    x, y, x_valid, y_valid = data
    model = new_model(hidden)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=WD, fused=True)
    n_batches = -(-len(x) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LR, total_steps=n_batches)
    model.train()
    for chosen in torch.randperm(len(x)).split(BATCH_SIZE):
        F.cross_entropy(model(x[chosen]), y[chosen]).backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    model.eval()
    loss, right = 0.0, 0
    with torch.no_grad():
        for xb, yb in zip(x_valid.split(2 * BATCH_SIZE), y_valid.split(2 * BATCH_SIZE), strict=True):
            preds = model(xb)
            loss += F.cross_entropy(preds, yb) * len(yb)
            right += (preds.argmax(dim=1) == yb).sum()
    return loss.item() / len(y_valid), right.item() / len(y_valid)


def by_learner(hidden, data):
    """The same by coursekit."""
    loaders = Loaders.from_tensors(*data, batch_size=BATCH_SIZE, device="cpu")
    learn = Learner(new_model(hidden), loaders, F.cross_entropy, [accuracy], device="cpu")
    learn.fit_one_cycle(1, LR, WD)


def by_fastai(hidden, data):
    """The same by fastai, as its users write it."""
    import fastai.callback.schedule  # noqa: F401 - it adds fit_one_cycle to fastai's Learner
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader
    from fastai.learner import Learner as FastLearner
    from fastai.metrics import accuracy as fast_accuracy
    x, y, x_valid, y_valid = data
    cpu = torch.device("cpu")
    train = DataLoader(list(zip(x, y, strict=True)), bs=BATCH_SIZE, shuffle=True, device=cpu)
    valid = DataLoader(list(zip(x_valid, y_valid, strict=True)), bs=2 * BATCH_SIZE, device=cpu)
    learn = FastLearner(DataLoaders(train, valid), new_model(hidden), loss_func=F.cross_entropy,
                        metrics=fast_accuracy)
    learn.fit_one_cycle(1, LR, wd=WD)


def by_lightning(hidden, data):
    """The same by Lightning."""
    import lightning
    from torch.utils.data import DataLoader, TensorDataset

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = new_model(hidden)

        def training_step(self, batch, index):
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def validation_step(self, batch, index):
            preds = self.model(batch[0])
            self.log_dict({"loss": F.cross_entropy(preds, batch[1]), "accuracy": accuracy(preds, batch[1])})

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=LR, weight_decay=WD)
            steps = self.trainer.estimated_stepping_batches
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LR, total_steps=steps)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    x, y, x_valid, y_valid = data
    train = DataLoader(TensorDataset(x, y), BATCH_SIZE, shuffle=True)
    valid = DataLoader(TensorDataset(x_valid, y_valid), 2 * BATCH_SIZE)
    trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
                                enable_model_summary=False, enable_progress_bar=False,
                                num_sanity_val_steps=0)
    trainer.fit(Module(), train, valid)


def by_skorch(hidden, data):
    """The same by skorch."""
    from skorch import NeuralNetClassifier
    from skorch.callbacks import LRScheduler
    from skorch.dataset import Dataset
    from skorch.helper import predefined_split
    x, y, x_valid, y_valid = data
    schedule = LRScheduler(torch.optim.lr_scheduler.OneCycleLR, max_lr=LR, step_every="batch",
                           total_steps=-(-len(x) // BATCH_SIZE))
    net = NeuralNetClassifier(
        new_model(hidden), criterion=nn.CrossEntropyLoss, optimizer=torch.optim.AdamW, lr=LR, max_epochs=1,
        optimizer__weight_decay=WD, batch_size=BATCH_SIZE, iterator_train__shuffle=True, verbose=0,
        train_split=predefined_split(Dataset(x_valid, y_valid)), callbacks=[schedule])
    net.fit(x, y)


def measure(pairs=PAIRS):
    """Print the ratios; called in the kernel."""
    for name, (hidden, n_items, goal) in SIZES.items():
        data = tensors(n_items, n_valid=n_items // 5)
        hand, ours, ratio = compare_pairs(by_hand, by_learner, hidden, data, pairs=pairs)
        step = 1000 * hand / (n_items / BATCH_SIZE)
        print(f"{name}: {step:.2f} ms a batch by hand ({hand:.2f} s), Learner {ours:.2f} s, median ratio "
              f"{ratio:.3f} of {pairs} pairs (goal: at most {goal:.2f})", flush=True)
    compare(*SIZES["784-50-10"][:2])


def compare(hidden, n_items, pairs=3):
    """Print how much longer the libraries that are installed take for the same epoch."""
    data = tensors(n_items)
    warnings.simplefilter("ignore")
    for library, function in {"fastai": by_fastai, "lightning": by_lightning, "skorch": by_skorch}.items():
        if importlib.util.find_spec(library) is None:
            print(f"{library}: not installed (pip install 'coursekit[bench]')", flush=True)
            continue
        logging.disable(logging.WARNING)
        _, theirs, ratio = compare_pairs(by_learner, function, hidden, data, pairs=pairs)
        print(f"{library}: {theirs:.2f} s, {ratio:.1f} times as long as the Learner", flush=True)


def main():
    """Measure in a kernel of this Python, and print what it prints."""
    in_kernel("from bench.learner import measure; measure()")
