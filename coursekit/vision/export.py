"""A trained classifier as one file, and back: weights and a description, nothing that could run code."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from coursekit.files import writing
from coursekit.layers import head
from coursekit.vision.backbones import pretrained_body
from coursekit.vision.convnets import ConvNet
from coursekit.vision.images import as_bytes, open_image

FORMAT, VERSION = "coursekit picture classifier", 1
FIELDS = {"classes": list, "size": int, "how": str, "body": str, "normalization": dict}


@dataclass(frozen=True)
class Exported:
    """A classifier ready to use: `model` in evaluation mode on the CPU, and what was written down with it.

    `classes` in the order of the model's outputs; images are `size` x `size` pixels, resized as `how` says;
    `normalization` holds the mean and std that the body takes pixels to.
    """

    model: nn.Module
    classes: list
    size: int
    how: str
    normalization: dict

    @torch.no_grad()
    def predict(self, file):
        """The probability of each class for an image file, most probable first, as a dict."""
        scores = self.model(self.to_batch(open_image(file)))[0].softmax(dim=0)
        return {self.classes[i]: scores[i].item() for i in scores.argsort(descending=True).tolist()}

    def to_batch(self, image):
        """A batch of one from an image of Pillow: float32 (1, 3, size, size), from 0 to 1."""
        return as_bytes(image, self.size, self.how)[None].float() / 255


def export(model, path, classes, size, how="crop"):
    """Write the `ConvNet` `model` and what its use needs to `path`, in one step.

    `classes` in the order of its outputs, `size` and `how` as the images were resized. Raises ValueError
    if the number of classes is not that of the outputs.
    """
    _check_classes(classes, _n_outputs(model.head))
    body = model.body
    description = {"format": FORMAT, "version": VERSION, "classes": list(classes), "size": size, "how": how,
                   "body": body.name, "normalization": {"mean": body.mean, "std": body.std}}
    weights = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    with writing(Path(path)) as partial:
        torch.save({"description": json.dumps(description), "weights": weights}, partial)


def load_exported(path, classes=None):
    """The classifier that `export` has written to `path`; nothing but tensors and text is read.

    Give `classes` to make sure that they are these, in this order. Raises ValueError if they are not, or if
    the file is damaged, of a later version, or something else.
    """
    described, weights = _read(path)
    if classes is not None and list(classes) != described["classes"]:
        raise _wrong(path, f"the classes {list(classes)}", described["classes"], "take the file's")
    body = pretrained_body(described["body"], pretrained=False)
    if described["normalization"] != {"mean": list(body.mean), "std": list(body.std)}:
        raise _wrong(path, f"the normalization of {body.name}", "another")
    model = ConvNet(body, _empty_head(weights, path))
    _check_classes(described["classes"], _n_outputs(model.head))
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise _wrong(path, f"the weights of {body.name} with a head", "others") from error
    return Exported(model.eval(), *(described[name] for name in ("classes", "size", "how", "normalization")))


def _read(path):
    "Description and weights in the file at `path`; refuses what is no export of this version."
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged or foreign file can make the reader fail in any way
        raise _wrong(path, "an exported classifier", "something unreadable") from error
    try:
        described, weights = json.loads(content["description"]), content["weights"]
        good = described["format"] == FORMAT and isinstance(weights, dict)
    except (TypeError, KeyError, ValueError, IndexError):
        good = False
    if not good:
        raise _wrong(path, "an exported classifier", "something else", "write it with export()")
    if described["version"] != VERSION:
        raise _wrong(path, f"version {VERSION}", described["version"], "export again, or update coursekit")
    for name, kind in FIELDS.items():
        if not isinstance(described.get(name), kind):
            raise _wrong(path, f"{name} in the description", repr(described.get(name)))
    return described, weights


def _wrong(path, expected, found, remedy="export the model again"):
    return ValueError(f"Expected {expected}, found {found} in {path}: {remedy}.")


def _empty_head(weights, path):
    "A new head with as many inputs and outputs as the linear layers among `weights` have."
    shapes = [value.shape for name, value in weights.items() if name.startswith("head.") and value.ndim == 2]
    if len(shapes) != 2:
        raise _wrong(path, "a head of two linear layers", len(shapes), "export a model with coursekit's head")
    (_, n_pooled), (n_classes, _) = shapes
    return head(n_pooled // 2, n_classes)


def _n_outputs(module):
    "How many numbers the last linear layer of `module` gives."
    return [layer for layer in module.modules() if isinstance(layer, nn.Linear)][-1].out_features


def _check_classes(classes, n_outputs):
    "Refuse another number of classes than the model has outputs, and a class that comes twice."
    if len(classes) != n_outputs or len(set(classes)) != len(classes):
        raise ValueError(f"Expected {n_outputs} different classes, one for each output of the model, found "
                         f"{len(set(classes))} in {len(classes)}: give them in the order of training.")
