"""16 bits and accumulated batches, on the CPU."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from fakes import TwoGroups, fake_learner, fake_tensors
from torch import nn

from coursekit.callbacks import Callback, ClipGradients
from coursekit.loaders import Loaders, TensorLoader
from coursekit.precision import Precision

CPU = torch.device("cpu")


@dataclass
class SimpleOutput:
    """What a model may give."""

    logits: torch.Tensor


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_training_in_16_bits_finds_the_line(name):
    seen = set()

    class Watch(Callback):
        def after_loss(self, learn):
            seen.add((learn.loss.dtype, learn.preds.dtype, learn.model.weight.dtype, torch.is_autocast_enabled("cpu")))

    learn = fake_learner(precision=name, metrics=[F.l1_loss])
    learn.fit(20, lr=0.1, wd=0, callbacks=[Watch()])
    assert learn.model.weight.item() == pytest.approx(3, abs=0.05)
    assert seen == {(torch.float32, torch.float32, torch.float32, False)}
    assert learn.predict(fake_tensors()[0]).dtype == torch.float32 and learn.validate()["l1_loss"] < 0.05


def test_the_model_computes_in_16_bits():
    class Spy(nn.Linear):
        def forward(self, x):
            self.seen = super().forward(x)
            return self.seen

    learn = fake_learner(Spy(1, 1), precision="bf16")
    learn.fit(1)
    assert learn.model.seen.dtype == torch.bfloat16
    learn.predict(fake_tensors()[0])
    assert learn.model.seen.dtype == torch.bfloat16


def test_autocast_ends_with_an_error():
    learn = fake_learner(nn.Linear(2, 1), precision="bf16")
    with pytest.raises(RuntimeError):
        learn.fit(1)
    assert not torch.is_autocast_enabled("cpu")


def test_callbacks_see_gradients_that_are_not_scaled():
    class Watch(Callback):
        def after_backward(self, learn):
            self.norm = learn.model.weight.grad.norm().item()

    norms = []
    for name in (None, "fp16"):
        watch = Watch()
        fake_learner(precision=name).fit(1, lr=0, callbacks=[watch])  # the first steps lower the scale
        norms.append(watch.norm)
    assert norms[1] == pytest.approx(norms[0], rel=0.01) and norms[0] > 0.1


def test_a_step_that_overflows_is_no_step():
    class Overflow(Callback):
        steps = 0

        def before_batch(self, learn):
            if learn.training and not self.steps:
                learn.batch = learn.batch[0] * 1e30, learn.batch[1]

        def after_step(self, learn):
            self.steps += 1

        def after_batch(self, learn):
            learn.stop = True

    overflow = Overflow()
    learn = fake_learner(TwoGroups(), precision="fp16", loss_func=lambda preds, y: (preds * torch.inf).mean())
    before = learn.model.head.weight.clone()
    learn.reporters = []
    learn.fit(1, callbacks=[overflow])
    assert overflow.steps == 0 and torch.equal(learn.model.head.weight, before)


def test_names_of_precisions():
    with pytest.raises(ValueError, match='Expected precision=None, "bf16" or "fp16", found \'half\''):
        fake_learner(precision="half")


def test_full_goes_into_what_a_model_may_give():
    half = torch.ones(2, dtype=torch.bfloat16)
    given = {"a": half, "b": (half, torch.ones(2, dtype=torch.int64)), "c": "text"}
    full = Precision("bf16", CPU).full(given)
    assert full["a"].dtype == full["b"][0].dtype == torch.float32 and full["b"][1].dtype == torch.int64
    assert full["c"] == "text" and Precision(None, CPU).full(given) is given


def test_full_keeps_the_kind_of_an_output():
    class Output(OrderedDict):
        """As transformers' outputs: keys that are attributes too, and no update."""

        logits = property(lambda self: self["logits"])

        def update(self, *args):
            raise NotImplementedError

    Pair = namedtuple("Pair", "logits state")
    half = torch.ones(2, dtype=torch.bfloat16)
    for given in (Output(logits=half), Pair(half, None), SimpleOutput(half)):
        full = Precision("bf16", CPU).full(given)
        assert type(full) is type(given) and full.logits.dtype == torch.float32 and given.logits is half


class Norms(Callback):
    """Notes the gradient's length at each step."""

    def __init__(self):
        self.norms = []

    def after_backward(self, learn):
        self.norms.append(sum(weight.grad.square().sum() for weight in learn.model.parameters()).sqrt().item())


@pytest.mark.parametrize("n", [128, 120, 67])  # groups of four full batches; a smaller batch; an incomplete group
@pytest.mark.parametrize("loss_func", [F.mse_loss, nn.SmoothL1Loss()])
def test_four_batches_together_equal_one_four_times_as_large(n, loss_func):
    x, y = fake_tensors(n)
    x, y = x.double(), y.double()
    ends, lengths = [], []
    for batch_size, accumulate in ((32, 1), (8, 4)):
        torch.manual_seed(0)
        norms = Norms()
        loaders = Loaders(TensorLoader(x, y, batch_size=batch_size, device="cpu"))
        learn = fake_learner(nn.Linear(1, 1).double(), loaders=loaders, loss_func=loss_func, accumulate=accumulate)
        learn.fit_one_cycle(3, 0.1, callbacks=[norms, ClipGradients(0.5)])
        ends.append(torch.cat([weight.flatten() for weight in learn.model.parameters()]).detach())
        lengths.append(norms.norms)
    assert torch.allclose(*ends, rtol=1e-6, atol=0)
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-6) and len(lengths[0]) == 3 * -(-n // 32)


def test_steps_of_an_accumulating_fit():
    class Count(Callback):
        steps, batches = 0, 0

        def after_step(self, learn):
            self.steps += 1

        def after_batch(self, learn):
            self.batches += learn.training

    count, learn = Count(), fake_learner(accumulate=4)  # 13 batches
    learn.fit_one_cycle(2, 0.1, callbacks=[count])
    assert (count.steps, count.batches, learn.n_steps) == (8, 26, 8)
    assert len(learn.recorder.lrs) == 26 and len(set(learn.recorder.lrs)) == 8
    assert learn.recorder.lrs[0] == pytest.approx(0.1 / 25) and learn.recorder.lrs[-1] < 1e-5


def test_accumulate_is_a_number_of_batches():
    with pytest.raises(ValueError, match="Expected accumulate=1 or more"):
        fake_learner(accumulate=0)
