"""Exercises of lesson 12: right answers and the usual wrong ones. Spoilers below."""

import io
import random

import numpy as np
import torch
from PIL import Image
from torch import tensor

from coursekit.lesson import Exercise


def _image(width, height):
    "An image of waves that differ along both axes."
    x, y = np.meshgrid(np.linspace(0, 7, width), np.linspace(0, 5, height))
    return Image.fromarray((127 + 60 * np.sin(x + 2 * y) + 60 * np.cos(3 * y - x)).astype(np.uint8)).convert("RGB")


def _file(image, kind="JPEG"):
    buffer = io.BytesIO()
    image.save(buffer, format=kind)
    return buffer.getvalue()


WHOLE, PNG = _file(_image(90, 60)), _file(_image(90, 60), "PNG")
CONTENTS = [WHOLE, PNG, WHOLE[:len(WHOLE) // 2], PNG[:len(PNG) // 2], b"<html>Gone</html>", b"",
            _file(_image(90, 20)), _file(_image(20, 90), "PNG"), _file(_image(20, 20)), _file(_image(32, 32)),
            _file(_image(31, 40))]


def _opens(content, smallest=32, work=lambda image: None):
    try:
        image = Image.open(io.BytesIO(content))
        size = image.size
        work(image)
    except (OSError, SyntaxError):
        return False
    return min(size) >= smallest


def _usable(content, smallest=32):
    return _opens(content, smallest, lambda image: image.load())


is_usable = Exercise(
    hint="Opening a file reads its beginning only: which call decodes all of it, and what if it fails?",
    run=lambda answer: [bool(answer(content)) for content in CONTENTS] + [
        bool(answer(CONTENTS[0], smallest)) for smallest in (60, 61)],
    solution=_usable,
    mistakes={
        "Files that were cut off pass: Image.open reads only their beginning. Decode the pixels too, with load().":
            _opens,
        "A JPEG that was cut off passes: Pillow's verify() does not decode its pixels. Use load().":
            lambda content, smallest=32: _opens(content, smallest, lambda image: image.verify()),
        "A file that Pillow cannot read is no reason to stop: catch the exception, and return False.":
            lambda content, smallest=32: Image.open(io.BytesIO(content)).load() is not None,
        "Images that are too small pass.": lambda content, smallest=32: _usable(content, 0),
        "An image that is long and very thin passes: the shorter side counts.":
            lambda content, smallest=32: _usable(content, 0)
            and max(Image.open(io.BytesIO(content)).size) >= smallest,
        "An image of exactly `smallest` pixels is large enough.":
            lambda content, smallest=32: _usable(content, smallest + 1),
        "You turn PNG files away; a name or the first bytes of a JPEG say too little.":
            lambda content, smallest=32: content[:3] == b"\xff\xd8\xff" and _usable(content, smallest),
    },
)


def _grey(image, size):
    return np.asarray(image.convert("L").resize(size, Image.Resampling.LANCZOS)).astype(int)


def _downwards(image):
    grey = _grey(image, (8, 9))
    return grey[1:] > grey[:-1]


def _rightwards(image):
    grey = _grey(image, (9, 8))
    return grey[:, 1:] > grey[:, :-1]


def _wrong_way_round(image):
    grey = _grey(image, (9, 8))
    return grey[1:] > grey[:-1]


def _bytes(image):
    grey = _grey(image, (8, 9)).astype(np.uint8)
    return grey[1:] - grey[:-1] > 0


hash_downwards = Exercise(
    hint="Compare all rows but the first with all rows but the last.",
    run=lambda answer: [answer(_image(90, 60)), answer(_image(50, 200))],
    solution=_downwards,
    mistakes={
        "That is the hash from left to right; compare each row with the one below.": _rightwards,
        "The bits say where it gets darker; they should be true where the lower pixel is brighter.":
            lambda image: ~_downwards(image),
        "The shape is wrong: Pillow's resize takes (width, height), so 8 wide and 9 high is (8, 9).": _wrong_way_round,
        "The grey values are bytes, and 3 - 5 is 254 for a byte: compare them, or make them int first.": _bytes,
        "The result is turned: its rows should be those of the image.": lambda image: _downwards(image).T,
    },
    praise="Correct: and its columns in reverse order find mirrored copies.",
)

NAMES = [f"{number:08d}.jpg" for number in range(100)]


def _run_split(answer):
    first, again = set(answer(list(NAMES), 0.2, 1)), set(answer(list(NAMES), 0.2, 1))
    reverse, other = set(answer(NAMES[::-1], 0.2, 1)), set(answer(list(NAMES), 0.2, 2))
    return {"size": [len(first),
                     len(set(answer(NAMES[:10], 0.25, 1))), len(set(answer(NAMES[:10], 0.29, 1)))],
            "names": first <= set(NAMES),
            "twice": first == again, "order": first == reverse, "seed": first != other, "alone": _is_alone(answer)}


def _states():
    return random.getstate(), np.random.get_state()[1:3], torch.get_rng_state()


def _is_alone(answer):
    "Whether the random numbers of Python, NumPy and torch stay as they were."
    before = _states()
    answer(list(NAMES), 0.2, 1)
    after = _states()
    random.setstate(before[0])
    torch.set_rng_state(before[2])
    return (after[0] == before[0] and (after[1][0] == before[1][0]).all() and after[1][1] == before[1][1]
            and torch.equal(after[2], before[2]))


def _by_index(names, share, seed):
    return random.Random(seed).sample(list(names), round(share * len(names)))


def _global_seed(names, share, seed):
    random.seed(seed)
    return random.sample(sorted(names), round(share * len(names)))


hold_out = Exercise(
    hint="What makes the order of the names harmless, and which object draws without touching others?",
    run=_run_split,
    solution=lambda names, share, seed: random.Random(seed).sample(sorted(names), round(share * len(names))),
    mistakes={
        "Another order of the same names gives other images: sort the names first.": _by_index,
        "That sets the seed of everybody's random numbers; make a generator of your own, random.Random(seed).":
            _global_seed,
        "The seed makes no difference: always the same part of the list is held out.":
            lambda names, share, seed: sorted(names)[:round(share * len(names))],
        "Those are the names to train on; return the ones that are held out.":
            lambda names, share, seed: set(names) - set(
                random.Random(seed).sample(sorted(names), round(share * len(names)))),
        "Some names were drawn twice, so too few are held out: use sample, not choices.":
            lambda names, share, seed: random.Random(seed).choices(sorted(names), k=round(share * len(names))),
    },
)

PROBABILITIES = tensor([[0.50, 0.45, 0.05], [0.10, 0.15, 0.75], [0.02, 0.90, 0.08], [0.55, 0.15, 0.30],
                        [0.30, 0.30, 0.40], [0.06, 0.54, 0.40], [0.20, 0.70, 0.10]])
LABELS = tensor([0, 1, 2, 1, 0, 0, 1])


def _propose(probabilities, labels, n, descending=True, only_wrong=True, by_loss=False):
    best, guess = probabilities.max(dim=1)
    own = probabilities[range(len(labels)), labels]
    order = (-own if by_loss else best - own).argsort(descending=descending, stable=True).tolist()
    return [(index, int(guess[index])) for index in order if not only_wrong or guess[index] != labels[index]][:n]


propose = Exercise(
    hint="Compute one number for each image, by which you then sort: the proposed class's lead.",
    run=lambda answer: [[list(map(int, pair)) for pair in answer(PROBABILITIES, LABELS, n)] for n in (3, 20)],
    solution=_propose,
    mistakes={
        "The order is turned: the largest difference comes first.":
            lambda probabilities, labels, n: _propose(probabilities, labels, n, descending=False),
        "Some proposals are the label itself: leave out images whose label is the most probable class.":
            lambda probabilities, labels, n: _propose(probabilities, labels, n, only_wrong=False),
        "That is the order of the losses; sort by how far the proposed class is ahead of the label.":
            lambda probabilities, labels, n: _propose(probabilities, labels, n, by_loss=True),
        "You return more than n proposals.": lambda probabilities, labels, n: _propose(probabilities, labels, 20),
        "These are the indices alone; give pairs (index, class).": lambda probabilities, labels, n: [
            index for index, _ in _propose(probabilities, labels, n)],
        "The second number of each pair is the label; it should be the proposed class.":
            lambda probabilities, labels, n: [(index, int(labels[index]))
                                              for index, _ in _propose(probabilities, labels, n)],
    },
)
