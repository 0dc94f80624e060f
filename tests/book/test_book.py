"""The site that `make book` has built: complete, searchable, dark if wanted, without dead links."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SITE = ROOT / "build/book"
sys.path.insert(0, str(ROOT / "scripts"))

import book  # noqa: E402


def page(name):
    return (SITE / name).read_text(encoding="utf-8")


def test_every_lesson_is_there_and_listed():
    names = [path.stem for path in sorted((ROOT / "nbs").glob("*.ipynb"))]
    assert len(names) > 10
    front = page("README.html")
    for name in names:
        assert f'href="nbs/{name}.html"' in front
        assert "<h1>" in page(f"nbs/{name}.html")


def test_no_dead_link_and_no_silent_image():
    assert list(book.faults(SITE)) == []


@pytest.mark.parametrize("content, sentence", [
    ('<a href="gone.html">x</a>', "leads nowhere"),
    ('<a href="#gone">x</a>', "without that heading"),
    ('<img src="index.html">', "no alt text"),
])
def test_faults_are_found(tmp_path, content, sentence):
    (tmp_path / "index.html").write_text(f'<a href="https://elsewhere.org">y</a>{content}', encoding="utf-8")
    assert [sentence in fault for fault in book.faults(tmp_path)] == [True]


def test_it_can_be_searched_for_words_of_the_lessons():
    index = page("searchindex.js")
    data = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", index.strip(), re.S)[1])
    found = [i for kind in ("terms", "titleterms") for i in to_list(data[kind].get("softmax", []))]
    documents = {data["docnames"][i] for i in found}
    assert "nbs/03_mnist_logistic_regression" in documents


def to_list(value):
    """The search index writes a single number without a list."""
    return value if isinstance(value, list) else [value]


def test_readers_can_choose_dark():
    assert "theme-switch" in page("nbs/01_sgd_from_scratch.html")
