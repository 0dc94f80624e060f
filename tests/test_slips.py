"""The commonest slips, each answered in one sentence."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from fakes import fake_learner, fake_loaders
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit.learner import Learner
from coursekit.metrics import accuracy

MODEL, LOADERS = nn.Linear(1, 1), fake_loaders()
DATA_LOADER = DataLoader(TensorDataset(torch.ones(4, 1), torch.ones(4, 1)))


@pytest.mark.parametrize("arguments, options, error, sentence", [
    ((LOADERS, MODEL, F.mse_loss), {}, TypeError, "Expected an nn.Module as the model, found a Loaders"),
    ((nn.Linear, LOADERS, F.mse_loss), {}, TypeError, "found the class Linear"),
    ((MODEL, (LOADERS.train, LOADERS.valid), F.mse_loss), {}, TypeError, r"found a tuple: write Loaders\(\*pair\)"),
    ((MODEL, DATA_LOADER, F.mse_loss), {}, TypeError, r"found a DataLoader: write Loaders\(train, valid\)"),
    ((MODEL, LOADERS, nn.MSELoss), {}, TypeError, "found the class MSELoss: for a class, make an object"),
    ((MODEL, LOADERS, "mse"), {}, TypeError, "Expected a loss, .* found a str"),
    ((MODEL, LOADERS, F.mse_loss), {"metrics": accuracy}, TypeError, "a list of metrics, found the function accuracy"),
    ((MODEL, LOADERS, F.mse_loss), {"optimizer": torch.optim.SGD(MODEL.parameters(), 0.1)}, TypeError,
     "Expected what makes an optimizer, found a SGD: pass its class"),
])
def test_slips(arguments, options, error, sentence):
    with pytest.raises(error, match=sentence):
        Learner(*arguments, **options, device="cpu")


def test_lbfgs_is_refused_in_words():
    with pytest.raises(TypeError, match="LBFGS computes the loss several times"):
        fake_learner(optimizer=torch.optim.LBFGS).fit(1)
    with pytest.raises(TypeError, match="LBFGS computes the loss several times"):
        fake_learner(optimizer=partial(torch.optim.LBFGS, max_iter=2)).fit(1)


def test_an_optimizer_with_other_arguments_gets_a_hint():
    with pytest.raises(TypeError) as caught:
        fake_learner(optimizer=torch.optim.SparseAdam).fit(1)
    assert "The learner calls optimizer(groups, lr=..., weight_decay=...)" in caught.value.__notes__[0]


def test_predictions_of_several_outputs():
    class Two(nn.Linear):
        def forward(self, x):
            y = super().forward(x)
            return {"line": y, "pair": (x, y)}

    learn = fake_learner(Two(1, 1), loss_func=lambda preds, y: F.mse_loss(preds["line"], y))
    learn.fit(1)
    x = learn.loaders.valid.tensors[0]
    preds = learn.predict(x, batch_size=10)
    assert torch.equal(preds["pair"][0], x) and torch.equal(preds["line"], preds["pair"][1])
    assert torch.allclose(preds["line"], learn.predict(learn.loaders.valid)["line"])


def test_an_output_of_another_kind_is_named():
    class Text(nn.Linear):
        def forward(self, x):
            return "yes"

    with pytest.raises(TypeError, match="Expected a model that gives tensors, .* found str"):
        fake_learner(Text(1, 1)).predict(torch.ones(3, 1))
