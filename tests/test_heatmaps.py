"""Heatmaps: the definition by hand, and Grad-CAM against captum."""

import pytest
import torch
from captum.attr import LayerGradCam
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor

from coursekit import data
from coursekit.layers import head
from coursekit.vision.backbones import classifier, pretrained_body
from coursekit.vision.convnets import ConvNet
from coursekit.vision.heatmaps import grad_cam, heatmap, peak, show_heatmap

EGYPTIAN_CAT = 285


class Whole(torch.nn.Module):
    """A body, and ImageNet's own classifier as its head."""

    def __init__(self, net):
        super().__init__()
        self.body = pretrained_body()
        self.head = torch.nn.Sequential(net.global_pool, net.classifier)

    def forward(self, x):
        """1,000 numbers before softmax."""
        return self.head(self.body(x))


@pytest.fixture(scope="module")
def chelsea():
    """The cat as a batch of one, squashed to 224 x 224."""
    return pil_to_tensor(data.chelsea().image.resize((224, 224), Image.Resampling.BICUBIC))[None] / 255


@pytest.fixture(scope="module")
def net():
    """A net that knows the cat."""
    return Whole(classifier()).eval()


@pytest.fixture(scope="module")
def untrained():
    """A ResNet with random weights and the course's head."""
    torch.manual_seed(0)
    return ConvNet(pretrained_body("resnet18", pretrained=False), head(512, 5)).eval()


def test_the_heatmap_is_the_mean_over_channels(untrained):
    x = torch.rand(1, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = untrained.body(x)[0].mean(dim=0).relu()
    assert expected.shape == (3, 2)
    torch.testing.assert_close(heatmap(untrained, x), expected)
    assert heatmap(untrained, x, untrained.body.early).shape == (12, 8)


@pytest.mark.parametrize("wanted", [0, 4])
def test_grad_cam_is_captums(untrained, wanted):
    x = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    theirs = LayerGradCam(untrained, untrained.body).attribute(x, wanted, relu_attributions=True)[0, 0].detach()
    ours = grad_cam(untrained, x, wanted)
    assert ours.max() > 0
    torch.testing.assert_close(ours / ours.max(), theirs / theirs.max(), atol=1e-4, rtol=0)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_grad_cam_of_every_layer_is_captums(untrained):
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    layers = list(untrained.body.modules())
    assert len(layers) > 60
    for layer in layers:  # many stand before one that works in place, and each block's ReLU is called twice
        theirs = LayerGradCam(untrained, layer).attribute(x, 3, relu_attributions=True)[0, 0].detach()
        torch.testing.assert_close(grad_cam(untrained, x, 3, layer), theirs, atol=1e-5, rtol=1e-4)


def put_out(model, layer, x):
    """What `layer` puts out in its last call, copied before another layer can change it."""
    kept = []
    handle = layer.register_forward_hook(lambda layer, inputs, output: kept.append(output.detach().clone()))
    model(x)
    handle.remove()
    return kept[-1]


def test_heatmaps_of_every_layer_are_of_what_it_puts_out(untrained):
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    for layer in untrained.body.modules():
        expected = put_out(untrained, layer, x)[0].mean(dim=0).relu()
        torch.testing.assert_close(heatmap(untrained, x, layer), expected)


def test_a_first_layer_that_works_in_place_leaves_the_image_as_it_is():
    model = torch.nn.Sequential(torch.nn.ReLU(inplace=True), torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(1),
                                torch.nn.Flatten())
    x = torch.randn(1, 3, 16, 16)
    before = x.clone()
    assert heatmap(model, x, model[1]).shape == grad_cam(model, x, layer=model[1]).shape == (14, 14)
    assert torch.equal(x, before)


def test_grad_cam_of_the_cat_is_captums(net, chelsea):
    theirs = LayerGradCam(net, net.body).attribute(chelsea, EGYPTIAN_CAT, relu_attributions=True)[0, 0].detach()
    ours = grad_cam(net, chelsea)  # the predicted class is the right one
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
    torch.testing.assert_close(grad_cam(net, chelsea, EGYPTIAN_CAT), ours)
    assert not torch.allclose(grad_cam(net, chelsea, 1), ours, atol=1e-3)


def test_the_peaks_lie_on_the_cat(net, chelsea):
    # of the 300 x 451 pixels, all between these rows and columns belong to her face
    for values in (heatmap(net, chelsea), grad_cam(net, chelsea)):
        row, column = peak(values, 300, 451)
        assert 40 < row < 250 and 110 < column < 310


def test_a_frozen_body_can_be_explained_and_nothing_is_left_behind(untrained):
    model = ConvNet(pretrained_body("resnet18", pretrained=False), head(512, 5)).train()
    x = torch.rand(1, 3, 64, 64)
    before = grad_cam(model, x, 2)
    model.body.requires_grad_(False)
    model.train()
    modes = [module.training for module in model.modules()]
    torch.testing.assert_close(grad_cam(model, x, 2), before)
    assert [module.training for module in model.modules()] == modes and x.grad is None
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.body._forward_hooks and not model.body._backward_hooks


def test_several_images_are_refused(untrained):
    with pytest.raises(ValueError, match=r"one image, \(1, 3, height, width\), found \(2, 3, 64, 64\)"):
        heatmap(untrained, torch.rand(2, 3, 64, 64))


def test_the_peak_is_found_in_the_image():
    values = torch.zeros(4, 4)
    values[1, 2] = 1
    row, column = peak(values, 80, 40)
    assert 20 <= row < 40 and 20 <= column < 30


def test_a_heatmap_says_where_it_is_brightest(capsys):
    values = torch.zeros(4, 4)
    values[0, 3] = 1
    show_heatmap(torch.rand(3, 32, 32), values, "The net looks at the corner")
    assert "The net looks at the corner: brightest" in capsys.readouterr().out
