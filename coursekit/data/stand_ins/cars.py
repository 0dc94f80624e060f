"""Cars seen from the side, the front and the rear, in many shapes and colours: a set to be labelled.

Points are in half a car's width: (0, 0) is on the ground below its middle, y points down.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from coursekit.data.stand_ins.canvas import FINE, Brush, Pose, blend, cover, ellipse, frame, generator, tint
from coursekit.data.stand_ins.scenes import ROADSIDE, background, photograph, random_size

PAINTS = ((190, 40, 40), (40, 80, 160), (235, 235, 232), (45, 46, 50), (150, 155, 160), (95, 100, 108),
          (225, 175, 50), (50, 110, 70), (215, 105, 45), (120, 165, 200), (110, 45, 60), (205, 190, 160))
GLASS, TYRE, DARK, CHROME = (70, 86, 98), (28, 28, 30), (35, 35, 38), (205, 208, 210)
LIGHT = (0, 0.8)  # from above


@dataclass(frozen=True)
class Body:
    """A shape: half its length; where, from rear to front, deck, roof and bonnet begin; heights upwards."""

    length: float
    deck: float
    roof_rear: float
    roof_front: float
    bonnet: float
    top: float
    belt: float = 0.98


BODIES = {
    "saloon": Body(2.15, -1.55, -0.95, 0.25, 0.95, 1.45),
    "hatchback": Body(1.75, -1.7, -1.4, 0.2, 0.85, 1.5),
    "estate": Body(2.15, -2.1, -1.85, 0.25, 0.95, 1.48),
    "off-roader": Body(1.95, -1.92, -1.75, 0.35, 0.85, 1.85, 1.2),
    "van": Body(2.2, -2.18, -2.1, 1.0, 1.6, 2.1, 1.15),
    "pick-up": Body(2.3, -0.55, -0.4, 0.35, 0.9, 1.7, 1.1),
    "sports car": Body(2.0, -1.75, -0.7, 0.05, 0.85, 1.15, 0.82),
}


def draw_car(view, number, size=None):
    """Image `number` of a car from `view` (side, front, rear), RGB; `size`: (width, height) or by chance.

    Raises ValueError for an unknown view.
    """
    car = _car(view, number, size)
    VIEWS[view](car)
    return photograph(car.random, car.image)


def body_of(view, number):
    """The shape of the car that `draw_car` draws for the same arguments: saloon, van, sports car, ..."""
    body = _car(view, number).body
    return next(name for name, known in BODIES.items() if known is body)


def _car(view, number, size=None):
    "A car that is still to be drawn, before its background."
    if view not in VIEWS:
        raise ValueError(f"Expected one of the views {', '.join(VIEWS)}, found {view!r}.")
    random = generator(f"car {view}", number)
    by_chance = random_size(random)
    width, height = size or by_chance
    return Car(random, background(random, (width * FINE, height * FINE), ROADSIDE))


class Car:
    """A car of a random shape and colour on `image`."""

    def __init__(self, random, image):
        self.random, self.image, self.mask = random, image, Image.new("L", image.size)
        self.body = BODIES[random.choice(list(BODIES))]
        self.paint = tint(PAINTS[random.integers(len(PAINTS))], random.normal(1, 0.06))
        self.black_grille, self.round_lights = random.random(2) < 0.5

    def stand(self, half_width, turn):
        """Choose how large the car is and where; it is `half_width` wide to each side."""
        width, height = self.image.size
        scale = min(width / half_width / 2, height / self.body.top / 1.5) * self.random.uniform(0.6, 0.92)
        free = width / 2 - half_width * scale
        at = width / 2 + self.random.uniform(-0.8, 0.8) * free, height * self.random.uniform(0.78, 0.92)
        pose = Pose(at, scale, self.random.normal(0, 0.025), turn, mirror=bool(self.random.random() < 0.5))
        self.pose, self.brush = pose, Brush(self.image, pose)
        ground = self.image.getpixel((int(at[0]), int(at[1])))
        self.brush.fill(ellipse(0, 0.02, 1.05 * half_width, 0.12), blend(ground, DARK, 0.6))

    def plate(self, points, color, depth=0.0):
        """A shaded surface."""
        edge = self.pose.place(points, depth)
        corner, size = frame(edge, self.image.size)
        cover(self.image, self.mask, Image.new("RGB", size, color), corner, edge, LIGHT)


def _side(car):
    body = car.body
    car.stand(body.length, car.random.normal(0, 0.12))
    end, nose, low = -body.length, body.length, -0.25
    outline = [(end, low), (end - 0.02, -0.6), (end + 0.05, -body.belt), (body.deck, -body.belt - 0.03),
               (body.roof_rear, -body.top), (body.roof_front, -body.top), (body.bonnet, -body.belt),
               (nose - 0.2, -0.82 * body.belt), (nose, -0.6), (nose + 0.02, low)]
    car.plate(outline, car.paint)
    _side_windows(car)
    for x in (-0.62, 0.66):
        _wheel(car, x * body.length, -0.33)
    car.brush.line([(end + 0.1, -0.42), (nose - 0.1, -0.42)], tint(car.paint, 0.7), 0.03)
    car.brush.fill(ellipse(nose - 0.1, -0.66, 0.12, 0.08), (250, 245, 215))
    car.brush.fill(ellipse(end + 0.07, -0.72, 0.07, 0.11), (190, 30, 35))


def _side_windows(car):
    body, roof = car.body, -car.body.top + 0.1
    rear = body.deck + 0.12 if car.body is not BODIES["van"] else 0.35
    top_rear = max(body.roof_rear + 0.05, rear)
    belt = -body.belt - 0.01
    glass = [(rear, belt), (top_rear, roof), (body.roof_front, roof), (body.bonnet - 0.12, belt)]
    car.brush.fill(glass, GLASS)
    car.brush.fill([(top_rear + 0.1, roof), (top_rear + 0.25, roof), (rear + 0.15, belt)], tint(GLASS, 1.5))
    middle = (rear + body.bonnet) / 2 - 0.1
    for x in (middle, body.roof_front + 0.1):
        car.brush.line([(x, -body.top + 0.05), (x, -body.belt)], car.paint, 0.07)
        car.brush.line([(x, -body.belt), (x - 0.03, -0.35)], tint(car.paint, 0.7), 0.025)
        car.brush.line([(x - 0.25, belt + 0.14), (x - 0.1, belt + 0.14)], CHROME, 0.04)


def _wheel(car, x, y, radius=0.34):
    rings = (1.18, tint(car.paint, 0.3)), (1, TYRE), (0.62, CHROME), (0.5, tint(CHROME, 0.75)), (0.14, DARK)
    for size, color in rings:
        car.brush.fill(ellipse(x, y, radius * size, radius * size, n=26), color)
    for angle in np.arange(5) * 2 * np.pi / 5 + car.random.uniform(0, 1):
        end = x + 0.55 * radius * np.cos(angle), y + 0.55 * radius * np.sin(angle)
        car.brush.line([(x, y), end], CHROME, 0.05)


def _ends(car):
    "What front and rear have in common: wheels, body, roof and glass."
    top, belt = car.body.top, car.body.belt
    car.stand(1.15, car.random.normal(0, 0.2))
    for x in (-0.72, 0.72):
        car.brush.fill(np.array([(-0.17, -0.4), (0.17, -0.4), (0.15, 0), (-0.15, 0)]) + [x, 0], TYRE)
    high = 0.92 if top > 1.7 else 0.7
    roof = [(-0.9, -belt), (-high, 0.06 - top), (-0.85 * high, -top), (0.85 * high, -top), (high, 0.06 - top),
            (0.9, -belt)]
    car.plate(roof, tint(car.paint, 0.92), -0.6)
    glass = [(-0.82, -belt), (-high + 0.07, -top + 0.12), (high - 0.07, -top + 0.12), (0.82, -belt)]
    car.brush.fill(glass, GLASS, -0.5)
    gleam = [(-0.5, -belt), (-0.2, -top + 0.12), (0.05, -top + 0.12), (-0.2, -belt)]
    car.brush.fill(gleam, tint(GLASS, 1.4), -0.5)
    side = [(0, -belt - 0.03), (0.86, -belt), (0.98, -0.75 * belt), (1, -0.45), (0.95, -0.2), (0, -0.2)]
    car.plate(side + [(-x, y) for x, y in reversed(side)], car.paint)
    for x in (-1, 1):  # mirrors
        car.brush.fill(ellipse(x * 1.05, -belt - 0.12, 0.13, 0.09), tint(car.paint, 0.8), -0.3)


def _number_plate(car, y):
    sign = [(-0.26, y - 0.07), (0.26, y - 0.07), (0.26, y + 0.07), (-0.26, y + 0.07)]
    car.brush.fill(sign, (240, 238, 225), 0.05)
    car.brush.line([(-0.2, y), (-0.05, y)], DARK, 0.05, 0.05)
    car.brush.line([(0.02, y), (0.2, y)], DARK, 0.05, 0.05)


def _front(car):
    _ends(car)
    belt = car.body.belt
    for x in (-0.3, 0.3):  # creases of the bonnet
        car.brush.line([(x * 1.5, -belt), (x, -0.72 * belt)], tint(car.paint, 0.8), 0.025)
    grille = DARK if car.black_grille else tint(CHROME, 0.7)
    car.brush.fill([(-0.42, -0.72 * belt), (0.42, -0.72 * belt), (0.36, -0.48), (-0.36, -0.48)], grille)
    for y in np.linspace(-0.68 * belt, -0.52, 4):
        car.brush.line([(-0.38, y), (0.38, y)], tint(grille, 1.6 if car.black_grille else 0.5), 0.02)
    for x in (-1, 1):
        lamp = np.array([(0.5, -0.6), (0.52, -0.7), (0.95, -0.76), (0.93, -0.58)]) * [x, belt]
        if car.round_lights:
            lamp = ellipse(x * 0.7, -0.66 * belt, 0.15, 0.15)
        car.brush.fill(lamp, (252, 250, 228))
        car.brush.fill(ellipse(x * 0.7, -0.66 * belt, 0.06, 0.06), (200, 205, 210))
    bumper = DARK if car.black_grille else tint(car.paint, 0.8)
    car.brush.fill([(-0.93, -0.4), (0.93, -0.4), (0.9, -0.2), (-0.9, -0.2)], bumper)
    _number_plate(car, -0.33)


def _rear(car):
    _ends(car)
    belt = car.body.belt
    lid = [(-0.75, -0.45), (-0.75, -0.9 * belt), (0.75, -0.9 * belt), (0.75, -0.45)]
    car.brush.line(lid, tint(car.paint, 0.7), 0.025)
    for x in (-1, 1):
        lamp = np.array([(0.66, -0.86), (0.95, -0.84), (0.97, -0.58), (0.7, -0.56)]) * [1, belt]
        if car.round_lights:
            lamp = ellipse(0.8, -0.7 * belt, 0.14, 0.14)
        car.brush.fill(lamp * [x, 1], (195, 28, 34))
        car.brush.fill(ellipse(x * 0.82, -0.66 * belt, 0.06, 0.05), (255, 150, 90))
        car.brush.fill(ellipse(x * 0.55, -0.2, 0.09, 0.05), CHROME)
    car.brush.fill([(-0.95, -0.42), (0.95, -0.42), (0.92, -0.22), (-0.92, -0.22)], tint(car.paint, 0.75))
    car.brush.line([(-0.55, -belt - 0.05), (0.1, -belt - 0.12)], DARK, 0.03, -0.4)  # the wiper
    _number_plate(car, -0.62 * belt)


VIEWS = {"side": _side, "front": _front, "rear": _rear}
