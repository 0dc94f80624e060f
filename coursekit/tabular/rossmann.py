"""Rossmann as lessons 10 and 11 train it: its columns, what is held out, and a network that is trained once.

Source: lesson 6 (22:23 to 27:12 and from 53:10 on).
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coursekit import layers, learner, loaders, optimizers, schedules
from coursekit.data.stand_ins import rossmann as stand_in
from coursekit.device import seed_everything
from coursekit.files import building, cache_folder, fingerprint, to_read, to_write
from coursekit.learner import Learner
from coursekit.tabular import columns, model, processors, rossmann_features, tables
from coursekit.tabular.model import TabularData, exp_rmspe, tabular_learner
from coursekit.tabular.rossmann_features import RossmannFeatures

CATEGORICAL = ["Store", "DayOfWeek", "Year", "Month", "Day", "StateHoliday", "CompetitionMonthsOpen", "Promo2Weeks",
               "StoreType", "Assortment", "PromoInterval", "CompetitionOpenSinceYear", "Promo2SinceYear", "State",
               "Week", "Events", "Promo_fw", "Promo_bw", "StateHoliday_fw", "StateHoliday_bw", "SchoolHoliday_fw",
               "SchoolHoliday_bw"]
CONTINUOUS = ["CompetitionDistance", "Max_TemperatureC", "Mean_TemperatureC", "Min_TemperatureC", "Max_Humidity",
              "Mean_Humidity", "Min_Humidity", "Max_Wind_SpeedKm_h", "Mean_Wind_SpeedKm_h", "CloudCover", "trend",
              "trend_DE", "AfterStateHoliday", "BeforeStateHoliday", "Promo", "SchoolHoliday"]
SETTINGS = {"sizes": [1000, 500], "dropout": [0.001, 0.01], "embedding_dropout": 0.04}  # the lecture's
SOURCES = [columns, layers, learner, loaders, model, optimizers, processors, rossmann_features, schedules, stand_in,
           tables]


def first_held_out_day(features: RossmannFeatures) -> pd.Timestamp:
    """The day from which on rows are held out: that of the row whose number is the number of test rows.

    So the held-out rows are the latest, and about as many as there are to predict.
    """
    return features.train["Date"].iloc[len(features.test)]


def held_out(features: RossmannFeatures) -> np.ndarray:
    """True for every training row from `first_held_out_day` on, as an array."""
    return (features.train["Date"] >= first_held_out_day(features)).to_numpy()


def rossmann_data(features: RossmannFeatures) -> TabularData:
    """The training rows of `features`, the latest held out, to predict the log of Sales."""
    return TabularData(features.train, CATEGORICAL, CONTINUOUS, "Sales", held_out(features), "log")


def batch_size_for(n_rows: int) -> int:
    """Rows in a batch: 256, or 512 for more than 200,000 rows. The lecture's 64 take longer and are no better."""
    return 256 if n_rows <= 200_000 else 512


def rossmann_learner(data: TabularData, seed: int = 42, **options: Any) -> Learner:
    """A learner for `data` with the lecture's layers, dropout and range, seeded; `options` replace any of it."""
    logs = data.train[2]
    settings = {"batch_size": batch_size_for(len(logs)), "y_range": (0.0, logs.max().item() + math.log(1.2)),
                "metrics": [exp_rmspe]}
    seed_everything(seed)
    return tabular_learner(data, seed=seed, **SETTINGS | settings | options)


def trained_rossmann(features: RossmannFeatures, epochs: int = 3, seed: int = 42, lr: float = 1e-2, wd: float = 0.2,
                     again: bool = False, **options: Any) -> tuple[Learner, TabularData]:
    """A learner trained in one cycle, and its data; trained once for these arguments and data, then kept.

    With `again` it is trained even if it was kept. `options` go to `rossmann_learner`.
    """
    data = rossmann_data(features)
    learn = rossmann_learner(data, seed, **options)
    described = {"epochs": epochs, "seed": seed, "lr": lr, "wd": wd} | options
    folder = cache_folder() / f"{features.origin.key}-model-{_fingerprint(described)}"
    if again or not _loaded(learn, to_read(folder) / "weights.pt"):
        learn.fit_one_cycle(epochs, lr, wd)
        with building(to_write(folder)) as new:
            learn.save(new / "weights.pt")
    return learn, data


def _loaded(learn, path):
    "Whether weights could be read from `path`; a damaged file counts as none."
    try:
        learn.load(path)
    except (OSError, ValueError):
        return False
    return True


def _fingerprint(described):
    "Changes with the arguments and with the code that makes the model, so that nothing outdated is read."
    code = b"".join(Path(file).read_bytes() for file in [__file__, *(module.__file__ for module in SOURCES)])
    text = json.dumps(described, sort_keys=True, default=repr)
    return fingerprint(code + text.encode())
