"""A control in a stored lesson: the widget for a kernel, a sentence for a page without one."""

import ipywidgets as widgets

from coursekit.widgets import stored

WIDGET = "application/vnd.jupyter.widget-view+json"


def test_the_bundle_has_the_widget_and_the_sentence(monkeypatch):
    shown = []
    monkeypatch.setattr(stored, "display", lambda data, raw: shown.append((data, raw)))
    box = widgets.VBox([widgets.IntSlider()])
    stored.show_controls(box, "Run it.")
    [(data, raw)] = shown
    assert raw and data["text/plain"] == "Run it." and data[WIDGET]["model_id"] == box.model_id
