import numpy as np
import pandas as pd
import pytest
import torch
from fakes import fake_learner
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit.callbacks import Callback
from coursekit.loaders import Loaders, TensorLoader, check_loader

X, Y = torch.arange(10.0)[:, None], torch.arange(10)


def items(loader):
    """The targets of one pass, in order."""
    return torch.cat([batch[-1] for batch in loader]).tolist()


def test_batches_in_order():
    loader = TensorLoader(X, Y, batch_size=4, device="cpu")
    assert len(loader) == 3 and loader.n_items == 10
    assert [tuple(len(tensor) for tensor in batch) for batch in loader] == [(4, 4), (4, 4), (2, 2)]
    assert items(loader) == list(range(10))


def test_several_inputs():
    *inputs, target = next(iter(TensorLoader(X, X * 2, Y, batch_size=4, device="cpu")))
    assert len(inputs) == 2 and torch.equal(inputs[1], inputs[0] * 2) and target.tolist() == [0, 1, 2, 3]


def test_shuffled_batches():
    one, two = (TensorLoader(X, Y, batch_size=4, shuffle=True, seed=3, device="cpu") for _ in range(2))
    first = items(one)
    assert sorted(first) == list(range(10)) and first != list(range(10))
    assert items(two) == first
    assert items(one) != first  # a new order in each pass
    xb, yb = next(iter(one))
    assert torch.equal(xb[:, 0], yb.float())  # inputs and targets stay together


def test_without_a_seed_torch_decides():
    torch.manual_seed(1)
    first = items(TensorLoader(X, Y, shuffle=True, device="cpu"))
    torch.manual_seed(1)
    assert items(TensorLoader(X, Y, shuffle=True, device="cpu")) == first


def test_numpy_arrays_are_welcome():
    assert items(TensorLoader(X.numpy(), Y.numpy(), device="cpu")) == list(range(10))


@pytest.mark.parametrize("tensors, message", [
    ((X, Y[:9]), r"same number of items, but they have \[10, 9\]"),
    ((X[:0], Y[:0]), "empty"),
    ((X,), "an input and a target"),
])
def test_unusable_tensors(tensors, message):
    with pytest.raises(ValueError, match=message):
        TensorLoader(*tensors, device="cpu")


def test_unusable_batch_size():
    with pytest.raises(ValueError, match="at least 1, but it is 0"):
        TensorLoader(X, Y, batch_size=0, device="cpu")


def test_loaders_from_tensors():
    loaders = Loaders.from_tensors(X, Y, X, Y, batch_size=4, device="cpu")
    assert loaders.train.shuffle and not loaders.valid.shuffle
    assert (len(loaders.train), len(loaders.valid)) == (3, 2)


def test_loaders_that_cannot_work():
    with pytest.raises(TypeError, match="__len__"):
        check_loader(iter([]))
    with pytest.raises(ValueError, match="no batches"):
        check_loader([])


def test_a_plain_data_loader_serves():
    generator = torch.Generator().manual_seed(0)
    data = TensorDataset(X, X * 3 + 2)
    train = DataLoader(data, 4, shuffle=True, generator=generator)
    learn = fake_learner(loaders=Loaders(train, DataLoader(data, 4)))
    learn.lr_find(steps=5)
    learn.fit_one_cycle(2, 0.1)
    assert learn.recorder.history[-1]["batches"] == 6
    assert learn.predict(learn.loaders.valid).shape == (10, 1)


def test_the_batch_must_be_a_tuple():
    with pytest.raises(TypeError, match=r"tuple \(\*inputs, target\).*gave a Tensor of length 4"):
        fake_learner(loaders=Loaders([X[:4], X[4:8]])).fit(1)


class Scale(Callback):
    """Changes each batch in place."""

    def before_batch(self, learn):
        learn.batch[0].div_(10)


def in_place_model():
    """A model whose first layer changes what it gets."""
    return nn.Sequential(nn.ReLU(inplace=True), nn.Linear(1, 1))


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")  # torch writes into it all the same
@pytest.mark.parametrize("model, callbacks", [(nn.Linear(1, 1), [Scale()]), (in_place_model(), [])])
def test_what_changes_a_batch_in_place_leaves_data_and_caller_alone(model, callbacks):
    frame = pd.DataFrame({"x": np.linspace(-100, 100, 30), "y": np.arange(30.0)}).astype("float32")
    before = frame.copy(deep=True)
    x, y = frame[["x"]].to_numpy(), frame[["y"]].to_numpy()
    loaders = Loaders(TensorLoader(x, y, batch_size=8, device="cpu"), TensorLoader(x, y, batch_size=8, device="cpu"))
    learn = fake_learner(model, loaders=loaders, callbacks=callbacks)
    learn.fit(2, lr=0)
    first, second = learn.recorder.history
    assert first["valid_loss"] == second["valid_loss"] == learn.validate()["valid_loss"]
    learn.predict(torch.from_numpy(x))
    learn.predict(loaders.valid)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_copies(shuffle):
    loader = TensorLoader(X, Y, batch_size=4, shuffle=shuffle, device="cpu")
    for batch in (*loader, *loader.plain()):
        for tensor in batch:
            tensor.zero_()
    assert torch.equal(loader.tensors[0], torch.arange(10.0)[:, None]) and X.sum() == 45 == Y.sum()
