import pytest
from fakes import fake_learner

from coursekit.callbacks import EVENTS, Callback


class Diary(Callback):
    """Writes down every event, with T for training and V for validation."""

    def __init__(self):
        self.events = []


def _writer(event):
    return lambda self, learn: self.events.append((event, "T" if learn.training else "V"))


for _event in EVENTS:
    setattr(Diary, _event, _writer(_event))


class TrainingDiary(Diary):
    training_only = True


def test_events_come_in_order():
    diary = Diary()
    fake_learner(loaders=_one_batch()).fit(1, callbacks=[diary])
    training = ["before_epoch", "before_batch", "after_loss", "after_backward", "after_step", "after_batch",
                "after_epoch"]
    validation = [event for event in training if event not in ("after_backward", "after_step")]
    expected = [("before_fit", "T"), *((event, "T") for event in training)]
    expected += [*((event, "V") for event in validation), ("after_fit", "V")]
    assert diary.events == expected


def test_training_only_hears_nothing_of_validation_but_the_end():
    diary = TrainingDiary()
    fake_learner(loaders=_one_batch()).fit(1, callbacks=[diary])
    assert [event for event, which in diary.events if which == "V"] == ["after_fit"]


def test_lower_order_is_told_first():
    told = []

    class Teller(Callback):
        def __init__(self, order):
            self.order = order

        def before_fit(self, learn):
            told.append(self.order)

    fake_learner(callbacks=[Teller(3)]).fit(1, callbacks=[Teller(5), Teller(-20)])
    assert told == [-20, 3, 5]


@pytest.mark.parametrize("name, hint", [("after_epcoh", "after_epoch"), ("befroe_batch", "before_batch"),
                                        ("on_epoch_end", "before_fit"), ("after_optimizer", "the events are")])
def test_a_misspelt_event_is_refused(name, hint):
    with pytest.raises(TypeError, match=f"{name} is not an event.*{hint}"):
        type("Mine", (Callback,), {name: lambda self, learn: None})


def test_other_methods_are_allowed():
    type("Mine", (Callback,), {"draw": print, "order": 3, "total": 0, "before_fit": lambda self, learn: 0})


def test_what_is_no_callback_is_refused():
    with pytest.raises(TypeError, match="is no callback"):
        fake_learner().fit(1, callbacks=[print])
    with pytest.raises(TypeError, match="is no callback"):
        fake_learner().fit(1, callbacks=[Diary])


@pytest.mark.parametrize("event", ["before_fit", "before_epoch", "after_loss", "after_epoch"])
def test_after_fit_always_runs(event):
    diary = Diary()

    def fail(self, learn):
        raise KeyError("on purpose")

    failing = type("Failing", (Callback,), {event: fail, "order": 50})()
    with pytest.raises(KeyError, match="on purpose"):
        fake_learner().fit(1, callbacks=[diary, failing])
    assert diary.events[-1][0] == "after_fit"


def test_stop_ends_the_fit_after_the_batch():
    class StopSoon(Callback):
        def after_batch(self, learn):
            learn.stop = len(learn.recorder._waiting) == 3

    learn = fake_learner()
    learn.fit(5, callbacks=[StopSoon()])
    assert len(learn.recorder.losses) == 3
    assert len(learn.recorder.history) == 1
    assert learn.validate().keys() == {"valid_loss"}  # over all batches again


def test_a_callback_may_change_the_batch_and_the_loss():
    class Double(Callback):
        def before_batch(self, learn):
            x, y = learn.batch
            learn.batch = x * 0, y * 0

        def after_loss(self, learn):
            learn.loss = learn.loss * 0 + 7

    learn = fake_learner(callbacks=[Double()])
    learn.fit(1)
    assert set(learn.recorder.losses) == {7.0}
    assert learn.validate() == {"valid_loss": 7.0}


def _one_batch():
    from fakes import fake_loaders
    return fake_loaders(n_train=8, n_valid=8)
