"""A character model that remembers: a state carried from batch to batch, and the callbacks that go with it."""

import torch
from torch import nn

from coursekit.callbacks import Callback, ClipGradients  # noqa: F401 - lesson 18b has it from here
from coursekit.states import evaluating


class CharModel(nn.Module):
    """Embedding, `n_layers` of nn.RNN, nn.GRU or nn.LSTM (`kind`), and scores for the next character at every step.

    From codes (batch, length) to logits (batch, length, n_characters). The state is carried from call to call and
    detached, so that gradients end at the batch's first character; `reset()` forgets it. A batch of another size
    needs a reset before it. Source: Deep Learning 2, lesson 6 (its last ten minutes).
    """

    def __init__(self, n_characters, kind="LSTM", n_factors=42, n_hidden=256, n_layers=1, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(n_characters, n_factors)
        self.rnn = getattr(nn, kind)(n_factors, n_hidden, n_layers, batch_first=True,
                                     dropout=dropout if n_layers > 1 else 0.0)  # between layers only
        self.dropout = nn.Dropout(dropout)
        self.l_out = nn.Linear(n_hidden, n_characters)
        self.reset()

    def reset(self):
        """Forget what was read."""
        self.state = None

    def forward(self, x):
        """The logits after each of the characters `x`, which go on where the last call ended."""
        states, state = self.rnn(self.embedding(x), self.state)
        self.state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        return self.l_out(self.dropout(states))


class ResetState(Callback):
    """Lets the model forget before each pass over the data, as its text begins anew."""

    def before_epoch(self, learn):
        """Training and validation each begin without a state."""
        learn.model.reset()


def continuation(model):
    """A function for `coursekit.text.write` that shows a `CharModel` each character once, with a state of its own.

    The model's mode and state stay as they are, so that a callback may write in the middle of a training.
    """
    device, read, state = next(model.parameters()).device, torch.tensor([], dtype=torch.long), None

    def next_logits(codes):
        nonlocal read, state
        if len(codes) <= len(read) or not torch.equal(codes[:len(read)], read):  # another text than last time
            read, state = codes[:0], None
        kept, model.state = model.state, state
        try:
            with evaluating(model):
                logits = model(codes[None, len(read):].to(device))[0, -1]
            read, state = codes, model.state
        finally:
            model.state = kept
        return logits

    return next_logits
