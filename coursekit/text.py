"""Text by characters: a vocabulary, windows and streams, a model that remembers, and writing by sampling."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from coursekit.callbacks import Callback
from coursekit.loaders import copies
from coursekit.states import evaluating

if TYPE_CHECKING:
    from coursekit.learner import Learner

PADDING, SHORTEST = "\0", 5_000  # the code 0; the characters that a text of one's own needs


class Vocabulary:
    """The distinct characters of a text in order, after the padding character, which has code 0.

    Windows' end of a line, two characters, counts as one, the newline of all other systems.
    Source: Deep Learning 2, lesson 6 (1:24:50).
    """

    def __init__(self, text: str):
        self.characters = [PADDING, *sorted(set(_with_newlines(text)) - {PADDING})]
        self._codes = {character: code for code, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> torch.Tensor:
        """The codes of `text`, int64 of shape (characters,); raises ValueError for an unknown character."""
        text = _with_newlines(text)
        unknown = set(text) - set(self._codes)
        if unknown:
            raise ValueError(f"Expected characters of the vocabulary, found {sorted(unknown)}: leave them out, or "
                             "build the vocabulary from a text that has them.")
        return torch.tensor([self._codes[character] for character in text], dtype=torch.int64)

    def decode(self, codes: torch.Tensor | Sequence[int]) -> str:
        """The text that `codes`, a tensor or list of integers, spell."""
        return "".join(self.characters[code] for code in torch.as_tensor(codes).tolist())


def _with_newlines(text):
    return text.replace("\r\n", "\n")


def own_text(path: str | Path | None = None) -> str:
    """The text of the file `path`; for None the Python code of this course, several hundred thousand characters.

    Raises ValueError for a file that is no text in UTF-8, and for fewer than 5,000 characters.
    """
    if path is None:
        return "\n".join(file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.rglob("*.py")))
    try:
        text = _with_newlines(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"Expected a text file in UTF-8, found other bytes in {path} at position {error.start}: save "
                         "it again as plain text with the encoding UTF-8.") from None
    if len(text) < SHORTEST:
        raise ValueError(f"Expected at least {SHORTEST:,} characters to learn from, found {len(text):,} in {path}: "
                         "take a longer text.")
    return text


def windows(codes: torch.Tensor, length: int, stride: int = 1) -> torch.Tensor:
    """Every run of `length` inputs with the character after it: a view of shape (n, length + 1), nothing is copied."""
    if len(codes) <= length:
        raise ValueError(f"Expected more than {length} characters for windows of {length} and their target, "
                         f"found {len(codes)}.")
    return codes.unfold(0, length + 1, stride)


class StreamLoader:
    """Batches (x, y), each (batch_size, length), in which row i goes on where row i of the batch before ended.

    The text is cut into `batch_size` streams of equal length; y is x one character later. What does not fill a
    batch is left out at the end of the text. Batches are copies and may be changed. Source: Deep Learning 2,
    lesson 6 (its last ten minutes).
    """

    def __init__(self, codes: torch.Tensor, batch_size: int, length: int, device: torch.device | str | None = None):
        n = (len(codes) - 1) // batch_size // length * length
        if n == 0:
            raise ValueError(f"Expected at least {batch_size * length + 1} characters for {batch_size} streams of "
                             f"{length}, found {len(codes)}.")
        self.x = codes[:n * batch_size].reshape(batch_size, n).to(device)
        self.y = codes[1:n * batch_size + 1].reshape(batch_size, n).to(device)
        self.batch_size, self.length = batch_size, length

    def __len__(self) -> int:
        return self.x.shape[1] // self.length

    @property
    def all_targets(self) -> torch.Tensor:
        """The targets of one pass, (batch_size, length of a stream)."""
        return self.y

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        yield from copies(zip(self.x.split(self.length, 1), self.y.split(self.length, 1), strict=True))


def sequence_loss(logits: torch.Tensor, targets: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    """Mean cross-entropy per character in nats: logits (batch, length, n) and targets (batch, length), or one less.

    Targets of `ignore_index` do not count.
    """
    return nn.functional.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=ignore_index)


def bits_per_character(nats: float) -> float:
    """A loss in nats as bits: how many yes-no questions the next character costs on average."""
    return nats / math.log(2)


def counting_loss(train: torch.Tensor, valid: torch.Tensor, n_characters: int, order: int,
                  discount: float = 0.9) -> float:
    """Nats per character on `valid` of an n-gram model: it counts in `train` what followed each run of `order` letters.

    From each count `discount` is taken away; what that frees is shared out by the model that looks one letter less
    back, which counts in how many different runs a letter ends and not how often (Kneser and Ney, 1995). `n_characters`
    is the size of the vocabulary; order 0 counts single letters.
    """
    n, probability = n_characters, torch.full((len(valid) - order,), 1 / n_characters, dtype=torch.double)
    for length in range(1, order + 2):
        runs, wanted = _runs(train, length, order, n), _runs(valid, length, order, n)
        if length <= order:
            runs = _runs(train, length + 1, order, n).unique() % n**length  # each longer run once
        runs, counts = runs.unique(return_counts=True)
        contexts, place, kinds = (runs // n).unique(return_inverse=True, return_counts=True)
        total = _look_up(contexts, torch.zeros_like(contexts).index_add_(0, place, counts), wanted // n)
        freed = discount * _look_up(contexts, kinds, wanted // n)
        kept = (_look_up(runs, counts, wanted) - discount).clamp(min=0)
        probability = torch.where(total > 0, (kept + freed * probability) / total.clamp(min=1), probability)
    return -probability.log().mean().item()


def _runs(codes, length, skipped, n_characters):
    "For each letter but the `skipped` first, one number that names the `length` letters up to it."
    return sum(codes[skipped - i:len(codes) - i] * n_characters**i for i in range(length))


def _look_up(keys, values, wanted):
    "The value of each wanted key, 0 where it does not occur; `keys` are in order."
    index = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    return torch.where(keys[index] == wanted, values[index], 0).double()


@torch.no_grad()
def write(next_logits: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor | Sequence[int], n: int,
          temperature: float = 1.0, top_k: int | None = None, seed: int = 0) -> torch.Tensor:
    """`n` codes that follow the codes `start`; `next_logits(codes)` gives the logits (n_characters,) of the next one.

    `temperature` 0 always takes the likeliest, 1 samples as the model believes; `top_k` keeps the k likeliest only,
    all for None, 0 or more than there are. Raises ValueError if there is nothing to start from, and for a
    temperature below 0 or infinite.
    """
    if isinstance(start, str) or len(start) == 0:
        raise ValueError(f"Expected the codes of one character or more to go on from, found {start!r}: give "
                         'vocabulary.encode("The ").')
    if not 0 <= temperature < math.inf or (top_k or 0) < 0:
        raise ValueError(f"Expected a temperature and a top_k of 0 or more, found {temperature} and {top_k}: 1 and "
                         "None sample as the model believes.")
    random = torch.Generator().manual_seed(seed)
    codes = torch.as_tensor(start).tolist()
    for _ in range(n):
        logits = next_logits(torch.tensor(codes)).float().cpu()
        if top_k:
            least = logits.topk(min(top_k, len(logits))).values[-1]
            logits = logits.masked_fill(logits < least, -math.inf)  # the caller's stay
        if temperature < torch.finfo().tiny:  # 0, or nothing that one could divide by
            codes.append(logits.argmax().item())
        else:
            scaled = (logits - logits.max()) / temperature  # the largest is 0, however small the temperature
            codes.append(torch.multinomial(scaled.softmax(0), 1, generator=random).item())
    return torch.tensor(codes[len(start):])


class CharModel(nn.Module):
    """Embedding, `n_layers` of nn.RNN, nn.GRU or nn.LSTM (`kind`), and scores for the next character at every step.

    From codes (batch, length) to logits (batch, length, n_characters). The state is carried from call to call and
    detached, so that gradients end at the batch's first character; `reset()` forgets it. A batch of another size
    needs a reset before it. Training mode and evaluation mode have a state each, so that what is measured in the
    middle of a training leaves the training as it is. `dropout` acts on what each layer hands on, `weight_dropout` on
    the weights from state to state, the same ones at each step of a batch (Merity and others, 2017). Source: Deep
    Learning 2, lesson 6 (its last ten minutes).
    """

    def __init__(self, n_characters: int, kind: str = "LSTM", n_factors: int = 42, n_hidden: int = 256,
                 n_layers: int = 1, dropout: float = 0.0, weight_dropout: float = 0.0):
        super().__init__()
        self.embedding = nn.Embedding(n_characters, n_factors)
        self.rnn = getattr(nn, kind)(n_factors, n_hidden, n_layers, batch_first=True,
                                     dropout=dropout if n_layers > 1 else 0.0)  # between layers only
        self.dropout, self.weight_dropout = nn.Dropout(dropout), weight_dropout
        self.l_out = nn.Linear(n_hidden, n_characters)
        self.states: dict[bool, Any] = {True: None, False: None}  # in training mode, in evaluation mode

    def reset(self) -> None:
        """Forget what was read in the mode at hand."""
        self.states[self.training] = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits after each of the characters `x`, which go on where the last call ended."""
        outputs, state = self._read(self.embedding(x), self.states[self.training])
        detached = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        self.states[self.training] = detached
        return self.l_out(self.dropout(outputs))

    def _read(self, x, state):
        "What the layers make of x; in training, a part of the weights from state to state is left out."
        if not (self.training and self.weight_dropout):
            return self.rnn(x, state)
        weights = {name: nn.functional.dropout(weight, self.weight_dropout) if name.startswith("weight_hh") else weight
                   for name, weight in self.rnn.named_parameters()}
        return torch.func.functional_call(self.rnn, weights, (x, state))


class ResetState(Callback):
    """Lets the model forget before each pass over the data, as its text begins anew."""

    def before_epoch(self, learn: "Learner") -> None:
        """Training and validation each begin without a state."""
        learn.model.reset()


def continuation(model: CharModel) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function for `write` that shows a `CharModel` each character once, with a state of its own.

    The model's mode and states stay as they are, so that a callback may write in the middle of a training.
    """
    device, read, state = next(model.parameters()).device, torch.tensor([], dtype=torch.long), None

    def next_logits(codes):
        nonlocal read, state
        if len(codes) <= len(read) or not torch.equal(codes[:len(read)], read):  # another text than last time
            read, state = codes[:0], None
        kept, model.states[False] = model.states[False], state
        try:
            with evaluating(model):
                logits = model(codes[None, len(read):].to(device))[0, -1]
            read, state = codes, model.states[False]
        finally:
            model.states[False] = kept
        return logits

    return next_logits
