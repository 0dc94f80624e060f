"""One drawn cat or dog: body, head, ears, face, from the back to the front.

Points are in heads: (0, 0) is the middle of the face, 1 half the width of a usual head, y points down.
"""

import numpy as np
from PIL import Image, ImageColor

from coursekit.data.stand_ins import marks, parts
from coursekit.data.stand_ins.breeds import COLORS
from coursekit.data.stand_ins.canvas import Brush, Pose, blend, both_sides, cover, curve, ellipse, frame, tint

SIDES = (-1, 1)
BLACK, PALE = (14, 12, 14), (250, 250, 250)


class Animal:
    """An animal with the traits of `breed`, posed by `random`, on `image`; `mask` is 255 where it is."""

    def __init__(self, breed, random, image):
        self.breed, self.random, self.image = breed, random, image
        self.mask = Image.new("L", image.size)
        self.light, self.shine = (random.choice(SIDES) * 0.8, 0.7), random.normal(1, 0.05)
        scale = min(image.size) * random.uniform(0.18, 0.29)
        at = image.width * random.uniform(0.34, 0.66), image.height * random.uniform(0.36, 0.5)
        self.head = Pose(at, scale, random.normal(0, 0.13), random.normal(0, 0.3), random.normal(0, 0.1))
        self.body = Pose(at, scale, random.normal(0, 0.06))
        self.brush = Brush(image, self.head)
        self.coat = self.color(breed.coat)

    def color(self, name):
        """The colour called `name` as it is on this animal."""
        return tint(ImageColor.getrgb(COLORS[name]), self.shine)

    def draw(self):
        """Everything, from the back to the front."""
        self._body()
        if self.breed.ears != "drooping":
            self._ears()
        self._head()
        if self.breed.ears == "drooping":
            self._ears()

    def paint(self, outline, pose, color, drawn_marks=(), depth=0.0, fur=None):
        """A part of the animal inside `outline`, with marks and hair, shaded as if it were round."""
        fur = self.breed.fur if fur is None else fur
        edge = self._tufts(pose.place(outline, depth), 0.2 * fur * pose.scale)
        corner, size = frame(edge, self.image.size)
        if min(size) < 8:  # outside the image
            return
        coat = Image.new("RGB", size, color)
        brush = Brush(coat, pose.seen_from(corner))
        for name in self.breed.marks:
            if name in drawn_marks:
                drawn_marks[name](brush, self.random, self.color(self.breed.marks[name]), color)
        if fur:
            self._hair(coat, brush, fur)
        cover(self.image, self.mask, coat, corner, edge, self.light)

    def _tufts(self, edge, length):
        "The outline `edge` with tips of hair up to `length` pixels long, if that is to be seen."
        if length < 1.5:
            return edge
        thirds = np.arange(3)[:, None, None] / 3
        fine = (edge + (np.roll(edge, -1, 0) - edge) * thirds).swapaxes(0, 1).reshape(-1, 2)
        out = fine - edge.mean(0)
        out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-6
        tips = np.where(np.arange(len(fine)) % 2, 1.0, -0.4) * self.random.uniform(0.2, 1, len(fine))
        return fine + (out + [0, 0.5]) * (tips * length)[:, None]

    def _hair(self, coat, brush, fur):
        "Strokes away from the nose, each a little lighter or darker than the coat under it."
        n = int(np.clip(coat.width * coat.height / brush.pose.scale**2 * 45, 20, 200))
        starts = self.random.uniform(0, 1, (n, 2)) * (coat.width - 1, coat.height - 1)
        under = np.asarray(coat)[starts[:, 1].astype(int), starts[:, 0].astype(int)].astype(int)
        light = self.random.normal(1, 0.08, (n, 1))
        colors = np.clip(under * light + 60 * (light - 1), 0, 255).astype(int)
        ways = starts - brush.pose.place([(0, 0.35)])
        ways /= np.linalg.norm(ways, axis=1, keepdims=True) + 1e-6
        ways += self.random.normal([0, 0.6], 0.2, (n, 2))
        ends = starts + ways * brush.pose.scale * (0.06 + 0.25 * fur)
        width = max(1, round(0.03 * brush.pose.scale * (1 + fur)))
        for line, color in zip(np.hstack([starts, ends]).tolist(), colors.tolist(), strict=True):
            brush.draw.line(line, fill=tuple(color), width=width)

    def _body(self):
        "A sitting animal seen from the front; most of it is often outside the image."
        breed, side = self.breed, self.random.choice(SIDES)
        wide = (0.8 if breed.species == "cat" else 0.95) * breed.head[0] + 0.25 * breed.fur
        tail = curve((0.6, 3.0), (1.7, 2.9), (2.0, 2.0), (2.25, 2.0), (2.1, 3.2), (0.7, 3.4)) * [side, 1]
        self.paint(tail, self.body, self.coat, marks.BOTH)
        for x in SIDES:
            self.paint(ellipse(x * 0.8 * wide, 3.0, 0.55, 0.75), self.body, tint(self.coat, 0.94), marks.BOTH)
        torso = both_sides((0, 0.3), (0.55, 0.5), (1, 1.4), (1.05, 2.5), (0.8, 3.5), (0, 3.6)) * [wide, 1]
        self.paint(torso, self.body, self.coat, marks.ON_BODY)
        sock = self.color(breed.marks.get("chest", breed.coat))
        for x in SIDES:
            leg = both_sides((0, 1.8), (0.24, 2.0), (0.22, 3.2), (0.34, 3.6), (0, 3.75)) + [x * 0.4, 0]
            on_leg = () if "chest" in breed.marks else marks.BOTH
            self.paint(leg, self.body, sock, on_leg, fur=0.6 * breed.fur)

    def _ears(self):
        color = self.color(self.breed.ear_color or self.breed.coat)
        for side in SIDES:
            parts.EARS[self.breed.ears](self, side, color)

    def _head(self):
        breed = self.breed
        (width, height), cheek = breed.head, breed.head[0] * breed.cheeks
        if "mane" in breed.extras:
            mane = both_sides((0, -0.7), (width, -0.5), (1.3 * cheek, 0.4), (width, 1.25), (0, 1.6))
            self.paint(mane, self.head, tint(self.coat, 0.96), marks.BOTH, depth=-0.3, fur=1.0)
        outline = both_sides((0, -0.85 * height), (0.55 * width, -0.72 * height), (0.95 * width, -0.1),
                             (0.93 * cheek, 0.35), (0.55 * cheek, 0.78), (0, 0.86 + 0.1 * breed.muzzle[0]))
        self.paint(outline, self.head, self.coat, marks.ON_HEAD)
        for side in SIDES:
            self._eye(side)
        (self._cat_muzzle if breed.species == "cat" else self._dog_muzzle)()
        for extra in breed.extras:
            if extra in parts.EXTRAS:
                parts.EXTRAS[extra](self)

    def _eye(self, side):
        breed, cat = self.breed, self.breed.species == "cat"
        size, high = (0.21, 0.93) if cat else (0.14, 0.93)
        size, x = size * breed.eye_size, side * (0.44 if cat else 0.4) * breed.head[0]
        slant = side * (0.45 if "sad" in breed.extras else -0.25 if cat else 0.1)
        rim = tint(self.coat, 0.4) if sum(self.coat) > 200 else blend(self.coat, PALE, 0.25)
        pupil = 0.45 if cat else 0.6
        self.brush.fill(ellipse(x, -0.1, size * 1.18, size * 1.12 * high, slant), rim, 0.7)
        self.brush.fill(ellipse(x, -0.1, size, size * high * 0.95, slant), self.color(breed.eyes), 0.72)
        self.brush.fill(ellipse(x, -0.1, size * pupil, size * (0.85 if cat else 0.6)), BLACK, 0.73)
        self.brush.fill(ellipse(x - 0.3 * size, -0.1 - 0.35 * size, size * 0.22, size * 0.22), PALE, 0.75)

    def muzzle_color(self):
        """The colour around the mouth: that of a mark there, or a little lighter than the coat."""
        names = [name for name in ("muzzle", "face", "snout", "points") if name in self.breed.marks]
        return self.color(self.breed.marks[names[0]]) if names else tint(self.coat, 1.07)

    def _cat_muzzle(self):
        length, broad = self.breed.muzzle
        color, depth, y = self.muzzle_color(), 0.85 + 0.2 * length, 0.42 + 0.1 * length
        for side in SIDES:
            self.brush.fill(ellipse(side * 0.17 * broad, y + 0.05, 0.24 * broad, 0.19), color, depth)
        self.brush.fill(ellipse(0, y + 0.2, 0.16 * broad, 0.12), tint(color, 0.94), depth)
        nose = curve((-0.13, y - 0.17), (0, y - 0.2), (0.13, y - 0.17), (0.03, y - 0.04), (-0.03, y - 0.04))
        self.brush.fill(nose, self.color(self.breed.nose), depth + 0.05)
        lips = tint(color, 0.4) if sum(color) > 200 else blend(color, PALE, 0.2)
        whiskers = PALE if sum(self.coat) < 560 else (165, 155, 145)
        for side in SIDES:
            mouth = [(0, y - 0.05), (0, y + 0.06), (side * 0.08, y + 0.14), (side * 0.2, y + 0.13)]
            self.brush.line(mouth, lips, 0.03, depth + 0.05)
            for slope in (-0.12, 0.02, 0.16):
                end = y + slope + self.random.normal(0, 0.06)
                self.brush.line([(side * 0.25, y + slope * 0.3), (side * 0.7, end), (side * 1.2, end + 0.12)],
                                whiskers, 0.015, depth)

    def _dog_muzzle(self):
        length, broad = self.breed.muzzle
        color, depth, w = self.muzzle_color(), 0.8 + 0.45 * length, 0.42 * broad
        top, low, y = 0.02 + 0.1 * (1 - length), 0.72 + 0.18 * length, 0.24 + 0.2 * length
        if "jowls" in self.breed.extras:
            low += 0.08
        outline = both_sides((0, top), (0.55 * w, top + 0.1), (0.9 * w, 0.35), (1.05 * w, 0.6 * low + 0.12),
                             (0.7 * w, low), (0, low + 0.03))
        self.paint(outline, self.head, color, depth=0.4 + 0.2 * length, fur=0.5 * self.breed.fur)
        lips = tint(color, 0.35) if sum(color) > 200 else blend(color, PALE, 0.2)
        self._mouth(y, low, w, depth * 0.85, lips)
        nose = both_sides((0, -0.14), (0.13, -0.13), (0.19, -0.02), (0.1, 0.1), (0, 0.13))
        nose, dark = nose * [0.75 + 0.25 * broad, 1], self.color(self.breed.nose)
        if sum(color) < 200:
            self.brush.fill(nose * 1.15 + [0, y], blend(color, PALE, 0.15), depth)
        self.brush.fill(nose + [0, y], dark, depth)
        self.brush.fill(ellipse(0, y - 0.07, 0.08, 0.025, n=10), blend(dark, PALE, 0.35), depth)

    def _mouth(self, y, low, w, depth, color):
        "Lips, and often a tongue."
        line = low - 0.16
        if "smile" in self.breed.extras or self.random.random() < 0.35:
            opened = both_sides((0, line - 0.03), (0.6 * w, line - 0.08), (0.3 * w, low), (0, low + 0.02))
            self.brush.fill(opened, (60, 25, 28), depth)
            tongue = both_sides((0, line), (0.14, line), (0.15, low + 0.08), (0, low + 0.2))
            self.brush.fill(tongue, (222, 120, 128), depth)
            self.brush.line([(0, line), (0, low + 0.08)], (190, 90, 100), 0.02, depth)
        self.brush.line([(0, y), (0, line)], color, 0.035, depth)
        for side in SIDES:
            self.brush.line([(0, line), (side * 0.35 * w, line + 0.06), (side * 0.8 * w, line - 0.06)],
                            color, 0.035, depth)
