"""Oxford-IIIT Pets: images found by their names, or drawn once."""

from importlib import import_module

import pytest
from PIL import Image

from coursekit import data
from coursekit.data.fetch import data_set
from coursekit.data.pets import as_drawn, breed_of, species_of
from coursekit.data.stand_ins import VERSION

module = import_module("coursekit.data.pets")  # coursekit.data.pets itself is the function

@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of the learner's own with four images, and three files that are none."""
    images = tmp_path / "pets/images"
    images.mkdir(parents=True)
    for name in ("pug_2", "pug_10", "Egyptian_Mau_3", "english_cocker_spaniel_1"):
        Image.new("RGB", (8, 8)).save(images / f"{name}.jpg", "JPEG")
    Image.new("RGB", (8, 8)).save(images / "Egyptian_Mau_14.jpg", "GIF")  # as in the publisher's archive
    (images / "Abyssinian_100.mat").write_bytes(b"MATLAB")
    (images / "beagle_1.jpg").write_bytes(b"")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
    return images


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Two breeds, two images of each, drawn in place of all."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    origin = data_set("pets")._origin("generated", [])
    monkeypatch.setattr(module, "locate", lambda name: (tmp_path / "generated", origin))
    monkeypatch.setattr(module, "as_drawn", lambda folder: as_drawn(folder, 2, ["Bombay", "pug"]))
    return tmp_path / "generated" / f"drawn-{VERSION}"


def test_images_of_an_own_folder(own, capsys):
    pets = data.pets()
    names = ["Egyptian_Mau_3", "english_cocker_spaniel_1", "pug_10", "pug_2"]
    assert [path.stem for path in pets.files] == names
    assert pets.folder == own.parent and pets.classes == ["Egyptian_Mau", "english_cocker_spaniel", "pug"]
    assert pets.origin.source == "COURSEKIT_DATA" and pets.origin.real
    assert capsys.readouterr().out.strip() == str(pets.origin)


def test_breed_and_species_by_the_name(own):
    pets = data.pets()
    assert pets.breed_of(pets.files[0]) == "Egyptian_Mau" and pets.species_of(pets.files[0]) == "cat"
    assert breed_of("images/english_cocker_spaniel_1.jpg") == "english_cocker_spaniel"
    assert species_of("images/english_cocker_spaniel_1.jpg") == "dog"


def test_what_is_computed_from_an_own_folder_is_told_apart(own):
    before = data.pets().origin.key
    assert data.pets().origin.key == before
    (own / "pug_2.jpg").unlink()
    assert data.pets().origin.key != before


def test_a_folder_without_images_is_refused(own):
    for path in own.iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="Expected images called BREED_NUMBER.jpg in .* found none"):
        data.pets()


def test_drawn_pets(drawn, capsys):
    pets = data.pets()
    assert [path.name for path in pets.files] == ["Bombay_1.jpg", "Bombay_2.jpg", "pug_1.jpg", "pug_2.jpg"]
    assert pets.folder == drawn and pets.classes == ["Bombay", "pug"]
    assert not pets.origin.real and f"drawn-{VERSION}" in pets.origin.key
    out = capsys.readouterr().out
    assert "a stand-in, not the real data, made by a rule" in out
    assert "python -m coursekit data get pets" in out
    with Image.open(pets.files[0]) as image:
        assert image.format == "JPEG" and 200 <= min(image.size) <= 256


def test_they_are_drawn_once(drawn):
    before = data.pets().files[0].stat().st_mtime_ns
    assert data.pets().files[0].stat().st_mtime_ns == before


def test_drawing_that_is_broken_off_leaves_nothing(tmp_path, monkeypatch):
    def fail(breed, number):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "draw_pet", fail)
    with pytest.raises(KeyboardInterrupt):
        as_drawn(tmp_path / "drawn", 1, ["pug"])
    assert list(tmp_path.iterdir()) == []


def test_the_catalog_names_what_the_publisher_gives():
    known = data_set("pets")
    images, annotations = known.entry["publisher"]["downloads"]
    assert images["size"] == 791_918_971 and images["unpack"] and "unpack" not in annotations
    kept, = known.entry["publisher"]["files"]
    assert kept.items() <= annotations.items()
    assert all(url.endswith(file["name"]) for file in (images, annotations) for url in file["urls"])
