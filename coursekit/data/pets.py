"""Oxford-IIIT Pets: photographs of cats and dogs of 37 breeds (Parkhi and others, 2012)."""

from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from coursekit.data.fetch import OWN, Origin, locate
from coursekit.data.stand_ins import BREEDS, VERSION, draw_pet
from coursekit.files import building, fingerprint_of_files, to_read

N_EACH = 40  # drawn images of each breed
JPEG = b"\xff\xd8\xff"  # how a JPEG file begins


@dataclass(frozen=True)
class Pets:
    """`files`: paths of the images in `folder`/images, sorted; `classes`: names of the breeds, sorted."""

    folder: Path
    files: list
    classes: list
    origin: Origin

    def breed_of(self, path):
        """The breed in a file's name: beagle for beagle_12.jpg."""
        return breed_of(path)

    def species_of(self, path):
        """cat or dog: the names of cats begin with a capital letter."""
        return species_of(path)


def pets():
    """The publisher's photographs, those of your own folder, or drawn pets: 37 breeds, 40 images of each.

    Left out is what is no JPEG file: a few of the publisher's files called .jpg hold another format, and some
    are called .mat. Drawing takes half a minute, once. Raises FileNotFoundError if there is no image.
    """
    folder, origin = locate("pets")
    if origin.source == "generated":
        folder = as_drawn(to_read(folder / f"drawn-{VERSION}"))
        origin = replace(origin, fingerprint=folder.name)
    files = images(folder / "images")
    if origin.source == OWN:
        origin = replace(origin, fingerprint=fingerprint_of_files(files))
    print(origin)
    return Pets(folder, files, sorted({breed_of(path) for path in files}), origin)


def breed_of(path):
    """The breed in the name of an image's file: what stands before the last underscore."""
    return Path(path).stem.rpartition("_")[0]


def species_of(path):
    """cat or dog, by the first letter of an image's file."""
    return "cat" if Path(path).name[:1].isupper() else "dog"


def images(folder):
    """The JPEG files in `folder`, sorted by name; files that are not what their name says are left out."""
    files = [path for path in sorted(folder.glob("*.jpg")) if breed_of(path) and _begins_as_jpeg(path)]
    if not files:
        raise FileNotFoundError(f"Expected images called BREED_NUMBER.jpg in {folder}, found none. "
                                "Put them there, or unset COURSEKIT_DATA.")
    return files


def as_drawn(folder, n_each=N_EACH, breeds=tuple(BREEDS)):
    """`folder`, with `n_each` images of each breed in `images`; drawn unless the folder is there."""
    if not folder.is_dir():
        with building(folder) as new:
            (new / "images").mkdir()
            for breed in tqdm(breeds, desc="Drawing pets", disable=None):  # no bar unless a person watches
                for number in range(1, n_each + 1):
                    draw_pet(breed, number).save(new / "images" / f"{breed}_{number}.jpg", quality=88)
    return folder


def _begins_as_jpeg(path):
    with open(path, "rb") as file:
        return file.read(len(JPEG)) == JPEG
