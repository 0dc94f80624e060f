"""Collaborative filtering: the learner's time as a ratio to that of a loop by hand, and fastai's to the learner's.

Random ratings of MovieLens 100k's numbers of users and films do as well as MovieLens here.
"""

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from bench.timing import in_kernel, report_fastai, report_pairs
from coursekit.collab import EmbeddingDotBias, collab_learner

N_USERS, N_ITEMS, N_TRAIN, N_VALID = 943, 1682, 90_000, 10_000
PAIRS, BATCH_SIZE, LR, WD, N_FACTORS, Y_RANGE = 9, 64, 5e-3, 0.1, 40, (0, 5.5)
GOAL, GOAL_FASTAI = 1.03, 10


def ratings(seed=0):
    """A data frame of random users, movies and ratings."""
    random, n = np.random.default_rng(seed), N_TRAIN + N_VALID
    return pd.DataFrame({"user": random.integers(1, N_USERS + 1, n), "movie": random.integers(1, N_ITEMS + 1, n),
                         "rating": random.integers(1, 6, n)})


def by_hand(frame):
    """One epoch in one cycle, and validation, with nothing around it; the ids serve as codes."""
    users, items = torch.tensor(frame["user"].to_numpy()), torch.tensor(frame["movie"].to_numpy())
    targets = torch.tensor(frame["rating"].to_numpy(), dtype=torch.float32)
    model = EmbeddingDotBias(N_USERS + 1, N_ITEMS + 1, N_FACTORS, Y_RANGE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=WD, betas=(0.9, 0.99), fused=True)
    n_batches = -(-N_TRAIN // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LR, total_steps=n_batches)
    model.train()
    for chosen in torch.randperm(N_TRAIN).split(BATCH_SIZE):
        F.mse_loss(model(users[chosen], items[chosen]), targets[chosen]).backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    model.eval()
    loss = 0.0
    with torch.no_grad():
        for chosen in torch.arange(N_TRAIN, len(frame)).split(2 * BATCH_SIZE):
            loss += F.mse_loss(model(users[chosen], items[chosen]), targets[chosen]) * len(chosen)
    return loss.item() / N_VALID


def by_learner(frame):
    """The same by coursekit, from the data frame on."""
    valid = np.arange(len(frame)) >= N_TRAIN
    learn = collab_learner(frame, valid, n_factors=N_FACTORS, y_range=Y_RANGE, batch_size=BATCH_SIZE, device="cpu")
    learn.fit_one_cycle(1, LR, WD)


def by_fastai(frame):
    """The same by fastai, as its users write it."""
    import fastai.callback.schedule  # noqa: F401 - it adds fit_one_cycle to fastai's Learner
    from fastai.collab import CollabDataLoaders
    from fastai.collab import collab_learner as fast_learner
    loaders = CollabDataLoaders.from_df(frame, valid_pct=N_VALID / len(frame), bs=BATCH_SIZE,
                                        device=torch.device("cpu"))
    learn = fast_learner(loaders, n_factors=N_FACTORS, y_range=Y_RANGE)
    learn.fit_one_cycle(1, LR, wd=WD)


def measure(pairs=PAIRS):
    """Print the ratios; called in the kernel."""
    frame = ratings()
    report_pairs(f"collab, one epoch of {N_TRAIN:,} ratings", by_hand, by_learner, frame, GOAL, pairs)
    report_fastai(by_learner, by_fastai, frame, GOAL_FASTAI)


def main():
    """Measure in a kernel of this Python, and print what it prints."""
    in_kernel("from bench.collab import measure; measure()")
