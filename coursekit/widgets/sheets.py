"""Controls for a sheet: the buttons of the lecture's workbook, sliders for cells, and a softmax to play with."""

import math

import ipywidgets as widgets

from coursekit.plots import figure, to_html
from coursekit.style import TRAIN, VALID
from coursekit.widgets.status import say


def sheet_controls(sheet, chart, goal=None, sliders=None):
    """Buttons, sliders, the table and the chart of `chart`, a cell or total, for a `coursekit.sheets.sheet.Sheet`.

    `sliders`: dict of cell -> (lowest, highest), on a logarithmic scale. The same without a browser:
    `sheet.run()`, `sheet.step()`, `sheet.reset()`, `sheet.cells["lr"] = 0.001`, `sheet.plot(...)`.
    """
    table, drawing, status = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def refresh(_=None):
        now = sheet.history[-1]
        table.value = sheet.to_html(n_rows=10)
        drawing.value = to_html(*sheet.chart(chart, f"{chart} after each epoch", goal))
        status.value = say(f"After {len(sheet.history) - 1} epochs {chart} is {now[chart]:.6g}.")

    def button(name, work):
        made = widgets.Button(description=name)
        made.on_click(lambda _: refresh(work()))
        return made

    def slider(name, low, high):
        made = widgets.FloatLogSlider(value=sheet.cells[name], min=math.log10(low), max=math.log10(high), step=0.1,
                                      description=name, readout_format=".2g", continuous_update=False)
        made.observe(lambda change: refresh(sheet.cells.update({name: change["new"]})), "value")
        return made

    refresh()
    buttons = [button("Run 5 epochs", sheet.run), button("Step", sheet.step), button("Reset", sheet.reset)]
    moving = [slider(name, *ends) for name, ends in (sliders or {}).items()]
    return widgets.VBox([widgets.HBox([*buttons, *moving]), status, table, drawing])


def softmax_playground(make_sheet, outputs, true):
    """A slider for each of the `outputs` (dict of class -> number), a choice of the `true` class, table and bars.

    `make_sheet(outputs, true)` computes: a Sheet with columns `output` and `softmax` and a total `loss`.
    """
    sliders = {name: widgets.FloatSlider(value=value, min=-6, max=6, step=0.01, description=name)
               for name, value in outputs.items()}
    choice = widgets.Dropdown(options=list(outputs), value=true, description="true class")
    table, drawing, status = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def refresh(_=None):
        sheet = make_sheet({name: slider.value for name, slider in sliders.items()}, choice.value)
        probability = dict(zip(outputs, sheet.frame["softmax"], strict=True))
        table.value = sheet.to_html()
        drawing.value = to_html(*draw_probabilities(probability, choice.value))
        status.value = say(f"Probability of {choice.value}: {probability[choice.value]:.3f}, "
                           f"loss {sheet.total('loss'):.3f}.")

    for control in [*sliders.values(), choice]:
        control.observe(refresh, "value")
    refresh()
    controls = widgets.VBox([*sliders.values(), choice, status])
    return widgets.VBox([widgets.HBox([controls, drawing]), table])


def draw_probabilities(probability, true):
    """Bars of the dict class -> `probability`, the `true` class in its own colour; the figure and its sentence."""
    fig, ax = figure(width=4, height=2.6)
    ax.bar(list(probability), list(probability.values()),
           color=[VALID if name == true else TRAIN for name in probability])
    ax.set(xlabel="class", ylabel="probability", ylim=(0, 1), title="Softmax of the outputs")
    return fig, "Probabilities: " + ", ".join(f"{name} {value:.3f}" for name, value in probability.items()) + "."
