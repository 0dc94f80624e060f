"""Rossmann ready to train: the split by date, the lecture's model, and weights that are kept."""

import os
from pathlib import Path

import pandas as pd
import pytest
import torch

from coursekit.data.fetch import OWN, Origin
from coursekit.data.stand_ins.rossmann import made_up_sales, tables_from
from coursekit.tabular import rossmann as module
from coursekit.tabular.model import TabularModel
from coursekit.tabular.rossmann import (
    CATEGORICAL,
    CONTINUOUS,
    batch_size_for,
    first_held_out_day,
    held_out,
    rossmann_data,
    rossmann_learner,
    trained_rossmann,
)
from coursekit.tabular.rossmann_features import RossmannFeatures, join_tables, rossmann_features

SMALL = {"sizes": [20, 10], "batch_size": 32}


@pytest.fixture(scope="module")
def features():
    """Six stores that do not exist."""
    train, test = join_tables(tables_from(made_up_sales(n_stores=6)))
    return RossmannFeatures(train, test, Origin("rossmann", "2015", "generated", "-", False))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder where weights are kept."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def weights(learn):
    """All numbers of a model in one tensor."""
    return torch.cat([tensor.flatten().float() for tensor in learn.model.state_dict().values()])


def test_columns_are_the_lectures():
    assert (len(CATEGORICAL), len(CONTINUOUS)) == (22, 16)
    assert len(set(CATEGORICAL) | set(CONTINUOUS)) == 38
    assert not {"Customers", "Sales", "Date", "Open"} & {*CATEGORICAL, *CONTINUOUS}


def test_every_held_out_day_is_later_than_all_training_days(features):
    valid, days = held_out(features), features.train["Date"]
    assert days[valid].min() > days[~valid].max()
    assert days[valid].min() == first_held_out_day(features)
    assert 0 <= valid.sum() - len(features.test) <= 6  # at most the rest of one day of six stores
    data = rossmann_data(features)
    assert (len(data.train[2]), len(data.valid[2])) == ((~valid).sum(), valid.sum())


def test_a_day_that_is_begun_is_held_out_as_a_whole(features):
    few = RossmannFeatures(features.train, features.test.iloc[:100], features.origin)
    assert first_held_out_day(few) == features.train["Date"].iloc[100]
    assert features.train["Date"].iloc[99] == features.train["Date"].iloc[100], "else this tests nothing"
    assert held_out(few)[:101].all()


def test_settings_are_the_lectures_and_options_replace_them(features):
    data = rossmann_data(features)
    learn = rossmann_learner(data)
    assert [layer.p for layer in learn.model.modules() if isinstance(layer, torch.nn.Dropout)] == [0.04, 0.001, 0.01]
    assert learn.model.layers[0].out_features == 1000 and learn.loaders.train.batch_size == 256
    highest = features.train["Sales"][~held_out(features)].max()
    assert float(learn.model.to_range.high) == pytest.approx(torch.tensor(highest * 1.2).log().item(), rel=1e-6)
    small = rossmann_learner(data, **SMALL, embedding_dropout=0.5)
    assert small.model.layers[0].out_features == 20 and small.model.embedding_dropout.p == 0.5
    assert small.loaders.train.batch_size == 32
    assert batch_size_for(200_000) == 256 and batch_size_for(200_001) == 512


def test_weights_are_trained_once_and_kept(features, cache, monkeypatch):
    first, data = trained_rossmann(features, epochs=2, **SMALL)
    fits = []
    monkeypatch.setattr(module.learner.Learner, "fit_one_cycle", lambda *args: fits.append(args))
    second, _ = trained_rossmann(features, epochs=2, **SMALL)
    assert fits == [] and torch.equal(weights(first), weights(second))
    assert first.validate() == second.validate() and "exp_rmspe" in first.validate()
    assert [folder.name.startswith("rossmann-2015-generated-model-") for folder in cache.iterdir()] == [True]
    trained_rossmann(features, epochs=2, again=True, **SMALL)
    trained_rossmann(features, epochs=2, seed=43, **SMALL)
    trained_rossmann(features, epochs=2, wd=0.01, **SMALL)
    assert len(fits) == 3 and len(list(cache.iterdir())) == 3


def test_it_learns_and_the_seed_decides(features, cache):
    data = rossmann_data(features)
    before = rossmann_learner(data, **SMALL).validate()["exp_rmspe"]
    first, _ = trained_rossmann(features, epochs=2, **SMALL)
    assert first.validate()["exp_rmspe"] < 0.8 * before
    again, _ = trained_rossmann(features, epochs=2, again=True, **SMALL)
    other, _ = trained_rossmann(features, epochs=2, seed=43, **SMALL)
    assert torch.equal(weights(first), weights(again)) and not torch.equal(weights(first), weights(other))


def test_damaged_weights_are_made_anew(features, cache):
    first, _ = trained_rossmann(features, epochs=1, **SMALL)
    (path,) = cache.glob("*/weights.pt")
    path.write_bytes(path.read_bytes()[:100])
    second, _ = trained_rossmann(features, epochs=1, **SMALL)
    assert torch.equal(weights(first), weights(second))
    torch.load(path, weights_only=True)


def test_a_training_that_fails_leaves_nothing(features, cache, monkeypatch):
    monkeypatch.setattr(module.learner.Learner, "fit_one_cycle", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trained_rossmann(features, epochs=1, **SMALL)
    assert not cache.exists()


def test_the_complete_data_give_the_lectures_numbers():
    own = os.environ.get(OWN)
    if not own or not (Path(own) / "rossmann" / "train.csv").is_file():
        pytest.skip("the complete data are not in the folder COURSEKIT_DATA")
    data = rossmann_data(complete := rossmann_features())
    assert len(data.valid[2]) == 41_396 and first_held_out_day(complete) == pd.Timestamp("2015-06-19")
    model = TabularModel(data.embeddings(), data.n_continuous)
    assert (len(model.embeddings), model.layers[0].in_features) == (24, 229)
    assert sum(parameter.numel() for parameter in model.parameters()) == 793_632
