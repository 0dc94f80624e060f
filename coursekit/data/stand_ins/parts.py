"""Ears of each kind, and what only some breeds have: a beard, brows, a fringe, a bow, wrinkles.

Each function draws on an `Animal`; points are in heads, as there.
"""

import numpy as np

from coursekit.data.stand_ins import marks
from coursekit.data.stand_ins.canvas import blend, both_sides, curve, ellipse, tint

SIDES = (-1, 1)
RIBBONS = (205, 60, 70), (70, 105, 200), (235, 150, 190), (240, 190, 60)


def _pointed(animal, side, color):
    size, width = animal.breed.ear_size, animal.breed.head[0]
    x, y, broad = 0.6 * width, -0.5, 0.3 + 0.1 * size
    tip = np.array([0.72 * width + 0.12 * size, y - 0.42 - 0.5 * size])
    middle = (tip + [x, y]) / 2
    outer = curve((x - broad, y - 0.15), middle - [broad / 2, 0], tip, middle + [0.9 * broad, 0.05],
                  (x + broad, y + 0.3), (x, y + 0.35)) * [side, 1]
    animal.paint(outer, animal.head, color, depth=-0.1, fur=min(0.3, animal.breed.fur))
    inner = (outer - [side * x, y + 0.1]) * 0.58 + [side * (x + 0.05), y + 0.05]
    skin = blend((214, 160, 150), tint(color, 0.7), 0.55 if sum(color) < 250 else 0.3)
    animal.brush.fill(inner, skin, -0.1)
    if "ear tufts" in animal.breed.extras:
        animal.brush.line([tip * [side, 1], tip * [side, 1] - [0, 0.22]], tint(color, 0.5), 0.07, -0.1)


def _folded(animal, side, color):
    size, x, y = animal.breed.ear_size, 0.7 * animal.breed.head[0], -0.62
    ear = curve((x - 0.3, y - 0.05), (x + 0.1, y - 0.22), (x + 0.3 + 0.15 * size, y + 0.1),
                (x + 0.25 + 0.2 * size, y + 0.3 + 0.35 * size), (x + 0.02, y + 0.3)) * [side, 1]
    animal.paint(ear, animal.head, color, depth=0.1, fur=min(0.4, animal.breed.fur))


def _rose(animal, side, color):
    size, x, y = animal.breed.ear_size, 0.72 * animal.breed.head[0], -0.6
    ear = curve((x - 0.25, y), (x, y - 0.3 * size), (x + 0.4 * size, y - 0.25 * size),
                (x + 0.75 * size, y + 0.12), (x + 0.3, y + 0.25)) * [side, 1]
    animal.paint(ear, animal.head, color, depth=-0.1)
    fold = np.array([(x - 0.05, y - 0.05), (x + 0.3 * size, y), (x + 0.6 * size, y + 0.1)])
    animal.brush.line(fold * [side, 1], tint(color, 0.6), 0.06, -0.1)


def _drooping(animal, side, color):
    size, x, y = animal.breed.ear_size, 0.78 * animal.breed.head[0], -0.5
    low, swing = -0.35 + 1.05 * size, animal.random.normal(0, 0.05)
    ear = curve((x - 0.15, y - 0.1), (x + 0.2, y - 0.05), (x + 0.42, y + 0.45 * size),
                (x + 0.45 + swing, low - 0.15), (x + 0.15, low), (x - 0.06, low - 0.3 * size),
                (x - 0.02, y + 0.35)) * [side, 1]
    fur = 1.0 if "wavy ears" in animal.breed.extras else animal.breed.fur
    animal.paint(ear, animal.head, tint(color, 0.94), marks.BOTH, depth=0.1, fur=fur)


def _beard(animal):
    shape = both_sides((0, 0.5), (0.45, 0.5), (0.55, 0.9), (0.35, 1.35), (0, 1.45)) * [0.6, 0.9]
    for side in SIDES:
        animal.paint(shape + [side * 0.22, 0.2], animal.head, animal.muzzle_color(), depth=0.6, fur=1.0)


def _brows(animal):
    for side in SIDES:
        brow = ellipse(side * 0.36, -0.3, 0.3, 0.1, side * 0.3)
        animal.paint(brow, animal.head, blend(animal.coat, (250, 250, 250), 0.15), depth=0.8, fur=0.8)


def _fringe(animal):
    for x in (-0.4, 0, 0.4):
        animal.paint(ellipse(x, -0.6, 0.3, 0.35), animal.head, tint(animal.coat, 1.05), depth=0.6, fur=1.0)


def _bow(animal):
    color = RIBBONS[animal.random.integers(len(RIBBONS))]
    for side in SIDES:
        animal.brush.fill([(0, -0.85), (side * 0.35, -1.08), (side * 0.35, -0.7)], color, 0.4)
    animal.brush.fill(ellipse(0, -0.87, 0.09, 0.09), tint(color, 0.7), 0.4)


def _wrinkles(animal):
    for y in (-0.42, -0.58):
        fold = [(-0.3, y - 0.08), (-0.12, y), (0.12, y), (0.3, y - 0.08)]
        animal.brush.line(fold, tint(animal.coat, 0.68), 0.04, 0.7)


EARS = {"pointed": _pointed, "folded": _folded, "rose": _rose, "drooping": _drooping}
EXTRAS = {"beard": _beard, "brows": _brows, "fringe": _fringe, "bow": _bow, "wrinkles": _wrinkles}
