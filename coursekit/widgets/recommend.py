"""Rate a few things, and read what would be recommended to you."""

import ipywidgets as widgets

from coursekit.widgets.status import say


def rating_sliders(titles, recommend, highest=5):
    """A slider for each of `titles`, from 0 (not seen) to `highest` stars, and the table of recommendations.

    `recommend(stars)` takes a dict of title -> stars, 0 for what was not seen, and gives a pandas series of
    predicted stars by title, the best first. The same without a browser: call it.
    """
    sliders = {title: widgets.IntSlider(min=0, max=highest, description=title, style={"description_width": "16em"},
                                        layout={"width": "32em"}, continuous_update=False) for title in titles}
    table, status = widgets.HTML(), widgets.HTML()

    def refresh(_=None):
        stars = {title: slider.value for title, slider in sliders.items()}
        best, rated = recommend(stars), sum(value > 0 for value in stars.values())
        table.value = best.to_frame().to_html(float_format="{:.2f}".format)
        status.value = say(f"{rated} of {len(sliders)} rated. First choice: {best.index[0]}, {best.iloc[0]:.2f} stars.")

    for slider in sliders.values():
        slider.observe(refresh, "value")
    refresh()
    return widgets.VBox([widgets.HTML("Stars, 0 for not seen:"), *sliders.values(), status, table])
