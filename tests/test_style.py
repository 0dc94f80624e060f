"""A curve in words."""

import pytest

from coursekit.style import describe


@pytest.mark.parametrize(("values", "words"), [
    ([2.0, 1.0], "falls from 2 to 1"),
    ([1.0, 2.0], "rises from 1 to 2"),
    ([2.0, 0.5, 1.0], "falls from 2 to 1, with its lowest point 0.5"),
    ([1.0, 9.0, 2.0], "rises from 1 to 2, with its highest point 9"),
    ([0.1, 0.1], "stays at 0.1"),
    ([float("nan")], "has no finite value"),
    ([2.0, float("inf"), 1.0], "falls from 2 to 1"),
])
def test_curves_are_described_by_their_numbers(values, words):
    assert describe(values) == words
