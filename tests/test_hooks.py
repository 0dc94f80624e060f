"""Hooks keep what passes, and go."""

import gc
import weakref

import pytest
import torch
from torch import nn

from coursekit.hooks import Activations, Gradients


@pytest.fixture
def model():
    """Two linear layers and a ReLU."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def n_hooks(module):
    """How many hooks of any kind `module` carries."""
    return len(module._forward_hooks) + len(module._backward_hooks)


def test_activations_are_the_modules_output(model):
    x = torch.rand(5, 3)
    with Activations(model[1]) as kept:
        assert kept.stored is None
        model(x)
    assert torch.equal(kept.stored, model[1](model[0](x))) and not kept.stored.requires_grad


def test_gradients_are_those_of_the_output(model):
    x = torch.rand(5, 3)
    with Gradients(model[1]) as kept:
        model(x)[:, 1].sum().backward()
    assert torch.equal(kept.stored, model[2].weight[1].expand(5, 4)) and not kept.stored.requires_grad


def test_gradients_of_a_frozen_module(model):
    model.requires_grad_(False)
    with Gradients(model[1]) as kept:
        model(torch.rand(5, 3))[:, 0].sum().backward()
    assert torch.equal(kept.stored, model[2].weight[0].expand(5, 4))


@pytest.mark.parametrize("kind", [Activations, Gradients])
def test_hooks_remove_themselves(model, kind):
    with kind(model[1]) as kept:
        assert n_hooks(model[1]) == 1
    assert n_hooks(model[1]) == 0
    model(torch.rand(5, 3)).sum().backward()
    assert kept.stored is None
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), kind(model[1]):
        model(torch.rand(5, 9))
    assert n_hooks(model[1]) == 0


def test_a_gradient_after_the_block_is_not_kept(model):
    with Gradients(model[1]) as kept:
        scores = model(torch.rand(5, 3))
    scores.sum().backward()
    assert kept.stored is None


def test_only_the_last_pass_is_kept(model):
    with Activations(model) as kept:
        model(torch.rand(5, 3))
        first = weakref.ref(kept.stored)
        model(torch.rand(6, 3))
    gc.collect()
    assert first() is None and len(kept.stored) == 6


def test_nesting(model):
    with Activations(model[0]) as first, Activations(model[0]) as second, Gradients(model[0]) as gradient:
        model(torch.rand(5, 3)).sum().backward()
    assert torch.equal(first.stored, second.stored) and gradient.stored.shape == (5, 4)
    assert n_hooks(model[0]) == 0


def test_a_next_layer_that_works_in_place_changes_nothing_kept(model):
    x, in_place = torch.randn(5, 3), nn.Sequential(model[0], nn.ReLU(inplace=True), model[2])
    with Activations(in_place[0]) as kept, Gradients(in_place[0]) as gradient:
        in_place(x)[:, 1].sum().backward()
    put_out = model[0](x)
    assert torch.equal(kept.stored, put_out) and put_out.min() < 0
    assert torch.equal(gradient.stored, model[2].weight[1] * (put_out > 0))


def test_gradients_of_a_frozen_module_before_one_that_works_in_place(model):
    in_place = nn.Sequential(model[0], nn.ReLU(inplace=True), model[2]).requires_grad_(False)
    x = torch.randn(5, 3)
    with Gradients(in_place[0]) as kept:
        in_place(x)[:, 1].sum().backward()
    assert torch.equal(kept.stored, model[2].weight[1] * (model[0](x) > 0))


def test_output_and_gradient_are_those_of_the_same_call():
    layer = nn.Tanh()
    x = torch.randn(4, requires_grad=True)
    with Activations(layer) as kept, Gradients(layer) as gradient:
        (3 * layer(2 * layer(x))).sum().backward()
    assert torch.equal(kept.stored, (2 * x.tanh()).tanh()) and torch.equal(gradient.stored, torch.full((4,), 3.0))
