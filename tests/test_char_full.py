"""The LSTM of twenty minutes, on a few letters, and where its rows go."""

import sys
from pathlib import Path

import pytest
import torch

from coursekit.text import CharModel

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

import char_full  # noqa: E402


def test_the_recipe_learns():
    codes = torch.arange(9000) % 5
    small = char_full.MODEL | {"n_hidden": 16}
    learn = char_full.train(lambda: CharModel(5, **small), codes[:8000], codes[8000:], 8, 0)
    losses = [row["valid_loss"] for row in learn.recorder.history]
    assert losses[-1] < losses[0] < 1.7  # a guess has 1.61
    assert learn.model.weight_dropout and learn.model.rnn.num_layers == 2


def test_rows_of_the_same_name_are_replaced_and_others_stay():
    stored = {"commit": "a", "rows": [{"name": "x", "value": "1"}, {"name": "y", "value": "2"}]}
    rows = char_full.merged(stored, [{"name": "x", "value": "3"}])["rows"]
    assert rows == [{"name": "y", "value": "2"}, {"name": "x", "value": "3"}]


def test_the_stand_in_is_refused(monkeypatch, capsys):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    if char_full.nietzsche().is_lectures:
        pytest.skip("the lecture's book was fetched")
    with pytest.raises(SystemExit):
        char_full.main([])
    assert "found the stand-in" in capsys.readouterr().err
