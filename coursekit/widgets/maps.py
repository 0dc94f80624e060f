"""A map of things: a dot for each, its name shown under the pointer or when it is reached by Tab."""

import html

STYLE = """<style>
.hover-map text.name { visibility: hidden; font-weight: bold; paint-order: stroke; stroke: white; stroke-width: 4px; }
.hover-map g:hover text.name, .hover-map g:focus text.name { visibility: visible; }
.hover-map g:hover circle, .hover-map g:focus circle { fill: #D55E00; r: 6px; }
.hover-map g:focus { outline: none; }
</style>"""


def hover_map(x, y, names, xlabel, ylabel, label, width=640, height=420):
    """HTML of a scatter plot of `x` against `y`, each a sequence of n numbers, with `names` under the pointer.

    `label` says in words what the map shows. It is plain SVG without a script, so it works where it is stored.
    """
    columns, rows = _spread(x, 30, width - 20), _spread(y, height - 40, 20)
    dots = "".join(_dot(column, row, name, width) for column, row, name in zip(columns, rows, names, strict=True))
    middle = 'text-anchor="middle"'
    return (f'{STYLE}<svg class="hover-map" role="group" aria-label="{html.escape(label)}" width="{width}" '
            f'height="{height}" style="background: white; font: 12px sans-serif">'
            f'<text x="{width / 2}" y="{height - 8}" {middle}>{html.escape(xlabel)}</text>'
            f'<text transform="translate(14 {height / 2}) rotate(-90)" {middle}>{html.escape(ylabel)}</text>'
            f"{dots}</svg>")


def _spread(values, first, last):
    "Places from `first` to `last` for values from the lowest to the highest."
    values = [float(value) for value in values]
    low, high = min(values), max(values)
    return [first + (last - first) * (value - low) / ((high - low) or 1.0) for value in values]


def _dot(x, y, name, width):
    "A dot and its name, which ends at the dot on the right half of the map and begins there on the left."
    name, right = html.escape(name), x > width / 2
    side = f'x="{x - 8 if right else x + 8:.1f}" text-anchor="{"end" if right else "start"}"'
    return (f'<g tabindex="0" role="img" aria-label="{name}"><title>{name}</title>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#0072B2" fill-opacity="0.6"></circle>'
            f'<text class="name" {side} y="{y - 6:.1f}">{name}</text></g>')
