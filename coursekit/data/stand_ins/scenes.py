"""Where a drawn animal or car is: backgrounds out of focus, things in front, and the camera's faults."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from coursekit.data.stand_ins.canvas import FINE, any_color, blend, curve, ellipse, tint


def random_size(random):
    """Width and height of an image: the shorter side 200 to 256 pixels, the other at most 1.4 times that."""
    shorter = int(random.integers(200, 257))
    longer = int(shorter * random.uniform(1, 1.4))
    return (longer, shorter) if random.random() < 0.6 else (shorter, longer)


def background(random, size, scenes=None):
    """A place out of focus, `size` pixels large, one of `scenes` (functions of this module)."""
    small, scenes = Image.new("RGB", (size[0] // 8, size[1] // 8)), scenes or INDOORS_AND_OUT
    scene = scenes[random.integers(len(scenes))]
    scene(ImageDraw.Draw(small), random, *small.size)
    small = small.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.2)))
    return small.resize(size, Image.Resampling.BICUBIC)


def _two_fields(draw, random, width, height, above, below):
    "Two gradients that meet at a horizon, which is returned."
    horizon = int(height * random.uniform(0.3, 0.65))
    for y in range(height):
        down = y / height
        color = tint(above, 1.1 - 0.3 * down) if y < horizon else tint(below, 0.75 + 0.4 * down)
        draw.line((0, y, width, y), fill=color)
    return horizon


def _blobs(draw, random, box, color, n, largest):
    "Up to `n` round spots of light and shadow in `box` (left, top, right, bottom)."
    for _ in range(random.integers(n // 2, n + 1)):
        x, y = random.uniform(box[0], box[2]), random.uniform(box[1], box[3])
        radius = random.uniform(0.2, 1) * largest * box[2]
        shadow = tint(color, random.uniform(0.6, 1.3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shadow)


def _meadow(draw, random, width, height):
    sky = blend((150, 190, 230), (215, 215, 210), random.random())
    ground = blend((85, 125, 55), (150, 150, 85), random.random())
    horizon = _two_fields(draw, random, width, height, sky, ground)
    _blobs(draw, random, (0, 0.8 * horizon, width, 1.1 * horizon), tint(ground, 0.75), 14, 0.1)
    _blobs(draw, random, (0, horizon, width, height), ground, 10, 0.04)


def _bush(draw, random, width, height):
    color = blend((50, 90, 45), (120, 130, 70), random.random())
    draw.rectangle((0, 0, width, height), fill=color)
    _blobs(draw, random, (0, 0, width, height), color, 50, 0.1)
    _blobs(draw, random, (0, 0, width, height), any_color(random, 120, 250), 10, 0.03)


def _snow_or_sand(draw, random, width, height):
    sky = blend((135, 170, 210), (185, 188, 192), random.random())
    ground = blend((220, 225, 235), (210, 188, 155), random.random())
    horizon = _two_fields(draw, random, width, height, sky, ground)
    _blobs(draw, random, (0, horizon, width, height), ground, 6, 0.1)


def _room(draw, random, width, height):
    wall, floor = any_color(random, 110, 240), blend((150, 105, 65), (200, 190, 175), random.random())
    horizon = _two_fields(draw, random, width, height, wall, floor)
    for _ in range(random.integers(1, 4)):  # windows, pictures, cupboards
        x, y = random.uniform(-0.1, 0.9) * width, random.uniform(-0.1, 0.5) * horizon
        right, bottom = x + random.uniform(0.15, 0.4) * width, y + random.uniform(0.3, 0.9) * horizon
        draw.rectangle((x, y, right, min(bottom, horizon)), fill=any_color(random, 60, 240))


def _sofa(draw, random, width, height):
    draw.rectangle((0, 0, width, height), fill=any_color(random, 100, 235))
    cloth, top = any_color(random, 60, 210), random.uniform(0.1, 0.4) * height
    draw.rounded_rectangle((-9, top, width + 9, height + 9), 9, fill=cloth)
    seams = np.arange(random.uniform(0, 0.4), 1, random.uniform(0.25, 0.5)) * width  # between cushions
    for x in seams:
        draw.line((x, top, x, height), fill=tint(cloth, 0.7))
    seat = random.uniform(0.65, 0.85) * height
    draw.rectangle((0, seat, width, height), fill=tint(cloth, 1.15))
    draw.line((0, seat, width, seat), fill=tint(cloth, 0.6))


def _plain(draw, random, width, height):
    color = any_color(random, 70, 235)
    _two_fields(draw, random, width, height, color, blend(color, any_color(random, 60, 235), 0.3))


def _stripes(draw, random, width, height):
    color, step, slope = any_color(random, 90, 230), int(random.integers(5, 12)), random.integers(-20, 20)
    draw.rectangle((0, 0, width, height), fill=color)
    other = blend(color, any_color(random, 60, 240), 0.6)
    for x in range(-20, width + 20, step):
        draw.line((x, 0, x + slope, height), fill=other, width=step // 3)


def _street(draw, random, width, height):
    sky = blend((150, 185, 225), (205, 205, 205), random.random())
    road = blend((95, 95, 100), (150, 145, 140), random.random())
    horizon = _two_fields(draw, random, width, height, sky, road)
    x = -random.uniform(0, 10)
    while x < width:  # houses
        house, top = random.uniform(8, 22), horizon * random.uniform(0.2, 0.9)
        wall = any_color(random, 90, 220)
        draw.rectangle((x, top, x + house, horizon), fill=wall)
        for y in np.arange(top + 2, horizon - 2, 5):
            draw.line((x + 2, y, x + house - 2, y), fill=tint(wall, 0.6))
        x += house + random.choice([0, random.uniform(3, 12)])
    draw.line((0, horizon, width, horizon), fill=(175, 172, 168), width=2)  # the pavement


def _yard(draw, random, width, height):
    wall, ground = any_color(random, 90, 220), blend((110, 110, 110), (190, 180, 165), random.random())
    horizon = _two_fields(draw, random, width, height, wall, ground)
    for y in np.arange(0, horizon, random.uniform(3, 6)):  # bricks or planks
        draw.line((0, y, width, y), fill=tint(wall, 0.85))


INDOORS_AND_OUT = (_meadow, _meadow, _bush, _snow_or_sand, _room, _room, _sofa, _plain, _stripes)
ROADSIDE = (_street, _street, _yard, _meadow, _snow_or_sand, _plain)


def foreground(random, image, mask):
    """Put grass, a ball or a blanket before what `image` shows; `mask` loses what they hide."""
    thing = FOREGROUNDS[random.integers(len(FOREGROUNDS))]
    brush, eraser = ImageDraw.Draw(image), ImageDraw.Draw(mask)
    for outline, color in thing(random, *image.size):
        points = np.asarray(outline, float).ravel().tolist()
        brush.polygon(points, fill=color)
        eraser.polygon(points, fill=0)


def _grass(random, width, height):
    color = blend((60, 110, 40), (150, 150, 70), random.random())
    for x in random.uniform(0, width, 60):
        tip = x + random.normal(0, 25), height * random.uniform(0.72, 0.95)
        yield [(x - 6, height), (x + 6, height), tip], tint(color, random.uniform(0.7, 1.3))


def _ball(random, width, height):
    radius = min(width, height) * random.uniform(0.07, 0.13)
    x, y = random.uniform(0.15, 0.85) * width, height - radius * random.uniform(0.5, 1.1)
    color = any_color(random, 70, 240)
    for part in np.linspace(0, 1, 6):
        rest = radius * (1 - part)
        disc = ellipse(x - part * radius / 3, y - part * radius / 3, rest, rest, n=30)
        yield disc, tint(color, 0.75 + 0.55 * part)


def _blanket(random, width, height):
    left, right = random.uniform(0.68, 0.92, 2) * height
    color = any_color(random, 60, 230)
    for fold in (0, 14, 26):
        middle = (left + right) / 2 - 25 + 2 * fold
        yield curve((-30, left + fold), (width / 2, middle), (width + 30, right + fold),
                    (width + 30, height + 60), (-30, height + 60)), tint(color, 1 - fold / 90)


FOREGROUNDS = (_grass, _ball, _blanket)


def photograph(random, image):
    """`image` reduced to its final size, with the light, blur and noise of a hurried photographer."""
    image = image.reduce(FINE)
    if random.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.1)))
    width, height = image.size
    brightness, contrast = random.uniform(0.85, 1.15), random.uniform(0.85, 1.1)
    gain = brightness * contrast * (1 + np.array([1, 0.2, -1]) * random.normal(0, 0.04))
    side = 1 + np.linspace(-1, 1, width) * random.uniform(-0.15, 0.15)
    grain = random.standard_normal((height, width, 1), np.float32) * np.float32(random.uniform(1, 4))
    pixels = np.asarray(image, np.float32) - np.float32(128 - 128 / contrast)
    pixels *= (side[:, None] * gain).astype(np.float32)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
