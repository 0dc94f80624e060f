#!/usr/bin/env bash
# torchvision's KeyPoints are flipped as pixel numbers (x to W - 1 - x) but rotated and resized as distances from the
# edge (half a turn: x to W - x), so no way of writing a point stays on its pixel under both: it is one pixel off.
# Seen with torchvision 0.29.0; its documentation says only that a point has an x along the width and a y along the
# height, and that the transforms move image, boxes and points alike.
# Instead: hold points as distances from the edge (pixel number + 0.5), and add 1 to the flipped coordinate yourself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.0 torchvision==0.29.0 numpy==2.4.6
cat > "$work/find.py" <<'PY'
import sys
from importlib.metadata import version

import torch
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as F

for name in ("torchvision", "torch"):
    print(name, version(name))
height, width, column, row = 40, 60, 22, 11
pixels = torch.zeros(1, height, width)
pixels[0, row, column] = 1
image = tv_tensors.Image(pixels)


def numbers(tensor):
    return [round(value, 3) + 0.0 for value in tensor.as_subclass(torch.Tensor).flatten().tolist()]


def points(x, y):
    return tv_tensors.KeyPoints([[x, y]], canvas_size=(height, width))


def lit(picture):
    return picture[0].nonzero()[0].flip(0).tolist()


turns = {
    "both flips": lambda item: F.vertical_flip(F.horizontal_flip(item)),
    "half a turn": lambda item: F.rotate(item, 180.0),
}
box = tv_tensors.BoundingBoxes(
    [[column, row, column + 1, row + 1]], format="XYXY", canvas_size=(height, width), dtype=torch.float32)
seen = {}
print("expected: both flips together are half a turn, for the image, the box and the point")
for name, turn in turns.items():
    seen[name] = {
        "pixel": lit(turn(image)), "box": numbers(turn(box)),
        "point at pixel number": numbers(turn(points(float(column), float(row)))),
        "point at pixel centre": numbers(turn(points(column + 0.5, row + 0.5))),
    }
    print(f"seen, {name}:", seen[name])
flips, turned = seen["both flips"], seen["half a turn"]
same = (
    flips["pixel"] == turned["pixel"] == [37, 28] and flips["box"] == turned["box"] == [37, 28, 38, 29]
    and flips["point at pixel number"] == [37, 28] and turned["point at pixel number"] == [38, 29]
    and flips["point at pixel centre"] == [36.5, 27.5] and turned["point at pixel centre"] == [37.5, 28.5]
)
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
