"""Weights in files, the best of a fit, and fits that go on where they were killed."""

import multiprocessing
import os
import signal
import warnings
from functools import partial

import pytest
import torch
from fakes import TwoGroups, fake_learner, fake_tensors
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader, TensorDataset

from coursekit.callbacks import Callback
from coursekit.checkpoint import Checkpoint, KeepBest
from coursekit.errors import FitInterrupted
from coursekit.loaders import Loaders
from coursekit.schedules import Schedule


class KillAt(Callback):
    """Ends the process, or interrupts the fit, after some batches."""

    in_search = False

    def __init__(self, batches, kill):
        self.left, self.kill = batches, kill

    def after_batch(self, learn):
        self.left -= 1
        if self.left == 0:
            self.kill()


def interrupt():
    """What Jupyter's stop button does."""
    raise KeyboardInterrupt


def from_data_loader():
    """The line from torch's own loaders."""
    train, valid = TensorDataset(*fake_tensors(96)), TensorDataset(*fake_tensors(37, seed=1))
    return Loaders(DataLoader(train, 16, shuffle=True), DataLoader(valid, 32))


def make_learner(**options):
    """A learner with dropout and batch norm that begins the same each time."""
    torch.manual_seed(0)
    learn = fake_learner(TwoGroups(), **options)
    torch.manual_seed(7)
    return learn


def everything(learn):
    """All that a fit ends with: weights, the optimizer's state, the records but for the seconds."""
    optimizer = [value for state in learn.optimizer.state_dict()["state"].values() for value in state.values()]
    numbers = [*learn.model.state_dict().values(), *map(torch.as_tensor, optimizer)]
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in learn.recorder.history]
    recorder = learn.recorder
    records = rows, recorder.losses, recorder.smoothed, recorder.lrs, recorder.momentums
    return [number.flatten().tolist() for number in numbers], records


OPTIONS = {
    "shuffled tensors": {},
    "a DataLoader": {"loaders": from_data_loader},
    "accumulated": {"accumulate": 3},
    "float16": {"precision": "fp16"},
    "SGD": {"optimizer": partial(torch.optim.SGD, momentum=0.9)},
}


def make(options):
    """A learner from the options, loaders made anew."""
    return make_learner(**{key: value() if key == "loaders" else value for key, value in options.items()})


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("batches", [3, 16, 35, 56])  # in the first epoch, its validation, the third epoch, the last
def test_a_fit_that_was_interrupted_and_began_again_ends_bit_equal(tmp_path, options, batches):
    through = make(options)
    through.fit_one_cycle(4, 0.1)
    learn, path = make(options), tmp_path / "fit.pt"
    if batches < (4 * 8 if "loaders" in options else 4 * 15):
        with pytest.raises(FitInterrupted):
            learn.fit_one_cycle(4, 0.1, callbacks=[KillAt(batches, interrupt), Checkpoint(path)])
    torch.rand(3)
    again = make(options)
    again.fit_one_cycle(4, 0.1, callbacks=[KillAt(10**9, interrupt), Checkpoint(path)])
    assert everything(again) == everything(through)


def _fit_until_killed(path):
    "In a process of its own: killed without a word in the middle of the third epoch."
    kill = KillAt(40, partial(os.kill, os.getpid(), signal.SIGKILL))
    make_learner().fit_one_cycle(4, 0.1, callbacks=[kill, Checkpoint(path)])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_process(tmp_path, capsys):
    path = tmp_path / "fit.pt"
    process = multiprocessing.get_context("spawn").Process(target=_fit_until_killed, args=(path,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    through, again = make_learner(), make_learner()
    through.fit_one_cycle(4, 0.1)
    again.fit_one_cycle(4, 0.1, callbacks=[KillAt(10**9, interrupt), Checkpoint(path)])
    assert everything(again) == everything(through)
    assert f"{path}: 2 of 4 epochs are done." in capsys.readouterr().out


@pytest.mark.parametrize("schedule", [
    lambda: Schedule(partial(StepLR, step_size=1, gamma=0.5), each="epoch"),
    lambda: Schedule(partial(ReduceLROnPlateau, patience=0), each="epoch")])
def test_other_schedules_and_the_best_weights_go_on_too(tmp_path, schedule):
    ends = []
    for batches in (10**9, 35):
        path = tmp_path / f"{batches}.pt"
        if batches == 35:
            with pytest.raises(FitInterrupted):
                make_learner().fit(4, 0.1, callbacks=[schedule(), KeepBest(), KillAt(35, interrupt), Checkpoint(path)])
        learn, best = make_learner(), KeepBest()
        learn.fit(4, 0.1, callbacks=[schedule(), best, KillAt(10**9, interrupt), Checkpoint(path)])
        ends.append((everything(learn), best.best, best.epoch))
    assert ends[0] == ends[1]


def test_a_complete_fit_is_not_trained_again(tmp_path, capsys):
    learn, path = make_learner(), tmp_path / "fit.pt"
    learn.fit(2, callbacks=[Checkpoint(path)])
    before = everything(learn)[0]
    again = make_learner()
    again.fit(2, callbacks=[Checkpoint(path)])
    assert [weight.flatten().tolist() for weight in again.model.state_dict().values()] == before[:len(
        again.model.state_dict())]
    assert len(again.recorder.history) == 2 and "and that was all" in capsys.readouterr().out


def test_a_file_of_another_fit_or_model_is_refused(tmp_path):
    path = tmp_path / "fit.pt"
    fake_learner().fit(2, callbacks=[Checkpoint(path)])
    whole = path.read_bytes()
    with pytest.raises(ValueError, match="Expected .* to be of this fit, .*'epochs': 3.* found .*'epochs': 2"):
        fake_learner().fit(3, callbacks=[Checkpoint(path)])
    with pytest.raises(ValueError, match="belong to another model"):
        fake_learner(TwoGroups()).fit(2, callbacks=[Checkpoint(path)])
    assert path.read_bytes() == whole
    fake_learner().save(path)
    with pytest.raises(ValueError, match="to be of this fit, .* found weights only"):
        fake_learner().fit(2, callbacks=[Checkpoint(path)])


def test_a_failed_write_keeps_the_older_file(tmp_path, monkeypatch):
    path, learn = tmp_path / "weights.pt", fake_learner()
    learn.save(path)
    whole = path.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        learn.save(path)
    assert path.read_bytes() == whole and list(tmp_path.iterdir()) == [path]


def test_keep_best_ends_with_the_best_epoch():
    class Spoil(Callback):
        def after_epoch(self, learn):
            if learn.epoch == 2 and learn.training:
                nn.init.constant_(learn.model.weight, 100.0)

    learn, best = fake_learner(), KeepBest(patience=2)
    learn.fit(9, 0.1, wd=0, callbacks=[best, Spoil()])
    losses = [row["valid_loss"] for row in learn.recorder.history]
    assert len(losses) == 4 and best.epoch == 2 and best.best == min(losses)
    assert learn.validate()["valid_loss"] == pytest.approx(best.best, rel=1e-6)


def test_keep_best_of_a_metric():
    def closeness(preds, y):
        return 1 / (1 + (preds - y).abs().mean())

    learn, best = fake_learner(metrics=[closeness]), KeepBest("closeness", mode="max")
    learn.fit(3, 0.1, callbacks=[best])
    assert best.best == max(row["closeness"] for row in learn.recorder.history)
    with pytest.raises(ValueError, match='Expected mode="min" or "max"'):
        KeepBest(mode="lowest")
    with pytest.raises(KeyError, match="train_loss, valid_loss, closeness, found 'accuracy'"):
        learn.fit(1, callbacks=[KeepBest("accuracy")])


def test_a_compiled_model_has_plain_names(tmp_path):
    path, learn = tmp_path / "weights.pt", fake_learner()
    compiled = fake_learner(torch.compile(nn.Linear(1, 1), backend="eager"))
    compiled.fit(1, 0.1)
    compiled.save(path)
    assert list(torch.load(path)) == ["weight", "bias"]
    learn.load(path)
    assert torch.equal(learn.model.weight, compiled.model.weight)
    learn.fit(1, 0.1)
    learn.save(path)
    compiled.load(path)
    assert torch.equal(learn.model.weight, compiled.model.weight)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = torch.compile(TwoGroups(), backend="eager")
        fake_learner(whole).save(path)
        fake_learner(TwoGroups()).load(path)
