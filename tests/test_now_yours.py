"""The last sections of lessons, on data of a learner's own that are made here."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coursekit.collab import Vocabulary
from coursekit.text import own_text

LESSONS = Path(__file__).parent.parent / "nbs"


def cell(lesson, containing):
    """The source of the one code cell of `lesson` that contains a text."""
    cells = json.loads((LESSONS / f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"]
    (found,) = [source for source in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
                if containing in source]
    return found


def run(source, names):
    """Run `source` with `names`, which it changes."""
    exec(compile(source, "cell", "exec"), names)
    return names


@pytest.fixture
def films():
    """What lesson 08 knows before its last section, for 40 films with 3 factors; two titles are not in the training."""
    random, titles = np.random.default_rng(0), [f"Film {i} (1990)" for i in range(40)]
    names = {"np": np, "pd": pd, "n_factors": 3, "best_ridge": 2.0, "item_factors": random.normal(size=(39, 3)),
             "logit_of_average": random.normal(size=39), "per_film": pd.Series(range(40, 0, -1), titles),
             "host": type("Host", (), {"items": Vocabulary(titles[:38])})}
    run(cell("08_collab_movielens", "def fold_in("), names)
    predict, own = (cell("08_collab_movielens", text) for text in ("def predict_for(", "mine = {"))
    run(predict[predict.index("def predict_for("):predict.index("def newcomer_mse(")], names)
    stars = dict(zip(titles[:5], [5, 4, 3, 2, 1], strict=True))
    return run(f"mine = {stars}\n" + own[own.index("def find("):], names)


def test_five_films_of_ones_own_give_a_list_without_them(films):
    best = films["recommend"](films["mine"])
    assert len(best) == 10 and best.is_monotonic_decreasing and not set(best.index) & set(films["mine"])
    assert films["find"]("FILM 3")[:2] == ["Film 3 (1990)", "Film 30 (1990)"]


def test_the_parts_of_the_ratings_add_up_to_the_prediction(films):
    best = films["recommend"](films["mine"])
    parts = films["because"](films["mine"], best.index)
    average = films["logit_of_average"][films["host"].items.encode(best.index).numpy()]
    assert list(parts.columns) == [f"Film {i}" for i in range(5)]
    assert np.allclose(5.5 / (1 + np.exp(-(average + parts.sum(axis=1)))), best)


def test_films_not_seen_change_nothing_and_an_unknown_title_is_named(films):
    seen = films["recommend"]({"Film 0 (1990)": 5})
    assert films["recommend"]({"Film 0 (1990)": 5, "Film 39 (1990)": 0}).equals(seen)
    assert len(films["recommend"]({})) == 10
    with pytest.raises(ValueError, match=r"found 'Film 39 \(1990\)'.*find\('star'\)"):
        films["recommend"]({"Film 39 (1990)": 4})


@pytest.fixture
def mine(tmp_path):
    """A small text file."""
    path = tmp_path / "mine.txt"
    path.write_bytes("Ein Männlein steht im Walde\r\nganz still und stumm;\r\n".encode() * 1500)
    return path


@pytest.mark.parametrize("lesson", ["18a_char_rnn", "18b_char_lstm"])
def test_a_text_of_ones_own_is_learned_and_written(lesson, mine, capsys):
    own = cell(lesson, "own = own_text(path)")
    names = run(cell(lesson, "import pandas as pd"), {})
    names |= {"seed": 1, "n_hidden": 32, "n_factors": 8, "stride": 1, "batch_size": 32, "rates": [1e-2, 1e-2],
              "device": names["get_device"](), "n_vocabulary": 3}
    if lesson.startswith("18a"):
        for text in ("def random_split(", "def train(", "class LetterRNN("):
            source = cell(lesson, text)
            beginning = source[source.index(text):]
            run(beginning.split("\n\n\n")[0], names)
    run(own.replace("path = None", f"path = {str(mine)!r}"), names)
    assert set(names["own"]) == set("Ein Männlein steht im Walde\nganz still und stumm;")
    assert names["own"][:4] in capsys.readouterr().out
    assert names["own_learn"].recorder.history[-1]["valid_loss"] < 1.5  # a guess has 3


def test_without_a_file_the_text_is_the_courses_own_code():
    assert "def own_text(" in own_text() and len(own_text()) > 200_000


def test_what_is_no_text_or_too_short_is_refused(tmp_path):
    (tmp_path / "image.txt").write_bytes(b"\xff\xd8\xff" * 5000)
    (tmp_path / "short.txt").write_text("Hello.")
    with pytest.raises(ValueError, match=r"UTF-8, found other bytes in .*image.txt at position 0: save it again"):
        own_text(tmp_path / "image.txt")
    with pytest.raises(ValueError, match=r"at least 5,000 characters .* found 6 in .*short.txt: take a longer text"):
        own_text(str(tmp_path / "short.txt"))
