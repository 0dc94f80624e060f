"""Public signatures of the loop and of what builds learners say what they take and what they give."""

import importlib
import inspect

import pytest

MODULES = ["callbacks", "checkpoint", "collab", "device", "distributed", "errors", "hooks", "launch", "layers",
           "learner", "loaders", "metrics", "optimizers", "param_groups", "precision", "progress", "recorder",
           "schedules", "shares", "slips", "states", "text", "tabular.model", "tabular.rossmann", "vision.backbones",
           "vision.convnets", "vision.images"]
CREATES = ("__init__", "__init_subclass__", "__post_init__")  # what these give is no question


def is_public(name):
    """Whether a reader may use `name`, by itself or through the language."""
    return not name.startswith("_") or name.startswith("__")


def functions(thing, file):
    """(name, function) of what a module or class defines in `file`, properties and class methods included."""
    for name, value in vars(thing).items():
        value = inspect.unwrap(value.fget if isinstance(value, property) else getattr(value, "__func__", value))
        if inspect.isfunction(value) and is_public(name) and value.__code__.co_filename == file:
            yield f"{thing.__name__}.{name}", value


def signatures(module):
    """Those of the module's public functions and of the methods of its public classes."""
    yield from functions(module, module.__file__)
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            yield from functions(value, module.__file__)


def missing(name, function):
    """What the signature of `function` leaves open."""
    signature = inspect.signature(function)
    found = [parameter.name for i, parameter in enumerate(signature.parameters.values())
             if parameter.annotation is parameter.empty and not (i == 0 and parameter.name in ("self", "cls"))]
    if signature.return_annotation is signature.empty and not name.endswith(CREATES):
        found.append("return")
    return [f"{name}: {part}" for part in found]


def test_what_is_missing_is_noticed():
    class Example:
        def __len__(self):
            return 0

        def half(self, x: int, y) -> int:
            return x

    assert [part for pair in functions(Example, __file__) for part in missing(*pair)] == [
        "Example.__len__: return", "Example.half: y"]


@pytest.mark.parametrize("name", MODULES)
def test_public_signatures_are_complete(name):
    module = importlib.import_module(f"coursekit.{name}")
    assert not [part for pair in signatures(module) for part in missing(*pair)]
