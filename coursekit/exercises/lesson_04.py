"""Exercises of lesson 04: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import nn, tensor
from torch.nn.functional import cross_entropy, relu

from coursekit.callbacks import Callback
from coursekit.learner import Learner
from coursekit.lesson import Exercise
from coursekit.loaders import Loaders, TensorLoader

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


class _WithoutBend(_RawNet):
    def forward(self, x):
        return (x @ self.w1 + self.b1) @ self.w2 + self.b2


class _BendAtTheEnd(_RawNet):
    def forward(self, x):
        return relu(relu(x @ self.w1 + self.b1) @ self.w2 + self.b2)


class _BendBeforeBias(_RawNet):
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
        "Where all weights are the same, all hidden units stay alike for ever: start from random numbers.": _AllZeros,
        "The weights start too large: divide the random numbers by the number of inputs of their layer.": _NotDivided,
        "The biases should start at zero; only the weights are random.": _RandomBiases,
        "There is no bend between the matrices, so this is logistic regression.": _WithoutBend,
        "One ReLU too many: scores may be negative, so leave the last layer as it is.": _BendAtTheEnd,
        "The bias belongs to the affine layer: add b1 before the ReLU.": _BendBeforeBias,
        "Give raw scores: the loss does the softmax.": _WithSoftmax,
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


def _momentum_step(parameters, velocities, lr, momentum=0.9):
    with torch.no_grad():
        for parameter, velocity in zip(parameters, velocities, strict=True):
            velocity.mul_(momentum).add_(parameter.grad)
            parameter.sub_(lr * velocity)
            parameter.grad.zero_()


def _rebound(parameters, velocities, lr, momentum=0.9):
    with torch.no_grad():
        for parameter, velocity in zip(parameters, velocities, strict=True):
            velocity = momentum * velocity + parameter.grad
            parameter.sub_(lr * velocity)
            parameter.grad.zero_()


def _averaged(parameters, velocities, lr, momentum=0.9):
    with torch.no_grad():
        for parameter, velocity in zip(parameters, velocities, strict=True):
            velocity.mul_(momentum).add_((1 - momentum) * parameter.grad)
            parameter.sub_(lr * velocity)
            parameter.grad.zero_()


def _gradients_kept(parameters, velocities, lr, momentum=0.9):
    with torch.no_grad():
        for parameter, velocity in zip(parameters, velocities, strict=True):
            velocity.mul_(momentum).add_(parameter.grad)
            parameter.sub_(lr * velocity)


def _late(parameters, velocities, lr, momentum=0.9):
    with torch.no_grad():
        for parameter, velocity in zip(parameters, velocities, strict=True):
            parameter.sub_(lr * velocity)
            velocity.mul_(momentum).add_(parameter.grad)
            parameter.grad.zero_()


def _tracked(parameters, velocities, lr, momentum=0.9):
    for parameter, velocity in zip(parameters, velocities, strict=True):
        velocity.mul_(momentum).add_(parameter.grad)
        parameter.sub_(lr * velocity)
        parameter.grad.zero_()


def _uphill(parameters, velocities, lr, momentum=0.9):
    with torch.no_grad():
        for parameter, velocity in zip(parameters, velocities, strict=True):
            velocity.mul_(momentum).add_(parameter.grad)
            parameter.add_(lr * velocity)
            parameter.grad.zero_()


def _five_steps(answer, lr, *momentum):
    "Five steps of a tiny classifier; its parameters at the end."
    model = nn.Linear(3, 2)
    with torch.no_grad():
        model.weight.copy_(tensor([[0.5, -1.0, 0.2], [-0.3, 0.8, 1.0]]))
        model.bias.zero_()
    x, y = tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 1.0], [2.0, 1.0, 0.0]]), tensor([0, 1, 1])
    parameters = list(model.parameters())
    velocities = [torch.zeros_like(parameter) for parameter in parameters]
    for _ in range(5):
        cross_entropy(model(x), y).backward()
        answer(parameters, velocities, lr, *momentum)
    return [parameter.detach() for parameter in parameters]


momentum_step = Exercise(
    hint="Print a velocity before and after a call: is it still the tensor in the list?",
    run=lambda answer: [_five_steps(answer, *rates) for rates in ((0.2,), (0.05,), (0.1, 0.5))],
    solution=_momentum_step,
    mistakes={
        "That is plain SGD. If you wrote `velocity = ...`, you made a new tensor and the list kept the old one: "
        "change it in place.": _rebound,
        "You took a tenth of the gradient, as the lecture's sheet does; PyTorch's form adds all of it.": _averaged,
        "The gradients are not emptied, so the next backward() adds to them.": _gradients_kept,
        "You move before the velocity knows the new gradient: update the velocity first.": _late,
        "Changing a parameter is no part of the function to differentiate: do it under torch.no_grad().": _tracked,
        "You walk uphill: subtract.": _uphill,
    },
)

after_zero_grad = Exercise(
    hint="In the source look for the parameter `set_to_none`: its default, and what happens then.",
    run=str,
    solution="None",
    mistakes={
        "That is what p.grad.zero_() does. Look at the default of set_to_none.": "zeros",
        "It does something to every gradient: look at the loop over the parameters.": "unchanged",
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
