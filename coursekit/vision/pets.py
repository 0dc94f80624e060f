"""A classifier of pets as a file: what lessons 16 and 17 and the app use, made now if nobody has made it."""

from coursekit.data import pets
from coursekit.device import seed_everything
from coursekit.files import cache_folder, to_read, to_write
from coursekit.vision.backbones import pretrained_body
from coursekit.vision.convnets import head_learner, image_learner
from coursekit.vision.export import export
from coursekit.vision.images import from_files, sample


def model_path(origin, store=None):
    """Where to write the classifier trained on the pets of `origin`, by default in the cache."""
    return to_write(_kept(origin, store))


def held_out(found):
    """The files of `found`, a `Pets`, on which no stored classifier is trained: the usual fifth, sorted."""
    images = from_files(found.files, found.breed_of)
    return [file for file, held in zip(images.files, images.valid.tolist(), strict=True) if held]


def pets_model(found=None, size=160, n_images=800, epochs=8, seed=42, store=None):
    """The path of an exported classifier of the breeds in `found`, by default `pets()`.

    The one that is kept there (lesson 13a puts its own there), or one trained now, in about a minute: the
    features of a frozen body are computed once, and only a head is trained on them.
    """
    found = found or pets()
    path = to_read(_kept(found.origin, store))
    if not path.is_file():
        learn = train_head(_few(found, n_images, seed), size, epochs, seed)
        export(learn.model, path, found.classes, size)
    return path


def train_head(images, size, epochs, seed):
    """A learner for `images` whose head has been trained on the features of its frozen body."""
    seed_everything(seed)
    learn = image_learner(images.loaders(size, seed=seed), pretrained_body(), len(images.classes))
    head_learner(learn, seed=seed).fit_one_cycle(epochs, lr=3e-3)
    return learn


def _kept(origin, store):
    "The classifier's place in `store`, by default in the cache."
    return (store or cache_folder() / "models") / f"{origin.key}-classifier.pt"


def _few(found, n, seed):
    "`Images` of `n` files, an eighth of them among those that are held out."
    held = held_out(found)
    rest = sorted(set(found.files) - set(held))
    chosen = sample(rest, n - n // 8, seed) + sample(held, n // 8, seed)
    return from_files(chosen, found.breed_of, valid=set(held).__contains__, classes=found.classes)
