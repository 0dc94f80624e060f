"""The map with names under the pointer is plain SVG; its dots lie where the numbers say."""

import re

import pytest

from coursekit.widgets.maps import hover_map


def places(page):
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', page)]


def test_each_thing_has_a_dot_and_a_name():
    page = hover_map([0, 1, 2], [5, 5, 7], ["a", "b", "c"], "across", "up", "three things")
    assert len(places(page)) == 3
    assert re.findall(r'aria-label="(\w)"', page) == ["a", "b", "c"]
    assert 'aria-label="three things"' in page and ">across<" in page and ">up<" in page


def test_larger_numbers_lie_to_the_right_and_above():
    (left, low), (middle, same), (right, high) = places(hover_map([0, 1, 2], [5, 5, 7], "abc", "x", "y", "map"))
    assert left < middle < right and low == same > high
    assert middle - left == pytest.approx(right - middle)


def test_one_place_for_all_is_no_division_by_zero():
    assert len(places(hover_map([3, 3], [1, 1], "ab", "x", "y", "map"))) == 2


def test_a_name_cannot_bring_its_own_html():
    page = hover_map([0, 1], [0, 1], ["<script>alert(1)</script>", 'say "hi"'], "x", "y", "map")
    assert "<script>" not in page and "&lt;script&gt;" in page and 'say &quot;hi&quot;' in page


def test_names_for_all_or_an_error():
    with pytest.raises(ValueError, match="zip"):
        hover_map([0, 1], [0, 1], ["only one"], "x", "y", "map")
