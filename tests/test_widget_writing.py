import pytest
import torch

from coursekit.text import Vocabulary, write
from coursekit.widgets.writing import writing_desk

VOCABULARY = Vocabulary("ab<")


def next_logits(codes):
    """Prefers what was not written last."""
    logits = torch.zeros(len(VOCABULARY))
    logits[codes[-1]] = -2.0
    return logits


@pytest.fixture
def desk():
    return writing_desk(next_logits, VOCABULARY, start="ab", n=30)


def control(desk, description):
    """The control that carries `description`."""
    return next(child for child in desk.children if getattr(child, "description", None) == description)


def test_the_button_writes_what_the_function_writes(desk):
    control(desk, "Temperature").value, control(desk, "Top k").value = 1.5, 3
    control(desk, "Write").click()
    written = write(next_logits, VOCABULARY.encode("ab"), 30, temperature=1.5, top_k=3, seed=0)
    shown = desk.children[-1].value
    assert VOCABULARY.decode(written).replace("<", "&lt;") in shown
    control(desk, "Write").click()
    assert desk.children[-1].value != shown and 'role="status"' in desk.children[-2].value


def test_unknown_characters_are_named_and_an_empty_start_is_a_space(desk):
    control(desk, "Start").value = "abz"
    control(desk, "Write").click()
    assert "z" in desk.children[-2].value and desk.children[-1].value == ""
    spaced = writing_desk(lambda codes: torch.zeros(3), Vocabulary("a "), start="", n=3)
    control(spaced, "Write").click()
    assert "3 characters written" in spaced.children[-2].value


def test_every_control_is_labelled(desk):
    assert all(child.description for child in desk.children[:4])
