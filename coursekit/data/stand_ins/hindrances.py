"""What makes an animal hard to see: things behind and before it, hard light, and a hand that shook."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from coursekit.data.stand_ins.canvas import any_color, blend, curve, ellipse, tint
from coursekit.data.stand_ins.individual import STRENGTH
from coursekit.data.stand_ins.scenes import foreground


def clutter(random, image, strength=STRENGTH):
    """Put a few things on `image`, a place without an animal yet: toys, a bowl, books, a plant."""
    brush, unit = ImageDraw.Draw(image), min(image.size)
    for _ in range(random.poisson(1.2 * strength)):
        at = np.array([random.uniform(0, image.width), random.uniform(0.35, 1.05) * image.height])
        thing = THINGS[random.integers(len(THINGS))]
        for outline, color in thing(random):
            points = np.asarray(outline, float) * unit * 0.13 + at
            brush.polygon(points.ravel().tolist(), fill=color)


def _ball(random):
    color = any_color(random, 70, 240)
    for part in np.linspace(0, 1, 5):
        yield ellipse(-part / 4, -part / 4, 0.6 * (1 - part), 0.6 * (1 - part)), tint(color, 0.75 + 0.5 * part)


def _bowl(random):
    color = any_color(random, 60, 220)
    yield curve((-1, 0), (1, 0), (0.75, 0.6), (-0.75, 0.6)), color
    yield ellipse(0, 0, 1, 0.25), tint(color, 0.6)


def _books(random):
    for y in np.arange(0.8, -0.9, -0.35):
        left, right = random.uniform(-1.2, -0.8), random.uniform(0.8, 1.2)
        yield [(left, y), (right, y), (right, y + 0.3), (left, y + 0.3)], any_color(random, 60, 220)


def _plant(random):
    leaf = blend((50, 100, 45), (140, 150, 80), random.random())
    for angle in np.linspace(-1.1, 1.1, 7):
        end = np.array([np.sin(angle), -np.cos(angle)]) * random.uniform(1.2, 2.0)
        side = np.array([end[1], -end[0]]) * 0.15
        yield curve((0, 0), end / 2 + side, end, end / 2 - side), tint(leaf, random.uniform(0.7, 1.3))
    yield [(-0.6, 0), (0.6, 0), (0.45, 0.9), (-0.45, 0.9)], blend((170, 95, 60), (90, 70, 60), random.random())


def _mouse(random):
    color = any_color(random, 90, 220)
    yield curve((-0.8, 0.2), (0, -0.3), (0.8, 0.2), (0, 0.35)), color
    yield ellipse(-0.45, -0.1, 0.2, 0.2), tint(color, 0.7)
    yield curve((0.7, 0.2), (1.3, -0.1), (1.5, 0.3), (1.3, 0.0)), tint(color, 0.7)


THINGS = (_ball, _bowl, _books, _plant, _mouse)


def cover_up(random, image, mask, strength=STRENGTH):
    """Put something before what `image` shows, or nothing; `mask` loses what that hides."""
    if random.random() > 0.55 * strength:
        return
    if random.random() < 0.4:
        foreground(random, image, mask)  # grass, a ball, a blanket
        return
    thing = COVERS[random.integers(len(COVERS))]
    brush, eraser = ImageDraw.Draw(image), ImageDraw.Draw(mask)
    for outline, color in thing(random):
        points = (np.asarray(outline, float) * image.size).ravel().tolist()
        brush.polygon(points, fill=color)
        eraser.polygon(points, fill=0)


def _box(random):
    "The front of a cardboard box, in which the animal sits."
    color, top = blend((196, 152, 104), (150, 112, 76), random.random()), random.uniform(0.6, 0.85)
    left, right, slope = random.uniform(-0.1, 0.2), random.uniform(0.8, 1.1), random.uniform(-0.05, 0.05)
    yield [(left, top), (right, top + slope), (right, 1.1), (left, 1.1)], color
    flap = top + random.uniform(0.06, 0.14)
    yield [(left, top), (right, top + slope), (right + 0.06, flap + slope), (left - 0.06, flap)], tint(color, 1.15)


def _cushion(random):
    "A cushion that hides a side."
    color, side = any_color(random, 60, 230), random.integers(2)
    x, y = abs(side - random.uniform(-0.02, 0.16)), random.uniform(0.55, 0.95)
    wide, high = random.uniform(0.16, 0.28), random.uniform(0.18, 0.3)
    shape = curve((-1, -1), (0, -0.8), (1, -1), (0.85, 0), (1, 1), (0, 0.85), (-1, 1), (-0.85, 0))
    yield shape * [wide, high] + [x, y], color
    yield shape * [0.8 * wide, 0.8 * high] + [x, y], tint(color, 1.1)


def _leaves(random):
    "A branch with leaves from one side."
    color, side = blend((45, 95, 40), (170, 130, 60), random.random()), random.integers(2)
    for _ in range(random.integers(6, 16)):
        x, y = abs(side - abs(random.normal(0, 0.22))), random.uniform(0, 1)
        angle, long = random.uniform(0, np.pi), random.uniform(0.05, 0.1)
        yield ellipse(x, y, long, 0.4 * long, angle, n=12), tint(color, random.uniform(0.7, 1.3))


def _fence(random):
    "Bars between the animal and the camera."
    color, step = any_color(random, 60, 220), random.uniform(0.2, 0.34)
    wide, slope = random.uniform(0.012, 0.03), random.uniform(-0.08, 0.08)
    for x in np.arange(random.uniform(0, step), 1.1, step):
        yield [(x - wide, 0), (x + wide, 0), (x + wide + slope, 1), (x - wide + slope, 1)], color


COVERS = (_box, _box, _cushion, _leaves, _fence)


def hard_light(random, image, strength=STRENGTH):
    """`image` at another hour: too dark or too light, tinged, flat, or with a shadow across it."""
    light = np.clip(np.exp(random.normal(0, 0.2 * strength)), 0.6, 1.3)
    light = light * (1 + random.normal(0, 0.07 * strength) * np.array([1, 0.1, -1]))
    flat = min(0.5, abs(random.normal(0, 0.14 * strength)))
    haze = random.uniform(60, 220)
    x, y = np.linspace(-1, 1, image.width), np.linspace(-1, 1, image.height)[:, None]
    shadow = 1.0
    if random.random() < 0.35 * strength:
        angle, edge, soft = random.uniform(0, 2 * np.pi), random.uniform(-0.5, 0.5), random.uniform(0.05, 0.4)
        inside = np.clip((np.cos(angle) * x + np.sin(angle) * y - edge) / soft, 0, 1)
        shadow = 1 - random.uniform(0.2, 0.6) * inside[..., None]
    gain = np.asarray(shadow * light * (1 - flat), np.float32)
    pixels = np.asarray(image, np.float32) * gain + np.float32(flat * haze)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def shaken(random, image, strength=STRENGTH):
    """`image` out of focus or taken with a cheap camera, or as it is."""
    if random.random() < 0.3 * strength:
        return image.filter(ImageFilter.BoxBlur((random.uniform(0, 3.0), random.uniform(0, 3.0))))
    if random.random() < 0.25 * strength:
        small = image.resize([round(side * random.uniform(0.28, 0.6)) for side in image.size])
        return small.resize(image.size, Image.Resampling.BILINEAR)
    return image
