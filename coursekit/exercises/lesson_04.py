"""Exercises of lesson 04: right answers and the usual wrong ones. Spoilers below."""

import contextlib
import functools
import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn, tensor
from torch.nn.functional import relu

from coursekit.callbacks import Callback
from coursekit.data import mnist
from coursekit.device import get_device
from coursekit.learner import Learner
from coursekit.lesson import Exercise
from coursekit.loaders import Loaders, TensorLoader

alike = Exercise(
    hint="Write down what A computes and what B computes, and multiply out the brackets.",
    solution={"A", "B"},
    mistakes={
        "Both have a second matrix. But is there anything that two products in a row can do and one can't?": {"B", "C"},
        "C has what A and B lack: something happens between its matrices.": {"A", "C"},
        "Two of the three.": {"A", "B", "C"},
    },
    praise="Correct. Now find out whether you believe it.",
)


def _run_merge(answer):
    random = torch.Generator().manual_seed(4)

    def draw(*shape):
        return torch.randint(-3, 4, shape, generator=random).float()

    return [answer(draw(hidden, n), draw(hidden), draw(out, hidden), draw(out))
            for n, hidden, out in ((2, 2, 2), (4, 3, 3), (5, 3, 2))]


merge = Exercise(
    hint="Multiply (x @ w1.T + b1) @ w2.T + b2 out: which part is multiplied by x, and which part isn't?",
    run=_run_merge,
    solution=lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 + b2),
    mistakes={
        "The other way round: x meets w1 first, and (x @ w1.T) @ w2.T is x @ (w2 @ w1).T.":
            lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2),
        "The first bias goes through the second layer, too.": lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2),
        "The second layer has a bias as well.": lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1),
        "That's the matrix for x @ w; nn.Linear multiplies by w.T, so turn yours round.":
            lambda w1, b1, w2, b2: ((w2 @ w1).T, w2 @ b1 + b2),
    },
)

n_parameters = Exercise(
    hint="Write down for each of the three layers how many numbers come in and go out.",
    solution=784 * 200 + 200 + 200 * 50 + 50 + 50 * 10 + 10,
    mistakes={
        "You counted the weights and forgot the biases, one for each output of each layer.":
            784 * 200 + 200 * 50 + 50 * 10,
        "The second layer gets 200 numbers from the first, and the third gets 50; none of them sees the pixels.":
            784 * 200 + 200 + 784 * 50 + 50 + 784 * 10 + 10,
        "A layer has one bias for each output, not for each input.":
            784 * 200 + 784 + 200 * 50 + 200 + 50 * 10 + 50,
        "The last layer, from 50 to 10, is missing.": 784 * 200 + 200 + 200 * 50 + 50,
        "ReLU has no parameters.": 784 * 200 + 200 + 200 + 200 * 50 + 50 + 50 + 50 * 10 + 10,
    },
)


class _RawNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in)
        self.b1 = nn.Parameter(torch.zeros(n_hidden))
        self.w2 = nn.Parameter(torch.randn(n_hidden, n_out) / n_hidden)
        self.b2 = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return relu(x @ self.w1 + self.b1) @ self.w2 + self.b2


class _PlainTensors(_RawNet):
    def __init__(self, n_in, n_hidden, n_out):
        nn.Module.__init__(self)
        self.w1, self.b1 = torch.randn(n_in, n_hidden) / n_in, torch.zeros(n_hidden)
        self.w2, self.b2 = torch.randn(n_hidden, n_out) / n_hidden, torch.zeros(n_out)


class _WithoutInit(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in)


class _Transposed(_RawNet):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.w1 = nn.Parameter(torch.randn(n_hidden, n_in) / n_in)
        self.w2 = nn.Parameter(torch.randn(n_out, n_hidden) / n_hidden)


class _AllZeros(_RawNet):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.w1 = nn.Parameter(torch.zeros(n_in, n_hidden))
        self.w2 = nn.Parameter(torch.zeros(n_hidden, n_out))


class _WithoutReLU(_RawNet):
    def forward(self, x):
        return (x @ self.w1 + self.b1) @ self.w2 + self.b2


class _ReLUAtTheEnd(_RawNet):
    def forward(self, x):
        return relu(relu(x @ self.w1 + self.b1) @ self.w2 + self.b2)


class _ReLUBeforeBias(_RawNet):
    def forward(self, x):
        return (relu(x @ self.w1) + self.b1) @ self.w2 + self.b2


class _WithSoftmax(_RawNet):
    def forward(self, x):
        return torch.softmax(super().forward(x), dim=1)


class _WithoutBiases(_RawNet):
    def forward(self, x):
        return relu(x @ self.w1) @ self.w2


def _start(*spreads):
    "How weights start, from their spreads in units of 1 / n_in; the larger 1 / root of n_in will do as well."
    if min(spreads) < 1e-3:
        return "all alike"
    return "too small" if min(spreads) < 0.5 else "too large" if max(spreads) > 60 else "random"


class _NotDivided(_RawNet):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.w1, self.w2 = (nn.Parameter(torch.randn(shape)) for shape in ((n_in, n_hidden), (n_hidden, n_out)))


class _RandomBiases(_RawNet):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.b1, self.b2 = nn.Parameter(torch.randn(n_hidden)), nn.Parameter(torch.randn(n_out))


def _run_raw_net(answer):
    "Names and shapes of the parameters; then whether they start random; then outputs for known ones."
    model = answer(4, 3, 2)
    shapes = {name: list(parameter.shape) for name, parameter in model.named_parameters()}
    found = {"shapes of the parameters": shapes, "start of the weights": None, "start of the biases": None,
             "output": None}
    if shapes != {"w1": [4, 3], "b1": [3], "w2": [3, 2], "b2": [2]}:
        return found
    large = answer(400, 100, 30)
    found["start of the weights"] = _start(large.w1.std().item() * 400, large.w2.std().item() * 100)
    found["start of the biases"] = "zero" if not large.b1.any() and not large.b2.any() else "not zero"
    with torch.no_grad():
        model.w1.copy_(tensor([[1.0, -2.0, 0.5], [0.0, 1.0, -1.0], [2.0, 0.5, 1.0], [-1.0, 1.0, 2.0]]))
        model.b1.copy_(tensor([0.5, -1.0, -0.2]))
        model.w2.copy_(tensor([[1.0, -1.0], [0.5, 2.0], [-3.0, 1.0]]))
        model.b2.copy_(tensor([0.1, -0.3]))
        return found | {"output": model(tensor([[1.0, 0.5, -1.0, 2.0], [0.5, 1.0, 0.0, -1.0]]))}


raw_net = Exercise(
    hint="Take the docstring apart: which four tensors does it need, and what shape has each?",
    run=_run_raw_net,
    solution=_RawNet,
    mistakes={
        "Plain tensors are not learned: wrap all four in nn.Parameter.": _PlainTensors,
        "super().__init__() is missing; call it first.": _WithoutInit,
        "Your weights have the shape (outputs, inputs), as torch stores them; make it (inputs, outputs).":
            _Transposed,
        "If all weights are the same, all hidden units stay alike forever: start from random numbers.": _AllZeros,
        "The weights start too large: divide the random numbers by the number of inputs of their layer.": _NotDivided,
        "The biases should start at zero; only the weights are random.": _RandomBiases,
        "There's no non-linearity between the matrices, so this is logistic regression.": _WithoutReLU,
        "One ReLU too many: logits may be negative, so leave the last layer as it is.": _ReLUAtTheEnd,
        "The bias belongs to the affine layer: add b1 before the ReLU.": _ReLUBeforeBias,
        "Give the logits: the loss does the softmax.": _WithSoftmax,
        "The biases are there but forward does not add them.": _WithoutBiases,
    },
)


def _leaky_relu(x, gradient, slope=0.1):
    slopes = torch.where(x > 0, 1.0, slope)
    return x * slopes, gradient * slopes


def _plain_relu(x, gradient, slope=0.1):
    return relu(x), gradient * (x > 0)


def _by_sign_of_gradient(x, gradient, slope=0.1):
    return _leaky_relu(x, gradient, slope)[0], gradient * torch.where(gradient > 0, 1.0, slope)


def _slopes_only(x, gradient, slope=0.1):
    slopes = torch.where(x > 0, 1.0, slope)
    return x * slopes, slopes


def _zero_below(x, gradient, slope=0.1):
    return _leaky_relu(x, gradient, slope)[0], gradient * (x > 0)


def _times_output(x, gradient, slope=0.1):
    outputs = _leaky_relu(x, gradient, slope)[0]
    return outputs, gradient * outputs


def _outputs_only(x, gradient, slope=0.1):
    return _leaky_relu(x, gradient, slope)[0]


def _run_leaky_relu(answer):
    x, gradient = tensor([-2.0, -0.5, 0.5, 3.0]), tensor([1.0, -2.0, 3.0, -4.0])
    return [answer(x, gradient), answer(x, gradient, 0.3), answer(-x[:1], gradient[1:2], 2.0)]


leaky_relu = Exercise(
    hint="Both results are a product with the same tensor, which depends on the sign of `x` alone.",
    run=_run_leaky_relu,
    solution=_leaky_relu,
    mistakes={
        "That is the plain ReLU: below zero the output is slope * x, and slope of the gradient passes.":
            _plain_relu,
        "What counts is the sign of x; a gradient of either sign passes where x is positive.":
            _by_sign_of_gradient,
        "Chain rule: multiply the slopes by the gradient that arrives.": _slopes_only,
        "Forwards it is right; backwards the slope below zero is `slope`, not 0.": _zero_below,
        "You multiplied the gradient by the outputs; it wants the slopes, 1 or `slope`.": _times_output,
        "Return two things: the outputs and the gradient by x.": _outputs_only,
    },
)



def _item_mean(sizes, means):
    return sum(n * mean for n, mean in zip(sizes, means, strict=True)) / sum(sizes)


item_mean = Exercise(
    hint="How much do all items of a batch of n with this mean add up to?",
    run=lambda answer: [answer([64, 64, 16], [1.0, 2.0, 6.0]), answer([10, 30], [0.5, 0.1]), answer([5], [2.0])],
    solution=_item_mean,
    mistakes={
        "A mean of means: the small batch counts as much as the large ones.":
            lambda sizes, means: sum(means) / len(means),
        "That's the sum over all items; divide by how many there are.":
            lambda sizes, means: sum(n * mean for n, mean in zip(sizes, means, strict=True)),
        "Divide by the number of items, not by the number of batches.":
            lambda sizes, means: sum(n * mean for n, mean in zip(sizes, means, strict=True)) / len(sizes),
    },
)


def _half_wave(position):
    return (1 + math.cos(math.pi * position)) / 2


def _cosine(start, end, position):
    return end + (start - end) * _half_wave(position)


cosine = Exercise(
    hint="(1 + cos) / 2 falls from 1 to 0: which share of `start` and which share of `end` do you need?",
    run=lambda answer: [answer(*given) for given in
                        ((1.0, 0.0, 0.25), (1.0, 0.0, 0.0), (2.0, 6.0, 1.0), (0.4, 10.0, 0.7), (3.0, -1.0, 0.5))],
    solution=_cosine,
    mistakes={
        "That's a straight line: let the share of `start` be (1 + cos(pi * position)) / 2.":
            lambda start, end, position: start + (end - start) * position,
        "Start and end are exchanged: at position 0 it should give `start`.":
            lambda start, end, position: start + (end - start) * _half_wave(position),
        "That's a whole wave, down and up again; take half of one, up to pi.":
            lambda start, end, position: end + (start - end) * _half_wave(2 * position),
        "1 + cos goes from 2 to 0; halve it.":
            lambda start, end, position: end + (start - end) * 2 * _half_wave(position),
        "Right for an end of 0; the share that `start` loses belongs to `end`.":
            lambda start, end, position: start * _half_wave(position),
    },
)


class _StopBelow(Callback):
    training_only = True

    def __init__(self, limit):
        self.limit = limit

    def after_batch(self, learn):
        if learn.loss < self.limit:
            learn.stop = True


class _StopsItself(_StopBelow):
    def after_batch(self, learn):
        if learn.loss < self.limit:
            self.stop = True


class _NeverStops(_StopBelow):
    def after_batch(self, learn):
        pass


class _StopsAbove(_StopBelow):
    def after_batch(self, learn):
        if learn.loss > self.limit:
            learn.stop = True


class _ForgetsTheLimit(_StopBelow):
    def after_batch(self, learn):
        if learn.loss < 0.3:
            learn.stop = True


class _WaitsForTheEpoch(_StopBelow):
    def after_batch(self, learn):
        pass

    def after_epoch(self, learn):
        if learn.loss < self.limit:
            learn.stop = True


class _ListensToValidation(_StopBelow):
    training_only = False


class _NoCallback:
    def __init__(self, limit):
        self.limit = limit


class _Counting(nn.Linear):
    "Counts the batches that it is trained on."
    n_batches = 0

    def forward(self, x):
        self.n_batches += self.training
        return super().forward(x)


def _run_stop_below(answer):
    "The batches of each of two fits of a learner whose losses are given: they are the targets."
    counts = []
    training, validation = tensor([2.0, 1.5, 0.9, 0.7, 0.45, 0.8, 0.3, 0.25])[:, None], tensor([[0.15]])
    for limit in (1.0, 0.5, 0.28, 0.2, 1.5):
        callback = answer(limit)
        if not isinstance(callback, Callback):
            return {"kind": "no callback"}
        loaders = Loaders(*(TensorLoader(x, x, batch_size=1, device="cpu") for x in (training, validation)))
        learn = Learner(_Counting(1, 1), loaders, lambda preds, y: y.mean() + 0 * preds.sum(), device="cpu",
                        callbacks=[callback])
        learn.reporters = []
        learn.fit(2)
        first = learn.model.n_batches
        learn.fit(1)
        counts.append([first, learn.model.n_batches - first])
    never = all(count == [16, 8] for count in counts)
    return {"kind": "a callback", "batches of two fits": counts,
            "what it stops": "itself" if never and hasattr(callback, "stop") else "the fit"}


stop_below = Exercise(
    hint="Which attribute of `learn` ends a fit, and which event is the first that knows the loss?",
    run=_run_stop_below,
    solution=_StopBelow,
    mistakes={
        "You set an attribute of the callback; the learner looks at learn.stop.": _StopsItself,
        "That stops while the loss is high: compare the other way round.": _StopsAbove,
        "Use the limit that was given to __init__, not a number of your own.": _ForgetsTheLimit,
        "That waits for the end of the epoch; after_batch comes earlier.": _WaitsForTheEpoch,
        "A validation batch has stopped the fit: set training_only = True, or ask learn.training.":
            _ListensToValidation,
        "The fit is never stopped: let an event of training set learn.stop to True.": _NeverStops,
        "That is no callback: derive the class from Callback.": _NoCallback,
    },
)


@dataclass(frozen=True)
class _Wrong:
    "Stands for a net that gets `n` test digits wrong."
    n: int


@functools.cache
def _test_digits():
    with contextlib.redirect_stdout(io.StringIO()):
        data = mnist()
    return data.x_test, data.y_test


@torch.no_grad()
def score(net: nn.Module | Learner | Callable) -> int:
    """How many of MNIST's 10,000 test digits `net` gets wrong.

    It takes normalized pixels, (n, 784), and gives logits, (n, 10). Raises ValueError for another shape.
    """
    net, device = getattr(net, "model", net) if isinstance(net, Learner) else net, "cpu"
    if isinstance(net, nn.Module):
        device = get_device()
        net.to(device).eval()
    x, y = _test_digits()
    logits = torch.cat([net(part.to(device)).cpu() for part in x.split(1000)])
    if logits.shape != (len(x), 10):
        raise ValueError(f"Expected logits of shape (10000, 10), ten for each digit, found {tuple(logits.shape)}.")
    return (logits.argmax(dim=1) != y).sum().item()


BAR = 250


def _run_better_net(net):
    "What kind of score it is: the score itself is told by `score`."
    wrong = net.n if isinstance(net, _Wrong) else score(net)
    return {"score": "below the bar" if wrong < BAR else "close" if wrong < 400 else "far" if wrong < 8000 else "none"}


better_net = Exercise(
    hint="The bar can be reached with one hidden layer: what have you measured about its width, and about more epochs?",
    run=_run_better_net,
    solution=_Wrong(BAR - 1),
    mistakes={
        f"Close: the bar is fewer than {BAR} wrong. Try a wider layer, or more epochs.": _Wrong(BAR),
        "It has learned something, but the lesson's own net is better. Has its training loss come down?": _Wrong(400),
        "That's what guessing gets: has this net been trained, on images normalized as in this lesson?": _Wrong(8000),
    },
    praise="Correct: a better net than the lesson's.",
)
