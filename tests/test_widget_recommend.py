"""Sliders over a function that recommends: what they show is what the function gives."""

import ipywidgets as widgets
import pandas as pd

from coursekit.widgets.recommend import rating_sliders

TITLES = ["Alpha (1990)", "Beta (1991)"]


def recommend(stars):
    "The more stars Alpha has, the better is the film X."
    return pd.Series({"X": 1.0 + stars["Alpha (1990)"], "Y": 3.0}).sort_values(ascending=False)


def parts(box):
    sliders = [child for child in box.children if isinstance(child, widgets.IntSlider)]
    status, table = [child for child in box.children if isinstance(child, widgets.HTML)][1:]
    return sliders, status, table


def test_there_is_a_named_slider_for_each_title():
    sliders, status, _ = parts(rating_sliders(TITLES, recommend))
    assert [slider.description for slider in sliders] == TITLES
    assert [(slider.min, slider.max, slider.value) for slider in sliders] == [(0, 5, 0)] * 2
    assert 'role="status"' in status.value and "0 of 2 rated. First choice: Y, 3.00 stars." in status.value


def test_moving_one_recommends_anew():
    sliders, status, table = parts(rating_sliders(TITLES, recommend))
    sliders[0].value = 5
    assert "1 of 2 rated. First choice: X, 6.00 stars." in status.value
    assert table.value.index("X") < table.value.index("Y") and "6.00" in table.value
    sliders[0].value = 0
    assert "First choice: Y" in status.value
