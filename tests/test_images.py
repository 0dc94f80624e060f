"""Images: from files to batches."""

import io

import numpy as np
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


def test_heic_is_named_and_says_what_to_do(tmp_path):
    content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    (tmp_path / "IMG_1.HEIC").write_bytes(content)
    for file in (tmp_path / "IMG_1.HEIC", str(tmp_path / "IMG_1.HEIC"), io.BytesIO(content)):
        with pytest.raises(ImageError, match="found HEIC, an iPhone's format, in .*: export it as JPEG"):
            open_image(file)
    with pytest.raises(ImageError, match="cannot be decoded"):
        open_image(io.BytesIO(content.replace(b"ftyp", b"free")))


def turned_jpeg(tag, number):
    """An image to be turned clockwise, red on its left, with a tag whose type says text where it holds a number."""
    image, exif = Image.new("RGB", (64, 48)), Image.Exif()
    image.paste((255, 0, 0), (0, 0, 32, 48))
    exif[0x0112], exif[tag] = 6, number
    content = in_memory(image, "JPEG", exif=exif).read()
    as_number, as_text = (tag.to_bytes(2, "big") + kind for kind in (b"\0\3", b"\0\2"))
    assert content.count(as_number) == 1
    return content.replace(as_number, as_text)


@pytest.mark.parametrize("tag", [0x0128, 0x0213])  # the unit of the resolution, where colors are measured
def test_a_photo_with_a_tag_of_an_odd_type_is_opened_and_upright(tag):
    opened = open_image(io.BytesIO(turned_jpeg(tag, 2)))
    assert opened.size == (48, 64) and opened.getpixel((24, 10))[0] > 200 and opened.getpixel((24, 54))[0] < 50


def test_a_palette_is_turned_with_its_colors():
    image, exif = Image.new("RGB", (6, 4)), Image.Exif()
    image.putpixel((0, 0), (255, 0, 0))
    exif[0x0112] = 6
    opened = open_image(in_memory(image.quantize(4), exif=exif))
    assert opened.size == (4, 6) and opened.getpixel((3, 0)) == (255, 0, 0)


@pytest.mark.parametrize("fault", [ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
                                   ZeroDivisionError, MemoryError, SyntaxError, RuntimeError, PermissionError])
def test_whatever_pillow_raises_becomes_one_sentence(tmp_path, monkeypatch, fault):
    def fail(image):
        raise fault("fault")

    Image.new("RGB", (6, 4)).save(tmp_path / "a.png")
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", fail)
    with pytest.raises(ImageError, match=r"Expected an image, found .*a\.png \('?fault'?\): leave it out"):
        open_image(tmp_path / "a.png")


@pytest.mark.parametrize("kind, values, expected", [
    ("float32", [0, 0.25, 0.6, 1], [0, 64, 153, 255]), ("float32", [0, 64, 127.4, 255], [0, 64, 127, 255]),
    ("float32", [-5, 0, 32768, 65535], [0, 0, 128, 255]), ("float32", [0, 0, 0, 1e6], [0, 0, 0, 255]),
    ("float32", [np.nan, 0.2, 1, np.inf], [0, 51, 255, 255]), ("float32", [-np.inf, np.nan, 0, 0], [0, 0, 0, 0]),
    ("int32", [0, 64, 128, 255], [0, 64, 128, 255]), ("int32", [0, 257, 32896, 65535], [0, 1, 128, 255]),
    ("int32", [-9, 0, 2**30, 2**31 - 1], [0, 0, 128, 255]), ("int32", [0, 0, 0, 0], [0, 0, 0, 0]),
    ("uint16", [0, 64, 257, 65535], [0, 0, 1, 255]), ("uint16", [0, 1, 257, 514], [0, 0, 1, 2])])
def test_greys_of_more_than_8_bits(kind, values, expected):
    opened = open_image(in_memory(Image.fromarray(np.array([values], kind)), "TIFF"))
    assert np.asarray(opened).tolist() == [[[grey] * 3 for grey in expected]]


def test_16_bits_with_the_high_byte_first():
    pixels = np.array([[0, 257, 32896, 65535]], ">u2")
    file = in_memory(Image.frombytes("I;16B", (4, 1), pixels.tobytes()), "TIFF")
    assert Image.open(file).mode == "I;16B"
    assert np.asarray(open_image(file))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_one_grey_of_16_bits_is_transparent_and_its_neighbours_are_not():
    greys = np.array([[0, 32767, 32768, 32769, 65535]], "uint16")
    opened = open_image(in_memory(Image.fromarray(greys), transparency=32768))
    assert np.asarray(opened)[0, :, 0].tolist() == [0, 127, 255, 128, 255]
    opened = open_image(in_memory(Image.fromarray(greys), transparency=0))
    assert np.asarray(opened)[0, :, 0].tolist() == [255, 127, 128, 128, 255]


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
    assert str(images) == "30 images of 3 classes: 21 to train on, 9 to validate; left out: 1 .txt"


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


@pytest.mark.parametrize("hidden", ["red/.ipynb_checkpoints/red_3-checkpoint.png", "red/._red_3.png", ".cache/1.png",
                                    "__MACOSX/red/red_3.png", "red/__MACOSX/._1.png", "red/.DS_Store", ".hidden.png"])
def test_hidden_files_and_folders_are_no_items(folder, hidden):
    before = from_folder(folder)
    (folder / hidden).parent.mkdir(parents=True, exist_ok=True)
    (folder / hidden).write_bytes((folder / "red/red_3.png").read_bytes())
    assert from_folder(folder).files == before.files and str(from_folder(folder)) == str(before)


def test_what_is_left_out_is_counted(folder):
    for name in ("stray.png", "red/a.JFIF", "red/b.tif", "blue/c.tif", "green/without", "red/red_x.PNG"):
        (folder / name).write_bytes((folder / "red/red_3.png").read_bytes())
    images = from_folder(folder)
    assert str(images) == ("31 images of 3 classes: 25 to train on, 6 to validate; left out: 1 .jfif, 2 .tif, 1 .txt, "
                           "1 in no folder of a class, 1 without an ending")
    assert from_files(images.files, lambda path: path.parent.name).left_out == ""


def test_a_hidden_folder_above_does_not_matter(folder):
    (folder / ".home").mkdir()
    (folder / "red").rename(folder / ".home/red")
    assert from_folder(folder / ".home").classes == ["red"]


def test_linked_folders_are_followed_but_not_in_a_circle(folder, monkeypatch):
    (folder / "elsewhere").mkdir()
    (folder / "red").rename(folder / "elsewhere/first")
    (folder / "images").mkdir()
    (folder / "images/red").symlink_to(folder / "elsewhere/first", target_is_directory=True)
    (folder / "images/blue").symlink_to(folder / "blue", target_is_directory=True)
    (folder / "blue/again").symlink_to(folder / "images", target_is_directory=True)
    (folder / "blue/above").symlink_to(folder, target_is_directory=True)
    monkeypatch.chdir(folder)
    for path in (folder / "images", "images"):
        images = from_folder(path)
        assert images.classes == ["blue", "red"] and len(images) == 20
    assert from_folder(folder / "images", valid=0).pixels(4).shape == (20, 3, 4, 4)


@pytest.mark.parametrize("parts", [("train", "valid"), ("Train", "val", "test")])
def test_folders_for_training_and_validation_are_refused_or_explained(folder, parts):
    for part in parts:
        for name in COLOURS:
            (folder / "images" / part / name).mkdir(parents=True)
            Image.new("RGB", (30, 20)).save(folder / "images" / part / name / "1.png")
    with pytest.raises(ValueError, match=f"folder for each class in .*, found {', '.join(sorted(parts))}: .*valid="):
        from_folder(folder / "images")
    images = from_folder(folder / "images", valid=lambda path: parts[0] not in path.parts)  # as the sentence says
    assert images.classes == sorted(COLOURS) and images.valid.sum() == 3 * (len(parts) - 1)
    assert from_folder(folder / "images" / parts[0]).classes == sorted(COLOURS)


def test_a_class_may_be_called_train(folder):
    for old, new in (("red", "train"), ("green", "test")):
        (folder / old).rename(folder / new)
    assert from_folder(folder).classes == ["blue", "test", "train"]


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
    with pytest.raises(FileNotFoundError, match="found 1 .txt, 10 in no folder of a class: make one folder"):
        from_folder(tmp_path / "red")


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
