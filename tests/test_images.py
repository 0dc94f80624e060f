"""Images: from files to batches."""

import io

import pytest
import torch
from PIL import Image, PngImagePlugin

from coursekit.vision import images as module
from coursekit.vision.images import (
    ImageError,
    ImageLoader,
    from_files,
    from_folder,
    open_image,
    resize,
    sample,
    show_batch,
    to_bytes,
)

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def folder(tmp_path):
    """Ten images of each of three colours, in a folder for each, and a file that is no image."""
    for name, colour in COLOURS.items():
        (tmp_path / name).mkdir()
        for i in range(10):
            Image.new("RGB", (30, 20), colour).save(tmp_path / name / f"{name}_{i}.png")
    (tmp_path / "red/notes.txt").write_text("no image")
    return tmp_path


def in_memory(image, kind="PNG", **options):
    """An open file with `image`."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize("mode, colour", [("L", 128), ("P", 1), ("RGBA", (9, 9, 9, 255)), ("1", 1), ("I;16", 300),
                                          ("LA", (7, 255))])
def test_all_kinds_become_rgb(mode, colour):
    opened = open_image(in_memory(Image.new(mode, (6, 4), colour)))
    assert opened.mode == "RGB" and opened.size == (6, 4)


def test_cmyk_becomes_rgb():
    assert open_image(in_memory(Image.new("CMYK", (6, 4)), "JPEG")).mode == "RGB"
    assert open_image(in_memory(Image.new("I;16", (6, 4), 128 * 257))).getpixel((5, 3)) == (128, 128, 128)


def test_what_is_transparent_shows_white():
    assert open_image(in_memory(Image.new("RGBA", (2, 2), (9, 9, 9, 0)))).getpixel((0, 0)) == (255, 255, 255)
    assert open_image(in_memory(Image.new("RGBA", (2, 2), (9, 9, 9, 255)))).getpixel((0, 0)) == (9, 9, 9)


def test_an_image_taken_on_its_side_is_put_upright():
    image, exif = Image.new("RGB", (6, 4)), Image.Exif()
    image.putpixel((0, 0), (255, 255, 255))
    exif[0x0112] = 6  # to be turned clockwise
    opened = open_image(in_memory(image, exif=exif))
    assert opened.size == (4, 6) and opened.getpixel((3, 0)) == (255, 255, 255)


def test_too_many_pixels_are_refused_before_decoding(monkeypatch):
    file = in_memory(Image.new("L", (300, 200)))
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", None)  # decoding would fail
    with pytest.raises(ImageError, match="at most 59,999 pixels, found 300 x 200"):
        open_image(file, max_pixels=59_999)


def test_a_damaged_file_is_refused(tmp_path):
    whole = in_memory(Image.effect_noise((64, 64), 50), "JPEG").getvalue()
    for name, content in {"cut": whole[:600], "page": b"<html>not found</html>", "empty": b""}.items():
        (tmp_path / f"{name}.jpg").write_bytes(content)
        with pytest.raises(ImageError, match=f"cannot be decoded in .*{name}.jpg .*leave it out"):
            open_image(tmp_path / f"{name}.jpg")
    with pytest.raises(FileNotFoundError):
        open_image(tmp_path / "none.jpg")


def test_crop_takes_the_middle_and_squash_takes_all():
    image = Image.new("RGB", (30, 10), COLOURS["red"])
    image.paste(COLOURS["blue"], (10, 0, 20, 10))
    assert resize(image, 10).getcolors() == [(100, COLOURS["blue"])]
    squashed = resize(image, 10, "squash")
    assert squashed.size == (10, 10) and squashed.getpixel((0, 0)) == COLOURS["red"]
    with pytest.raises(ValueError, match="found 'pad'"):
        resize(image, 10, "pad")


def test_bytes_keep_the_order_of_the_files(folder):
    files = [folder / "blue/blue_0.png", folder / "red/red_3.png"]
    pixels = to_bytes(files, 8)
    assert pixels.shape == (2, 3, 8, 8) and pixels.dtype == torch.uint8
    assert pixels[:, :, 4, 4].tolist() == [[0, 0, 255], [255, 0, 0]]


def test_images_from_a_folder(folder):
    images = from_folder(folder, valid=0.3)
    assert images.classes == ["blue", "green", "red"] and len(images) == 30
    assert [images.classes[label] for label in images.labels] == [file.parent.name for file in images.files]
    assert str(images) == "30 images of 3 classes: 21 to train on, 9 to validate"


def test_the_split_depends_on_the_seed_and_not_on_the_order_of_the_files(folder):
    files = sorted(folder.rglob("*.png"))
    first = from_files(files, lambda path: path.parent.name)
    again = from_files(reversed(files), lambda path: path.parent.name)
    other = from_files(files, lambda path: path.parent.name, seed=1)
    assert first.files == again.files and torch.equal(first.valid, again.valid) and first.valid.sum() == 6
    assert not torch.equal(first.valid, other.valid)


def test_a_split_by_a_rule(folder):
    images = from_folder(folder, valid=lambda path: path.stem.endswith("_0"))
    assert [file.name for file, held_out in zip(images.files, images.valid, strict=True) if held_out] == [
        "blue_0.png", "green_0.png", "red_0.png"]


def test_what_cannot_be_a_data_set_is_refused(folder, tmp_path):
    files = sorted(folder.rglob("*.png"))
    with pytest.raises(ValueError, match="found an empty list"):
        from_files([], str)
    with pytest.raises(ValueError, match="found 'red': add it"):
        from_files(files, lambda path: path.parent.name, classes=["blue", "green"])
    with pytest.raises(ValueError, match="found 1.5"):
        from_files(files, lambda path: path.parent.name, valid=1.5)
    (tmp_path / "none").mkdir()
    with pytest.raises(FileNotFoundError, match="found none: make one folder for each class"):
        from_folder(tmp_path / "none")


def test_a_sample_is_the_same_for_everybody(folder):
    files = sorted(folder.rglob("*.png"))
    chosen = sample(reversed(files), 5)
    assert chosen == sample(files, 5) == sorted(chosen) and len(set(chosen)) == 5
    assert sample(files, 99) == files


def test_bytes_are_kept_and_made_again_when_a_file_changes(folder, monkeypatch):
    monkeypatch.setenv("COURSEKIT_CACHE", str(folder / "cache"))
    first = from_folder(folder, key="toy").pixels(8)
    calls = []
    monkeypatch.setattr(module, "to_bytes", lambda *arguments: calls.append(arguments) or first)
    assert torch.equal(from_folder(folder, key="toy").pixels(8), first) and not calls
    from_folder(folder, key="toy").pixels(9)
    from_folder(folder, key="toy").pixels(8, "squash")
    Image.new("RGB", (31, 21)).save(folder / "red/red_0.png")
    from_folder(folder, key="toy").pixels(8)
    assert len(calls) == 3
    assert all(path.name.startswith("toy-") and path.suffix == ".pt" for path in (folder / "cache/images").iterdir())


def test_batches(folder):
    images = from_folder(folder)
    loaders = images.loaders(8, batch_size=10, device="cpu")
    x, y = next(iter(loaders.train))
    assert x.shape == (10, 3, 8, 8) and x.dtype == torch.float32 and len(loaders.train) == 3
    colours = torch.tensor([COLOURS[name] for name in images.classes]) / 255
    assert torch.equal(x[:, :, 4, 4], colours[y])
    assert sum(len(y) for _, y in loaders.valid) == 6
    assert from_folder(folder, valid=0).loaders(8, device="cpu").valid is None


def test_only_training_batches_are_augmented(folder):
    loaders = from_folder(folder).loaders(8, augment=lambda x, generator: x * 0, device="cpu")
    assert all(x.abs().max() == 0 for x, _ in loaders.train)
    assert all(x.max() == 1 for x, _ in loaders.valid)
    assert all(x.max() == 1 for x, _ in loaders.train.plain())


def test_plain_batches_are_in_order():
    pixels, labels = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, 1, 1), torch.arange(6)
    loader = ImageLoader(pixels, labels, batch_size=4, shuffle=True, seed=0, device="cpu")
    assert torch.cat([y for _, y in loader.plain()]).tolist() == [0, 1, 2, 3, 4, 5]
    torch.testing.assert_close(loader.take(torch.tensor([5, 2]))[:, 0, 0, 0], torch.tensor([5, 2]) / 255)


@pytest.mark.parametrize("augment", [None, lambda images, generator: images])
@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_copies(augment, shuffle):
    pixels, labels = torch.full((6, 3, 2, 2), 51, dtype=torch.uint8), torch.arange(6)
    loader = ImageLoader(pixels, labels, augment, batch_size=4, shuffle=shuffle, device="cpu")
    for x, y in (*loader, *loader.plain(), (loader.take(labels), torch.zeros(1))):
        x.zero_(), y.zero_()
    assert (pixels == 51).all() and labels.tolist() == [0, 1, 2, 3, 4, 5]


def test_showing_a_batch_does_not_change_the_next_one(folder, capsys):
    loader = from_folder(folder).loaders(8, device="cpu").train
    state = loader.generator.get_state()
    show_batch(loader, ["blue", "green", "red"], n=3)
    assert torch.equal(loader.generator.get_state(), state)
    assert "3 images: " in capsys.readouterr().out
