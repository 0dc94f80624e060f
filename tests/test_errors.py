import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fakes import fake_learner, fake_loaders
from torch import nn

from coursekit.errors import explain, matched
from coursekit.learner import Learner
from coursekit.loaders import Loaders, TensorLoader

X, Y = torch.randn(64, 784), torch.arange(64) % 10


def note_of(model, x, y, loss_func=F.cross_entropy, loaders=None):
    """What a fit that fails adds to torch's error."""
    loaders = loaders or Loaders([(x, y)])
    with pytest.raises((RuntimeError, ValueError, IndexError, TypeError, UserWarning)) as caught:
        Learner(model, loaders, loss_func, device="cpu").fit(1)
    return caught.value.__notes__[0]


LINEAR = nn.Linear(784, 10)
MISTAKES = {
    "put nn.Flatten() first": (LINEAR, X.view(64, 1, 28, 28), Y),
    "made for 784 features gets 783": (LINEAR, X[:, 1:], Y),
    "float() / 255": (LINEAR, X.byte(), Y),
    "Inputs and weights have different types": (LINEAR, X.double(), Y),
    "use target.long()": (LINEAR, X, Y.float()),
    "classes 5 to 14, but the model's 10 outputs": (LINEAR, X, Y + 5),
    "use target.squeeze(1)": (LINEAR, X, Y[:, None]),
    "probabilities of the output's shape": (LINEAR, X, F.one_hot(Y, 11).float()),
    "must have the same shape": (LINEAR, X, Y[:32]),
    "another number of channels": (nn.Conv2d(1, 3, 3), X.view(64, 28, 28), Y),
    "x[None] is a batch of one": (nn.Conv2d(1, 3, 3), X.view(64, 784), Y),
    "wrong number of axes": (nn.BatchNorm1d(784), X[0], Y),
    "cannot train on one item": (nn.BatchNorm1d(784), X[:1], Y[:1]),
    "largest index plus one": (nn.Embedding(9, 10), Y, Y),
    "use x.long()": (nn.Embedding(9, 10), Y.float(), Y),
    "all are frozen": (nn.Linear(784, 10).requires_grad_(False), X, Y),
    "on different devices": (LINEAR, X, Y, lambda preds, target: F.cross_entropy(preds, target.to("meta"))),
    "average it with .mean()": (LINEAR, X, Y, nn.CrossEntropyLoss(reduction="none")),
    "target.float()": (LINEAR, X, F.one_hot(Y, 10), F.binary_cross_entropy_with_logits),
}


@pytest.mark.parametrize("advice", MISTAKES)
def test_a_usual_mistake_gets_its_advice(advice):
    note = note_of(*MISTAKES[advice])
    assert advice in note
    assert "Seen: inputs " in note and "on cpu" in note


@pytest.mark.parametrize("message", ["[tcp/pair.cc:561] Connection closed by peer [127.0.0.1]:7552",
                                     "Read error: Connection reset by peer", "Timed out waiting 2000ms for recv"])
def test_the_end_of_another_process_is_explained(message):
    assert "Another process of this training has ended" in explain(RuntimeError(message), LINEAR, (X,), Y, None)


def test_shapes_types_and_devices_are_reported():
    note = note_of(LINEAR, X.view(64, 1, 28, 28), Y)
    assert "Seen: inputs float32 (64, 1, 28, 28) on cpu; target int64 (64,) on cpu; the model's" in note


def test_too_many_inputs():
    assert "its forward must take as many" in note_of(LINEAR, None, None, loaders=Loaders([(X, X, Y)]))


def test_a_silent_broadcast_is_an_error():
    note = note_of(nn.Linear(784, 1), X, Y.float(), F.mse_loss)
    assert "must have the same shape" in note and "(64, 1)" in note and "target float32 (64,)" in note


def test_messages_that_need_a_gpu():
    messages = {
        "CUDA out of memory. Tried to allocate 20 GiB": "take smaller batches",
        "CUDA error: device-side assert triggered": "COURSEKIT_DEVICE=cpu",
        "Expected all tensors to be on the same device, but found cuda:0 and cpu": "to_device",
        "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor)": "different devices"}
    for message, advice in messages.items():
        assert advice in explain(RuntimeError(message), LINEAR, (X,), Y, None)


def test_an_unknown_error_gets_the_facts_only():
    assert explain(RuntimeError("?"), LINEAR, (X,), Y, None).startswith("Seen: inputs float32 (64, 784) on")


def test_the_original_error_is_raised_and_ipython_shows_the_note(capsys):
    from IPython.core.interactiveshell import InteractiveShell
    shell = InteractiveShell()
    shell.user_ns["learn"] = Learner(LINEAR, Loaders([(X, Y + 5)]), F.cross_entropy, device="cpu")
    result = shell.run_cell("learn.fit(1)")
    assert isinstance(result.error_in_exec, IndexError)
    shown = capsys.readouterr().out
    assert "out of bounds" in shown and "number classes from 0" in shown


def test_errors_of_callbacks_are_left_alone():
    from coursekit.callbacks import Callback

    class Failing(Callback):
        def after_batch(self, learn):
            raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        fake_learner(loaders=fake_loaders()).fit(1, callbacks=[Failing()])
    assert not hasattr(caught.value, "__notes__")


def absolute(preds, target):
    """A metric or loss of one's own: the mean absolute error."""
    return (preds - target).abs().mean()


@pytest.mark.parametrize("function", [
    absolute, F.poisson_nll_loss, nn.PoissonNLLLoss(), F.hinge_embedding_loss, torch.dist,
    lambda preds, target: F.gaussian_nll_loss(preds, target=target, var=torch.ones_like(preds)),
    lambda preds, target: 1 - ((preds > 0) == (target > 0)).float().mean(),
])
@pytest.mark.parametrize("shapes", [((5, 1), (5,)), ((5,), (5, 1))])
def test_a_column_and_a_row_are_not_compared_all_with_all(function, shapes):
    preds, target = (torch.rand(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"one shape, found \(5,\) and \(5, 1\), of which .* would compare all pairs"):
        matched(function, preds, target)


def test_a_column_of_classes_is_not_compared_with_a_row_of_guesses():
    with pytest.raises(ValueError, match="of which __eq__ would compare all pairs"):
        matched(lambda preds, target: (preds.argmax(1) == target).float().mean(), torch.rand(5, 3), torch.ones(5, 1))


@pytest.mark.parametrize("function", [
    lambda preds, target: absolute(preds.squeeze(1), target),
    lambda preds, target: absolute(preds.view_as(target), target),
    lambda preds, target: absolute(preds, target[:, None]), lambda preds, target: (target @ preds).mean(),
])
def test_functions_that_bring_the_shapes_together_are_free(function):
    preds, target = torch.rand(5, 1), torch.rand(5)
    assert torch.equal(matched(function, preds, target), function(preds, target))


@pytest.mark.parametrize("function", [
    lambda preds, target: np.abs(preds.numpy() - target.numpy()).mean(),
    lambda preds, target: np.abs(np.asarray(target) - np.asarray(preds)).mean(),
    lambda preds, target: np.not_equal(preds, target).numpy().mean(),
])
def test_numpy_is_not_given_a_column_and_a_row(function):
    with pytest.raises(ValueError, match=r"arrays of one shape for NumPy, found \(5,\) and \(5, 1\)"):
        matched(function, torch.zeros(5, 1), torch.arange(5))


def test_numpy_is_given_what_has_one_shape():
    preds, target = torch.zeros(5, 1), torch.arange(5.0)
    assert matched(lambda preds, target: np.abs(preds.squeeze(1).numpy() - target.numpy()).mean(), preds, target) == 2
    assert matched(lambda preds, target: (preds.squeeze(1) - target).abs().numpy().mean(), preds, target) == 2


@pytest.mark.parametrize("shapes", [((5, 3), (5,)), ((5,), (5,)), ((5, 1), (5, 1)), ((1, 1), (1,))])
def test_other_shapes_are_not_watched(shapes):
    preds, target = (torch.rand(shape) for shape in shapes)
    assert matched(lambda preds, target: torch.overrides._get_current_function_mode(), preds, target) is None


def test_losses_and_metrics_of_a_learner_are_watched():
    x, y = torch.rand(20, 3), torch.rand(20)
    loaders = Loaders(TensorLoader(x, y, device="cpu"), TensorLoader(x, y, device="cpu"))
    with pytest.raises(ValueError, match="would compare all pairs"):
        Learner(nn.Linear(3, 1), loaders, absolute, device="cpu").fit(1)

    def squeezed(preds, target):
        return F.mse_loss(preds.squeeze(1), target)

    learn = Learner(nn.Linear(3, 1), loaders, squeezed, [absolute], device="cpu")
    with pytest.raises(ValueError, match="would compare all pairs"):
        learn.validate()
    learn.metrics = [squeezed]
    assert learn.validate()["squeezed"] == pytest.approx(learn.validate()["valid_loss"])


def test_a_loss_that_is_a_sum_is_refused():
    for loss_func in (nn.MSELoss(reduction="sum"), functools.partial(F.mse_loss, reduction="sum")):
        with pytest.raises(ValueError, match='found reduction="sum": take reduction="mean"'):
            Learner(nn.Linear(3, 1), Loaders([]), loss_func, device="cpu")
