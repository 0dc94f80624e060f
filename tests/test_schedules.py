import math
from functools import partial

import pytest
import torch
from fakes import TwoGroups, fake_learner, fake_loaders
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from coursekit.callbacks import Callback
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.schedules import LRSearch, Schedule


def test_one_cycle_shape():
    learn = fake_learner()
    learn.fit_one_cycle(8, 0.1)
    lrs, momentums = learn.recorder.lrs, learn.recorder.momentums
    n = len(lrs)
    assert n == 8 * 13
    assert lrs[0] == pytest.approx(0.1 / 25) and max(lrs) == pytest.approx(0.1, rel=1e-3)
    assert lrs[-1] == pytest.approx(0.1 / 25 / 1e4, rel=1e-3)
    assert lrs.index(max(lrs)) == pytest.approx(0.3 * n, abs=2)
    assert momentums[0] == pytest.approx(0.95) and momentums[-1] == pytest.approx(0.95, rel=1e-3)
    assert min(momentums) == pytest.approx(0.85, rel=1e-3)
    assert momentums.index(min(momentums)) == lrs.index(max(lrs))


def test_one_cycle_equals_a_loop_by_hand():
    learn = fake_learner()
    learn.fit_one_cycle(2, 0.1)
    other = fake_learner()
    optimizer = torch.optim.AdamW(other.model.parameters(), lr=0.1, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=26)
    for _ in range(2):
        for xb, yb in other.loaders.train:
            other.loss_func(other.model(xb), yb).backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    for a, b in zip(learn.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_one_cycle_finds_the_line():
    learn = fake_learner()
    learn.fit_one_cycle(10, 0.3, wd=0)
    assert learn.model.weight.item() == pytest.approx(3, abs=0.01)
    assert learn.model.bias.item() == pytest.approx(2, abs=0.01)


def test_each_group_has_its_own_cycle():
    learn = fake_learner(TwoGroups())
    rates = []

    class Watch(Callback):
        def after_loss(self, learn):
            rates.append([group["lr"] for group in learn.optimizer.param_groups])

    learn.fit_one_cycle(4, slice(1e-3, 1e-2), callbacks=[Watch()])
    assert torch.tensor(rates).amax(dim=0).tolist() == pytest.approx([1e-3, 1e-2], rel=0.01)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_momentum_is_cycled_only_where_there_is_one(momentum):
    learn = fake_learner(optimizer=partial(torch.optim.SGD, momentum=momentum))
    learn.fit_one_cycle(2, 0.1)
    assert (max(learn.recorder.momentums) > 0) == (momentum > 0)


def state(learn):
    """Everything that `lr_find` must put back."""
    tensors = [tensor.detach().clone() for tensor in learn.model.state_dict().values()]
    return [*tensors, torch.get_rng_state(), learn.loaders.train.generator.get_state()]


@pytest.mark.parametrize("own_loader", [True, False])
def test_lr_find_puts_everything_back(own_loader):
    learn = fake_learner(TwoGroups())
    if not own_loader:
        data = TensorDataset(*learn.loaders.train.tensors)
        generator = torch.Generator().manual_seed(0)
        learn.loaders = Loaders(DataLoader(data, 16, shuffle=True, generator=generator), learn.loaders.valid)
    learn.fit(1)
    before, optimizer = state(learn), learn.optimizer
    rows, losses = list(learn.recorder.history), list(learn.recorder.losses)
    found = learn.lr_find()
    assert len(found.losses) > 20
    assert all(torch.equal(a, b) for a, b in zip(before, state(learn), strict=True))
    assert learn.recorder.history == rows and learn.recorder.losses == losses
    assert learn.optimizer is optimizer and not learn.stop
    assert all(parameter.grad is None for parameter in learn.model.parameters())


def test_the_next_fit_is_the_same_with_and_without_lr_find():
    losses = []
    for look_first in (True, False):
        torch.manual_seed(0)
        learn = fake_learner(TwoGroups())
        if look_first:
            learn.lr_find()
        learn.fit(2)
        losses.append(learn.recorder.losses)
    assert losses[0] == losses[1]


def test_lr_find_puts_everything_back_after_an_error():
    learn = fake_learner(TwoGroups())
    before = state(learn)

    class Failing(Callback):
        def after_batch(self, learn):
            if learn.optimizer.param_groups[0]["lr"] > 1e-2:
                raise KeyError("on purpose")

    learn.callbacks = [Failing()]
    with pytest.raises(KeyError):
        learn.lr_find()
    assert all(torch.equal(a, b) for a, b in zip(before, state(learn), strict=True))


def test_lr_find_restores_a_buffer_that_was_replaced():
    class Stateful(torch.nn.Linear):
        def __init__(self):
            super().__init__(1, 1)
            self.register_buffer("state", torch.zeros(1), persistent=False)

        def forward(self, x):
            self.state = self.state + 1
            return super().forward(x)

    learn = fake_learner(Stateful())
    learn.lr_find(steps=20)
    assert learn.model.state.item() == 0


def test_lr_find_stops_when_the_loss_runs_away():
    found = fake_learner(optimizer=torch.optim.SGD).lr_find()
    assert 20 < len(found.lrs) < 100 and len(found.lrs) == len(found.losses)
    assert found.lrs[0] == pytest.approx(1e-7)
    assert found.lrs[1] / found.lrs[0] == pytest.approx((10 / 1e-7) ** (1 / 99))
    assert max(found.losses) <= 4 * min(found.losses) and all(map(math.isfinite, found.losses))
    assert 1e-3 < found.steepest < 1 and 1e-2 < found.minimum_over_10 < 1  # the limit here is about 1


def test_lr_find_passes_over_batches_whose_targets_are_all_ignored():
    x, y = torch.randn(8, 3), torch.arange(8) % 2
    batches = [(x, y), (x, torch.full((8,), -100)), (x, y), (x, y)]
    learn = Learner(torch.nn.Linear(3, 2), Loaders(batches), torch.nn.functional.cross_entropy, device="cpu")
    found = learn.lr_find(end=1e-3, steps=40)
    every_rate = [1e-7 * (1e-3 / 1e-7) ** (i / 39) for i in range(40)]
    assert found.lrs == pytest.approx([rate for i, rate in enumerate(every_rate) if i % 4 != 1])
    assert len(found.raw) == 30 and all(map(math.isfinite, found.raw + found.losses))


def test_suggestions():
    lrs = [10 ** (i / 10 - 5) for i in range(51)]
    falls_at = -3
    losses = [2 - 1.9 / (1 + math.exp(-30 * (math.log10(lr) - falls_at))) + 50 * lr**3 for lr in lrs]
    found = LRSearch(lrs, losses, losses)
    assert found.steepest == pytest.approx(1e-3, rel=0.3)
    assert found.minimum_over_10 == pytest.approx(lrs[losses.index(min(losses))] / 10)
    assert str(found) == f"steepest {found.steepest:.1e}, minimum / 10 {found.minimum_over_10:.1e}"


def test_lr_find_says_when_there_is_nothing_to_find():
    with pytest.raises(ValueError, match="no number from the first batches on"):
        fake_learner(loss_func=lambda preds, target: preds.sum() * math.nan).lr_find()


def test_the_shape_of_a_cycle_can_be_chosen():
    learn = fake_learner()
    learn.fit_one_cycle(8, 0.1, pct_start=0.8, div_factor=10, final_div_factor=100)
    lrs = learn.recorder.lrs
    assert lrs.index(max(lrs)) == pytest.approx(0.8 * len(lrs), abs=2)
    assert lrs[0] == pytest.approx(0.01) and lrs[-1] == pytest.approx(0.0001, rel=1e-3)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 4])
def test_a_cycle_of_few_steps_has_the_full_rate(n_steps):
    learn = fake_learner(loaders=fake_loaders(n_train=16))
    learn.fit_one_cycle(n_steps, 0.1)
    assert len(learn.recorder.lrs) == n_steps and max(learn.recorder.lrs) > 0.08
    assert n_steps == 4 or set(learn.recorder.lrs) == {0.1}


def test_any_scheduler_by_batch_and_by_epoch():
    learn = fake_learner()  # 13 batches in an epoch
    learn.fit(2, 0.1, callbacks=[Schedule(partial(CosineAnnealingLR, T_max=26))])
    assert learn.recorder.lrs == pytest.approx([0.05 * (1 + math.cos(math.pi * i / 26)) for i in range(26)])
    learn = fake_learner()
    learn.fit(3, 0.1, callbacks=[Schedule(partial(ExponentialLR, gamma=0.5), each="epoch")])
    assert learn.recorder.lrs == [*[0.1] * 13, *[0.05] * 13, *[0.025] * 13]


def test_a_rate_falls_on_a_plateau_of_a_metric():
    def same(preds, y):
        return preds.sum() * 0 + 1

    learn = fake_learner(metrics=[same])
    fall = Schedule(partial(ReduceLROnPlateau, patience=1, factor=0.1), each="epoch", monitor="same")
    learn.fit(4, 0.1, callbacks=[fall])
    assert learn.recorder.lrs[::13] == pytest.approx([0.1, 0.1, 0.1, 0.01])
    with pytest.raises(ValueError, match='Expected each="epoch" with ReduceLROnPlateau'):
        learn.fit(1, callbacks=[Schedule(ReduceLROnPlateau)])
    with pytest.raises(ValueError, match="Expected each="):
        Schedule(ExponentialLR, each="step")


def test_lr_find_tells_copies_of_the_callbacks():
    class Count(Callback):
        n = 0

        def after_step(self, learn):
            self.n += 1
            told.append(self)

    class Outside(Count):
        in_search = False

    told, count, outside = [], Count(), Outside()
    learn = fake_learner(callbacks=[count, outside], accumulate=2)
    found = learn.lr_find(steps=20)
    assert count.n == outside.n == 0 and len(told) == len(found.lrs) and all(type(one) is Count for one in told)
