"""Portraits of cats and dogs of 37 breeds: every image another animal, and each always the same."""

from coursekit.data.stand_ins.animal import Animal
from coursekit.data.stand_ins.breeds import BREEDS
from coursekit.data.stand_ins.canvas import FINE, generator
from coursekit.data.stand_ins.hindrances import clutter, cover_up, hard_light, shaken
from coursekit.data.stand_ins.individual import individual
from coursekit.data.stand_ins.scenes import background, photograph, random_size

VERSION = 2  # raised when a breed and a number give another image than before


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
    one = individual(breed, random)
    place = background(random, (width * FINE, height * FINE))
    clutter(random, place)
    animal = Animal(one, random, place)
    animal.draw()
    cover_up(random, animal.image, animal.mask)
    image = photograph(random, animal.image)
    return shaken(random, hard_light(random, image)), animal.mask.reduce(FINE)
