import re
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from fakes import fake_learner, fake_loaders, fake_tensors

from coursekit import progress
from coursekit.callbacks import Callback
from coursekit.errors import LossDiverged
from coursekit.loaders import Loaders, TensorLoader
from coursekit.metrics import accuracy
from coursekit.progress import curve, line, number, table


def distance(preds, target):
    """Mean absolute error."""
    return (preds - target).abs().mean()


def test_history_has_a_dict_for_each_epoch():
    learn = fake_learner(metrics=[distance])
    learn.fit(2)
    learn.fit(1)
    rows = learn.recorder.history
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["batches"] for row in rows] == [13, 26, 39]
    assert list(rows[0]) == ["epoch", "batches", "train_loss", "valid_loss", "distance", "seconds"]
    assert all(isinstance(value, (int, float)) for row in rows for value in row.values())


def test_losses_rates_and_momentums_of_every_batch():
    learn = fake_learner()
    learn.fit(2, lr=0.01)
    recorder = learn.recorder
    columns = (recorder.losses, recorder.smoothed, recorder.lrs, recorder.momentums)
    assert [len(column) for column in columns] == [26] * 4
    assert set(recorder.lrs) == {0.01} and set(recorder.momentums) == {0.9}
    assert recorder.losses[-1] < recorder.losses[0]
    assert recorder.smoothed[0] == pytest.approx(recorder.losses[0])


def test_train_loss_is_weighted_by_items():
    learn = fake_learner(loaders=fake_loaders(n_train=20, batch_size=16))
    learn.fit(1)
    first, last = learn.recorder.losses
    assert learn.recorder.history[0]["train_loss"] == pytest.approx((16 * first + 4 * last) / 20)


def masked_loaders(targets):
    """Batches of four with `targets`, in order, to train on and to validate."""
    x = torch.randn(len(targets), 3, generator=torch.Generator().manual_seed(0))
    return Loaders(*(TensorLoader(x, targets, batch_size=4, device="cpu") for _ in range(2)))


@pytest.mark.parametrize("loss_func", [F.cross_entropy, torch.nn.CrossEntropyLoss(torch.tensor([1.0, 20.0]))])
def test_ignored_targets_and_weights_of_classes_count_as_in_one_large_batch(loss_func):
    targets = torch.tensor([-100] * 4 + [0, 1, -100, 0] + [1, 1, -100, -100] + [-100] * 4 + [0])
    loaders = masked_loaders(targets)
    learn = fake_learner(torch.nn.Linear(3, 2), loaders=loaders, loss_func=loss_func, metrics=[accuracy])
    x = loaders.train.tensors[0]
    learn.fit(1, lr=0)
    direct = loss_func(learn.model(x), targets).item()
    row = learn.recorder.history[0]
    assert row["train_loss"] == pytest.approx(direct, rel=1e-6) == row["valid_loss"]
    assert row["accuracy"] == pytest.approx(accuracy(learn.model(x), targets).item(), rel=1e-6)
    assert len(learn.recorder.losses) == row["batches"] == 5 and learn.recorder.losses[0] == 0.0
    assert learn.recorder.losses[3] == learn.recorder.smoothed[2]  # nothing new


def test_targets_that_a_callback_takes_out_do_not_count():
    class Mask(Callback):
        def before_batch(self, learn):
            learn.batch[1][learn.batch[0][:, 0] > 0] = -100

    loaders = masked_loaders(torch.arange(17) % 2)
    learn = fake_learner(torch.nn.Linear(3, 2), loaders=loaders, loss_func=F.cross_entropy, callbacks=[Mask()])
    learn.fit(1, lr=0)
    x, y = loaders.train.tensors
    kept = x[:, 0] <= 0
    direct = F.cross_entropy(learn.model(x[kept]), y[kept]).item()
    row = learn.recorder.history[0]
    assert row["train_loss"] == pytest.approx(direct, rel=1e-6) == row["valid_loss"] and not (y < 0).any()


def test_a_loss_that_is_nan_for_another_reason_still_stops():
    targets = torch.tensor([0, 1, -100, 0])
    learn = fake_learner(torch.nn.Linear(3, 2), loaders=masked_loaders(targets),
                         loss_func=lambda preds, target: F.cross_entropy(preds, target) * float("nan"))
    with pytest.raises(LossDiverged):
        learn.fit(1)


@pytest.mark.parametrize("pack", [lambda a, b: (a, b), lambda a, b: {"a": a, "b": b}])
def test_several_targets_count_by_the_items_of_the_first(pack):
    x, y = fake_tensors(20)
    batches = [(x[part], pack(y[part], 2 * y[part])) for part in (slice(0, 16), slice(16, 20))]

    def loss_func(preds, target):
        a, b = target.values() if isinstance(target, dict) else target
        return F.mse_loss(preds, a) + F.mse_loss(preds, b)

    learn = fake_learner(loaders=Loaders(batches, batches), loss_func=loss_func)
    learn.fit(1, lr=0)
    direct = loss_func(learn.model(x), pack(y, 2 * y)).item()
    row = learn.recorder.history[0]
    assert row["train_loss"] == pytest.approx(direct, rel=1e-6) == row["valid_loss"]


class Largest:
    """A metric of many batches."""

    def __init__(self):
        self.largest = -10.0

    def update(self, preds, target):
        self.largest = max(self.largest, target.max().item())

    def compute(self):
        return self.largest


def test_metrics_may_be_replaced_between_fits():
    learn = fake_learner(metrics=[distance])
    learn.fit(1)
    learn.metrics = [Largest]
    learn.fit(1)
    first, second = (set(row) - {"epoch", "batches", "seconds"} for row in learn.recorder.history)
    assert first == {"train_loss", "valid_loss", "distance"} and second == {"train_loss", "valid_loss", "Largest"}
    top = learn.loaders.valid.tensors[1].max().item()
    assert learn.validate()["Largest"] == learn.recorder.history[-1]["Largest"] == pytest.approx(top)
    learn.metrics = [distance, distance]
    with pytest.raises(ValueError, match="both called distance"):
        learn.fit(1)


@pytest.mark.parametrize("metrics", [[distance, distance], [Largest, Largest()]])
def test_two_metrics_of_one_name_are_refused_at_once(metrics):
    with pytest.raises(ValueError, match=r"found metrics\[0\] and metrics\[1\] both called"):
        fake_learner(metrics=metrics)


def test_without_validation_data():
    learn = fake_learner(loaders=Loaders(fake_loaders().train))
    learn.fit(1)
    assert list(learn.recorder.history[0]) == ["epoch", "batches", "train_loss", "seconds"]


@pytest.mark.parametrize("lr", [1e3, float("inf")])
def test_a_loss_out_of_control_stops_with_advice(lr):
    learn = fake_learner(optimizer=torch.optim.SGD)
    with pytest.raises(LossDiverged, match=r"went from \d.* learning rate .*ten times smaller"):
        learn.fit(50, lr)
    assert 0 < len(learn.recorder.losses) <= 26 and len(learn.recorder.history) <= 1


def test_nan_stops():
    learn = fake_learner(loss_func=lambda preds, target: preds.mean() * float("nan"))
    with pytest.raises(LossDiverged, match="to nan in 1 batches"):
        learn.fit(1)


def test_a_second_fit_that_diverges_counts_its_own_batches():
    learn = fake_learner(optimizer=torch.optim.SGD)
    learn.fit(2, 0.1)
    with pytest.raises(LossDiverged, match=r"in \d batches"):
        learn.fit(5, 1e3)


def test_a_small_loss_may_vary_freely():
    learn = fake_learner(loss_func=lambda preds, target: (preds - target).pow(2).mean() * 1e-9)
    learn.fit(3, 0.1)
    assert len(learn.recorder.history) == 3


def test_elsewhere_a_line_for_each_epoch(capsys):
    fake_learner(metrics=[distance]).fit(2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    pattern = r"epoch 2: train_loss \d+\.\d{4}, valid_loss \d+\.\d{4}, distance \d+\.\d{4}, \d+\.\d s"
    assert re.fullmatch(pattern, lines[1])


def test_in_a_notebook_one_display_that_ends_as_the_table(monkeypatch, capsys):
    shown = []
    handle = SimpleNamespace(update=lambda bundle, raw: shown.append(bundle))
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr(progress, "open_display", lambda text: handle)
    learn = fake_learner(metrics=[distance])
    learn.reporters[1].interval = 0.0
    learn.fit(2)
    assert capsys.readouterr().out == ""
    assert len(shown) == 2 * (13 + 2) + 1
    during, end = shown[-2], shown[-1]
    assert "epoch 2 of 2, validation, batch 2 of 2" == during["text/plain"]
    assert "<progress" in during["text/html"] and 'role="img"' in during["text/html"]
    assert end["text/html"].startswith("<table>") and end["text/html"].count("<tr>") == 3
    assert end["text/plain"].count("valid_loss") == 2


def test_refreshes_are_rare(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=lambda bundle, raw: shown.append(bundle))
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr(progress, "open_display", lambda text: handle)
    learn = fake_learner()
    learn.fit(3)
    assert len(shown) <= 1 + sum(row["seconds"] for row in learn.recorder.history) / 0.25 + 1


def test_the_curve_says_what_it_shows():
    svg = ElementTree.fromstring(curve([2.0, 1.5, 1.0], [(3, 1.2)], 6))
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == "The running training loss falls from 2 to 1 in 3 batches"
    points = [tuple(map(float, point.split(","))) for point in svg.find("polyline").attrib["points"].split()]
    assert points[0] == (50, 10) and points[-1] == (170, 100)
    assert len(svg.findall("g/circle")) == 1
    assert curve([1.0], [], 5) == ""
    assert len(curve([1.0] * 10_000, [], 10_000)) < 4000


def test_rows_as_text_and_html():
    row = {"epoch": 1, "batches": 9, "train_loss": 0.51234, "valid_loss": 1.2e-6, "seconds": 1.23}
    assert line(row) == "epoch 1: train_loss 0.5123, valid_loss 1.200e-06, 1.2 s"
    assert table([row]).count("<td>") == 4 and table([]) == ""
    assert number(0.0) == "0.000" and number(3) == "3"
