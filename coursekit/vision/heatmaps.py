"""Where a net looks: the heatmap of its body's output, and Grad-CAM for one class.

Sources: lesson 6 (heatmap from the hooked body); Selvaraju and others, Grad-CAM, 2017.
"""

import torch
from torch.nn import functional as F

from coursekit.hooks import Activations, Gradients
from coursekit.plots import figure, show
from coursekit.states import evaluating


@torch.no_grad()
def heatmap(model, x, layer=None):
    """How strongly `layer`, by default `model.body`, answers at each place of `x`, one image (1, 3, h, w).

    The mean of its output over the channels, nothing below zero: (height, width) of the output.
    """
    with Activations(layer or model.body) as kept:
        _evaluate(model, x)
    return kept.stored[0].mean(dim=0).relu().cpu()


def grad_cam(model, x, wanted=None, layer=None):
    """Which places of one image speak for class `wanted`, a number, by default the predicted one.

    The channels of `layer`, by default `model.body`, are summed with weights: a channel's weight is the mean
    over all places of the derivative of the class's output by it. Nothing below zero.
    """
    layer = layer or model.body
    x = x.detach().clone().requires_grad_()  # so that gradients reach a frozen layer too
    with torch.enable_grad(), Activations(layer) as output, Gradients(layer) as gradient:
        scores = _evaluate(model, x)
        wanted = scores.argmax().item() if wanted is None else wanted
        torch.autograd.grad(scores[0, wanted], x)  # the model's own gradients stay as they are
    weights = gradient.stored[0].mean(dim=(1, 2))  # (channels,)
    return (weights[:, None, None] * output.stored[0]).sum(dim=0).relu().cpu()


def peak(values, height, width):
    """Row and column where a heatmap, enlarged to an image of `height` x `width` pixels, is largest."""
    enlarged = F.interpolate(values[None, None].float(), (height, width), mode="bilinear")[0, 0]
    return divmod(enlarged.argmax().item(), width)


def show_heatmap(image, values, title="", alt=None):
    """Draw a heatmap over its image, (3, height, width) from 0 to 1."""
    height, width = image.shape[1:]
    row, column = peak(values, height, width)
    fig, ax = figure(width=4, height=4)
    ax.imshow(image.detach().cpu().permute(1, 2, 0).clamp(0, 1).numpy())
    ax.imshow(values.numpy(), alpha=0.6, extent=(0, width, height, 0), interpolation="bilinear", cmap="magma")
    ax.set_title(title)
    ax.axis("off")
    where = f"brightest {row / height:.0%} from the top and {column / width:.0%} from the left"
    show(fig, alt or f"{title or 'Heatmap over its image'}: {where}.")


def _evaluate(model, x):
    "The output of `model` for one image in evaluation mode; the image and the mode of every part stay."
    if len(x) != 1:
        raise ValueError(f"Expected one image, (1, 3, height, width), found {tuple(x.shape)}: take x[:1].")
    with evaluating(model):
        return model(x.clone())  # a first layer may work in place
