"""Exercises of lesson 16: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import nn

from coursekit.lesson import Exercise


def _run_batch(answer):
    image = torch.arange(2 * 3 * 3, dtype=torch.uint8).reshape(2, 3, 3) * 14
    batch = answer(image, torch.device("cpu"))
    return {"dtype": str(batch.dtype), "device": str(batch.device), "values": batch,
            "device asked for": str(answer(image, torch.device("meta")).device)}  # one that every machine has


def _floats(image):
    "Channels first, from 0 to 1."
    return image.permute(2, 0, 1).float() / 255


batch_of_one = Exercise(
    hint="Four things change: the order of the axes, the type, the range, and the number of axes.",
    run=_run_batch,
    solution=lambda image, device: _floats(image).unsqueeze(0).to(device),
    mistakes={
        "The axis of the batch is missing: a net takes (1, 3, height, width).":
            lambda image, device: _floats(image).to(device),
        "The channels come last; a net takes them first: permute(2, 0, 1).":
            lambda image, device: (image.float() / 255).unsqueeze(0).to(device),
        "The axes were given new lengths by reshape or view, which mixes pixels up: move them with permute.":
            lambda image, device: (image.float() / 255).reshape(1, 3, *image.shape[:2]).to(device),
        "Height and width are exchanged: permute(2, 0, 1) keeps their order.":
            lambda image, device: (image.permute(2, 1, 0).float() / 255).unsqueeze(0).to(device),
        "The numbers still go to 255; divide by 255.":
            lambda image, device: image.permute(2, 0, 1).float().unsqueeze(0).to(device),
        "These are still bytes: a net computes with floats from 0 to 1.":
            lambda image, device: image.permute(2, 0, 1).unsqueeze(0).to(device),
    },
    praise="Correct: channels first, floats from 0 to 1, one more axis, on the device.",
)


def _run_means(answer):
    output = torch.rand(2, 5, 3, 4, generator=torch.Generator().manual_seed(0))
    return [list(answer(images)) for images in (output, output[:1], output[:, :2])]


two_means = Exercise(
    hint="Which axes are space, and which is channels, when a batch stands in front?",
    run=_run_means,
    solution=lambda output: (output.mean(dim=(2, 3)), output.mean(dim=1)),
    mistakes={
        "The two are exchanged: pooling keeps the channels, the heatmap keeps the places.":
            lambda output: (output.mean(dim=1), output.mean(dim=(2, 3))),
        "That heatmap is an average over the batch: with a batch in front, the channels are axis 1.":
            lambda output: (output.mean(dim=(2, 3)), output.mean(dim=0)),
        "Only one axis of space was averaged; height and width both go.":
            lambda output: (output.mean(dim=3), output.mean(dim=1)),
        "Those are sums; divide by the number of things added, or take the mean.":
            lambda output: (output.sum(dim=(2, 3)), output.sum(dim=1)),
        "That is max pooling and the maximum over channels; here both are means.":
            lambda output: (output.amax(dim=(2, 3)), output.amax(dim=1)),
    },
    praise="Correct: axes 2 and 3 are space, axis 1 the channels.",
)


def _stretch(maps, floor=1e-12):
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp_min(floor)


def _run_stretch(answer):
    maps = torch.tensor([[[1.0, 2.0], [3.0, 5.0]], [[10.0, 10.0], [10.0, 10.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    return [answer(some) for some in (maps, maps[:1], maps[:, :1].mT.contiguous())]


stretch = Exercise(
    hint="The smallest and the largest value are needed for each map, with axes that line up.",
    run=_run_stretch,
    solution=_stretch,
    mistakes={
        "A map that is the same everywhere becomes nan, zero by zero: keep the divisor above zero.":
            lambda maps: _stretch(maps, floor=0.0),
        "Smallest and largest value are those of all maps together; each map has its own.":
            lambda maps: (maps - maps.min()) / (maps.max() - maps.min()),
        "The largest value is 1, but the smallest is not 0: subtract it before you divide.":
            lambda maps: maps / maps.amax(dim=(1, 2), keepdim=True),
        "The smallest value is subtracted, and the divisor is still the largest: divide by their difference.":
            lambda maps: (maps - maps.amin(dim=(1, 2), keepdim=True)) / maps.amax(dim=(1, 2), keepdim=True),
        "Softmax makes a map's sum 1; here its largest value is to be 1.":
            lambda maps: maps.flatten(1).softmax(dim=1).reshape(maps.shape),
    },
    praise="Correct, and a flat map does no harm.",
)


def _run_cam(answer):
    random = torch.Generator().manual_seed(1)
    output, gradient = torch.rand(4, 3, 3, generator=random), torch.randn(4, 3, 3, generator=random)
    return answer(output, gradient + torch.tensor([1.0, -1.6, 0.3, -0.6])[:, None, None])


def _cam(output, weights):
    "The channels summed with weights."
    return (weights[:, None, None] * output).sum(dim=0)


cam_by_hand = Exercise(
    hint="Each channel gets one number from its gradient; the rest is a weighted sum.",
    run=_run_cam,
    solution=lambda output, gradient: _cam(output, gradient.mean(dim=(1, 2))).relu(),
    mistakes={
        "The product comes after the mean: a channel has one weight, the mean of its gradient.":
            lambda output, gradient: (gradient * output).sum(dim=0).relu(),
        "What speaks against the class is still in it: nothing below zero at the end.":
            lambda output, gradient: _cam(output, gradient.mean(dim=(1, 2))),
        "The zero comes after the sum: channels that speak against the class count too.":
            lambda output, gradient: _cam(output, gradient.mean(dim=(1, 2)).relu()),
        "The sign of the weights matters: no absolute value.":
            lambda output, gradient: _cam(output, gradient.mean(dim=(1, 2)).abs()),
        "The weights are sums of the gradient; take the mean over the places.":
            lambda output, gradient: _cam(output, gradient.sum(dim=(1, 2))).relu(),
        "That is the mean over the channels; Grad-CAM adds them up.":
            lambda output, gradient: _cam(output, gradient.mean(dim=(1, 2))).relu() / len(output),
    },
    praise="Correct: weights from the gradient, the channels added up, nothing below zero.",
)


class _Fails(nn.Module):
    """A layer that always fails."""

    def forward(self, x):
        """Raises RuntimeError."""
        raise RuntimeError("on purpose")


def _run_shapes(answer):
    "The shapes, and how many of the net's and a failing net's layers still call hooks afterwards."
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), nn.Flatten())
    failing = nn.Sequential(nn.ReLU(), _Fails())
    found = answer(net, torch.zeros(2, 3, 8, 8))
    try:
        answer(failing, torch.zeros(1))
    except RuntimeError as error:
        if str(error) != "on purpose":
            raise
    left = [sum(bool(module._forward_hooks) for module in some.modules()) for some in (net, failing)]
    return [[tuple(shape) for shape in found], left]


def _shapes(layers, remove):
    "An answer with hooks on `layers(net)`, removed never, at the end, or whatever happens."
    def answer(net, x):
        found = []
        handles = [layer.register_forward_hook(lambda module, inputs, output: found.append(tuple(output.shape)))
                   for layer in layers(net)]
        try:
            net(x)
        except RuntimeError:
            if remove != "always":
                handles = []
            raise
        finally:
            for handle in handles if remove != "never" else []:
                handle.remove()
        return found
    return answer


def _inputs(net, x):
    "The shapes of what goes in."
    found = []
    for layer in net.children():
        found.append(tuple(x.shape))
        x = layer(x)
    return found


output_shapes = Exercise(
    hint="What must happen whether the net fails or not belongs into `finally`.",
    run=_run_shapes,
    solution=_shapes(lambda net: net.children(), "always"),
    mistakes={
        "The shapes are right, but the hooks are still there: remove every handle.":
            _shapes(lambda net: net.children(), "never"),
        "When the net fails, the hooks stay: remove them in a finally block, or use a with block.":
            _shapes(lambda net: net.children(), "at the end"),
        "Those are all modules, also the net itself and parts of its parts; only its children are wanted.":
            _shapes(lambda net: net.modules(), "always"),
        "Those are the shapes of what goes into each child, not of what comes out.": _inputs,
    },
    praise="Correct, and no hook is left, not even after an error.",
)
