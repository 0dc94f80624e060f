"""Marks on the coat of a drawn animal.

Each function draws one mark with a brush on a part of the animal; `color` is that of the mark, `coat` that
of the part, and points are in heads: (0, 0) is the middle of the face, y points down, the body ends at 3.7.
"""

import numpy as np

from coursekit.data.stand_ins.canvas import blend, both_sides, curve, ellipse, tint

SIDES = (-1, 1)


def _scatter(brush, random, color, n, size, stretch=1.0, middle=None):
    "`n` spots of about `size` everywhere; with `middle`, a spot of that colour in each."
    where, turn = random.uniform((-1.4, -1.2), (1.4, 3.6), (n, 1, 2)), random.normal(0, 0.4, n)
    turns = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]).transpose(2, 0, 1)
    sizes = random.uniform(0.6, 1.3, (n, 1, 1))
    spots = ellipse(0, 0, size, size * stretch, n=8) @ turns * sizes  # (n, 8, 2)
    for shapes, fill in ((spots, color), (spots / 2, middle))[:2 if middle else 1]:
        for shape in brush.pose.place((shapes + where).reshape(-1, 2), 0.3).reshape(n, -1).tolist():
            brush.draw.polygon(shape, fill=fill)


def spots(brush, random, color, coat):
    """Round spots, as of an Egyptian Mau."""
    _scatter(brush, random, color, 110, 0.1)


def rosettes(brush, random, color, coat):
    """Rings like a leopard's."""
    _scatter(brush, random, color, 90, 0.17, 0.8, tint(coat, 0.8))


def flecks(brush, random, color, coat):
    """Many small flecks."""
    _scatter(brush, random, color, 240, 0.045)


def ticks(brush, random, color, coat):
    """Hair with dark tips."""
    _scatter(brush, random, blend(coat, color, 0.4), 160, 0.025, 2.5)


def stripes(brush, random, color, coat):
    """A tiger's stripes on both sides."""
    for y in np.arange(-1.2, 3.6, 0.27) + random.normal(0, 0.03):
        for side in SIDES:
            band = curve((0.35, 0), (0.8, -0.1), (1.6, -0.25), (1.6, -0.12), (0.8, 0.05), steps=3) + [0, y]
            brush.fill(band * [side, 1], color, 0.2)


def brindle(brush, random, color, coat):
    """Thin irregular stripes."""
    for y in np.arange(-1.2, 3.6, 0.1):
        x = random.uniform(-1.2, 0.6)
        points = [(x, y), (x + 0.4, y - 0.12 + random.normal(0, 0.05)), (x + random.uniform(0.6, 1.2), y)]
        brush.line(points, color, 0.06, 0.2)


def forehead(brush, random, color, coat):
    """A tabby's M on the forehead and lines on the cheeks."""
    letter = (-0.4, -0.35), (-0.3, -0.62), (-0.1, -0.4), (0, -0.62), (0.1, -0.4), (0.3, -0.62), (0.4, -0.35)
    brush.line(letter, color, 0.07, 0.6)
    for x in (-0.2, 0, 0.2):
        brush.line([(x, -0.7), (x, -0.95)], color, 0.07, 0.6)
    for side in SIDES:
        brush.line([(side * 0.62, -0.05), (side * 1.0, 0.05)], color, 0.07, 0.6)
        brush.line([(side * 0.6, 0.15), (side * 1.0, 0.35)], color, 0.07, 0.6)


def face(brush, random, color, coat):
    """A dark face that fades toward its rim."""
    shape = both_sides((0, -0.85), (0.5, -0.5), (0.78, 0.0), (0.62, 0.65), (0, 1.05))
    for part in np.linspace(0.15, 1, 7):
        brush.fill(shape * (1.12 - 0.42 * part) + [0, 0.12], blend(coat, color, part), 0.6)


def snout(brush, random, color, coat):
    """A dark snout and dark rings around the eyes."""
    shape = both_sides((0, -0.12), (0.3, 0.0), (0.62, 0.35), (0.5, 0.85), (0, 1))
    for part in np.linspace(0.3, 1, 5):
        brush.fill(shape * (1.1 - 0.2 * part), blend(coat, color, part), 0.7)
    for side in SIDES:
        brush.fill(ellipse(side * 0.45, -0.1, 0.3, 0.24), blend(coat, color, 0.75), 0.7)


def muzzle(brush, random, color, coat):
    """Another colour around the mouth."""
    brush.fill(ellipse(0, 0.62, 0.52, 0.42), color, 0.7)


def blaze(brush, random, color, coat):
    """A stripe from the forehead to the nose."""
    top, low = random.uniform(0.08, 0.16), random.uniform(0.3, 0.4)
    stripe = both_sides((0, -1.1), (top, -0.8), (top, -0.3), (low, 0.25), (0.5, 0.9), (0, 1.2))
    brush.fill(stripe, color, 0.7)


def eye_patch(brush, random, color, coat):
    """A patch around one eye."""
    size, side = random.uniform(0.36, 0.46), random.choice(SIDES)
    patch = curve((-1, 0), (-0.6, -1), (0.6, -1.3), (1.3, -0.5), (0.5, 0.7)) * size
    brush.fill((patch + [0.45, 0]) * [side, 1], color, 0.6)


def eye_patches(brush, random, color, coat):
    """Patches around both eyes."""
    for side in SIDES:
        brush.fill(curve((side * 0.14, -0.05), (side * 0.2, -0.7), (side * 0.8, -0.9), (side * 1.2, -0.2),
                         (side * 0.75, 0.35), (side * 0.35, 0.2)), color, 0.6)


def points(brush, random, color, coat):
    """Tan dots over the eyes, on the cheeks and on the chest."""
    for x, y, size, depth in ((0.3, -0.36, 0.09, 0.7), (0.5, 0.5, 0.28, 0.6), (0.35, 1.7, 0.27, 0.3)):
        for side in SIDES:
            brush.fill(ellipse(side * x, y, size, size), color, depth)


def cheeks(brush, random, color, coat):
    """Light cheeks."""
    for side in SIDES:
        brush.fill(ellipse(side * 0.62, 0.52, 0.42, 0.4, side * -0.3), color, 0.5)


def temples(brush, random, color, coat):
    """Another colour from the ears down to the jaw."""
    for side in SIDES:
        brush.fill(ellipse(side * 0.75, 0.15, 0.3, 0.5), color, 0.3)


def dots(brush, random, color, coat):
    """Two light dots over the eyes."""
    for side in SIDES:
        brush.fill(ellipse(side * 0.34, -0.36, 0.12, 0.08), color, 0.7)


def brow(brush, random, color, coat):
    """A dark forehead."""
    brush.fill(both_sides((0, -1.2), (0.9, -1.0), (0.8, -0.35), (0.2, -0.15), (0, 0.1)), color, 0.5)


def spectacles(brush, random, color, coat):
    """Light rings around the eyes."""
    for side in SIDES:
        brush.fill(ellipse(side * 0.42, -0.12, 0.27, 0.24), color, 0.65)


def folds(brush, random, color, coat):
    """Folds of bare skin on the chest."""
    for y in np.arange(0.9, 3.4, 0.3):
        fold = [(-0.7, y), (-0.3, y + 0.16), (0.3, y + 0.16), (0.7, y)]
        brush.line(fold, blend(coat, color, 0.35), 0.035, 0.2)


def chest(brush, random, color, coat):
    """A light chest."""
    brush.fill(both_sides((0, 0.4), (0.4, 0.8), (0.45, 1.8), (0.2, 2.8), (0, 3.0)), color, 0.1)


def saddle(brush, random, color, coat):
    """A dark back, which shows on both sides."""
    for side in SIDES:
        brush.fill(curve((side * 0.5, 0.6), (side * 1.2, 0.8), (side * 1.5, 2.0), (side * 1.2, 3.0),
                         (side * 0.8, 2.2)), color, 0.1)


BOTH = {function.__name__: function for function in (spots, rosettes, flecks, ticks, stripes, brindle)}
ON_HEAD = BOTH | {"forehead": forehead, "face": face, "snout": snout, "muzzle": muzzle, "blaze": blaze,
                  "eye patch": eye_patch, "eye patches": eye_patches, "points": points, "cheeks": cheeks,
                  "temples": temples, "dots": dots, "brow": brow, "spectacles": spectacles}
ON_BODY = BOTH | {"roan": flecks, "points": points, "folds": folds, "chest": chest, "saddle": saddle}
