#!/usr/bin/env bash
# torchvision's CenterCrop to a size above the image's pads image and mask by the half rounded down but moves boxes and
# points by the half rounded to even: where the difference is 3, 7, 11 ... the boxes lie one pixel off their objects.
# Seen with torchvision 0.29.0; its documentation says that a too small image is padded and then cropped at the centre,
# and that boxes are transformed along with it.
# Instead: use Pad with four widths of your own, then a crop inside the image; or let the difference be even.
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
from torchvision.ops import masks_to_boxes
from torchvision.transforms import v2

for name in ("torchvision", "torch"):
    print(name, version(name))
side, offsets = 28, {}
pixels = torch.zeros(1, side, side)
pixels[0, 10:14, 8:15] = 1
sample = {
    "image": tv_tensors.Image(pixels),
    "mask": tv_tensors.Mask(pixels.to(torch.uint8)),
    "boxes": tv_tensors.BoundingBoxes([[8, 10, 15, 14]], format="XYXY", canvas_size=(side, side)),
    "points": tv_tensors.KeyPoints([[8, 10]], canvas_size=(side, side)),
}
for difference in range(1, 13):
    out = v2.CenterCrop(side + difference)(sample)
    corner = masks_to_boxes(out["mask"])[0, :2]
    assert torch.equal(corner, masks_to_boxes(out["image"])[0, :2]), "image and mask differ"
    offsets[difference] = tuple(
        int((out[key].as_subclass(torch.Tensor)[0, :2] - corner).abs().max()) for key in ("boxes", "points"))
print("expected: boxes and points lie on the object, 0 pixels off, at every size")
print("seen: pixels off (boxes, points) for each size of crop minus size of image:")
print(offsets)
same = offsets == {d: (1, 1) if d % 4 == 3 else (0, 0) for d in range(1, 13)}
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
