"""One animal of a breed: its coat, marks, build, age and carriage, within what the breed permits."""

from dataclasses import dataclass, replace

import numpy as np

from coursekit.data.stand_ins.breeds import BREEDS, COATS
from coursekit.data.stand_ins.canvas import blend

STRENGTH = 0.55  # how much animals of a breed differ, and how hard they are to see; 0: all are like its standard
BLEACHED = (150, 118, 92)  # what the sun makes of a coat


@dataclass(frozen=True)
class Individual:
    """`breed` with the coat and the build of this animal, and what no breed prescribes.

    `young` and `old`: 0 to 1. `shade`: factors for red, green and blue. `bleached`: how far, 0 to 1. `contrast`
    (0 to 1), `extent` (a factor) and `shift` (in heads): of its marks. `ears`: radians by which the left and the
    right one are turned. `eyelids`: how far they are closed, 0 to 1. `gaze`: right and down, in sizes of an eye.
    """

    breed: object
    young: float
    old: float
    shade: tuple
    bleached: float
    contrast: float
    extent: float
    shift: tuple
    ears: tuple
    eyelids: float
    gaze: tuple

    def color(self, color):
        """The colour of a coat, RGB, as it is on this animal."""
        faded = blend(color, BLEACHED, self.bleached)
        return tuple(int(min(255, value * factor)) for value, factor in zip(faded, self.shade, strict=True))


def individual(name, random, strength=STRENGTH):
    """An animal of the breed called `name`, drawn by `random`; the larger `strength`, the less usual."""
    breed, others = BREEDS[name], COATS.get(name, ())
    if others and random.random() < 0.4 * strength:
        breed = replace(breed, **others[random.integers(len(others))])
    age = random.random()
    young, old = max(0.0, 1 - 4 * age) * min(1, strength), max(0.0, 4 * age - 3) * min(1, strength)
    light, warm = np.exp(random.normal(0, 0.13 * strength)), random.normal(0, 0.05 * strength)
    return Individual(
        _built(breed, random, young, old, strength), young, old,
        shade=(light * (1 + warm), light, light * (1 - warm)),
        bleached=min(0.5, abs(random.normal(0, 0.1 * strength))),
        contrast=1 - min(0.75, abs(random.normal(0, 0.3 * strength))),
        extent=_factor(random, 0.14 * strength), shift=tuple(random.normal(0, 0.07 * strength, 2)),
        ears=tuple(random.normal(0, 0.16 * strength, 2)),
        eyelids=random.uniform(0.3, 1) if random.random() < 0.2 * strength else 0.0,
        gaze=tuple(random.uniform(-0.25, 0.25, 2) * strength))


def _built(breed, random, young, old, strength):
    "`breed` with the proportions, the fur and the ears of an animal that is so `young` or `old`."
    (width, height), (length, broad) = breed.head, breed.muzzle
    vary = [_factor(random, spread * strength) for spread in (0.07, 0.06, 0.07, 0.25, 0.12, 0.15, 0.12, 0.35)]
    puppy = breed.species == "dog" and young > 0.4 and random.random() < 0.6
    return replace(
        breed, head=(width * vary[0], height * vary[1]), cheeks=breed.cheeks * vary[2] * (1 + 0.1 * young),
        muzzle=(length * vary[3] * (1 - 0.45 * young), broad * vary[4]),
        ear_size=breed.ear_size * vary[5] * (1 - 0.2 * young),
        eye_size=breed.eye_size * vary[6] * (1 + 0.3 * young - 0.12 * old), fur=min(1.0, breed.fur * vary[7]),
        ears="folded" if puppy and breed.ears == "pointed" else breed.ears)  # a puppy's ears do not stand yet


def _factor(random, spread):
    "A number around 1: a third of them are further away than a factor of 1 + `spread`."
    return float(np.exp(random.normal(0, spread)))
