"""Show a control so that a stored lesson reads well where nothing runs."""

from IPython.display import display

NOTE = "Here are controls that move when the lesson is run; a still picture stands beside them."


def show_controls(box, note=NOTE):
    """Display the widget `box`; a page without a kernel, such as GitHub's, shows the sentence `note` in its place."""
    bundle = box._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    display(data | {"text/plain": note}, raw=True)
