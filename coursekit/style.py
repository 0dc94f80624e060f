"""What all figures share: their colours, and a curve in words."""

import numpy as np

TRAIN, VALID, THIRD, FOURTH = "#0072B2", "#D55E00", "#009E73", "#CC79A7"  # Okabe and Ito, safe for colour-blind eyes


def describe(values):
    """A curve in words, made from its numbers: 'falls from 2.31 to 0.12'."""
    values = np.asarray([float(value) for value in values])
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return "has no finite value"
    first, last, low, high = values[0], values[-1], values.min(), values.max()
    span = high - low
    if span <= 1e-3 * max(abs(high), 1e-12):
        return f"stays at {last:.3g}"
    text = f"{'falls' if last < first else 'rises'} from {first:.3g} to {last:.3g}"
    if low < min(first, last) - 0.05 * span:
        text += f", with its lowest point {low:.3g}"
    if high > max(first, last) + 0.05 * span:
        text += f", with its highest point {high:.3g}"
    return text
