"""The stamps: what is stored, where a mask lies when it is set on a background, and the script that makes them."""

import csv
import io
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor

from coursekit import data
from coursekit.data.fetch import data_set
from coursekit.data.stamps import MOST_BYTES, Stamp
from coursekit.vision.images import from_folder

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "data" / "stamps"
sys.path.insert(0, str(ROOT / "scripts"))

import stamps as script  # noqa: E402


@pytest.fixture(scope="module")
def stamps():
    return data.stamps()


@pytest.fixture(scope="module")
def table():
    with (FOLDER / "stamps.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def white():
    return torch.ones(3, 120, 200)


def test_the_files_are_those_of_the_catalog_and_the_origin_is_told(stamps, capsys, monkeypatch):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    assert data_set("stamps").verify() == []
    data.stamps()
    assert capsys.readouterr().out.strip() == str(stamps.origin)
    assert stamps.origin.real and "Tux Paint" in str(stamps.origin)


def test_every_photograph_has_a_kind_and_a_free_licence(stamps, table):
    assert len(table) == len(stamps.names) == 232
    counts = Counter(stamps.kinds.values())
    assert (counts["mammals"], counts["birds"], counts["flowers"], counts["instruments"]) == (57, 30, 23, 8)
    assert len(counts) == 14 and min(counts.values()) == 5
    assert {row["licence"].split("-")[0].split(" ")[0] for row in table} == {"GPL", "GFDL", "CC", "public"}
    assert all(row["author"] and row["file"].endswith(".png") for row in table)
    assert stamps.of_kind("fish")[:2] == ["blue groper", "butterflyfish"]


def test_the_readme_counts_the_licences(table):
    text = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    counts = Counter("CC BY-SA" if row["licence"].startswith("CC-BY-SA") else row["licence"].split("-")[0].split(" ")[0]
                     for row in table)
    for name, begin in (("GPL", "| GPL"), ("GFDL", "| GNU Free"), ("CC BY-SA", "| [CC BY-SA"), ("CC", "| [CC BY 2.5"),
                        ("public", "| public domain")):
        [line] = [line for line in text.splitlines() if line.startswith(begin)]
        assert line.endswith(f"| {counts[name]} |"), line


def test_the_archive_holds_the_table_and_nothing_else(stamps):
    with zipfile.ZipFile(stamps.file) as archive:
        assert archive.namelist() == [f"{name}.webp" for name in stamps.names]
        assert max(info.file_size for info in archive.infolist()) < MOST_BYTES / 3
    assert stamps.file.stat().st_size < 1_200_000


def test_every_photograph_is_cut_out_and_of_its_size(stamps):
    for name in stamps.names:
        image, mask = stamps.image(name), stamps.mask(name)
        assert image.mode == "RGBA" and 48 <= max(image.size) <= 192, name
        assert mask.dtype == torch.bool and mask.shape == (image.height, image.width), name
        assert 0.1 < mask.float().mean() < 0.95, name  # neither empty nor a whole rectangle
        for along, side in ((mask.any(dim=1), image.height), (mask.any(dim=0), image.width)):
            assert along.sum() > 0.8 * side, f"{name} has a wide empty rim"


def test_a_stamp_lies_where_its_mask_is(stamps, white):
    image, masks = stamps.place(white, Stamp("zebra", 80, 60, 50))
    assert image.shape == (3, 120, 200) and image.dtype == torch.float32 and 0 <= image.min() and image.max() <= 1
    assert masks.shape == (1, 120, 200) and masks.dtype == torch.bool
    rows, columns = masks[0].nonzero().T
    assert columns.min() == 10 and columns.max() == 89  # 80 pixels about column 50
    assert abs((rows.min() + rows.max()) / 2 - 60) <= 1
    outside = torch.ones(120, 200, dtype=torch.bool)
    outside[rows.min() - 2:rows.max() + 3, 10:90] = False
    assert (image[:, outside] == 1).all()
    assert (image[:, masks[0]] < 0.5).any(dim=0).float().mean() > 0.3  # the stripes
    assert (white == 1).all()  # the background stays


def test_at_its_own_size_a_stamp_keeps_its_mask_and_pixels(stamps):
    own = stamps.image("tiger")
    image, [mask] = stamps.place(torch.zeros(3, own.height, own.width), Stamp("tiger", max(own.size), own.height // 2,
                                                                              own.width // 2))
    assert torch.equal(mask, stamps.mask("tiger"))
    pixels = pil_to_tensor(own) / 255
    torch.testing.assert_close(image, pixels[:3] * pixels[3])


def test_a_later_stamp_covers_an_earlier_one(stamps, white):
    behind, front = Stamp("elephant", 90, 60, 60), Stamp("lion", 60, 60, 90)
    image, masks = stamps.place(white, behind, front)
    _, [alone] = stamps.place(white, behind)
    _, [covering] = stamps.place(white, front)
    assert torch.equal(masks[1], covering)
    assert torch.equal(masks[0], alone & ~covering) and (alone & covering).any()
    assert torch.equal(stamps.place(white, behind, front)[0], image)  # nothing is left to chance
    assert torch.equal(stamps.place(white)[0], white) and stamps.place(white)[1].shape == (0, 120, 200)


@pytest.mark.parametrize("stamp, message", [
    (Stamp("unicorn", 80, 60, 60), "found 'unicorn': `names` lists all 232"),
    (Stamp("zebra", 80, 60, 30), "within 120 x 200 pixels, found that it reaches beyond: make it smaller"),
    (Stamp("giraffe", 150, 60, 60), "reaches beyond"),
    (Stamp("zebra", 0, 60, 60), "a size of at least 1 pixel, found 0"),
])
def test_a_stamp_that_cannot_be_set_is_refused(stamps, white, stamp, message):
    with pytest.raises(ValueError, match=message):
        stamps.place(white, stamp)


@pytest.mark.parametrize("background", [torch.ones(120, 200), torch.ones(1, 120, 200), torch.ones(2, 3, 120, 200),
                                        torch.zeros(3, 120, 200, dtype=torch.uint8)])
def test_a_background_of_another_form_is_refused(stamps, background):
    with pytest.raises(ValueError, match=r"background of shape \(3, height, width\)"):
        stamps.place(background, Stamp("zebra", 80, 60, 60))


def test_an_unknown_kind_is_answered_with_the_known_ones(stamps):
    with pytest.raises(ValueError, match="one of mammals, birds, .*found 'mammal'"):
        stamps.of_kind("mammal")


def webp(size, format="WEBP"):
    stream = io.BytesIO()
    Image.new("RGBA", size).save(stream, format)
    return stream.getvalue()


@pytest.mark.parametrize("content", [None, b"no image", webp((300, 20)), webp((20, 20), "PNG"), bytes(MOST_BYTES + 1)])
def test_an_archive_with_something_else_in_it_is_refused(stamps, tmp_path, content):
    with zipfile.ZipFile(tmp_path / "stamps.zip", "w") as archive:
        if content is not None:
            archive.writestr("zebra.webp", content)
    with pytest.raises(ValueError, match="Expected a WebP image called zebra.webp of at most 192 x 192 pixels"):
        replace(stamps, file=tmp_path / "stamps.zip").image("zebra")


def test_they_can_be_a_folder_of_ones_own(stamps, tmp_path):
    folder = stamps.save(tmp_path / "photos", ["fish", "insects"])
    mine = from_folder(folder)
    assert mine.classes == ["fish", "insects"] and mine.labels.bincount().tolist() == [9, 5]
    assert str(mine).startswith("14 images of 2 classes") and mine.pixels(32).shape == (14, 3, 32, 32)
    with pytest.raises(ValueError, match="Expected one of mammals, .* found 'dragons'"):
        stamps.save(tmp_path, ["dragons"])


def test_the_script_cuts_shrinks_and_stores_the_same_bytes_each_time(tmp_path):
    folder = tmp_path / script.INSIDE
    folder.mkdir(parents=True)
    image = Image.new("RGBA", (600, 400))
    image.paste((200, 30, 40, 255), (100, 100, 500, 200))
    image.save(folder / "brick.png")
    contents = []
    for name in ("one.zip", "two.zip"):
        script.make(tmp_path, [{"name": "brick", "file": "brick.png"}], tmp_path / name)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive, archive.open("brick.webp") as file:
        stored = Image.open(file).convert("RGBA")
    assert stored.size == (192, 48) and stored.getchannel("A").getextrema() == (255, 255)
    assert all(abs(found - 200) < 8 for found in stored.getchannel("R").getextrema())
    assert script.shrink(Image.new("RGBA", (50, 40), "red")).size == (50, 40)  # never enlarged


def test_the_script_takes_no_other_package(tmp_path, capsys):
    (tmp_path / "other.deb").write_bytes(b"another version")
    with pytest.raises(SystemExit):
        script.main(["--package", str(tmp_path / "other.deb")])
    assert "Expected tuxpaint-stamps-default 2022.06.04-1 with SHA-256" in capsys.readouterr().err
