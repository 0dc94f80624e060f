import torch
from torch import nn

from coursekit.layers import ConcatPool2d, ScaledSigmoid, embedding, head, linear_block


def test_embedding_is_cut_off_at_two_deviations():
    torch.manual_seed(0)
    weight = embedding(1000, 50, std=0.01).weight
    assert weight.shape == (1000, 50) and weight.abs().max() <= 0.02
    assert 0.0085 < weight.std() < 0.0092  # cut at 2 deviations, 0.88 of the deviation remain


def test_scaled_sigmoid():
    layer = ScaledSigmoid(0.5, 5.5)
    y = layer(torch.tensor([-100.0, 0.0, 100.0]))
    assert torch.allclose(y, torch.tensor([0.5, 3.0, 5.5]))
    assert str(layer) == "ScaledSigmoid(0.5, 5.5)"


def test_linear_block():
    kinds = [type(layer) for layer in linear_block(4, 3, dropout=0.2)]
    assert kinds == [nn.BatchNorm1d, nn.Dropout, nn.Linear, nn.ReLU]
    assert [type(layer) for layer in linear_block(4, 3, batch_norm=False, activation=None)] == [nn.Linear]
    assert linear_block(4, 3)(torch.randn(5, 4)).shape == (5, 3)


def test_concat_pool():
    x = torch.randn(2, 3, 5, 7)
    expected = torch.cat([nn.AdaptiveAvgPool2d(1)(x), nn.AdaptiveMaxPool2d(1)(x)], dim=1)
    assert torch.allclose(ConcatPool2d()(x), expected, atol=1e-6)


def test_head():
    model = head(16, 10)
    assert model(torch.randn(4, 16, 6, 6)).shape == (4, 10)
    assert [layer.p for layer in model.modules() if isinstance(layer, nn.Dropout)] == [0.25, 0.5]
    assert [layer.out_features for layer in model.modules() if isinstance(layer, nn.Linear)] == [512, 10]
