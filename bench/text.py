"""A character model: the learner's time as a ratio to that of a loop by hand; random letters do as well as a book."""

import torch

from bench.timing import in_kernel, report_pairs
from coursekit.callbacks import ClipGradients
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.text import CharModel, ResetState, StreamLoader, sequence_loss

N_CHARACTERS, N_TRAIN, N_VALID = 85, 60_000, 15_000
PAIRS, N_STREAMS, LENGTH, LR, WD, LONGEST, GOAL = 9, 64, 32, 1e-2, 0.01, 1.0, 1.03


def streams(seed=0):
    """Loaders over random letters."""
    codes = torch.randint(N_CHARACTERS, (N_TRAIN + N_VALID,), generator=torch.Generator().manual_seed(seed))
    return Loaders(*(StreamLoader(part, N_STREAMS, LENGTH, "cpu") for part in codes.split(N_TRAIN)))


def new_model():
    """The two-layer LSTM of lesson 18b."""
    return CharModel(N_CHARACTERS, "LSTM", n_layers=2, dropout=0.1)


def by_hand(loaders):
    """One epoch in one cycle with clipped gradients, and validation, with nothing around it."""
    model = new_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=WD, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LR, total_steps=len(loaders.train))
    model.train()
    for x, y in loaders.train:
        sequence_loss(model(x), y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), LONGEST)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    model.eval()
    model.reset()
    with torch.no_grad():
        return sum(sequence_loss(model(x), y) for x, y in loaders.valid).item() / len(loaders.valid)


def by_learner(loaders):
    """The same by coursekit."""
    learn = Learner(new_model(), loaders, sequence_loss, device="cpu")
    learn.fit_one_cycle(1, LR, WD, callbacks=[ResetState(), ClipGradients(LONGEST)])


def measure(pairs=PAIRS):
    """Print the ratio; called in the kernel."""
    report_pairs(f"text, one epoch of {N_TRAIN:,} letters", by_hand, by_learner, streams(), GOAL, pairs)


def main():
    """Measure in a kernel of this Python, and print what it prints."""
    in_kernel("from bench.text import measure; measure()")
