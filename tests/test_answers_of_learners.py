"""Answers that learners gave or may give: right ones that were once refused, wrong ones that once passed."""

import io
import math
import random
import re

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from test_exercises import FOLDER, load
from torch import nn, tensor

from coursekit.callbacks import Callback


class StopsEarly(Callback):
    """Stops right after the loss is known, and counts anew in each fit."""

    def __init__(self, limit):
        self.limit = limit

    def before_fit(self, learn):
        self.done = False

    def after_loss(self, learn):
        if learn.training and not self.done and learn.loss < self.limit:
            self.done = learn.stop = True


class StopsBackwards(StopsEarly):
    """Stops once the gradients are known."""

    def after_loss(self, learn):
        pass

    def after_backward(self, learn):
        if learn.loss < self.limit:
            learn.stop = True


class Silent(Callback):
    """A callback that never does anything."""

    def __init__(self, limit):
        pass


class NoCallback:
    """Has the right method, and is no callback."""

    def __init__(self, limit):
        self.limit = limit

    def after_batch(self, learn):
        if learn.training and learn.loss < self.limit:
            learn.stop = True


class BiasInARow(nn.Module):
    """A linear layer whose bias has an axis too many."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(n_in, n_out) / n_in), nn.Parameter(torch.zeros(1, n_out))

    def forward(self, x):
        return x @ self.weight + self.bias


class ZeroWeights(nn.Module):
    """A linear layer that starts with zeros."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(n_in, n_out)), nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return x @ self.weight + self.bias


class RawNet(nn.Module):
    """A net whose start is given by functions of a shape."""

    weights, biases = staticmethod(torch.randn), staticmethod(torch.zeros)

    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1, self.b1 = nn.Parameter(self.weights(n_in, n_hidden)), nn.Parameter(self.biases(n_hidden))
        self.w2, self.b2 = nn.Parameter(self.weights(n_hidden, n_out)), nn.Parameter(self.biases(n_out))

    def forward(self, x):
        return F.relu(x @ self.w1 + self.b1) @ self.w2 + self.b2


class RandomBiases(RawNet):
    """Weights as they should be, and biases that do not start at zero."""

    weights, biases = staticmethod(lambda *shape: torch.randn(shape) / shape[0]), staticmethod(torch.randn)


class ConstantWeights(RawNet):
    """All weights the same, and not zero."""

    weights = staticmethod(lambda *shape: torch.full(shape, 0.1))


class Head(nn.Module):
    """The right head, its members defined in another order."""

    def __init__(self, n_channels, n_classes):
        super().__init__()
        self.first, self.last = nn.Linear(2 * n_channels, 512), nn.Linear(512, n_classes)
        self.norm, self.norm2 = nn.BatchNorm1d(2 * n_channels), nn.BatchNorm1d(512)
        self.quarter, self.most = nn.Dropout(0.25), nn.Dropout(0.5)

    def forward(self, x):
        x = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        return self.last(self.most(self.norm2(F.relu(self.first(self.quarter(self.norm(x)))))))


class HeadWithFunctions(Head):
    """The right head, its dropouts as functions."""

    def forward(self, x):
        x = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        x = F.relu(self.first(F.dropout(self.norm(x), 0.25, self.training)))
        return self.last(F.dropout(self.norm2(x), 0.5, self.training))


class HeadWithoutDropout(Head):
    """Both dropouts are there, and never used."""

    def forward(self, x):
        x = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        return self.last(self.norm2(F.relu(self.first(self.norm(x)))))


class HeadWithDropoutsTogether(Head):
    """Both dropouts in front of the second norm."""

    def forward(self, x):
        x = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        return self.last(self.norm2(self.most(self.quarter(F.relu(self.first(self.norm(x)))))))


class LockedSlots:
    """Slots with a lock of its own."""

    def __init__(self, n):
        from threading import Lock

        self.lock, self.free = Lock(), n

    def work(self, job):
        with self.lock:
            if self.free == 0:
                return "full"
            self.free -= 1
        try:
            return job()
        finally:
            with self.lock:
                self.free += 1


class UnlockedSlots(LockedSlots):
    """The same without the lock."""

    def work(self, job):
        if self.free == 0:
            return "full"
        self.free -= 1
        try:
            return job()
        finally:
            self.free += 1


class SilentSlots(LockedSlots):
    """A failure does not reach the caller."""

    def work(self, job):
        try:
            return super().work(job)
        except Exception:  # noqa: BLE001 - the mistake itself
            return "failed"


class OwnRNN(nn.RNN):
    """PyTorch's, renamed."""


class StatesOnly(nn.Module):
    """An RNN that forgets to give the last state, or gives what `results` makes of both."""

    results = staticmethod(lambda states, last: torch.stack(states))
    bend = staticmethod(torch.tanh)

    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.zeros(n_hidden, n_in))
        self.weight_hh_l0 = nn.Parameter(torch.zeros(n_hidden, n_hidden))
        self.bias_ih_l0, self.bias_hh_l0 = (nn.Parameter(torch.zeros(n_hidden)) for _ in range(2))

    def forward(self, x):
        h, states = x.new_zeros(x.shape[1], len(self.bias_ih_l0)), []
        for step in x:
            h = self.bend(step @ self.weight_ih_l0.T + self.bias_ih_l0 + h @ self.weight_hh_l0.T + self.bias_hh_l0)
            states.append(h)
        return self.results(states, h)


class ListOfStates(StatesOnly):
    """States in a list, not stacked."""

    results = staticmethod(lambda states, last: (states, last[None]))


class LastWithoutAxis(StatesOnly):
    """The last state lacks its axis."""

    results = staticmethod(lambda states, last: (torch.stack(states), last))


class Sigmoid(StatesOnly):
    """A sigmoid in place of tanh."""

    results, bend = staticmethod(lambda states, last: (torch.stack(states), last[None])), staticmethod(torch.sigmoid)


def usable(content, smallest=32, work=lambda image: image.load()):
    """Whether an image is whole and large enough."""
    try:
        image = Image.open(io.BytesIO(content))
        work(image)
    except (OSError, SyntaxError):
        return False
    return min(image.size) >= smallest


def downwards(image, resample):
    """The hash from top to bottom with one of Pillow's filters."""
    grey = np.asarray(image.convert("L").resize((8, 9), resample)).astype(int)
    return grey[1:] > grey[:-1]


def proposals(probabilities, labels, order):
    """Pairs (index, class) of the images whose label is not the likeliest class, in an order."""
    best, guess = probabilities.max(dim=1)
    return [(int(i), int(guess[i])) for i in order(best) if guess[i] != labels[i]]


def chosen(errors, middle, spread):
    """The smallest size within `spread` of the best, by a mean or a median."""
    means = {size: middle(values) for size, values in errors.items()}
    best = min(means, key=means.get)
    return min(size for size in errors if means[size] <= means[best] + spread(errors, best))


def standard_error(errors, best):
    """The standard error of the best size."""
    return np.std(errors[best], ddof=1) / len(errors[best]) ** 0.5


def newest(days, distances):
    """The largest distance, whatever its year."""
    return days.merge(distances.groupby("Store", as_index=False)["Distance"].max(), on="Store", how="left")


def trained(stars, filled, people, films, lr, steps):
    people, films = (factors.clone().requires_grad_() for factors in (people, films))
    optimizer = torch.optim.SGD([people, films], lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss((people @ films.T)[filled], stars[filled]).backward()
        optimizer.step()
    return (people @ films.T).detach()


def zeroed(weight, ids, gradient):
    """The right gradient, in the place of the weights."""
    return weight.zero_().index_add_(0, ids, gradient)


def oversampled(kind):
    """The folded solution, its result as another kind."""
    def answer(answers):
        most, parts = answers.bincount().max(), []
        for number in answers.unique():
            of_class = (answers == number).nonzero()[:, 0]
            parts.append(of_class.repeat(math.ceil(most / len(of_class)))[:most])
        return kind(torch.cat(parts))
    return answer


def largest_jump(x, y):
    """Cuts where neighbours differ most."""
    order = np.argsort(x)
    i = np.argmax(np.abs(np.diff(y[order])))
    return x[order][i:i + 2].mean()


def cut(cost):
    """The cut halfway between neighbours with the smallest cost(left, right)."""
    def answer(x, y):
        places = np.unique(x)
        return min((places[:-1] + places[1:]) / 2, key=lambda at: cost(y[x <= at], y[x > at]))
    return answer


def masked(said, drawn):
    """Out of bag, with a masked array."""
    return np.ma.array(said, mask=drawn).mean(axis=0).data


def reasons_and_bias(asked, shares):
    """The reasons, and one more key."""
    moved = dict.fromkeys(asked, 0.0)
    for column, before, after in zip(asked, shares, shares[1:], strict=False):
        moved[column] += after - before
    return moved | {"bias": shares[0]}


def softmaxed(kind):
    """A softmax that does not overflow, as another kind."""
    return lambda x: kind(torch.softmax(x, dim=1))


def streams_first(codes, n_streams, length, rest=False):
    """Streams first, then pieces: what is left out stands at the end of each stream."""
    n = (len(codes) - 1) // n_streams
    return [piece for piece in codes[:n_streams * n].view(n_streams, n).split(length, dim=1)
            if rest or piece.shape[1] == length]


def two_halves(x, rows, columns, side):
    """Cuts the square out of the red channel alone."""
    x = x.clone()
    for i, (row, column) in enumerate(zip(rows, columns, strict=True)):
        x[i, 0, row:row + side, column:column + side] = 0.5
    return x


DIAGNOSES = {"A": "Rate too low", "B": "Nothing", "C": "Too many epochs", "D": "Rate too high", "E": "Too few images"}
FLIPS = {"fields seen from a satellite": "All eight", "pets": "Mirror", "handwritten digits": "Neither",
         "cells under a microscope": "all eight", "signs that say turn left or turn right": "neither"}

ACCEPTED = [
    ("02", "sum_shapes", "None", [(64, 10), None, (64, 10), (5, 3, 4)]),
    ("02", "sum_shapes", "False", [(64, 10), False, (64, 10), (5, 3, 4)]),
    ("02", "sum_shapes", "a capital", [(64, 10), "No", (64, 10), (5, 3, 4)]),
    ("03", "softmax", "rows in a list", softmaxed(torch.Tensor.tolist)),
    ("03", "softmax", "NumPy", softmaxed(torch.Tensor.numpy)),
    ("03", "softmax", "double", softmaxed(torch.Tensor.double)),
    ("03", "own_cross_entropy", "shape (1,)", lambda logs, y: -logs.gather(1, y[:, None]).mean(0)),
    ("03", "own_cross_entropy", "of log-probabilities, which survive a second softmax", F.cross_entropy),
    ("04", "alike", "small letters in a list", ["b", "a"]),
    ("04", "item_mean", "NumPy", lambda sizes, means: np.average(means, weights=sizes)),
    ("04", "stop_below", "after_loss, and a state of its own", StopsEarly),
    ("04", "stop_below", "after_backward", StopsBackwards),
    ("05", "first_step", "downhill", (-0.5, -1)),
    ("05", "unimpressed", "PyTorch's spelling", {"RMSprop", "adam"}),
    ("05", "velocity_formula", "a leading =", "=beta*above.J + de_db"),
    ("07", "prediction_formula", "a leading =", "=SUM(column.product)+person_bias+film_bias"),
    ("07", "prediction_formula", "one SUM of all", "SUM(column.product, person_bias, film_bias)"),
    ("07", "prediction_formula", "SUMPRODUCT",
     "=SUMPRODUCT(column.person, column.film) + person_bias + film_bias"),
    ("07", "rmse_of_filled", "masked and divided by their number", lambda predictions, stars, filled: (
        ((predictions - stars) * filled).square().sum() / filled.sum()).sqrt()),
    ("07", "train_factors", "autograd", trained),
    ("07", "prediction_formula", "small letters", "sum(column.product) + person_bias + film_bias"),
    ("12", "hash_downwards", "LANCZOS, as asked for", lambda image: downwards(image, Image.Resampling.LANCZOS)),
    ("13a", "own_head", "another order of members", Head),
    ("13a", "own_head", "dropout as a function", HeadWithFunctions),
    ("13b", "oversample", "a list", oversampled(torch.Tensor.tolist)),
    ("13b", "oversample", "NumPy", oversampled(torch.Tensor.numpy)),
    ("13b", "diagnoses", "capitals", DIAGNOSES),
    ("15", "suits", "capitals", FLIPS),
    ("15", "shift", "NumPy", lambda across, down: np.array([[[1, 0, -2 * across], [0, 1, -2 * down], [0, 0, 1]]])),
    ("15", "shift", "nested lists", lambda across, down: [[[1, 0, -2 * across], [0, 1, -2 * down], [0, 0, 1]]]),
    ("15", "shift", "no axis of the batch", lambda across, down: tensor(
        [[1, 0, -2 * across], [0, 1, -2 * down], [0, 0, 1]])),
    ("17", "slots", "a lock", LockedSlots),
    ("18a", "own_rnn", "a list of states", ListOfStates),
    ("19", "out_of_bag", "a masked array", masked),
]

REFUSED = [  # and what the reply must say
    ("02", "matmul", "@", lambda a, b: a @ b, "torch's own product"),
    ("02", "matmul", "einsum", lambda a, b: torch.einsum("ij,jk->ik", a, b), "torch's own product"),
    ("02", "matmul", "mm of a part", lambda a, b: torch.stack([row @ b for row in a]), "torch's own product"),
    ("02", "normalize_channels", "the variance", lambda x: (x - x.mean((0, 2, 3), keepdim=True)) / x.var(
        (0, 2, 3), keepdim=True), "variance"),
    ("02", "normalize_channels", "per pixel", lambda x: (x - x.mean(0)) / x.std(0), ""),
    ("02", "pairwise_distances", "sum over axis 0", lambda a, b: ((a[:, None] - b[None]) ** 2).sum(0).sqrt(),
     "its shape is"),
    ("03", "argmax_shape", "no comma", 64, "comma"),
    ("03", "softmax", "maximum without keepdim", lambda x: (
        exponentials := (x - x.max(dim=1).values).exp()) / exponentials.sum(dim=1, keepdim=True), "maxima"),
    ("03", "softmax", "logarithms", lambda x: torch.log_softmax(x, dim=1), "logarithm"),
    ("03", "softmax", "sigmoid", torch.sigmoid, "sigmoid"),
    ("03", "my_linear", "a bias of two axes", BiasInARow, "bias"),
    ("03", "my_linear", "zeros", ZeroWeights, ""),
    ("03", "own_cross_entropy", "mean over all", lambda logs, y: -(F.one_hot(y, logs.shape[1]) * logs).mean(), ""),
    ("04", "n_parameters", "ten biases forgotten", 167_550, ""),
    ("04", "n_parameters", "a bias for each layer", 167_303, "Not yet: it is too small."),
    ("04", "raw_net", "not divided", RawNet, "start"),
    ("04", "raw_net", "random biases", RandomBiases, "bias"),
    ("04", "raw_net", "constant weights", ConstantWeights, "alike"),
    ("04", "merge", "the biases added", lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2), "goes through the second layer"),
    ("04", "item_mean", "a mean of means", lambda sizes, means: np.mean(means), "A mean of means"),
    ("04", "better_net", "zeros for all", lambda x: torch.zeros(len(x), 10), "guessing"),
    ("04", "better_net", "two logits", lambda x: x[:, :2], "Expected logits of shape (10000, 10)"),
    ("04", "stop_below", "no callback", NoCallback, "derive the class from Callback"),
    ("04", "stop_below", "silent", Silent, "never stopped"),
    ("04", "leaky_relu", "results exchanged", lambda x, gradient, slope=0.1: (
        gradient * torch.where(x > 0, 1.0, slope), x * torch.where(x > 0, 1.0, slope)), ""),
    ("05", "after_one_step", "without the rate", (14, 41), "2 of 2"),
    ("05", "velocity_formula", "0.9 typed in", "0.9*above.J + de_db", "use its name"),
    ("07", "lookup_gradient", "weights overwritten", zeroed, "your function changes weight"),
    ("07", "prediction_formula", "a dot product anew", "SUM(column.product, person_bias)", "film"),
    ("08", "choose_size", "std over the root of n - 1", lambda errors: chosen(
        errors, np.mean, lambda errors, best: np.std(errors[best], ddof=1) / (len(errors[best]) - 1) ** 0.5), ""),
    ("08", "choose_size", "medians", lambda errors: chosen(errors, np.median, standard_error), ""),
    ("08", "choose_size", "error over the sizes", lambda errors: chosen(errors, np.mean, lambda errors, best: np.std(
        [np.mean(values) for values in errors.values()], ddof=1) / len(errors) ** 0.5), ""),
    ("08", "film_bias_of", "a tuple", lambda ratings, mean, ridge: (1.0, 2.0), ""),
    ("09", "join_newest", "the largest distance", newest, ""),
    ("09", "after_promo", "nan", [np.nan, 0, 2, 0, 4, np.nan, 0, 1], "not nan"),
    ("10", "inputs_of_model", "nested", [[4, 17, 50], 74], "it has 2 parts, and it should have 4"),
    ("10", "categorify", "nan kept", lambda training, later: later.map(
        {level: i for i, level in enumerate(sorted(training.dropna().unique()), start=1)}), "nan"),
    ("12", "is_usable", "smallest not used", lambda content, smallest=32: usable(content), ""),
    ("12", "is_usable", "no try", lambda content, smallest=32: Image.open(io.BytesIO(content)).load() is not None,
     "False"),
    ("12", "hold_out", "int for round", lambda names, share, seed: random.Random(seed).sample(
        sorted(names), int(share * len(names))), ""),
    ("12", "propose", "by the probability", lambda probabilities, labels, n: proposals(
        probabilities, labels, lambda best: best.argsort(descending=True))[:n], ""),
    ("12", "propose", "places only", lambda probabilities, labels, n: [
        i for i, _ in proposals(probabilities, labels, lambda best: range(len(best)))][:n], "pairs"),
    ("13a", "own_head", "dropouts never used", HeadWithoutDropout, "no dropout is applied"),
    ("13a", "own_head", "dropouts together", HeadWithDropoutsTogether, "training"),
    ("13a", "balanced_error", "nan of the absent class", lambda confusion: float(
        1 - (np.diag(confusion) / np.maximum(confusion.sum(1), 1e-300) * np.where(confusion.sum(1), 1, np.nan)).mean()),
     "nan"),
    ("13a", "breed_in", "the lesson's own pattern", lambda name: re.fullmatch(r"(.+)_\d+\.jpg", name)[1], ""),
    ("13b", "diagnoses", "two wrong", DIAGNOSES | {"A": "nothing", "C": "nothing"}, "2 of 5 are wrong: 'A', 'C'"),
    ("13b", "diagnoses", "one open", DIAGNOSES | {"E": ...}, "Still open: E"),
    ("14", "diagonal", "zeros", torch.zeros(3, 3), "2 of 5 are wrong: 'own edge', 'straight edges'"),
    ("14", "diagonal", "5 x 5", torch.ones(5, 5), "(3, 3)"),
    ("15", "suits", "one open", FLIPS | {"pets": ...}, "Still open: pets"),
    ("15", "cutout", "red only", two_halves, "wrong"),
    ("17", "file_size", "of 1024 x 1024", 83.15, "million"),
    ("17", "slots", "failures kept", SilentSlots, "reach the caller"),
    ("17", "slots", "no lock", UnlockedSlots, "Two threads"),
    ("18a", "counts", "off by one", [14005, 18101], ""),
    ("18a", "counts", "a dict", {"LetterLoop": 1, "LetterConcat": 2}, "it should have 2 parts"),
    ("18a", "own_rnn", "PyTorch's own", OwnRNN, "nn.RNN itself"),
    ("18a", "own_rnn", "states only", StatesOnly, "two things"),
    ("18a", "own_rnn", "the last state lacks its axis", LastWithoutAxis, "axis of length one"),
    ("18a", "own_rnn", "a sigmoid", Sigmoid, "sigmoid"),
    ("18a", "runs_of", "unfold", lambda codes, length, stride: codes.unfold(0, length + 1, stride), "without `unfold`"),
    ("18a", "perplexity", "torch.exp", torch.exp, "math.exp"),
    ("18b", "gate_counts", "off by ten", [307_210, 230_390], ""),
    ("18b", "clip", "always to a length of one", lambda gradients, longest: [
        gradient / max(1, torch.cat([g.flatten() for g in gradients]).norm()) for gradient in gradients], ""),
    ("18b", "top_p", "one too many at a tie", lambda probabilities, p: (
        kept := torch.where(probabilities.sort(descending=True).values.cumsum(0)[
            (-probabilities).argsort().argsort()] - probabilities <= p, probabilities, 0)) / kept.sum(), ""),
    ("18b", "stream_batches", "the rest left out of each stream", streams_first, "end of the text"),
    ("18b", "stream_batches", "a short last batch", lambda *given: streams_first(*given, rest=True), "shorter"),
    ("19", "bootstrap_share", "per cent", 63.2, "between 0 and 1"),
    ("19", "bootstrap_share", "per cent as a text", "63.2 %", "a number"),
    ("19", "best_split", "the largest jump", largest_jump, ""),
    ("19", "best_split", "absolute deviations", cut(lambda left, right: sum(
        np.abs(side - side.mean()).sum() for side in (left, right))), "square"),
    ("19", "best_split", "one side only", cut(lambda left, right: ((left - left.mean()) ** 2).sum()), "both sides"),
    ("19", "reasons", "one key too many", reasons_and_bias, "'bias' is too much"),
    ("21", "three_rates", "a dict", lambda high, again: {"false alarms": 0.1, "misses": 0.2, "right": 0.3},
     "3 parts"),
    ("21", "alarms_of", "one number", lambda people, wanted, hit_rate, false_rate: 108.9, "2 parts"),
    ("21", "images_needed", "one too many", lambda error_rate: int(
        np.ceil(np.log(0.05) / np.log(1 - error_rate))) + 1, "it is too large"),
]

# A sentence that must not be said of an answer, as it is not true of it.
NEVER = {("04", "stop_below"): "an attribute of the callback", ("04", "n_parameters"): "forgot the biases",
         ("04", "raw_net"): "weights of zero", ("10", "categorify"): "order of appearance",
         ("19", "best_split"): "That is the worst cut", ("21", "images_needed"): "Three divided by"}


def exercise(lesson, name):
    """The exercise of a lesson."""
    return load(FOLDER / f"lesson_{lesson}.py", name)


def named(entries):
    """The entries as parameters with readable names."""
    return [pytest.param(*entry, id="-".join(entry[:3])) for entry in entries]


@pytest.mark.parametrize(("lesson", "name", "what", "answer"), named(ACCEPTED))
def test_a_right_answer_is_accepted(lesson, name, what, answer):
    assert exercise(lesson, name).diagnose(answer) == "correct"


@pytest.mark.parametrize(("lesson", "name", "what", "answer", "said"), named(REFUSED))
def test_a_wrong_answer_is_refused_for_its_own_reason(lesson, name, what, answer, said):
    reply = exercise(lesson, name).diagnose(answer)
    assert reply not in ("correct", "not attempted yet")
    assert said in reply
    assert NEVER.get((lesson, name), "\0") not in reply


def test_by_frequency_is_not_called_by_appearance():
    by_frequency = exercise("10", "categorify").diagnose(
        lambda training, later: [list(training.value_counts().index).index(value) + 1
                                 if value in set(training.dropna()) else 0 for value in later])
    assert "appearance" not in by_frequency and by_frequency != "correct"


def test_what_differs_is_seen_in_what_is_shown():
    reply = exercise("12", "hash_downwards").diagnose(lambda image: downwards(image, Image.Resampling.NEAREST))
    assert "values are wrong, the first at" in reply


@pytest.mark.parametrize("spoilt", [
    lambda days, logs: pd.DataFrame({"Id": days["Id"], "Sales": np.where(days["Open"] == 0, np.nan, np.exp(logs))}),
    lambda days, logs: days.assign(Sales=np.exp(logs)),
    lambda days, logs: pd.DataFrame({"Sales": np.exp(logs)}),
], ids=["closed days are nan", "columns too many", "no Id"])
def test_a_spoilt_submission_is_not_called_an_error_of_the_code(spoilt):
    reply = exercise("10", "submission").diagnose(spoilt)
    assert reply != "correct" and "Your code stopped" not in reply
