"""Run, Step and Reset for a sheet, and sliders for its cells: the buttons of the lecture's workbook."""

import math

import ipywidgets as widgets

from coursekit.plots import to_html
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
