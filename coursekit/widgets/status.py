"""The line under a widget that says in words what has changed."""

import html


def say(sentence):
    """The HTML of a line that a screen reader reads out when it changes."""
    return f'<div role="status">{html.escape(sentence)}</div>'
