"""Exercises of lesson 03: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import nn, tensor

from coursekit.lesson import Exercise

argmax_shape = Exercise(
    hint="Print the shape of `argmax(dim=1)` for a tensor of 2 x 3, and think which axis has gone.",
    solution=(64,),
    mistakes={
        "argmax(dim=1) runs along axis 1 and removes it; what is left is one number for each image.": (10,),
        "argmax removes the axis that it runs along; only keepdim=True would leave a 1 in its place.":
            (64, 1),
        "That is the shape before argmax: ten numbers for each image.": (64, 10),
        "One axis goes and the other stays: there is still an answer for each image.": (),
        "argmax sees the ten outputs, not the pixels that they were made from.": (64, 784),
    },
)


def _softmax(x):
    exponentials = (x - x.max(dim=1, keepdim=True).values).exp()
    return exponentials / exponentials.sum(dim=1, keepdim=True)


def _softmax_overflowing(x):
    return x.exp() / x.exp().sum(dim=1, keepdim=True)


def _softmax_along_batch(x):
    return x.exp() / x.exp().sum(dim=0)


def _softmax_without_axis(x):
    return x.exp() / x.exp().sum(dim=1)


def _softmax_of_everything(x):
    return x.exp() / x.exp().sum()


def _softmax_without_exp(x):
    return x / x.sum(dim=1, keepdim=True)


def _softmax_with_maxima_in_a_row(x):
    exponentials = (x - x.max(dim=1).values).exp()
    return exponentials / exponentials.sum(dim=1, keepdim=True)


def _run_softmax(answer):
    "Large outputs are tried only if ordinary ones come out right, so that each mistake shows by itself."
    x = tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [2.0, 2.0, 1.0]])
    ordinary = torch.as_tensor(answer(x)).float()
    if ordinary.shape != x.shape or not torch.allclose(ordinary, torch.softmax(x, dim=1), atol=1e-5):
        return ordinary, None, None
    return ordinary, answer(200 * x), answer(x[:2])


softmax = Exercise(
    hint="What changes in a softmax if the same number is subtracted from all outputs of a row?",
    run=_run_softmax,
    solution=_softmax,
    mistakes={
        "Right for ordinary outputs, but large ones overflow to nan: subtract each row's maximum first.":
            _softmax_overflowing,
        "Wrong axis: you divide by the sum over the images of the batch; sum over the classes, dim=1.":
            _softmax_along_batch,
        "The sums are a vector, which broadcasts as a row; they belong to rows, so write keepdim=True.":
            _softmax_without_axis,
        "You divided by the sum of the whole batch; every row has its own sum.": _softmax_of_everything,
        "The exponential is missing: without it outputs below zero give negative shares.":
            _softmax_without_exp,
        "Those are the logarithms of the softmax: leave the logarithm out.": lambda x: torch.log_softmax(x, dim=1),
        "A sigmoid looks at each number by itself; softmax shares 1 among the numbers of a row.": torch.sigmoid,
        "The maxima are a vector, which broadcasts as a row; they belong to rows, so write keepdim=True there, too.":
            _softmax_with_maxima_in_a_row,
    },
)


def _cross_entropy(log_probabilities, y):
    return -log_probabilities[range(len(y)), y].mean()


def _without_minus(log_probabilities, y):
    return log_probabilities[range(len(y)), y].mean()


def _summed(log_probabilities, y):
    return -log_probabilities[range(len(y)), y].sum()


def _all_pairs(log_probabilities, y):
    return -log_probabilities[:, y].mean()


def _largest(log_probabilities, y):
    return -log_probabilities.max(dim=1).values.mean()


def _each_item(log_probabilities, y):
    return -log_probabilities[range(len(y)), y]


def _of_probabilities(log_probabilities, y):
    return -log_probabilities.exp()[range(len(y)), y].mean()


def _run_cross_entropy(answer):
    probabilities = tensor([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7], [0.6, 0.3, 0.1]])
    y = tensor([0, 1, 0, 2])
    return [answer(probabilities[:n].log(), y[:n]) for n in (4, 1, 3)]


own_cross_entropy = Exercise(
    hint="Indexing takes a list of rows and a list of columns, and pairs them.",
    run=_run_cross_entropy,
    solution=_cross_entropy,
    mistakes={
        "The minus is missing: logarithms of probabilities are negative, a loss is not.": _without_minus,
        "You summed over the items; take the mean, so that the loss does not depend on the batch size.":
            _summed,
        "log_probabilities[:, y] takes every label's column from every row; pair each row with its label.":
            _all_pairs,
        "You took the largest probability of each row; the loss asks for that of the true class.": _largest,
        "That is one loss for each item; the optimizer needs a single number, their mean.": _each_item,
        "You took the probabilities themselves; the loss is made of their logarithms.": _of_probabilities,
    },
)


class _MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out) / n_in)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return x @ self.weight + self.bias


class _WithoutInit(nn.Module):
    def __init__(self, n_in, n_out):
        self.weight = nn.Parameter(torch.randn(n_in, n_out) / n_in)
        self.bias = nn.Parameter(torch.zeros(n_out))


class _PlainTensors(_MyLinear):
    def __init__(self, n_in, n_out):
        nn.Module.__init__(self)
        self.weight = torch.randn(n_in, n_out) / n_in
        self.bias = torch.zeros(n_out)


class _PlainWeight(_MyLinear):
    def __init__(self, n_in, n_out):
        nn.Module.__init__(self)
        self.weight = torch.randn(n_in, n_out) / n_in
        self.bias = nn.Parameter(torch.zeros(n_out))


class _WithoutBias(_MyLinear):
    def __init__(self, n_in, n_out):
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.randn(n_in, n_out) / n_in)

    def forward(self, x):
        return x @ self.weight


class _Transposed(_MyLinear):
    def __init__(self, n_in, n_out):
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / n_in)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return x @ self.weight.T + self.bias


class _BiasNotUsed(_MyLinear):
    def forward(self, x):
        return x @ self.weight


class _WithoutForward(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out) / n_in)
        self.bias = nn.Parameter(torch.zeros(n_out))


class _ZeroWeights(_MyLinear):
    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out)
        self.weight = nn.Parameter(torch.zeros(n_in, n_out))


def _run_linear(answer):
    "The parameters' names and shapes; then, if these are right, the outputs for known weights."
    layer = answer(4, 3)
    shapes = {name: list(parameter.shape) for name, parameter in layer.named_parameters()}
    found = {"shapes of the parameters": shapes, "start of the weights": None, "output": None}
    if shapes != {"weight": [4, 3], "bias": [3]}:
        return found
    if answer.forward is nn.Module.forward:
        return found | {"output": "none, without forward"}
    spread = answer(400, 30).weight.std().item() * 400  # 1 / n_in, or the larger 1 / root of n_in
    start = "all alike" if spread < 1e-3 else "too small" if spread < 0.5 else "too large" if spread > 60 else "random"
    with torch.no_grad():
        layer.weight.copy_(torch.arange(12.0).reshape(4, 3))
        layer.bias.copy_(tensor([1.0, -1.0, 2.0]))
        output = layer(tensor([[1.0, 0.0, 2.0, -1.0], [0.5, 1.0, 0.0, 0.0]]))
    return found | {"start of the weights": start, "output": output}


my_linear = Exercise(
    hint="Make the two parameters in `__init__`, and use both of them in `forward`.",
    run=_run_linear,
    solution=_MyLinear,
    mistakes={
        "super().__init__() is missing; call it first, it makes the list in which parameters are kept.":
            _WithoutInit,
        "A plain tensor is not learned: wrap both, weight and bias, in nn.Parameter.": _PlainTensors,
        "The weight is a plain tensor, so the optimizer never sees it: wrap it in nn.Parameter.":
            _PlainWeight,
        "There is no bias: y = ax is not enough, the exercise wants y = ax + b.": _WithoutBias,
        "Your weight has shape (n_out, n_in), as torch stores it; make it (n_in, n_out), for x @ weight.":
            _Transposed,
        "The bias is there but forward does not add it.": _BiasNotUsed,
        "The method forward is missing (or misspelt); PyTorch calls it when you call the layer.":
            _WithoutForward,
        "All weights start alike: make them random, with torch.randn divided by the number of inputs.": _ZeroWeights,
    },
)


def _error_rate(predictions, y):
    return 1 - (predictions.argmax(dim=1) == y).float().mean().item()


def _accuracy(predictions, y):
    return (predictions.argmax(dim=1) == y).float().mean().item()


def _count(predictions, y):
    return (predictions.argmax(dim=1) != y).sum().item()


def _largest_not_index(predictions, y):
    return (predictions.max(dim=1).values != y).float().mean().item()


def _numbers_subtracted(predictions, y):
    return (predictions.argmax(dim=1) - y).abs().float().mean().item()


def _wrong_axis(predictions, y):
    return (predictions.argmax(dim=0) != y).float().mean().item()


def _run_error_rate(answer):
    "As many images as classes, so that an argmax along the wrong axis gives a number too."
    predictions = tensor([[5.0, 1.0, 0.0, 2.0, 1.0], [0.0, 6.0, 1.0, 1.0, 3.0], [0.0, 1.0, 2.0, 8.0, 0.0],
                          [2.0, 9.0, 1.0, 0.0, 1.0], [1.0, 0.0, 3.0, 1.0, 7.0]])
    y = tensor([0, 1, 3, 4, 1])
    return [float(answer(predictions[:n], y[:n])) for n in (5, 2, 4)]


error_rate = Exercise(
    hint="From each row make a class, and compare it with the label before you take a mean.",
    run=_run_error_rate,
    solution=_error_rate,
    mistakes={
        "That is the accuracy; the error rate is one minus it.": _accuracy,
        "You counted the errors; a rate is a share, so divide by the number of items.": _count,
        "You compared the largest value with the label; argmax gives its index.": _largest_not_index,
        "You measured how far apart the digits are; a class is right or wrong, nothing in between.":
            _numbers_subtracted,
        "argmax ran along the images; run it along the classes, dim=1.": _wrong_axis,
    },
)
