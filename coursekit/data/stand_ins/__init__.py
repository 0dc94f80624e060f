"""Images by a rule, the same on every machine: portraits of cats and dogs, and cars."""

from coursekit.data.stand_ins.breeds import BREEDS
from coursekit.data.stand_ins.cars import VIEWS, body_of, draw_car
from coursekit.data.stand_ins.pets import VERSION, draw_pet, draw_pet_and_mask

__all__ = ["BREEDS", "VERSION", "VIEWS", "body_of", "draw_car", "draw_pet", "draw_pet_and_mask"]
