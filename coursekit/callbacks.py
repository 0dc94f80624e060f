"""The moments of a training at which other code can take part."""

from difflib import get_close_matches


class Callback:
    """Something that is told what happens while a learner trains; every event receives the learner.

    `learn` offers `batch`, `preds`, `loss`, `epoch`, `training`, `optimizer`; `learn.stop = True` ends the
    fit after the batch or epoch at hand. Epoch events come once for each pass: training, then validation.
    """

    order = 0  # lower is told first
    training_only = False  # True: not told about epochs and batches of validation

    def before_fit(self, learn):
        """Once, before the first epoch."""

    def before_epoch(self, learn):
        """Before each pass over a loader; `learn.training` says which."""

    def before_batch(self, learn):
        """`learn.batch` is on the device and may be changed."""

    def after_loss(self, learn):
        """`learn.preds` and `learn.loss` are set; nothing has been updated."""

    def after_backward(self, learn):
        """Gradients are set; weights are not updated yet. Only in training."""

    def after_batch(self, learn):
        """The batch is done; in training the weights are updated and the gradients cleared."""

    def after_epoch(self, learn):
        """After each pass over a loader."""

    def after_fit(self, learn):
        """Once, at the end, also after an error or an interruption."""

    def __init_subclass__(cls, **kwargs):
        "Refuse a misspelt event, which would otherwise never be called."
        super().__init_subclass__(**kwargs)
        for name in vars(cls):
            close = get_close_matches(name, EVENTS, n=1, cutoff=0.8)
            if name not in EVENTS and (close or name.startswith(("before_", "after_", "on_"))):
                hint = f"did you mean {close[0]}?" if close else f"the events are {', '.join(EVENTS)}."
                raise TypeError(f"{cls.__name__}.{name} is not an event and would never be called: {hint}")


EVENTS = tuple(name for name in vars(Callback) if name.startswith(("before_", "after_")))
