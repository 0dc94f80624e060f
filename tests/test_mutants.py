"""Wrong answers that nobody thought of: each slip made in a folded solution is refused, each rewrite accepted."""

import contextlib
import io
import signal
import warnings

import pytest
from mutants import first_call, mutants, rewrites, wrong_values
from test_exercises import FILES, FOLDED, execute, find_check, find_imports, find_names, load, read_cells

# Slips that change nothing which the exercise asks for, and why.
SQUARED = "the difference is squared or its size taken"
GOOD_FEATURE = "every feature that lowers the error as much is right"
BYTES = "bytes divided by 255 are floats"
OWN_WEIGHTS = "the task asks for nn.RNN's results with given weights; how they start is free"
NEVER_EQUAL = "the two are never exactly equal"
EQUIVALENT = {
    ("02", "pairwise_distances", "exchanged a[:, None] - b"): SQUARED,
    ("04", "item_mean", "arguments exchanged in zip"): "a product is the same either way",
    ("04", "leaky_relu", "another comparison in x > 0"): "at zero itself either slope will do",
    ("05", "descend_with_rmsprop", "1.5000000000000002e-08 for"): "it only keeps the divisor above zero",
    ("06", "move", "3 for 2"): "a wider margin at the far sides is cut off",
    ("06", "own_dropout", "another comparison in torch.rand"): NEVER_EQUAL,
    ("07", "rmse_of_filled", "exchanged predictions - stars"): SQUARED,
    ("07", "repaired_rmse", "exchanged predicted - stars"): SQUARED,
    ("09", "join_newest", "without on in"): "pandas joins on the one column that both have",
    ("09", "date_feature", ""): GOOD_FEATURE,
    ("10", "categorify", "left out .astype()"): "a code as a float is the same code",
    ("10", "rmspe_of_logs", "exchanged 1 - "): SQUARED,
    ("11", "mape_of_logs", "exchanged np.exp"): SQUARED,
    ("12", "hash_downwards", "left out .astype()"): "bytes may be compared",
    ("13a", "balanced_error", "mean for sum in counts.sum"): "a mean is above zero where the sum is",
    ("13b", "oversample", "another operator in most / len"): "copies too many are cut off",
    ("13b", "oversample", "only the left side of most"): "copies too many are cut off",
    ("13b", "batch_of_one", "left out .float()"): BYTES,
    ("14", "batch_of_one", "left out .float()"): BYTES,
    ("16", "batch_of_one", "left out .float()"): BYTES,
    ("16", "stretch", "1.5e-12 for"): "it only keeps the divisor above zero",
    ("16", "output_shapes", "left out .children()"): "nn.Sequential gives its children by itself",
    ("18a", "own_rnn", "dropped the sign or not of -"): OWN_WEIGHTS,
    ("18a", "own_rnn", "exchanged n_hidden **"): OWN_WEIGHTS,
    ("18a", "own_rnn", "left out .uniform_()"): OWN_WEIGHTS,
    ("18a", "own_rnn", "only the left side of n_hidden **"): OWN_WEIGHTS,
    ("18a", "own_rnn", "0.75 for 0.5"): OWN_WEIGHTS,
    ("18b", "stream_batches", "left out list()"): "a tuple of batches will do",
    ("19", "best_split", "another comparison in x"): NEVER_EQUAL,
    ("19", "best_split", "exchanged "): SQUARED,
    ("20", "find_similar", "exchanged rows - "): SQUARED,
    ("21", "interest", "arguments exchanged in np.maximum"): "the larger of two is the same either way",
    ("22", "average_of_shards", "arguments exchanged in zip"): "a product is the same either way",
}
OPEN = {("04", "better_net")}  # tasks with a score: a net with a slip may win, too, and each has to be trained


class Endless(Exception):
    """A mutant does not come to an end."""


def too_long(_signal, _frame):
    raise Endless


def accepts(exercise, answer):
    """What the exercise says of `answer`, after a second at the latest."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not hasattr(signal, "setitimer"):  # Windows
            return exercise.accepts(answer)
        signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            return exercise.accepts(answer)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def solutions(path):
    """(name of the exercise, name of the answer, names that the lesson imports, source) of each folded solution."""
    cells = read_cells(path)
    names = execute(find_imports(cells))
    for name in find_names(path):
        if (path.stem.removeprefix("lesson_"), name) in OPEN:
            continue
        at, answer = find_check(cells, name)
        yield name, answer, names, FOLDED.search(cells[at + 1]["source"])[1]


def define(source, names, answer):
    """The answer that `source` defines, or None if it cannot."""
    names = dict(names)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, "lesson", "exec"), names)  # noqa: S102 - a mutant of the lesson's own cell
    except Exception:  # noqa: BLE001 - a mutant may be no program
        return None
    return names.get(answer)


def wrong_answers(exercise, right, answer, names, source):
    """(what was done, the wrong answer) for one exercise."""
    if not callable(right):
        yield from ((f"{wrong!r} typed", wrong) for wrong in wrong_values(right))
        return
    for what, text in mutants(source, first_call(exercise, right)):
        wrong = define(text, names, answer)
        if wrong is not None:
            yield what, wrong


def is_equivalent(lesson, name, what):
    """Whether the list has this slip, whatever its line."""
    slip = what.split(": ", 1)[-1]
    return any((lesson, name) == entry[:2] and slip.startswith(entry[2]) for entry in EQUIVALENT)


def judge(path):
    """(number of mutants, those accepted, number of rewrites, those refused) of a lesson's exercises."""
    tried, passed, written, refused, lesson = 0, [], 0, [], path.stem.removeprefix("lesson_")
    for name, answer, names, source in solutions(path):
        exercise = load(path, name)
        right = define(source, names, answer)
        for what, wrong in wrong_answers(exercise, right, answer, names, source):
            accepted = accepts(exercise, wrong)
            if not (accepted and is_equivalent(lesson, name, what)):
                tried += 1
                passed += [(lesson, name, what)] if accepted else []
        for what, other in rewrites(right):
            written += 1
            refused += [] if accepts(exercise, other) else [(lesson, name, what)]
    return tried, passed, written, refused


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_slips_are_refused_and_rewrites_accepted(path, record_property):
    tried, passed, written, refused = judge(path)
    record_property("rates", (tried - len(passed), tried, written - len(refused), written))
    assert not refused
    assert not passed
