"""Tables: the learner's time as a ratio to that of a loop by hand, and fastai's to the learner's.

Random rows with the Rossmann data's numbers of levels and columns do as well as Rossmann here.
"""

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from bench.timing import in_kernel, report_fastai, report_pairs
from coursekit.tabular.model import TabularData, TabularModel, embedding_size, tabular_learner

N_LEVELS = [1115, 7, 3, 12, 31, 2, 25, 26, 4, 3, 3, 23, 8, 12, 52, 21, 6, 6, 3, 3, 8, 8, 2, 2]
LEVELS = {f"category {i}": n_levels for i, n_levels in enumerate(N_LEVELS)}
N_CONTINUOUS, N_TRAIN, N_VALID = 16, 20_000, 1_000
CATEGORICAL, CONTINUOUS = list(LEVELS), [f"number {i}" for i in range(N_CONTINUOUS)]
SIZES, DROPOUT, EMBEDDING_DROPOUT, Y_RANGE = [1000, 500], [0.001, 0.01], 0.04, (0.0, 11.0)
PAIRS, BATCH_SIZE, LR, WD = 5, 64, 1e-3, 0.01
GOAL, GOAL_FASTAI = 1.03, 1.6


def table(seed=0):
    """A data frame of random levels 1, 2, ..., random numbers, and logs of sales as the target."""
    random, n = np.random.default_rng(seed), N_TRAIN + N_VALID
    columns = {name: random.integers(1, n_levels + 1, n) for name, n_levels in LEVELS.items()}
    columns |= {name: random.normal(size=n) for name in CONTINUOUS}
    return pd.DataFrame(columns | {"target": random.normal(8.8, 0.4, n)})


def by_hand(frame):
    """One epoch in one cycle, and validation, with nothing around it; the levels serve as codes."""
    codes = torch.from_numpy(frame[CATEGORICAL].to_numpy("int64", copy=True))
    continuous = torch.from_numpy(frame[CONTINUOUS].to_numpy("float32", copy=True))
    targets = torch.tensor(frame["target"].to_numpy(), dtype=torch.float32)
    embeddings = [(n_levels + 1, embedding_size(n_levels + 1)) for n_levels in LEVELS.values()]
    model = TabularModel(embeddings, N_CONTINUOUS, 1, SIZES, DROPOUT, EMBEDDING_DROPOUT, Y_RANGE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=WD, betas=(0.9, 0.99), fused=True)
    n_batches = -(-N_TRAIN // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LR, total_steps=n_batches)
    model.train()
    for chosen in torch.randperm(N_TRAIN).split(BATCH_SIZE):
        F.mse_loss(model(codes[chosen], continuous[chosen]), targets[chosen]).backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    model.eval()
    loss = 0.0
    with torch.no_grad():
        for chosen in torch.arange(N_TRAIN, len(frame)).split(2 * BATCH_SIZE):
            loss += F.mse_loss(model(codes[chosen], continuous[chosen]), targets[chosen]) * len(chosen)
    return loss.item() / N_VALID


def by_learner(frame):
    """The same by coursekit, from the data frame on."""
    data = TabularData(frame, CATEGORICAL, CONTINUOUS, "target", np.arange(len(frame)) >= N_TRAIN)
    learn = tabular_learner(data, SIZES, DROPOUT, EMBEDDING_DROPOUT, Y_RANGE, batch_size=BATCH_SIZE,
                            device="cpu")
    learn.fit_one_cycle(1, LR, WD)


def by_fastai(frame):
    """The same by fastai, as its users write it, with the lecture's sizes of embeddings."""
    import fastai.callback.schedule  # noqa: F401 - it adds fit_one_cycle to fastai's Learner
    from fastai.tabular.core import Categorify, FillMissing, Normalize
    from fastai.tabular.data import TabularDataLoaders
    from fastai.tabular.learner import tabular_learner as fast_learner
    from fastai.tabular.model import tabular_config
    loaders = TabularDataLoaders.from_df(
        frame.copy(), procs=[FillMissing, Categorify, Normalize], cat_names=CATEGORICAL,
        cont_names=CONTINUOUS, y_names="target", valid_idx=list(range(N_TRAIN, len(frame))), bs=BATCH_SIZE,
        device=torch.device("cpu"))
    sizes = {name: embedding_size(n_levels + 1) for name, n_levels in LEVELS.items()}
    learn = fast_learner(loaders, layers=SIZES, y_range=Y_RANGE, emb_szs=sizes,
                         config=tabular_config(ps=DROPOUT, embed_p=EMBEDDING_DROPOUT))
    learn.fit_one_cycle(1, LR, wd=WD)


def measure(pairs=PAIRS):
    """Print the ratios; called in the kernel."""
    frame = table()
    report_pairs(f"tabular, one epoch of {N_TRAIN:,} rows", by_hand, by_learner, frame, GOAL, pairs)
    report_fastai(by_learner, by_fastai, frame, GOAL_FASTAI)


def main():
    """Measure in a kernel of this Python, and print what it prints."""
    in_kernel("from bench.tabular import measure; measure()")
