"""Files that are no images are found and named; copies are found, other images are not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps, PngImagePlugin

from coursekit.vision.check_images import check_image, difference_hash, distances, near_duplicates, verify_images


def noise(seed, size=(120, 90)):
    """An image of soft random blobs."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def as_bytes(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **({"format": "JPEG"} | options))
    return buffer.getvalue()


JPEG, PNG = as_bytes(noise(0)), as_bytes(noise(0), format="PNG")
WRONG = {"page.jpg": (b"\n<!DOCTYPE html><html>Gone</html>", "a web page, no image"),
         "text.jpg": (b"hello", "no image of a known kind"),
         "empty.jpg": (b"", "no image of a known kind"),
         "half.jpg": (JPEG[:len(JPEG) // 2], "damaged: "),
         "half.png": (PNG[:len(PNG) // 2], "damaged: "),
         "tiny.jpg": (as_bytes(noise(0, (31, 200))), "smaller than 32 pixels"),
         "large.png": (as_bytes(Image.new("1", (300, 200)), format="PNG"), "too many pixels")}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_image_gets_its_reason(tmp_path, name):
    content, reason = WRONG[name]
    (tmp_path / name).write_bytes(content)
    found = check_image(tmp_path / name, max_pixels=50_000)[2]
    assert found.startswith(reason) and str(tmp_path) not in found


def test_one_file_that_pillow_fails_on_does_not_end_the_check(tmp_path):
    note = PngImagePlugin.PngInfo()
    note.add_itxt("note", "x" * 2_000_000, zip=True)  # more text than Pillow unpacks
    for name, content in [("good.png", PNG), ("note.png", as_bytes(noise(0), format="PNG", pnginfo=note)),
                          ("header.png", PNG[:11] + b"\5" + PNG[12:]), ("z.jpg", JPEG)]:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.jpg").mkdir()
    report = verify_images(tmp_path).set_index("file")["reason"]
    assert report[["good.png", "z.jpg"]].tolist() == ["", ""] and len(report) == 4
    assert report["note.png"].startswith("damaged: ") and report["header.png"]


def test_the_report_has_a_row_for_each_file_in_order(tmp_path):
    for name, content in [("b/two.jpg", JPEG), ("a/one.png", PNG), ("a/bad.jpg", b"hello")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    report = verify_images(tmp_path)
    assert report.to_numpy().tolist() == [["a/bad.jpg", 0, 0, "no image of a known kind"],
                                          ["a/one.png", 120, 90, ""], ["b/two.jpg", 120, 90, ""]]
    assert len(list(tmp_path.rglob("*.*"))) == 3, "verify_images removed something"


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="found none: download some"):
        verify_images(tmp_path)


def test_the_hash_says_where_it_gets_brighter():
    ramp = Image.fromarray(np.tile(np.arange(0, 180, 2, dtype=np.uint8), (60, 1)))
    assert difference_hash(ramp).shape == (8, 8) and difference_hash(ramp).all()
    assert not difference_hash(ImageOps.mirror(ramp)).any()
    assert not difference_hash(Image.new("RGB", (50, 50), "red")).any()


@pytest.mark.parametrize("change", [
    lambda image: image.resize((70, 50)), lambda image: image.resize((400, 300)),
    lambda image: Image.open(io.BytesIO(as_bytes(image, quality=20))),
    lambda image: ImageOps.grayscale(image), lambda image: image.point(lambda value: value * 0.8 + 20),
    lambda image: image.filter(ImageFilter.GaussianBlur(2))])
def test_a_copy_stays_near(change):
    image = noise(1)
    assert (difference_hash(image) != difference_hash(change(image))).sum() <= 4


def test_other_images_are_far():
    hashes = np.stack([difference_hash(noise(seed)).ravel() for seed in range(30)])
    apart = distances(hashes)
    assert apart[~np.eye(30, dtype=bool)].min() > 10


def test_distances_count_different_bits():
    hashes = np.random.default_rng(0).random((7, 64)) < 0.5
    expected = (hashes[:, None] != hashes[None]).sum(axis=2)
    assert (distances(hashes) == expected).all()


def test_files_that_cannot_be_opened_are_passed_over_and_named(tmp_path, capsys):
    files = [tmp_path / f"{name}.png" for name in "abc"]
    noise(5).save(files[0])
    files[1].write_bytes(files[0].read_bytes()[:300])
    noise(5).resize((60, 45)).save(files[2])
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    pairs = near_duplicates([*files, tmp_path / "IMG_1.HEIC"])
    assert [pair[1:] for pair in pairs] == [(files[0], files[2])]
    said = capsys.readouterr().out
    assert said.startswith("Passed over 2 of 4 files, which cannot be opened: b.png (damaged") \
        and "IMG_1.HEIC (HEIC, an iPhone's format: export as JPEG)" in said
    assert near_duplicates([files[1]]) == [] and near_duplicates([]) == []


def test_pairs_are_found_nearest_first_and_the_first_file_is_named_first(tmp_path):
    files = [tmp_path / f"{name}.png" for name in "dcba"]
    slightly = noise(5)
    slightly.paste("white", (0, 0, 20, 20))
    for file, image in zip(files, [noise(5), noise(6), slightly, noise(5).resize((60, 45))], strict=True):
        image.save(file)
    pairs = [(first.stem, second.stem) for _, first, second in near_duplicates(files)]
    assert pairs[0] == ("d", "a") and set(pairs) == {("d", "a"), ("d", "b"), ("b", "a")}
    found = [distance for distance, _, _ in near_duplicates(files)]
    assert found == sorted(found)
