import pytest
import torch
from fakes import TwoGroups, fake_learner
from torch import nn

from coursekit.param_groups import freeze, freeze_to, layer_groups, spread, unfreeze


def trained(model):
    """Which groups train."""
    return [all(parameter.requires_grad for parameter in group) for group in layer_groups(model)]


def test_groups():
    assert [len(group) for group in layer_groups(TwoGroups())] == [4, 2]
    assert [len(group) for group in layer_groups(nn.Sequential(nn.Linear(1, 2), nn.Linear(2, 1)))] == [4]


def test_groups_must_hold_every_parameter_once():
    model = TwoGroups()
    model.groups = lambda: [model.head]
    with pytest.raises(ValueError, match="leaves out body.0.weight"):
        layer_groups(model)
    model.groups = lambda: [model, model.head]
    with pytest.raises(ValueError, match="share parameters"):
        layer_groups(model)


def test_a_group_may_be_a_parameter_or_a_list():
    class Token(TwoGroups):
        def __init__(self):
            super().__init__()
            self.token = nn.Parameter(torch.ones(8))

        def groups(self):
            return [self.body, [self.token, self.head]]

    body, rest = layer_groups(Token())
    assert len(body) == 4 and [tuple(parameter.shape) for parameter in rest] == [(8,), (1, 8), (1,)]


def test_freezing():
    model = TwoGroups()
    freeze(model)
    assert trained(model) == [False, True]
    unfreeze(model)
    assert trained(model) == [True, True]
    freeze_to(model, 1)
    assert trained(model) == [False, True]
    freeze_to(model, -2)
    assert trained(model) == [True, True]


def test_freezing_what_is_not_there():
    with pytest.raises(ValueError, match="one layer group"):
        freeze(nn.Linear(1, 1))
    with pytest.raises(ValueError, match="2 layer group.*no group 2"):
        freeze_to(TwoGroups(), 2)


def test_frozen_parameters_stay_bitwise_the_same():
    learn = fake_learner(TwoGroups())
    learn.freeze()
    old = [parameter.detach().clone() for parameter in learn.model.parameters()]
    for parameter in learn.model.parameters():
        parameter.grad = torch.ones_like(parameter)  # left over, for instance from an interruption
    learn.fit_one_cycle(2, 1e-2, wd=0.1)
    same = [torch.equal(a, b) for a, b in zip(old, learn.model.parameters(), strict=True)]
    assert same == [True] * 4 + [False] * 2
    learn.unfreeze()
    learn.fit(1, 1e-2)
    assert not torch.equal(old[0], next(learn.model.parameters()))


def test_spread():
    assert spread(1e-3, 3) == [1e-3] * 3
    assert spread(slice(1e-2), 3) == pytest.approx([1e-3, 1e-3, 1e-2])
    assert spread(slice(1e-5, 1e-3), 3) == pytest.approx([1e-5, 1e-4, 1e-3])
    assert spread(slice(1e-5, 1e-3), 1) == [1e-3] == spread(slice(1e-3), 1)
    with pytest.raises(ValueError, match="no range of learning rates"):
        spread(slice(None), 2)


def test_the_optimizer_shows_the_rates():
    learn = fake_learner(TwoGroups())
    learn.fit(1, slice(1e-4, 1e-2))
    assert [group["lr"] for group in learn.optimizer.param_groups] == pytest.approx([1e-4, 1e-2])
