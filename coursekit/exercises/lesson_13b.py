"""Exercises of lesson 13b: right answers and the usual wrong ones. Spoilers below."""

import math

import numpy as np
import torch
from PIL import Image

from coursekit.lesson import Exercise

RIGHT = {"A": "rate too low", "B": "nothing", "C": "too many epochs", "D": "rate too high", "E": "too few images"}


def _marks(answer):
    "Which of the five diagnoses are right."
    return {name: str(answer.get(name)).strip().lower() == word for name, word in RIGHT.items()}


diagnoses = Exercise(
    hint="For each compare three things: the first loss with 3.61, both losses at the end, and the best error.",
    run=_marks,
    solution=RIGHT,
    mistakes={
        "All are right but A: its loss falls steadily and is still about that of guessing.": RIGHT | {"A": "nothing"},
        "All are right but B: a training loss below the validation loss is no illness; its error is good and steady.":
            RIGHT | {"B": "too many epochs"},
        "All are right but C: look at the error, not at the losses; when was it best?": RIGHT | {"C": "nothing"},
        "All are right but D: losses far above that of guessing have one cause.": RIGHT | {"D": "too many epochs"},
        "All are right but E: its error never gets worse, but nothing is left to learn from these images.":
            RIGHT | {"E": "too many epochs"},
        "You exchanged C and E: in one of them the error gets worse, in the other it only stops getting better.":
            RIGHT | {"C": "too few images", "E": "too many epochs"},
        "You exchanged A and D: guessing has a loss of 3.61; which run is far above it?":
            RIGHT | {"A": "rate too high", "D": "rate too low"},
    },
    praise="Correct: five of five.",
)

UNEVEN = torch.tensor([2, 0, 0, 1, 0, 2, 0, 0, 1, 0, 1, 0, 4])  # 7 of class 0, 3 of 1, 2 of 2, none of 3, 1 of 4
EVEN = torch.tensor([1, 0, 1, 0])


def _run_oversample(answer):
    results = []
    for answers in (UNEVEN, EVEN):
        indices = torch.as_tensor(np.asarray(answer(answers.clone())))
        copies = indices.bincount(minlength=len(answers))
        results.append([answers[indices].bincount(minlength=5), copies.min(),
                        max(int(copies[answers == k].max() - copies[answers == k].min()) for k in answers.unique())])
    return results


def _indices(answers):
    return [(answers == number).nonzero()[:, 0] for number in answers.unique()]


def _oversample(answers, pick=lambda part, most: part.repeat(math.ceil(most / len(part)))[:most]):
    most = int(answers.bincount().max())
    return torch.cat([pick(part, most) for part in _indices(answers)])


def _at_random(part, most):
    return part[torch.randint(len(part), (most,), generator=torch.Generator().manual_seed(3))]


oversample = Exercise(
    hint="For one class: repeat its indices until there are enough, then look at the end of the list.",
    run=_run_oversample,
    solution=_oversample,
    mistakes={
        "The rare classes are still rarer: whole copies alone do not fill up to the most frequent class.":
            lambda answers: _oversample(answers, lambda part, most: part.repeat(most // len(part))),
        "The rare classes are now more frequent than the others: cut the copies off at the largest class.":
            lambda answers: _oversample(answers, lambda part, most: part.repeat(math.ceil(most / len(part)))),
        "You cut all classes down to the rarest one; that throws images away. Repeat the rare ones instead.":
            lambda answers: torch.cat([part[:min(map(len, _indices(answers)))] for part in _indices(answers)]),
        "Drawn at random, some images are left out and others come often: go through each class in turn.":
            lambda answers: _oversample(answers, _at_random),
        "Only the first image of a class is repeated; take all of them equally often.":
            lambda answers: _oversample(answers, lambda part, most: torch.cat(
                [part, part[:1].repeat(most - len(part))])),
        "Those are the classes of the images; return the indices of the images.":
            lambda answers: answers[_oversample(answers)],
    },
    praise="Correct: every class counts the same, and no image is lost.",
)

_X, _Y = np.meshgrid(np.arange(7), np.arange(5))
_COLOURS = [20 * _X + 3 * _Y, 250 - 30 * _X, 40 * _Y + _X]
IMAGE = Image.fromarray(np.stack(_COLOURS, axis=2).astype(np.uint8))  # 7 wide, 5 high
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _batch(image, mean, std, axes=(2, 0, 1), divide=255.0, normalize=True):
    x = torch.from_numpy(np.array(image)).permute(axes).float() / divide
    shape = (-1, 1, 1) if axes[0] == 2 else (-1,)
    if normalize:
        x = (x - torch.tensor(mean).reshape(shape)) / torch.tensor(std).reshape(shape)
    return x[None]


def _scaled_last(image, mean, std):
    return _batch(image, mean, std, divide=1.0) / 255


batch_of_one = Exercise(
    hint="Print the shape after each step, and compare it with the one that you need.",
    run=lambda answer: [answer(IMAGE, MEAN, STD), answer(IMAGE.rotate(90, expand=True), STD, MEAN),
                        answer(IMAGE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))],
    solution=_batch,
    mistakes={
        "The axis of the batch is missing: a batch of one has the shape (1, 3, height, width).":
            lambda image, mean, std: _batch(image, mean, std)[0],
        "The colours are the last axis; torch wants them before height and width.":
            lambda image, mean, std: _batch(image, mean, std, axes=(0, 1, 2)),
        "Height and width are exchanged: an array of an image has its rows first.":
            lambda image, mean, std: _batch(image, mean, std, axes=(2, 1, 0)),
        "The pixels are still 0 to 255: divide them by 255 before you normalize.":
            lambda image, mean, std: _batch(image, mean, std, divide=1.0),
        "Divide by 255 first; mean and standard deviation are those of numbers from 0 to 1.": _scaled_last,
        "The image is not normalized: take the mean away and divide by the standard deviation.":
            lambda image, mean, std: _batch(image, mean, std, normalize=False),
    },
    praise="Correct: what a net is fed, made by hand.",
)

COUNTS = [[200, 50], [10, 10, 10], [5, 0, 15]]


def _entropy(counts, log=math.log):
    shares = [count / sum(counts) for count in counts if count]
    return -sum(share * log(share) for share in shares)


loss_of_guessing = Exercise(
    hint="What loss has one image of a class, and how often does that class occur?",
    run=lambda answer: [float(answer(list(counts))) for counts in COUNTS],
    solution=_entropy,
    mistakes={
        "That is the loss of equal probabilities; the shares of the classes are a better guess.":
            lambda counts: math.log(len(counts)),
        "That is in bits: cross-entropy in PyTorch takes the natural logarithm.":
            lambda counts: _entropy(counts, math.log2),
        "Each class must count by its share: weight the logarithms before you add them.":
            lambda counts: -np.mean([math.log(count / sum(counts)) for count in counts if count]),
        "The sign is wrong: a loss is minus the logarithm of a probability.": lambda counts: -_entropy(counts),
        "That is the error of always saying the most frequent class, not its loss.":
            lambda counts: 1 - max(counts) / sum(counts),
        "A class that does not occur gives 0 times the logarithm of 0: leave it out.":
            lambda counts: _entropy(counts) if all(counts) else math.nan,
    },
    praise="Correct: a model that is not below this has learned nothing but how frequent the classes are.",
)
