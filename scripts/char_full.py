"""One LSTM, twenty minutes of one core, beside counting: `make char-full`, into the rows of results/18b_char_lstm.json.

Nietzsche's book as in lesson 18b: the first four fifths to learn from, the last fifth to be measured on. Prints a line
after each epoch, and what the model writes.
"""

import argparse
import json
import time

from full_scale import titles
from run_lessons import write as write_file
from store_results import RESULTS, commit

from coursekit.callbacks import ClipGradients
from coursekit.data import nietzsche
from coursekit.device import describe_machine, seed_everything
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.text import (
    CharModel,
    ResetState,
    StreamLoader,
    Vocabulary,
    continuation,
    counting_loss,
    sequence_loss,
    write,
)

MODEL = dict(n_factors=64, n_hidden=384, n_layers=2, dropout=0.4, weight_dropout=0.2)
ONE_MODEL, COUNTING = "one LSTM, twenty minutes of a core", "counting after {} letters"


def train(model, train_codes, valid_codes, epochs, seed):
    """A learner after one cycle over 32 streams of the text, in bfloat16; it prints each epoch as it ends."""
    streams = Loaders(StreamLoader(train_codes, 32, 64), StreamLoader(valid_codes, 16, 32))
    seed_everything(seed)
    learn = Learner(model(), streams, sequence_loss, callbacks=[ResetState(), ClipGradients()], precision="bf16")
    learn.fit_one_cycle(epochs, 3e-3, wd=0.05)
    return learn


def merged(stored, rows):
    """The results `stored` with `rows` instead of those of the same names."""
    names = {row["name"] for row in rows}
    return stored | {"rows": [row for row in stored["rows"] if row["name"] not in names] + rows}


def main(arguments=None):
    """Train, measure, count, and store the rows; refuses the stand-in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args(arguments)
    book = nietzsche()
    if not book.is_lectures:
        parser.error("Expected Nietzsche's book, found the stand-in: python -m coursekit data get nietzsche, or set "
                     "COURSEKIT_DATA.")
    vocabulary = Vocabulary(book.text)
    codes = vocabulary.encode(book.text)
    train_codes, valid_codes = codes[:len(codes) * 4 // 5], codes[len(codes) * 4 // 5:]
    start, begun = time.perf_counter(), commit()
    learn = train(lambda: CharModel(len(vocabulary), **MODEL), train_codes, valid_codes, options.epochs, options.seed)
    seconds = round(time.perf_counter() - start)
    print(written := vocabulary.decode(write(continuation(learn.model), vocabulary.encode("The "), 600, 0.7)))
    values = {ONE_MODEL: f"{learn.validate()['valid_loss']:.3f}"}
    values |= {COUNTING.format(n): f"{counting_loss(train_codes, valid_codes, len(vocabulary), n):.3f}"
               for n in range(3, 8)}
    about = {"data": titles(str(book.origin)), "machine": describe_machine().split(";")[0], "commit": begun}
    rows = [{"name": name, "value": value} | about for name, value in values.items()]
    rows[0] |= {"seeds": options.seed, "epochs": options.epochs, "seconds": seconds, "written": written}
    path = RESULTS / "18b_char_lstm.json"
    stored = merged(json.loads(path.read_text(encoding="utf-8")), rows)
    write_file(json.dumps(stored | {"column": "Nietzsche"}, indent=1), path)


if __name__ == "__main__":
    main()
