"""Convnets: layer groups, what stays frozen, and features computed once."""

import pytest
import torch
from torch import nn

from coursekit.layers import ConcatPool2d, head
from coursekit.loaders import Loaders
from coursekit.param_groups import layer_groups
from coursekit.vision.augment import Augment
from coursekit.vision.backbones import Body, pretrained_body
from coursekit.vision.convnets import ConvNet, body_features, head_learner, image_learner, is_frozen
from coursekit.vision.images import ImageLoader


def tiny_body():
    """A body of two small groups with batch norms, which needs no weights."""
    torch.manual_seed(0)
    early = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
    late = nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU())
    return Body("tiny", early, late, 16, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def colours(n=48, seed=0, augment=None, batch_size=16):
    """Images that are mostly red, green or blue, with some noise."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    pixels = torch.randint(0, 80, (n, 3, 16, 16), generator=generator, dtype=torch.uint8)
    pixels[torch.arange(n), labels] += 60
    return ImageLoader(pixels, labels, augment, batch_size=batch_size, shuffle=True, seed=seed, device="cpu")


def colour_learner(train_bn=False, **options):
    """A learner with a new head on the tiny body."""
    return image_learner(Loaders(colours(**options), colours(30, 1).plain()), tiny_body(), 3, train_bn=train_bn,
                         device="cpu")


def snapshot(module):
    """Copies of all parameters and buffers."""
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def changed(module, before):
    """The names of parameters and buffers that are not bitwise the same."""
    return [name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])]


def test_the_head_is_the_lectures():
    layers = [type(module).__name__ for module in head(512, 37).modules() if not list(module.children())]
    assert layers == ["ConcatPool2d", "Flatten", "BatchNorm1d", "Dropout", "Linear", "ReLU", "BatchNorm1d",
                      "Dropout", "Linear"]
    assert [module.p for module in head(512, 37).modules() if isinstance(module, nn.Dropout)] == [0.25, 0.5]
    assert head(512, 37)(torch.rand(2, 512, 3, 3)).shape == (2, 37)


def test_three_groups_of_which_the_last_is_trained():
    learn = colour_learner()
    groups = learn.model.groups()
    assert [is_frozen(group) for group in groups] == [True, True, False]
    assert len(layer_groups(learn.model)) == 3 and groups[-1] is learn.model.head
    learn.unfreeze()
    assert not any(map(is_frozen, groups))


def test_a_frozen_body_stays_bitwise_the_same_and_the_head_learns():
    learn = colour_learner()
    before, head_before = snapshot(learn.model.body), snapshot(learn.model.head)
    learn.fit(3, 1e-2)
    assert changed(learn.model.body, before) == []
    assert len(changed(learn.model.head, head_before)) == len(head_before)
    assert learn.recorder.history[-1]["error_rate"] < 0.1


def test_with_train_bn_only_the_averages_of_a_frozen_body_move():
    learn = colour_learner(train_bn=True)
    before = snapshot(learn.model.body)
    learn.fit(1, 1e-2)
    moved = changed(learn.model.body, before)
    assert moved and all(name.endswith(("running_mean", "running_var", "num_batches_tracked")) for name in moved)


def test_what_is_unfrozen_trains_with_its_batch_norms():
    learn = colour_learner()
    learn.freeze_to(-2)
    before = snapshot(learn.model.body)
    learn.fit(1, 1e-2)
    moved = changed(learn.model.body, before)
    assert {"late.1.running_mean", "late.0.weight"} <= set(moved)
    assert not [name for name in moved if name.startswith("early")]


def test_evaluation_mode_reaches_everything():
    model = ConvNet(tiny_body(), head(16, 3))
    assert all(module.training for module in model.modules())
    model.eval()
    assert not any(module.training for module in model.modules())


def test_body_features_are_what_the_head_pools():
    body, loader = tiny_body(), colours(20, batch_size=8).plain()
    features, labels = body_features(body, loader)
    images = torch.cat([x for x, _ in loader])
    assert body.training and features.shape == (20, 32) and labels.tolist() == [i % 3 for i in range(20)]
    with torch.no_grad():
        expected = ConcatPool2d()(body.eval()(images)).flatten(1)
    torch.testing.assert_close(features, expected)
    assert not features.requires_grad


def test_training_on_features_trains_the_models_own_head():
    learn = colour_learner(augment=Augment(max_rotate=180))
    body = snapshot(learn.model.body)
    on_features = head_learner(learn, batch_size=16)
    on_features.fit(3, 1e-2)
    assert learn.validate() == pytest.approx(on_features.validate(), abs=1e-5)
    assert learn.validate()["error_rate"] < 0.1 and changed(learn.model.body, body) == []


def test_features_give_the_same_training_as_images():
    on_images, learn = colour_learner(), colour_learner()
    learn.model.load_state_dict(on_images.model.state_dict())
    on_features = head_learner(learn, batch_size=16, seed=0)
    for learner in (on_images, on_features):
        torch.manual_seed(3)  # the same dropout
        learner.fit(2, 1e-2)
    assert on_features.recorder.losses == pytest.approx(on_images.recorder.losses, abs=1e-4)


def test_the_learning_rate_finder_leaves_the_loader_as_it_was():
    learn = colour_learner(augment=Augment())
    state, before = learn.loaders.train.generator.get_state(), snapshot(learn.model)
    learn.lr_find(steps=6)
    assert torch.equal(learn.loaders.train.generator.get_state(), state) and changed(learn.model, before) == []


def test_a_pretrained_form_fits():
    body = pretrained_body("efficientnet_lite0", pretrained=False)
    learn = image_learner(Loaders(colours(4, batch_size=4)), body, 3, device="cpu")
    assert learn.predict(torch.rand(2, 3, 32, 32)).shape == (2, 3)
    assert all(map(is_frozen, body.groups()))
