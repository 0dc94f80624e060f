"""What looking at a model must not move."""

import random

import numpy as np
import pytest
import torch
from fakes import TwoGroups, fake_learner, fake_tensors
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

from coursekit.callbacks import Callback
from coursekit.loaders import Loaders, TensorLoader
from coursekit.states import evaluating, get_random_states, set_random_states, unchanged


def modes(model):
    """The mode of every module."""
    return [module.training for module in model.modules()]


def weights(learn):
    """All weights and buffers, as one row of numbers."""
    return torch.cat([tensor.flatten().double() for tensor in learn.model.state_dict().values()])


def draws():
    """One number of each source of chance."""
    return random.random(), np.random.random(), torch.rand(()).item()


def two_groups(**options):
    """A learner with dropout and batch norm that begins the same each time."""
    torch.manual_seed(0)
    return fake_learner(TwoGroups(), **options)


def torch_loaders(**options):
    """The line from torch's own loaders, the first shuffled."""
    train, valid = TensorDataset(*fake_tensors(96)), TensorDataset(*fake_tensors(37, seed=1))
    return Loaders(DataLoader(train, **({"batch_size": 16, "shuffle": True} | options)), DataLoader(valid, 32))


def by_batch_sampler():
    """The line, shuffled by a `batch_sampler`."""
    data = TensorDataset(*fake_tensors(96))
    return torch_loaders(batch_size=1, shuffle=False, batch_sampler=BatchSampler(RandomSampler(data), 16, False))


def test_evaluating_puts_every_mode_back():
    model = TwoGroups()
    model.body[1].eval()  # a frozen batch norm in a model that trains
    before = modes(model)
    with pytest.raises(ZeroDivisionError), evaluating(model):
        assert not any(modes(model))
        raise ZeroDivisionError
    assert modes(model) == before and True in before and False in before


def test_random_states_go_back_and_fit_in_a_file(tmp_path):
    loader = TensorLoader(*fake_tensors(), shuffle=True)
    states = get_random_states(loader, torch.device("cpu"))
    first = *draws(), next(iter(loader))[0].tolist()
    torch.save(states, tmp_path / "states.pt")
    set_random_states(torch.load(tmp_path / "states.pt", weights_only=True), loader, torch.device("cpu"))
    assert (*draws(), next(iter(loader))[0].tolist()) == first


def test_unchanged_puts_back_weights_buffers_and_new_ones():
    model = TwoGroups()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    statistics = model.body[1].running_mean
    with unchanged(model, None, torch.device("cpu")):
        drawn = draws()
        model(fake_tensors()[0]).sum().backward()
        nn.init.ones_(model.head.weight)
        model.body[1].running_mean = torch.ones(8)  # another tensor, not other values
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert model.body[1].running_mean is statistics and all(weight.grad is None for weight in model.parameters())
    with unchanged(model, None, torch.device("cpu")):
        assert draws() == drawn


@pytest.mark.parametrize("look", [lambda learn: learn.validate(), lambda learn: learn.validate(learn.loaders.train),
                                  lambda learn: learn.predict(learn.loaders.train),
                                  lambda learn: learn.predict(fake_tensors()[0])])
@pytest.mark.parametrize("make_loaders", [torch_loaders, by_batch_sampler, None])
def test_a_look_between_or_within_fits_changes_nothing(look, make_loaders):
    class Look(Callback):
        def after_batch(self, learn):
            if learn.training:
                batch, before = learn.batch, modes(learn.model)
                look(learn)
                assert modes(learn.model) == before and learn.batch is batch and learn.training

    ends = []
    for callbacks in ([], [Look()]):
        options = {"loaders": make_loaders()} if make_loaders else {}
        learn = two_groups(**options)
        learn.fit(2, 0.1, callbacks=callbacks)
        if callbacks:
            look(learn)
        learn.fit(1, 0.1)
        ends.append(weights(learn))
    assert torch.equal(*ends)


def test_predictions_come_in_the_order_of_the_data():
    for loaders in (torch_loaders(), Loaders.from_tensors(*fake_tensors(96), *fake_tensors(37), 16, device="cpu")):
        learn = fake_learner(loaders=loaders)
        assert torch.allclose(learn.predict(loaders.train), learn.predict(fake_tensors(96)[0]))


def test_a_model_that_works_in_place_leaves_what_predict_gets():
    learn = fake_learner(nn.Sequential(nn.ReLU(inplace=True), nn.Linear(1, 1)))
    x = torch.linspace(-1, 1, 9)[:, None]
    before = x.clone()
    learn.predict(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("options", [{}, {"num_workers": 1, "persistent_workers": True}])
def test_lr_find_puts_everything_back(options):
    class Count(Callback):
        def __init__(self):
            self.batches = 0

        def after_batch(self, learn):
            self.batches += 1

    count, ends = Count(), []
    for search in (False, True):
        learn = two_groups(loaders=torch_loaders(**options), callbacks=[count])
        torch.manual_seed(1)
        if search:
            learn.lr_find(steps=30)
        assert count.batches == 0 and learn.recorder.history == []
        learn.fit(1, 0.1)
        ends.append(weights(learn))
        count.batches = 0
    assert torch.equal(*ends)


def test_lr_find_puts_a_batch_sampler_back():
    ends = []
    for search in (False, True):
        learn = fake_learner(loaders=by_batch_sampler())
        torch.manual_seed(1)
        if search:
            learn.lr_find(steps=30)
        learn.fit(1, 0.1)
        ends.append(weights(learn))
    assert torch.equal(*ends)
