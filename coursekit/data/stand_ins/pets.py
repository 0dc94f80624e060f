"""Portraits of cats and dogs of 37 breeds: every image another, and each always the same."""

from coursekit.data.stand_ins.animal import Animal
from coursekit.data.stand_ins.breeds import BREEDS
from coursekit.data.stand_ins.canvas import FINE, generator
from coursekit.data.stand_ins.scenes import background, foreground, photograph, random_size

VERSION = 1  # raised when a breed and a number give another image than before


def draw_pet(breed, number, size=None):
    """Image `number` of `breed` (a key of `BREEDS`), RGB; `size` is (width, height), by chance if left out.

    Raises ValueError for an unknown breed.
    """
    return draw_pet_and_mask(breed, number, size)[0]


def draw_pet_and_mask(breed, number, size=None):
    """The image that `draw_pet` gives, and where the animal is in it: grey, 255 on the animal and 0 elsewhere."""
    if breed not in BREEDS:
        raise ValueError(f"Expected one of the breeds {', '.join(BREEDS)}, found {breed!r}.")
    random = generator(breed, number)
    by_chance = random_size(random)
    width, height = size or by_chance
    animal = Animal(BREEDS[breed], random, background(random, (width * FINE, height * FINE)))
    animal.draw()
    if random.random() < 0.3:
        foreground(random, animal.image, animal.mask)
    return photograph(random, animal.image), animal.mask.reduce(FINE)
