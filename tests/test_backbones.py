"""Backbones: the weights that a package carries do what their publisher's own code does."""

import pytest
import torch
from PIL import Image
from torchvision.models import get_model_weights
from torchvision.transforms.v2.functional import pil_to_tensor

from coursekit import data
from coursekit.data.fetch import FetchError, catalog, locate
from coursekit.vision import backbones
from coursekit.vision.backbones import classifier, pretrained_body, read_weights

TABBY, TIGER_CAT, EGYPTIAN_CAT, GOLDFISH = 281, 282, 285, 1


@pytest.fixture(scope="module")
def chelsea():
    """The cat as a batch of one, squashed to 224 x 224."""
    image = data.chelsea().image.resize((224, 224), Image.Resampling.BICUBIC)
    return pil_to_tensor(image)[None] / 255


@pytest.fixture(scope="module")
def body():
    """The body with its weights, in evaluation mode."""
    return pretrained_body("efficientnet_lite0").eval()


def test_chelsea_is_a_photograph_with_an_origin(capsys):
    cat = data.chelsea()
    assert cat.image.size == (451, 300) and cat.image.mode == "RGB" and cat.file.is_file()
    assert cat.origin.real and str(cat.origin) in capsys.readouterr().out


@torch.no_grad()
def test_the_logits_are_those_of_the_publishers_code(chelsea, body):
    scores = classifier("efficientnet_lite0")(body.normalize(chelsea))[0]
    # measured with the package efficientnet-lite-pytorch 0.1.0 and the same file of weights
    expected = torch.tensor([10.4787, 8.4394, 8.1518, 0.7654])
    torch.testing.assert_close(scores[[EGYPTIAN_CAT, TIGER_CAT, TABBY, GOLDFISH]], expected, atol=2e-3, rtol=0)
    assert scores.argmax() == EGYPTIAN_CAT
    assert scores.softmax(dim=0)[EGYPTIAN_CAT].item() == pytest.approx(0.773, abs=0.002)


@torch.no_grad()
def test_the_body_is_the_net_without_its_classifier(chelsea, body):
    net = classifier("efficientnet_lite0")
    features = body(chelsea)
    assert features.shape == (1, body.n_features, 7, 7) == (1, 1280, 7, 7)
    torch.testing.assert_close(net.classifier(features.mean(dim=(2, 3))), net(body.normalize(chelsea)))


def test_state_dicts_match_in_order_and_shape():
    weights = read_weights(locate("efficientnet_lite0")[0] / "efficientnet-lite0-57934424.pth")
    own = classifier("efficientnet_lite0", pretrained=False).state_dict()
    assert [value.shape for value in weights.values()] == [value.shape for value in own.values()]
    kinds = [(theirs.rpartition(".")[2], ours.rpartition(".")[2]) for theirs, ours in zip(weights, own, strict=True)]
    assert all(theirs == ours for theirs, ours in kinds) and len(kinds) == 296


def test_weights_in_another_order_are_refused(monkeypatch):
    true = read_weights
    monkeypatch.setattr(backbones, "read_weights", lambda path: dict(reversed(true(path).items())))
    with pytest.raises(ValueError, match="in the order of timm's tf_efficientnet_lite0, found others"):
        pretrained_body("efficientnet_lite0")


@pytest.mark.parametrize("name, n_features, n_parameters", [
    ("efficientnet_lite0", 1280, 3_371_008), ("resnet18", 512, 11_176_512), ("resnet34", 512, 21_284_672)])
def test_all_bodies_have_one_form(name, n_features, n_parameters):
    body = pretrained_body(name, pretrained=False).eval()
    assert body.name == name and body.n_features == n_features
    with torch.no_grad():
        assert body(torch.rand(2, 3, 64, 64)).shape == (2, n_features, 2, 2)
        assert body.early(torch.rand(1, 3, 64, 64)).shape[2:] == (8, 8)
    early, late = body.groups()
    assert 0 < sum(p.numel() for p in early.parameters()) < sum(p.numel() for p in late.parameters())
    assert sum(p.numel() for p in body.parameters()) == n_parameters


def test_normalization():
    lite, resnet = pretrained_body(pretrained=False), pretrained_body("resnet18", pretrained=False)
    ends = torch.tensor([0.0, 1.0])[:, None, None, None].expand(2, 3, 1, 1)
    assert lite.normalize(ends).flatten().tolist() == [-1, -1, -1, 1, 1, 1]
    middle = torch.tensor(resnet.mean)[None, :, None, None]
    assert resnet.normalize(middle).abs().max() == 0
    assert not [name for name in resnet.state_dict() if "mean" in name and "running" not in name]


def test_an_unknown_body_is_refused():
    with pytest.raises(ValueError, match="one of efficientnet_lite0, resnet18, resnet34, found 'resnet'"):
        pretrained_body("resnet")


def test_resnet_without_its_host_names_the_way_out(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(FetchError, match="(?s)resnet34-b627a593.pth: no connection.*COURSEKIT_DATA, folder weights"):
        pretrained_body("resnet34")
    assert not list(tmp_path.rglob("*.pth"))


@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_the_catalog_has_the_file_that_torchvision_takes(name):
    [file] = catalog()[name]["publisher"]["downloads"]
    assert file["urls"] == [get_model_weights(name).DEFAULT.url] and file["name"] == backbones.BACKBONES[name].file
    assert file["sha256"].startswith(file["name"].removesuffix(".pth").partition("-")[2])


def test_resnet_takes_weights_from_an_own_folder(monkeypatch, tmp_path):
    torch.manual_seed(1)
    net = classifier("resnet18", pretrained=False)
    (tmp_path / "weights").mkdir()
    torch.save(net.state_dict(), tmp_path / "weights/resnet18-f37072fd.pth")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
    body = pretrained_body("resnet18")
    assert torch.equal(body.early[0].weight, net.conv1.weight)
    assert torch.equal(body.late[-1][-1].conv2.weight, net.layer4[-1].conv2.weight)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    torch.save({"weight": Image.new("RGB", (1, 1))}, tmp_path / "weights.pth")
    with pytest.raises(Exception, match="(?i)weights.only"):
        read_weights(tmp_path / "weights.pth")
