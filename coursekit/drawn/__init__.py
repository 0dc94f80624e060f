"""Pictures by a rule, the same on every machine: portraits of cats and dogs, and cars."""

from coursekit.drawn.breeds import BREEDS
from coursekit.drawn.cars import VIEWS, body_of, draw_car
from coursekit.drawn.pets import VERSION, draw_pet, draw_pet_and_mask, pet_mask

__all__ = ["BREEDS", "VERSION", "VIEWS", "body_of", "draw_car", "draw_pet", "draw_pet_and_mask", "pet_mask"]
