import os
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from fakes import TwoGroups, fake_learner, fake_loaders, fake_tensors
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from coursekit.callbacks import Callback
from coursekit.errors import FitInterrupted
from coursekit.learner import Learner
from coursekit.loaders import Loaders, TensorLoader
from coursekit.metrics import accuracy


def weights(learn):
    """A copy of all weights and buffers."""
    return {name: tensor.clone() for name, tensor in learn.model.state_dict().items()}


def equal(a, b):
    """Whether two copies are the same bit by bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_fit_finds_the_line():
    learn = fake_learner()
    learn.fit(20, lr=0.1, wd=0)
    assert learn.model.weight.item() == pytest.approx(3, abs=0.02)
    assert learn.model.bias.item() == pytest.approx(2, abs=0.02)


def test_fit_equals_a_loop_by_hand():
    learn, other = fake_learner(), fake_learner()
    learn.fit(2, lr=0.01)
    optimizer = torch.optim.AdamW(other.model.parameters(), lr=0.01, weight_decay=0.01, fused=True)
    for _ in range(2):
        for xb, yb in other.loaders.train:
            F.mse_loss(other.model(xb), yb).backward()
            optimizer.step()
            optimizer.zero_grad()
    assert equal(weights(learn), weights(other))


def test_validation_is_exact_with_an_uneven_last_batch():
    learn = fake_learner()
    learn.fit(1)
    x, y = learn.loaders.valid.tensors
    direct = F.mse_loss(learn.model(x), y).item()
    assert learn.recorder.history[-1]["valid_loss"] == pytest.approx(direct, rel=1e-6)
    assert learn.validate()["valid_loss"] == pytest.approx(direct, rel=1e-6)
    batch_means = [F.mse_loss(learn.model(xb), yb).item() for xb, yb in learn.loaders.valid]
    assert sum(batch_means) / len(batch_means) != pytest.approx(direct, rel=1e-3)


def test_validate_changes_nothing():
    learn = fake_learner(TwoGroups())
    learn.fit(1)
    before, rows, random_state = weights(learn), list(learn.recorder.history), torch.get_rng_state()
    other = TensorLoader(*fake_tensors(50, seed=9), device="cpu")
    assert learn.validate(other)["valid_loss"] != learn.validate()["valid_loss"]
    assert equal(before, weights(learn)) and learn.recorder.history == rows
    assert torch.equal(random_state, torch.get_rng_state())
    assert not learn.model.training


def test_validate_needs_data():
    with pytest.raises(ValueError, match="no validation data"):
        fake_learner(loaders=Loaders(fake_loaders().train)).validate()


def test_metrics_of_a_classifier():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(150, 4, generator=generator)
    y = x[:, :3].argmax(dim=1)
    loaders = Loaders.from_tensors(x, y, x[:77], y[:77], 16, device="cpu")
    learn = fake_learner(nn.Linear(4, 3), loaders=loaders, loss_func=F.cross_entropy, metrics=[accuracy])
    learn.fit_one_cycle(5, 0.1)
    direct = (learn.predict(x[:77]).argmax(1) == y[:77]).float().mean().item()
    assert learn.validate()["accuracy"] == pytest.approx(direct, abs=1e-7) and direct > 0.9


def test_training_and_evaluation_mode():
    modes = []

    class Watch(Callback):
        def after_loss(self, learn):
            modes.append((learn.training, learn.model.body[3].training, learn.loss.requires_grad))

    learn = fake_learner(TwoGroups())
    learn.fit(1, callbacks=[Watch()])
    assert set(modes) == {(True, True, True), (False, False, False)}
    assert not learn.model.training


def test_loaders_can_be_swapped_between_fits():
    learn = fake_learner()
    learn.fit(1)
    learn.loaders = fake_loaders(n_train=64)
    learn.fit(1)
    assert [row["batches"] for row in learn.recorder.history] == [13, 17]


def test_each_fit_has_a_fresh_optimizer():
    learn = fake_learner(optimizer=partial(torch.optim.SGD, momentum=0.9))
    learn.fit(1, 0.01)
    first = learn.optimizer
    learn.fit(1, 0.001)
    assert learn.optimizer is not first and isinstance(first, torch.optim.SGD)


def test_interrupting_keeps_model_and_records_and_stops_run_all():
    class Interrupt(Callback):
        def after_batch(self, learn):
            if learn.epoch == 1 and learn.training and learn.stop is False:
                self.seen = getattr(self, "seen", 0) + 1
                if self.seen == 4:
                    raise KeyboardInterrupt

    learn = fake_learner()
    with pytest.raises(FitInterrupted, match="Interrupted in epoch 2 of 5") as caught:
        learn.fit(5, callbacks=[Interrupt()])
    assert caught.value._render_traceback_() == [str(caught.value)]  # Jupyter shows the sentence alone
    assert len(learn.recorder.history) == 1 and len(learn.recorder.losses) == 13 + 4
    assert not learn.model.training and learn.validate()["valid_loss"] > 0
    learn.fit(1)
    assert [row["batches"] for row in learn.recorder.history] == [13, 30]


def test_predict():
    learn = fake_learner(TwoGroups())
    learn.fit(1)
    x, y = learn.loaders.valid.tensors
    preds = learn.predict(x, batch_size=10)
    assert preds.shape == (37, 1) and preds.device.type == "cpu" and not preds.requires_grad
    assert torch.allclose(preds, learn.predict(learn.loaders.valid))
    assert torch.allclose(preds, learn.predict((x,))) and torch.equal(preds[:5], learn.predict(x[:5]))
    learn.model.train()
    assert torch.allclose(preds, learn.predict(x))  # no dropout
    with pytest.raises(TypeError, match="A batch must be a tuple"):
        learn.predict([x])


def test_a_packed_sequence_is_predicted_as_a_batch_only():
    class LastState(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(2, 3)

        def forward(self, packed):
            return self.rnn(packed)[1][0]

    model, parts = LastState(), [torch.randn(4, 2), torch.randn(2, 2)]
    learn, packed = Learner(model, Loaders([]), F.mse_loss, device="cpu"), pack_sequence(parts)
    with pytest.raises(TypeError, match=r"found a PackedSequence, .*: give a list of batches \(packed sequence"):
        learn.predict(packed)
    expected = torch.cat([model.rnn(part)[1] for part in parts])
    assert torch.allclose(learn.predict([(packed, torch.zeros(2))]), expected, atol=1e-6)


@pytest.mark.parametrize("loss_func", [F.cross_entropy, nn.CrossEntropyLoss(torch.tensor([1.0, 5.0]))])
def test_accumulated_batches_count_by_the_targets_that_are_not_ignored(loss_func):
    x, y = torch.randn(24, 3, generator=torch.Generator().manual_seed(0)), torch.arange(24) % 2
    y[:5] = y[8] = -100  # the first batch of 4 as a whole
    y[12:] = -100  # and a whole step
    ends = []
    for batch_size, accumulate in ((12, 1), (4, 3)):
        torch.manual_seed(1)
        learn = fake_learner(nn.Linear(3, 2), loaders=Loaders(TensorLoader(x, y, batch_size=batch_size, device="cpu")),
                             loss_func=loss_func, optimizer=torch.optim.SGD, accumulate=accumulate)
        learn.fit(3, 0.5, wd=0)
        ends.append(learn.model.weight.detach())
    torch.testing.assert_close(*ends, atol=1e-6, rtol=0)


def test_several_inputs():
    class Product(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.ones(1))

        def forward(self, a, b):
            return a * b * self.factor

    x, _ = fake_tensors()
    learn = fake_learner(Product(), loaders=Loaders(TensorLoader(x, x, 2 * x * x, device="cpu")))
    learn.fit(30, 0.1, wd=0)
    assert learn.model.factor.item() == pytest.approx(2, abs=0.01)
    assert learn.predict((x, x)).shape == (200, 1)
    learn.predict(learn.loaders.train)


def test_save_and_load(tmp_path):
    learn, path = fake_learner(TwoGroups()), tmp_path / "models" / "line.pt"
    learn.fit(1)
    learn.save(path)
    other = fake_learner(TwoGroups())
    assert not equal(weights(learn), weights(other))
    other.load(path)
    assert equal(weights(learn), weights(other))
    assert os.listdir(path.parent) == ["line.pt"]


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    learn, path = fake_learner(), tmp_path / "line.pt"
    learn.save(path)
    old = path.read_bytes()

    def half(weights, file):
        file.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="No space left"):
        learn.save(path)
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["line.pt"]


def test_files_that_are_no_weights_are_refused(tmp_path):
    learn, path = fake_learner(), tmp_path / "stranger.pt"
    torch.save(nn.Linear(1, 1), path)  # a pickled module, which could run code
    whole = path.read_bytes()
    for content in (whole, whole[:len(whole) // 2], b"", b"some text"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="stranger.pt is damaged, or holds other things than weights"):
            learn.load(path)
    with pytest.raises(FileNotFoundError):
        learn.load(tmp_path / "none.pt")


def test_weights_of_another_model_are_refused(tmp_path):
    fake_learner(TwoGroups()).save(tmp_path / "two.pt")
    fake_learner(nn.Linear(3, 3)).save(tmp_path / "three.pt")
    with pytest.raises(ValueError, match="belong to another model: Missing key.*weight"):
        fake_learner().load(tmp_path / "two.pt")
    with pytest.raises(ValueError, match="belong to another model: size mismatch for weight"):
        fake_learner().load(tmp_path / "three.pt")


def test_empty_loaders_are_refused():
    with pytest.raises(ValueError, match="no batches"):
        fake_learner(loaders=Loaders([])).fit(1)
    with pytest.raises(ValueError, match="no batches"):
        fake_learner(loaders=Loaders([])).lr_find()


def test_a_callback_may_validate_during_a_fit():
    scores = []

    class Look(Callback):
        def after_epoch(self, learn):
            scores.append(learn.validate()["valid_loss"])

    learn = fake_learner()
    learn.fit(2, callbacks=[Look()])
    assert len(scores) == 4 and len(learn.recorder.history) == 2
    assert scores[1] == learn.recorder.history[0]["valid_loss"]


def classifier(loss_func, **options):
    """A learner for three classes, some of whose targets are ignored."""
    x, y = torch.randn(40, 4), torch.arange(40) % 4
    y[y == 3] = -100
    loaders = Loaders(*(TensorLoader(x, y, batch_size=8, device="cpu") for _ in range(2)))
    return fake_learner(nn.Linear(4, 3), loaders=loaders, loss_func=loss_func, metrics=[accuracy], **options)


def regression():
    """The line, measured by a function of one's own."""
    return fake_learner(metrics=[lambda preds, target: (preds - target).abs().mean()])


@pytest.mark.parametrize("make", [
    regression, partial(classifier, F.cross_entropy), partial(classifier, nn.CrossEntropyLoss(torch.ones(3))),
    partial(classifier, F.cross_entropy, accumulate=2),
])
def test_nothing_waits_for_the_device_in_a_batch(monkeypatch, make):
    def refuse(self):
        raise AssertionError("a batch must not wait for the device")

    learn = make()
    learn.reporters = [learn.recorder]
    learn._prepare(1, 1e-3, 0, ())
    learn.notify("before_fit")
    learn.notify("before_epoch")
    for name in ("item", "tolist", "__float__", "__bool__", "cpu"):
        monkeypatch.setattr(torch.Tensor, name, refuse)
    for batch in learn.loaders.train:
        learn.run_batch(batch)
    learn.training = False
    with torch.no_grad():
        for batch in learn.loaders.valid:
            learn.run_batch(batch)
