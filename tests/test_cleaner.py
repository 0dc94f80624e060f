"""Cleaning: nothing moves before confirm, undo puts everything back, and buttons do what the functions do."""

import pytest
from PIL import Image
from test_widgets import everything, find, page

from coursekit.widgets.cleaner import Cleaner, Move, cleaning_screens, put_back, relabel, to_bin

CLASSES = ["bear", "cat", "dog"]


@pytest.fixture
def root(tmp_path):
    """Twelve images in the folders of three classes; numbers repeat from class to class."""
    for name, colour in zip(CLASSES, ["brown", "orange", "grey"], strict=True):
        for number in range(4):
            path = tmp_path / "images" / name / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (40 + number, 40), colour).save(path)
    return tmp_path / "images"


@pytest.fixture
def cleaner(root):
    return Cleaner(sorted(root.rglob("*.jpg")), root, CLASSES)


def tree(root):
    """Path -> content of all files beside and below `root`."""
    return {path.relative_to(root.parent).as_posix(): path.read_bytes()
            for path in root.parent.rglob("*") if path.is_file()}


def test_to_bin_and_back(root):
    before = tree(root)
    move = to_bin(root / "cat" / "1.jpg", root)
    assert move == Move(root / "cat" / "1.jpg", root.parent / "images_bin" / "cat" / "1.jpg")
    assert tree(root) == {("images_bin" + name[6:] if name == "images/cat/1.jpg" else name): content
                          for name, content in before.items()}
    put_back(move)
    assert tree(root) == before


def test_relabel_takes_a_free_name(root):
    before = tree(root)
    move = relabel(root / "cat" / "1.jpg", root, "dog")
    assert move.target == root / "dog" / "1-2.jpg"
    assert relabel(root / "bear" / "1.jpg", root, "dog").target == root / "dog" / "1-3.jpg"
    assert move.target.read_bytes() == before["images/cat/1.jpg"]
    assert (root / "dog" / "1.jpg").read_bytes() == before["images/dog/1.jpg"]


def test_nothing_is_overwritten_on_the_way_back(root):
    move = to_bin(root / "cat" / "1.jpg", root)
    (root / "cat" / "1.jpg").write_bytes(b"another")
    with pytest.raises(FileExistsError, match="found another file"):
        put_back(move)
    assert move.target.exists()


def test_a_file_that_is_gone_is_told(root):
    with pytest.raises(FileNotFoundError, match="somebody has moved or deleted it"):
        to_bin(root / "cat" / "9.jpg", root)


def test_nothing_moves_before_confirm(root, cleaner):
    before = tree(root)
    first, second = cleaner.screen()[:2]
    cleaner.delete(first)
    cleaner.relabel(second, "dog")
    assert tree(root) == before


def test_confirm_moves_exactly_what_is_marked_and_goes_on_by_five(root, cleaner):
    before, seen = tree(root), cleaner.screen()
    cleaner.delete(seen[0])
    cleaner.relabel(seen[1], "dog")
    cleaner.delete(seen[2])
    cleaner.keep(seen[2])
    moves = cleaner.confirm()
    assert [move.source for move in moves] == seen[:2] and cleaner.moved() == moves
    assert set(tree(root)) == set(before) - {"images/bear/0.jpg", "images/bear/1.jpg"} | {
        "images_bin/bear/0.jpg", "images/dog/1-2.jpg"}
    assert len(seen) == 5 and cleaner.screen() == sorted(cleaner.files)[5:10]


def test_undo_goes_back_screen_by_screen(root, cleaner):
    before, screens = tree(root), []
    while cleaner.screen():
        screens.append(cleaner.screen())
        cleaner.delete(cleaner.screen()[0])
        cleaner.relabel(cleaner.screen()[1], "bear")
        cleaner.confirm()
    assert [len(screen) for screen in screens] == [5, 5, 2] and len(tree(root)) == len(before)
    for screen in reversed(screens):
        cleaner.undo()
        assert cleaner.screen() == screen
    assert tree(root) == before and cleaner.undo() == [] and cleaner.moved() == []


def test_the_last_mark_counts(root, cleaner):
    file = cleaner.screen()[0]
    cleaner.delete(file)
    cleaner.relabel(file, "dog")
    cleaner.relabel(file, "bear")  # its own class: no mark at all
    assert cleaner.confirm() == []


def test_only_images_of_the_screen_and_known_classes(cleaner):
    with pytest.raises(ValueError, match=r"Expected an image of this screen, found 3\.jpg"):
        cleaner.delete(cleaner.files[-1])
    with pytest.raises(ValueError, match="Expected one of bear, cat, dog, found 'car'"):
        cleaner.relabel(cleaner.screen()[0], "car")


def test_a_vanished_file_stops_the_whole_confirm(root, cleaner):
    first, second = cleaner.screen()[:2]
    cleaner.delete(first)
    cleaner.delete(second)
    second.unlink()
    after = tree(root)
    with pytest.raises(FileNotFoundError, match="nothing was moved"):
        cleaner.confirm()
    assert tree(root) == after and cleaner.screen()[0] == first
    cleaner.keep(second)
    assert [move.source for move in cleaner.confirm()] == [first]


def test_a_failure_half_way_can_be_undone(root, cleaner, monkeypatch):
    before = tree(root)
    for file in cleaner.screen()[:2]:
        cleaner.delete(file)
    with monkeypatch.context() as patch:
        calls = []
        real = to_bin
        patch.setattr("coursekit.widgets.cleaner.to_bin",
                      lambda file, root: calls.append(file) or (real(file, root) if len(calls) < 2 else 1 / 0))
        with pytest.raises(ZeroDivisionError):
            cleaner.confirm()
    assert tree(root) != before
    assert len(cleaner.undo()) == 1 and tree(root) == before


def test_files_that_are_gone_are_passed_over(root):
    cleaner = Cleaner([root / "cat" / "0.jpg", root / "cat" / "99.jpg"], root, CLASSES)
    assert cleaner.screen() == [root / "cat" / "0.jpg"]


def test_buttons_do_what_the_functions_do(root, cleaner):
    before, box = tree(root), cleaning_screens(cleaner)
    assert "Images 1 to 5 of 12." in page(box) and page(box).count("<img") == 5
    assert "Image 5, labelled cat" in page(box)
    find(box, "Delete 2").value = True
    find(box, "Class 3").value = "cat"
    assert tree(root) == before and find(box, "Class 2").disabled
    find(box, "Confirm").click()
    assert "Confirmed: 1 deleted, 1 relabelled. Images 6 to 10 of 12." in page(box)
    assert set(tree(root)) == set(before) - {"images/bear/1.jpg", "images/bear/2.jpg"} | {
        "images_bin/bear/1.jpg", "images/cat/2-2.jpg"}
    find(box, "Undo").click()
    assert "Undone: 2 put back. Images 1 to 5 of 12." in page(box) and tree(root) == before


def test_the_buttons_follow_the_functions(root, cleaner):
    box = cleaning_screens(cleaner)
    cleaner.delete(cleaner.screen()[0])
    cleaner.confirm()
    assert "Confirmed: 1 deleted, 0 relabelled. Images 6 to 10 of 12." in page(box)
    find(box, "Delete 1").value = True
    find(box, "Confirm").click()
    assert [move.source for move in cleaner.moved()] == [root / "bear" / "0.jpg", root / "cat" / "1.jpg"]
    cleaner.undo()
    assert "Undone: 1 put back. Images 6 to 10 of 12." in page(box)


def test_a_button_says_what_went_wrong_and_shows_the_marks(root, cleaner):
    box = cleaning_screens(cleaner)
    find(box, "Delete 1").value = True
    find(box, "Class 2").value = "dog"
    cleaner.screen()[0].unlink()
    find(box, "Confirm").click()
    assert "nothing was moved" in page(box) and "Image 1 is gone." in page(box)
    assert find(box, "Delete 1").value and find(box, "Class 1").disabled and find(box, "Class 2").value == "dog"
    find(box, "Delete 1").value = False
    find(box, "Confirm").click()
    assert "Confirmed: 0 deleted, 1 relabelled." in page(box)


@pytest.mark.parametrize("damaged", [0, 7])
def test_a_damaged_image_is_shown_as_such_and_no_page_is_passed_over(root, cleaner, damaged):
    file = cleaner.files[damaged]
    file.write_bytes(file.read_bytes()[:200])
    box, seen = cleaning_screens(cleaner), []
    for first in (1, 6, 11):
        assert f"Images {first} to {min(first + 4, 12)} of 12." in page(box)
        seen.append(page(box).count("<img"))
        if first <= damaged + 1 < first + 5:
            number = damaged + 2 - first
            assert f"Image {number} cannot be decoded: delete it." in page(box)
            find(box, f"Delete {number}").value = True
        find(box, "Confirm").click()
    assert sum(seen) == 11 and [move.source for move in cleaner.moved()] == [file]


def test_delete_toggles(root, cleaner):
    before, box = tree(root), cleaning_screens(cleaner)
    find(box, "Class 1").value = "dog"
    find(box, "Delete 1").value = True
    find(box, "Delete 1").value = False
    find(box, "Class 1").value = "bear"
    find(box, "Confirm").click()
    assert tree(root) == before


def test_the_end_is_said(cleaner):
    box = cleaning_screens(cleaner)
    assert find(box, "Undo").disabled
    for _ in range(3):
        find(box, "Confirm").click()
    assert "You have seen all 12." in page(box) and find(box, "Confirm").disabled and not find(box, "Undo").disabled


def test_every_control_has_its_own_name_and_the_status_is_read_out(cleaner):
    box = cleaning_screens(cleaner)
    named = [widget.description for widget in everything(box)
             if type(widget).__name__ in ("Button", "ToggleButton", "Dropdown")]
    assert len(named) == len(set(named)) == 12 and all(named) and 'role="status"' in page(box)
