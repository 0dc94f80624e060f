"""Augmentation: each transform against torchvision's, and the random ones against their bounds."""

import pytest
import torch
from torch.nn import functional as F
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as V

from coursekit.vision.augment import Augment, brightness, contrast, geometry, mirror, rotation, warp, zoom

NOTHING = Augment(flip=False, max_rotate=0, max_zoom=1, max_lighting=0, max_warp=0)


@pytest.fixture
def x():
    """Five smooth images, 24 x 32, from 0.1 to 0.9."""
    noise = torch.rand(5, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    return 0.1 + 0.8 * F.interpolate(noise, (24, 32), mode="bilinear")


def generator(seed=0):
    """A generator started by `seed`."""
    return torch.Generator().manual_seed(seed)


def test_nothing_changes_nothing(x):
    torch.testing.assert_close(NOTHING(x), x, atol=1e-5, rtol=0)
    torch.testing.assert_close(geometry(x, torch.eye(3)[None]), x, atol=1e-5, rtol=0)


def test_mirror_is_torchs_flip(x):
    on = torch.tensor([True, False, True, False, False])
    flipped = geometry(x, mirror(on))
    torch.testing.assert_close(flipped[on], x[on].flip(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(flipped[~on], x[~on], atol=1e-5, rtol=0)


@pytest.mark.parametrize("degrees", [10, -25.0, 90])
def test_rotation_is_torchvisions(x, degrees):
    ours = geometry(x, rotation(degrees, 24 / 32), "zeros")
    theirs = V.rotate(x, degrees, InterpolationMode.BILINEAR)
    inside = geometry(torch.ones_like(x), rotation(degrees, 24 / 32), "zeros") > 0.999
    assert inside.float().mean() > 0.5
    torch.testing.assert_close(ours[inside], theirs[inside], atol=2e-3, rtol=0)


def test_a_quarter_turn_is_exact():
    x = torch.rand(2, 3, 16, 16, generator=generator())
    torch.testing.assert_close(geometry(x, rotation(90)), x.rot90(1, (2, 3)), atol=1e-4, rtol=0)


def test_zoom_is_a_crop_made_larger(x):
    ours = geometry(x, zoom(2.0, across=-1.0, down=1.0))
    theirs = F.interpolate(x[:, :, 12:, :16], (24, 32), mode="bilinear", align_corners=False)
    torch.testing.assert_close(ours[:, :, 1:-1, 1:-1], theirs[:, :, 1:-1, 1:-1], atol=1e-4, rtol=0)


def test_warp_is_torchvisions_perspective(x):
    sideways, up = 0.2, -0.1
    corners = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]])
    moved = corners @ warp(sideways, up)[0].T
    moved = moved[:, :2] / moved[:, 2:]

    def pixels(points):
        return [[(across + 1) * 16, (down + 1) * 12] for across, down in points.tolist()]

    theirs = V.perspective(x, pixels(moved), pixels(corners[:, :2]), InterpolationMode.BILINEAR)
    ours = geometry(x, warp(sideways, up), "zeros")
    inside = geometry(torch.ones_like(x), warp(sideways, up), "zeros") > 0.999
    assert inside.float().mean() > 0.7
    torch.testing.assert_close(ours[inside], theirs[inside], atol=2e-3, rtol=0)


def test_warp_enlarges_one_side_and_keeps_the_ends_in_place():
    left, right = torch.tensor([-1.0, 0.5, 1]), torch.tensor([1.0, 0.5, 1])
    matrix = warp(0.2)[0]
    for point, height in ((left, 0.5 / 0.8), (right, 0.5 / 1.2)):
        across, down, depth = matrix @ point
        assert (across / depth).item() == pytest.approx(point[0].item())
        assert (down / depth).item() == pytest.approx(height)


def test_paddings_fill_what_comes_in():
    x = torch.arange(1.0, 5).expand(1, 1, 4, 4) / 8
    shift = torch.eye(3)[None].clone()
    shift[0, 0, 2] = 1.0  # half an image to the left
    rows = {padding: (geometry(x, shift, padding)[0, 0, 1] * 8).round().tolist()
            for padding in ("zeros", "border", "reflection")}
    assert rows == {"zeros": [3, 4, 0, 0], "border": [3, 4, 4, 4], "reflection": [3, 4, 4, 3]}
    with pytest.raises(ValueError, match="zeros, found 'mirror'"):
        geometry(x, shift, "mirror")


def test_brightness_and_contrast(x):
    torch.testing.assert_close(brightness(x, 0.5), x)
    torch.testing.assert_close(contrast(x, 1.0), x)
    assert brightness(x, 0.0).max() < 0.01 and brightness(x, 1.0).min() > 0.99
    torch.testing.assert_close(brightness(torch.full((1, 1, 1, 1), 0.5), 0.7).item(), 0.7)  # grey takes the value
    each = brightness(x, torch.linspace(0.3, 0.7, 5)) - x
    assert (each[:2] < 0).all() and (each[3:] > 0).all()
    assert ((contrast(x, 2.0) - 0.5).abs() >= (x - 0.5).abs() - 1e-6).all()
    ends = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2)
    torch.testing.assert_close(contrast(brightness(ends, 0.5), 1.0), ends, atol=2e-3, rtol=0)


def test_a_seed_gives_the_same_batch_twice(x):
    first = Augment()(x, generator(1))
    assert torch.equal(first, Augment()(x, generator(1)))
    assert not torch.allclose(first, Augment()(x, generator(2)))
    torch.manual_seed(5)
    by_torch = Augment()(x)
    torch.manual_seed(5)
    assert torch.equal(by_torch, Augment()(x))


def test_every_image_has_changes_of_its_own():
    same = torch.rand(1, 3, 16, 16, generator=generator()).expand(8, -1, -1, -1)
    changed = Augment(p_geometry=1, p_lighting=1)(same, generator()).flatten(1)
    assert torch.cdist(changed, changed).add(torch.eye(8)).min() > 0.1


def test_changes_stay_within_their_bounds():
    n = 4000
    turned = Augment(flip=False, max_zoom=1, max_warp=0).matrices(n, generator=generator())
    degrees = torch.rad2deg(torch.atan2(turned[:, 1, 0], turned[:, 0, 0]))
    assert 9.9 < degrees.max() <= 10 and -10 <= degrees.min() < -9.9
    assert (degrees.abs() > 1e-4).float().mean().item() == pytest.approx(0.75, abs=0.03)
    bigger = Augment(flip=False, max_rotate=0, max_warp=0, p_geometry=1).matrices(n, generator=generator())
    assert 1 <= (1 / bigger[:, 0, 0]).min() and 1.099 < (1 / bigger[:, 0, 0]).max() < 1.1001
    flipped = Augment(max_rotate=0, max_zoom=1, max_warp=0).matrices(n, generator=generator())
    assert (flipped[:, 0, 0] < 0).float().mean().item() == pytest.approx(0.5, abs=0.03)
    grey = Augment(max_lighting=0.2, p_lighting=1).light(torch.full((n, 1, 1, 1), 0.5), generator())
    assert 0.35 < grey.min() < 0.4 and 0.6 < grey.max() < 0.65  # 0.4 and 0.6, stretched by the contrast


def test_dihedral_has_eight_forms():
    eight = Augment(dihedral=True, max_rotate=0, max_zoom=1, max_warp=0).matrices(400, generator=generator())
    forms = {tuple(matrix.flatten().round().int().tolist()) for matrix in eight}
    assert len(forms) == 8


def test_pixels_stay_between_0_and_1():
    x = torch.rand(16, 3, 12, 12, generator=generator())
    changed = Augment(max_rotate=45, max_zoom=2, max_lighting=0.8, max_warp=0.4)(x, generator())
    assert changed.shape == x.shape and changed.min() >= 0 and changed.max() <= 1 + 1e-6
