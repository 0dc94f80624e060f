"""Let a character model write: a start, a temperature, how many characters may compete, and a button."""

import html
from itertools import count

import ipywidgets as widgets

from coursekit.text import write
from coursekit.widgets.status import say


def writing_desk(next_logits, vocabulary, start="The ", n=300):
    """Controls for `coursekit.text.write(next_logits, ...)`: each press of Write gives another `n` characters.

    Top k 0 lets every character compete. The same without a browser: `write(next_logits,
    vocabulary.encode(start), n, temperature, top_k, seed)`.
    """
    text = widgets.Text(value=start, description="Start")
    temperature = widgets.FloatSlider(value=0.7, min=0, max=2, step=0.1, description="Temperature")
    top_k = widgets.IntSlider(value=0, min=0, max=len(vocabulary), description="Top k")
    button = widgets.Button(description="Write")
    page, status, seeds = widgets.HTML(), widgets.HTML(), count()

    def press(_):
        try:
            codes = vocabulary.encode(text.value or " ")
            written = write(next_logits, codes, n, temperature.value, top_k.value, seed=next(seeds))
        except ValueError as error:
            status.value = say(str(error))
            return
        page.value = f'<div style="white-space: pre-wrap">{html.escape(text.value + vocabulary.decode(written))}</div>'
        status.value = say(f"{n} characters written at temperature {temperature.value:.1f}.")

    button.on_click(press)
    return widgets.VBox([text, temperature, top_k, button, status, page])
