"""What every drawn image needs: smooth outlines, a pose in space, a brush, colours and shading."""

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

ROUND = [min(255, 140 + 145 * value // 255) for value in range(256)]  # light by the blurred mask of a part
FINE = 2  # images are drawn this many times larger and then reduced, which makes edges smooth


def generator(kind, number):
    """The random numbers of image `number` of `kind`: always the same ones."""
    return np.random.default_rng([crc32(kind.encode()), number])


def curve(*points, steps=5):
    """A closed smooth curve through `points` (Catmull-Rom spline), as an array (steps * len(points), 2)."""
    knots = np.array(points, float)
    before, after, later = np.roll(knots, 1, 0), np.roll(knots, -1, 0), np.roll(knots, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    pieces = (2 * knots + (after - before) * t + (2 * before - 5 * knots + 4 * after - later) * t**2
              + (3 * knots - before - 3 * after + later) * t**3) / 2
    return pieces.swapaxes(0, 1).reshape(-1, 2)


def both_sides(*points, steps=5):
    """A closed smooth curve symmetric to the vertical axis; `points`: its right half from top to bottom."""
    return curve(*points, *[(-x, y) for x, y in reversed(points) if x], steps=steps)


def ellipse(x, y, width, height, angle=0.0, n=18):
    """An ellipse around (x, y) with these half axes, turned by `angle` radians, as an array (n, 2)."""
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    along, across = width * np.cos(turn), height * np.sin(turn)
    return np.stack([x + along * np.cos(angle) - across * np.sin(angle),
                     y + along * np.sin(angle) + across * np.cos(angle)], 1)


@dataclass(frozen=True)
class Pose:
    """Where a thing is in an image: `at` and `scale` in pixels; `tilt`, `turn` and `nod` in radians."""

    at: tuple
    scale: float
    tilt: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    mirror: bool = False

    def place(self, points, depth=0.0):
        """Pixels (n, 2) of `points` (n, 2), which lie `depth` in front of the thing's middle."""
        x, y = np.asarray(points, float).T
        x = -x if self.mirror else x
        x = x * np.cos(self.turn) + depth * np.sin(self.turn)
        y = y * np.cos(self.nod) + depth * np.sin(self.nod)
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        return np.stack([x * cos - y * sin, x * sin + y * cos], 1) * self.scale + self.at

    def seen_from(self, corner):
        """The same pose in an image whose upper left corner is `corner` of this one."""
        return replace(self, at=(self.at[0] - corner[0], self.at[1] - corner[1]))


class Brush:
    """Draws shapes of a thing in `pose` into `image`."""

    def __init__(self, image, pose):
        self.draw, self.pose = ImageDraw.Draw(image), pose

    def fill(self, points, color, depth=0.0):
        """The shape with the outline `points` (n, 2)."""
        self.draw.polygon(self.pose.place(points, depth).ravel().tolist(), fill=color)

    def line(self, points, color, width=0.03, depth=0.0):
        """A line through `points` (n, 2), as wide as `width` of the thing's unit."""
        pixels = self.pose.place(points, depth).ravel().tolist()
        self.draw.line(pixels, fill=color, width=max(1, round(width * self.pose.scale)), joint="curve")


def tint(color, by):
    """`color` made lighter (`by` above 1) or darker."""
    return tuple(int(min(255, value * by)) for value in color)


def blend(a, b, part):
    """`part` of colour `b` and the rest of colour `a`."""
    return tuple(int(x + (y - x) * part) for x, y in zip(a, b, strict=True))


def any_color(random, low=50, high=230):
    """A colour between brightness `low` and `high`, rarely a glaring one."""
    color = random.integers(low, high, 3).tolist()
    return blend(color, [sum(color) / 3] * 3, random.uniform(0.4, 0.85))


def shade(image, inside, light):
    """`image`, darker toward the edge of the mask `inside` that is away from `light`, as if it were round."""
    small = inside.reduce(8 if min(inside.size) > 160 else 4)
    reach = 0.16 * min(small.size)
    frame = Image.new("L", (int(small.width + 4 * reach) + 4, int(small.height + 4 * reach) + 4))
    corner = int(2 * reach) + 2
    frame.paste(small, (corner, corner))
    soft = frame.filter(ImageFilter.GaussianBlur(reach))
    left, top = corner - light[0] * reach, corner - light[1] * reach
    soft = soft.transform(small.size, Image.Transform.AFFINE, (1, 0, left, 0, 1, top))
    soft = soft.point(ROUND).resize(image.size, Image.Resampling.BILINEAR)
    return ImageChops.multiply(image, Image.merge("RGB", [soft] * 3))


def frame(edge, size):
    """The upper left corner and the size of the part of an image of `size` that holds the outline `edge`."""
    low = np.maximum(np.floor(edge.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(edge.max(0)) + 1, size).astype(int)
    return tuple(low.tolist()), tuple((high - low).tolist())


def cover(image, mask, paint, corner, edge, light):
    """Put `paint`, which belongs at `corner`, shaded onto `image` inside `edge`; `mask` is 255 there."""
    inside = Image.new("L", paint.size)
    ImageDraw.Draw(inside).polygon((edge - corner).ravel().tolist(), fill=255)
    image.paste(shade(paint, inside, light), corner, inside)
    mask.paste(255, corner, inside)
