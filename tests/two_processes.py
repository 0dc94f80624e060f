"""What tests/test_distributed.py starts in two processes: both train alone and together; into FOLDER/RANK.json."""

import json
import sys
from functools import partial
from pathlib import Path

import torch
from fakes import TwoGroups
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from coursekit.callbacks import Callback, ClipGradients
from coursekit.checkpoint import Checkpoint, KeepBest
from coursekit.device import processes
from coursekit.distributed import on_all_devices
from coursekit.errors import FitInterrupted
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.metrics import accuracy
from coursekit.schedules import Schedule


class Largest:
    """A metric that is no mean: the largest score, and how many items there were."""

    def __init__(self):
        self.largest, self.n = float("-inf"), 0

    def update(self, preds, target):
        """Take in a batch."""
        self.largest, self.n = max(self.largest, preds.max().item()), self.n + len(target)

    def compute(self):
        """Both in one number."""
        return self.largest + 1000 * self.n


class Spy(Callback):
    """Notes the items of the training batches, the steps, and a random number of each epoch."""

    def __init__(self):
        self.items, self.steps, self.chance = [], 0, []

    def before_epoch(self, learn):
        if learn.training:
            self.items.append([])
            self.chance.append(torch.rand(()).item())

    def before_batch(self, learn):
        if learn.training:
            self.items[-1] += learn.batch[0][:, 0].tolist()

    def after_step(self, learn):
        self.steps += 1


def data(n=199, dtype=torch.float64):
    """Three classes; the first input is the number of the item."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(n, 5, generator=generator, dtype=dtype)
    x[:, 0] = torch.arange(n) / 200
    return x, torch.randint(3, (n,), generator=generator)


def make(n=199, batch_size=18, dtype=torch.float64, loaders=None, model=None, loss_func=F.cross_entropy, **options):
    """A learner that says nothing; 199 items in batches of 18 leave one, and so do 37 in batches of 36."""
    torch.manual_seed(0)
    x, y = data(n, dtype)
    loaders = loaders or Loaders.from_tensors(x, y, x[:37], y[:37], batch_size, device="cpu")
    model = model or nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).to(dtype)
    options = {"metrics": [accuracy, Largest], "device": "cpu"} | options
    learn = Learner(model, loaders, loss_func, **options)
    learn.reporters = [learn.recorder]
    return learn


def together(**options):
    """The same, on both processes."""
    return on_all_devices(make(**options), timeout=30)


def numbers(learn):
    """All weights and buffers in one list."""
    return torch.cat([value.double().flatten() for value in learn.model.state_dict().values()]).tolist()


def records(learn):
    """What was noted, but for the seconds."""
    history = [{key: value for key, value in row.items() if key != "seconds"} for row in learn.recorder.history]
    return {"history": history, "losses": learn.recorder.losses, "lrs": learn.recorder.lrs}


def fitted(make, callbacks=lambda: (), **options):
    """Weights and records after two epochs in one cycle."""
    learn = make(**options)
    learn.fit_one_cycle(2, 0.1, callbacks=callbacks())
    return {"weights": numbers(learn), **records(learn)}


def same_as_alone(**options):
    """The same fit in one process and in both."""
    return {"alone": fitted(make, **options), "together": fitted(together, **options)}


def ignoring():
    """Targets of which many do not count: for some batches none of one half, for one batch none at all."""
    x, y = data()
    y[torch.arange(len(y)) % 3 > 0] = -100
    y[18:36] = y[40:45] = -100
    train, valid = TensorDataset(x, y), TensorDataset(x[:37], y[:37])
    loaders = Loaders(DataLoader(train, 18), DataLoader(valid, 36))
    return same_as_alone(loaders=loaders, loss_func=nn.CrossEntropyLoss(torch.tensor([1.0, 2, 3]).double()))


def half_precision():
    """One item's gradient overflows: both processes must leave out its steps, and then go on."""
    x, y = data(32, torch.float32)
    x[31] = 0
    loaders, spy = Loaders(DataLoader(TensorDataset(x, y), 16)), Spy()

    def loss_func(preds, y):
        importance = torch.ones(len(y))
        importance[-1] = 1e4 if processes()[0] == 1 else 1.0
        return (F.cross_entropy(preds, y, reduction="none") * importance).mean() / 100

    learn = together(loaders=loaders, dtype=torch.float32, precision="fp16", loss_func=loss_func)
    learn.fit(8, 1e-3, callbacks=[spy])
    return {"weights": numbers(learn), "steps": spy.steps, "batches": len(learn.recorder.losses),
            "scale": learn.precision.scaler.get_scale()}


def order(kind):
    """The items of two epochs, and chance, in this process."""
    x, y = data()
    shuffled = {"tensors": lambda: Loaders.from_tensors(x, y, x, y, 20, seed=None, device="cpu"),
                "a DataLoader": lambda: Loaders(DataLoader(TensorDataset(x, y), 20, shuffle=True))}
    torch.manual_seed(processes()[0])  # as if nobody had thought of seeds
    loaders, spy = shuffled[kind](), Spy()
    learn = on_all_devices(make(loaders=loaders, model=nn.Linear(5, 3).double()))
    learn.fit(2, callbacks=[spy])
    return {"items": [[round(200 * item) for item in items] for items in spy.items], "chance": spy.chance,
            "weights": numbers(learn), "same loaders": learn.loaders is loaders}


def batch_norm():
    """The buffers of both."""
    model = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Linear(7, 3)).double()
    learn = together(model=model, n=198)
    learn.fit(1, 0.1)
    return {"weights": numbers(learn), "mean": model[1].running_mean.tolist()}


def stopping():
    """KeepBest and a schedule that look at the scores."""
    learn = together()
    plateau = Schedule(partial(ReduceLROnPlateau, patience=0), each="epoch")
    learn.fit(30, 0.5, callbacks=[KeepBest(patience=2), plateau])
    return {"weights": numbers(learn), **records(learn)}


class Measure(Callback):
    """Measures in the middle of an epoch, after three steps."""

    steps = 0

    def after_step(self, learn):
        self.steps += 1
        if self.steps == 3:
            self.found = list(learn.validate().values()), learn.predict(learn.loaders.valid).tolist()


def measuring(loaders):
    """What searches, measures and predicts, alone and together."""
    found = {}
    for name, begin in {"alone": make, "together": together}.items():
        learn, measure = begin(loaders=loaders()), Measure()
        search = learn.lr_find(1e-4, 1.0, 15)
        learn.fit(1, 0.1, callbacks=[measure])
        found[name] = [search.lrs, search.losses, list(learn.validate().values()), learn.predict(data()[0]).tolist(),
                       *measure.found]
    return found


def in_data_loaders():
    """The items in their order."""
    x, y = data()
    return Loaders(DataLoader(TensorDataset(x, y), 18), DataLoader(TensorDataset(x[:37], y[:37]), 36))


class StopAt(Callback):
    """Interrupts a fit."""

    in_search = False

    def __init__(self, epoch):
        self.epoch = epoch

    def before_epoch(self, learn):
        if learn.epoch == self.epoch and not learn.training:
            raise KeyboardInterrupt


def resumed(folder):
    """A fit with dropout and batch norm that ran through, and one that was interrupted and began again."""
    def begin(path=None, epoch=None):
        torch.manual_seed(3)
        x = torch.rand(90, 1)
        loaders = Loaders.from_tensors(x, 3 * x, x, 3 * x, 16, device="cpu")
        learn = together(model=TwoGroups(), loaders=loaders, loss_func=F.mse_loss, metrics=[])
        learn.fit_one_cycle(4, 0.1, callbacks=[StopAt(epoch)] + ([Checkpoint(path)] if path else []))
        return {"weights": numbers(learn), **records(learn)}

    path = folder / "fit.pt"
    try:
        begin(path, epoch=2)
    except FitInterrupted:
        torch.rand(3)
    return {"through": begin(), "again": begin(path)}


def refusal(call):
    """The sentence with which `call()` is refused."""
    try:
        call()
    except (FitInterrupted, TypeError, ValueError) as error:
        return str(error)


class Unused(nn.Module):
    """A model with a layer that nothing leads to."""

    def __init__(self):
        super().__init__()
        self.used, self.spare = nn.Linear(5, 3).double(), nn.Linear(5, 3).double()

    def forward(self, x):
        """Scores."""
        return self.used(x)


def refusals(folder):
    """One sentence for each of several wrong inputs."""
    own = folder / str(processes()[0])  # not on a disk that both see
    refusal(lambda: together().fit(2, callbacks=[StopAt(1), Checkpoint(own / "fit.pt")]))
    words = Loaders([(torch.rand(4, 5).double(), ["a", "b", "c", "d"])])
    return {"few": refusal(lambda: together(n=1, loaders=Loaders(DataLoader(TensorDataset(*data(1))))).fit(1)),
            "unused": refusal(lambda: together(model=Unused()).fit(1)),
            "own file": refusal(lambda: together().fit(2, callbacks=[StopAt(2), Checkpoint(own / "fit.pt")])),
            "sync": refusal(lambda: on_all_devices(make(), sync_batch_norm=True)),
            "words": refusal(lambda: together(loaders=words).fit(1))}


def main(folder):
    """Everything, one after the other."""
    shown = on_all_devices(Learner(nn.Linear(5, 3).double(), make().loaders, F.cross_entropy, device="cpu"), timeout=30)
    shown.fit(2, 0.1)
    return {
        "float32": same_as_alone(dtype=torch.float32), "float64": same_as_alone(),
        "unequal halves": same_as_alone(batch_size=17), "clipped": same_as_alone(callbacks=lambda: [ClipGradients(.1)]),
        "accumulated": {"alone": fitted(make, batch_size=3 * 17),
                        "together": fitted(together, batch_size=17, accumulate=3)},
        "ignored targets": ignoring(), "bf16": same_as_alone(dtype=torch.float32, precision="bf16"),
        "fp16": half_precision(),
        "order of tensors": order("tensors"), "order of a DataLoader": order("a DataLoader"),
        "batch norm": batch_norm(), "stopping": stopping(), "measuring": measuring(lambda: None),
        "measuring a DataLoader": measuring(in_data_loaders), "resumed": resumed(folder),
        "refusals": refusals(folder), "twice": len(on_all_devices(shown).callbacks)}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    results = main(folder)
    (folder / f"{processes()[0]}.json").write_text(json.dumps(results), encoding="utf-8")
