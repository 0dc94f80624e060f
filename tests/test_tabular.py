import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from coursekit.device import seed_everything
from coursekit.learner import Learner
from coursekit.loaders import Loaders, TensorLoader
from coursekit.metrics import accuracy
from coursekit.tabular.model import (
    RootMeanSquare,
    TabularData,
    TabularModel,
    embedding_size,
    exp_rmspe,
    tabular_learner,
)
from coursekit.tabular.processors import Processors

# Lesson 6 prints this model (41:02): codes and size of each embedding for the complete Rossmann data.
ROSSMANN = [(1116, 50), (8, 5), (4, 3), (13, 7), (32, 17), (3, 2), (26, 14), (27, 14), (5, 3), (4, 3), (4, 3),
            (24, 13), (9, 5), (13, 7), (53, 27), (22, 12), (7, 4), (7, 4), (4, 3), (4, 3), (9, 5), (9, 5),
            (3, 2), (3, 2)]
SALES = {"categorical": ["shop", "weekday"], "continuous": ["distance", "promo"], "target": "sales"}
PEOPLE = {"categorical": ["education", "occupation"], "continuous": ["age", "hours"], "target": "income"}


@pytest.fixture
def sales():
    """4,000 days of 12 shops: sales as a product of what shop, weekday, distance and promotion contribute."""
    random, n = np.random.default_rng(0), 4000
    shop, weekday = random.integers(0, 12, n), random.integers(0, 7, n)
    distance, promo = random.exponential(3, n).round(1), random.integers(0, 2, n)
    logs = 8 + np.linspace(-1, 1, 12)[shop] + np.sin(weekday) / 2 - 0.05 * distance + 0.3 * promo
    frame = pd.DataFrame({"shop": shop + 100, "weekday": weekday, "distance": distance, "promo": promo,
                          "sales": np.exp(logs + random.normal(0, 0.05, n)).round().astype("int64")})
    frame.loc[random.random(n) < 0.05, "distance"] = np.nan
    return frame


@pytest.fixture
def people():
    """3,000 people with an income above or below a limit, as in the Adult data; some without occupation."""
    random, n = np.random.default_rng(1), 3000
    worth = {"Bachelors": 1.0, "HS-grad": -1.5, "Masters": 2.0, "Some-college": -0.5}
    frame = pd.DataFrame({"age": random.integers(17, 80, n), "hours": random.normal(40, 10, n),
                          "education": random.choice(list(worth), n),
                          "occupation": random.choice(["Sales", "Tech-support", None], n)})
    score = frame["education"].map(worth) + (frame["hours"] - 40) / 10 - ((frame["age"] - 48) / 15) ** 2
    return frame.assign(income=np.where(score + random.normal(0, 0.3, n) > -0.5, ">=50k", "<50k"))


def last(n, frame):
    """True in the last `n` rows."""
    return np.arange(len(frame)) >= len(frame) - n


def test_the_lectures_rule_and_its_793632_parameters():
    assert [embedding_size(n) for n, _ in ROSSMANN] == [size for _, size in ROSSMANN]
    model = TabularModel(ROSSMANN, 16, sizes=[1000, 500], dropout=[0.001, 0.01], embedding_dropout=0.04,
                         y_range=(0, 11))
    assert len(model.embeddings) == 24 and model.layers[0].in_features == 229
    assert sum(parameter.numel() for parameter in model.parameters()) == 793_632
    assert [type(layer).__name__ for layer in model.layers] == [
        "Linear", "ReLU", "BatchNorm1d", "Dropout", "Linear", "ReLU", "BatchNorm1d", "Dropout", "Linear"]
    assert [tuple(model.layers[i].weight.shape) for i in (0, 4, 8)] == [(1000, 229), (500, 1000), (1, 500)]
    assert [model.layers[i].num_features for i in (2, 6)] == [1000, 500]
    assert [model.layers[i].p for i in (3, 7)] == [0.001, 0.01]
    assert model.embedding_dropout.p == 0.04 and model.normalize.num_features == 16


def test_the_forward_pass_step_by_step():
    seed_everything(0)
    model = TabularModel([(5, 3), (4, 2)], 2, sizes=[6], y_range=(0, 5))
    codes, continuous = torch.tensor([[0, 3], [4, 1], [2, 2]]), torch.randn(3, 2)
    x = torch.cat([model.embeddings[0].weight[codes[:, 0]], model.embeddings[1].weight[codes[:, 1]],
                   (continuous - continuous.mean(0)) / (continuous.var(0, correction=0) + 1e-5).sqrt()], dim=1)
    x = F.relu(x @ model.layers[0].weight.T + model.layers[0].bias)
    x = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
    x = x @ model.layers[3].weight.T + model.layers[3].bias
    assert torch.allclose(model(codes, continuous), 5 / (1 + torch.exp(-x[:, 0])), atol=1e-5)


@pytest.mark.parametrize("embeddings, n_continuous, n_outputs, shape", [
    ([(5, 3)], 2, 1, (4,)), ([(5, 3)], 2, 3, (4, 3)), ([], 2, 1, (4,)), ([(5, 3)], 0, 2, (4, 2))])
def test_either_sort_of_input_may_be_absent(embeddings, n_continuous, n_outputs, shape):
    model = TabularModel(embeddings, n_continuous, n_outputs, sizes=[6, 4])
    codes, continuous = torch.randint(5, (4, len(embeddings))), torch.randn(4, n_continuous)
    assert model(codes, continuous).shape == shape
    assert model.eval()(codes[:1], continuous[:1]).shape == (1, *shape[1:])


def test_dropout_and_batch_norm_are_options():
    layers = TabularModel([(5, 3)], 2, sizes=[6, 4], batch_norm=False).layers
    assert [type(layer).__name__ for layer in layers] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    layers = TabularModel([(5, 3)], 2, sizes=[6, 4], dropout=0.3).layers
    assert [layer.p for layer in layers if isinstance(layer, torch.nn.Dropout)] == [0.3, 0.3]
    with pytest.raises(ValueError, match="a dropout for each of the 2 layers, found 1"):
        TabularModel([(5, 3)], 2, sizes=[6, 4], dropout=[0.3])
    dropped = TabularModel([(5, 300)], 0, sizes=[6], embedding_dropout=0.5)
    inputs = []
    dropped.layers.register_forward_pre_hook(lambda module, arguments: inputs.append(arguments[0]))
    dropped(torch.ones(2, 1, dtype=torch.int64), torch.zeros(2, 0))
    assert 0.3 < (inputs[0] == 0).float().mean() < 0.7


def test_data_are_fitted_on_the_training_rows_alone(sales):
    before, valid = sales.copy(deep=True), last(500, sales)
    sales.loc[3999, "weekday"] = before.loc[3999, "weekday"] = 9
    data = TabularData(sales, **SALES, valid=valid, kind="log")
    assert sales.equals(before)
    codes, continuous, targets = data.train
    assert codes.shape == (3500, 3) and continuous.shape == (3500, 2) and targets.shape == (3500,)
    assert (codes.dtype, continuous.dtype, targets.dtype) == (torch.int64, torch.float32, torch.float32)
    assert torch.allclose(continuous.mean(0), torch.zeros(2), atol=1e-5) and data.n_continuous == 2
    assert data.valid[0].shape == (500, 3) and data.valid[0][-1, 1] == 0  # a weekday that is not in training
    logs = torch.tensor(np.log(sales["sales"][3500:].to_numpy()))
    assert torch.allclose(data.valid[2].double(), logs, atol=1e-6)
    assert data.n_codes == {"shop": 13, "weekday": 8, "distance_na": 3}
    assert data.embeddings() == [(13, 7), (8, 5), (3, 2)]
    assert data.embeddings({"shop": 2}) == [(13, 2), (8, 5), (3, 2)]
    with pytest.raises(ValueError, match="found city: choose among shop, weekday, distance_na"):
        data.embeddings({"city": 2})
    alone = Processors(SALES["categorical"], SALES["continuous"]).fit(sales[:3500])
    for ours, theirs in zip(data.inputs(sales[3500:]), alone.inputs(sales[3500:]), strict=True):
        assert torch.equal(ours, theirs)


def test_kinds_of_target(sales, people):
    valid = pd.Series(last(500, sales))
    targets = TabularData(sales, **SALES, valid=valid, kind="number").train[2]
    assert targets.dtype == torch.float32 and targets.tolist() == sales["sales"][:3500].tolist()
    data = TabularData(people, **PEOPLE, valid=last(500, people), kind="class")
    assert data.classes == ["<50k", ">=50k"] and data.train[2].dtype == torch.int64
    assert data.train[2].tolist() == [int(income == ">=50k") for income in people["income"][:2500]]
    assert (data.train[0][:, 1] == 0).tolist() == people["occupation"][:2500].isna().tolist()


def test_targets_that_cannot_be_are_refused(sales, people):
    valid = last(500, sales)
    sales.loc[5, "sales"] = 0
    with pytest.raises(ValueError, match="Expected a target above 0 to take its log, found 0 in sales"):
        TabularData(sales, **SALES, valid=valid, kind="log")
    with pytest.raises(ValueError, match="Expected a target in every row, found none in 1 rows of sales"):
        TabularData(sales.assign(sales=sales["sales"].where(sales["sales"] > 0)), **SALES, valid=valid)
    people.loc[2999, "income"] = "unknown"
    with pytest.raises(ValueError, match="only classes of the training rows, found 'unknown'"):
        TabularData(people, **PEOPLE, valid=last(500, people), kind="class")


@pytest.mark.parametrize("change, message", [
    ({"kind": "int"}, "Expected a kind of target among number, log, class, found 'int'"),
    ({"valid": np.arange(10)}, "Expected `valid` to hold True or False for each of the 4000 rows"),
    ({"valid": np.zeros(4000, bool)}, "and some of both"),
    ({"valid": np.arange(4000)}, "found int64 of shape"),
    ({"continuous": ["distance", "sales"]}, "each once and without the target sales"),
    ({"continuous": ["distance", "shop"]}, "each once and without the target sales"),
    ({"categorical": [], "continuous": []}, "found none"),
    ({"target": "profit"}, "Expected a column profit, found shop, weekday"),
])
def test_arguments_that_make_no_sense_are_refused(sales, change, message):
    with pytest.raises(ValueError, match=message):
        TabularData(sales, **SALES | {"valid": last(500, sales), "kind": "number"} | change)


def test_loaders_cut_whole_tables(sales):
    data = TabularData(sales, **SALES, valid=last(500, sales), kind="log")
    loaders = data.loaders(batch_size=100, seed=3, device="cpu")
    assert len(loaders.train) == 35 and len(loaders.valid) == 3
    batches = [torch.cat(parts) for parts in zip(*loaders.train, strict=True)]
    assert not torch.equal(batches[2], data.train[2])
    assert torch.equal(batches[2].sort().values, data.train[2].sort().values)
    again = [torch.cat(parts) for parts in zip(*data.loaders(100, 3, "cpu").train, strict=True)]
    assert all(torch.equal(one, other) for one, other in zip(batches, again, strict=True))
    assert torch.equal(torch.cat([batch[0] for batch in loaders.valid]), data.valid[0])


def test_batches_leave_the_data_as_they_are(sales):
    before = sales.copy(deep=True)
    data = TabularData(sales, **SALES, valid=last(500, sales), kind="log")
    kept = [tensor.clone() for tensor in (*data.train, *data.valid)]
    loaders = data.loaders(batch_size=100, device="cpu")
    for batch in (*loaders.train, *loaders.valid):
        for tensor in batch:
            tensor.zero_()
    assert all(torch.equal(*pair) for pair in zip((*data.train, *data.valid), kept, strict=True))
    pd.testing.assert_frame_equal(sales, before)


def test_it_learns_sales(sales):
    valid = np.random.default_rng(2).random(4000) < 0.2
    data = TabularData(sales, **SALES, valid=valid, kind="log")
    seed_everything(0)
    top = np.log(1.2 * sales["sales"].max())
    learn = tabular_learner(data, [64, 32], [0.001, 0.01], 0.04, (0, top), metrics=[exp_rmspe], device="cpu")
    learn.fit_one_cycle(6, 1e-2)
    logs = np.log(sales["sales"])
    by_shop = logs[valid] - sales["shop"][valid].map(logs[~valid].groupby(sales["shop"][~valid]).mean())
    assert learn.recorder.history[-1]["exp_rmspe"] < 0.12
    assert learn.recorder.history[-1]["valid_loss"] < 0.1 * by_shop.pow(2).mean()
    predicted = learn.predict(data.inputs(sales[valid].drop(columns="sales")))
    assert predicted.shape == (valid.sum(),)
    reported = learn.recorder.history[-1]["exp_rmspe"]
    assert exp_rmspe(predicted, data.valid[2]).item() == pytest.approx(reported, rel=1e-4)


def test_it_learns_classes(people):
    valid = np.random.default_rng(2).random(3000) < 0.2
    data = TabularData(people, **PEOPLE, valid=valid, kind="class")
    seed_everything(0)
    learn = tabular_learner(data, sizes=[32, 16], metrics=[accuracy], device="cpu")
    learn.fit_one_cycle(8, 1e-2)
    assert learn.predict(data.inputs(people[:7])).shape == (7, 2)
    usual = (people["income"][valid] == ">=50k").mean()
    assert learn.recorder.history[-1]["accuracy"] > 0.85 > max(usual, 1 - usual) + 0.1


def test_a_saved_model_and_its_processors_predict_the_same(sales, tmp_path):
    data = TabularData(sales, **SALES, valid=last(500, sales), kind="log")
    learn = tabular_learner(data, sizes=[8], device="cpu")
    learn.fit(1)
    learn.save(tmp_path / "model.pt")
    data.processors.save(tmp_path / "processors.json")
    processors = Processors.load(tmp_path / "processors.json")
    n_codes = [len(levels) + 1 for levels in processors.levels.values()]
    model = TabularModel([(n, embedding_size(n)) for n in n_codes], len(processors.continuous), sizes=[8])
    model.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    with torch.no_grad():
        preds = model.eval()(*processors.inputs(sales[:20]))
    assert torch.equal(preds, learn.predict(data.inputs(sales[:20])))


@pytest.mark.parametrize("y_range", [None, (0, 11)])
def test_predictions_start_at_the_mean(sales, y_range):
    data = TabularData(sales, **SALES, valid=last(500, sales), kind="log")
    mean = data.train[2].mean().item()
    started, plain = (tabular_learner(data, [8], y_range=y_range, start_at_mean=start, device="cpu")
                      .predict(data.inputs(sales)).mean() for start in (True, False))
    assert abs(started - mean) < 1 < abs(plain - mean)
    model = TabularModel([], 2, sizes=[4], y_range=y_range)
    torch.nn.init.zeros_(model.layers[-1].weight)
    model.start_at(7.5)
    assert torch.allclose(model(torch.zeros(3, 0), torch.randn(3, 2)), torch.full((3,), 7.5), atol=1e-5)
    with pytest.raises(ValueError, match="y_range to hold the targets' mean 8.* found 0 to 5: for the log"):
        tabular_learner(data, [8], y_range=(0, 5), device="cpu")


def test_embedding_sizes_and_batch_size_are_passed_on(sales):
    data = TabularData(sales, **SALES, valid=last(500, sales), kind="log")
    learn = tabular_learner(data, sizes=[8], embedding_sizes={"shop": 3}, batch_size=128, device="cpu")
    assert learn.model.embeddings[0].weight.shape == (13, 3) and learn.loaders.train.batch_size == 128


def test_exp_rmspe_by_hand():
    sales, predicted = torch.tensor([100.0, 200.0, 50.0]), torch.tensor([110.0, 150.0, 50.0])
    expected = math.sqrt((0.1**2 + 0.25**2) / 3)
    assert exp_rmspe(predicted.log(), sales.log()).item() == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match=r"one shape, found \(3, 1\) and \(3,\)"):
        exp_rmspe(predicted[:, None], sales)


class Zero(torch.nn.Linear):
    """Predicts 0 for every row, to begin with."""

    def __init__(self):
        super().__init__(1, 1)
        torch.nn.init.zeros_(self.weight)
        torch.nn.init.zeros_(self.bias)

    def forward(self, x):
        """A number for each row."""
        return super().forward(x).squeeze(1)


def test_exp_rmspe_is_exact_over_batches_of_any_size():
    targets = torch.linspace(-1, 2, 7)
    loader = TensorLoader(torch.zeros(7, 1), targets, batch_size=3, device="cpu")
    learn = Learner(Zero(), Loaders(loader, loader), F.mse_loss, metrics=[exp_rmspe], device="cpu")
    exact = math.sqrt(((targets.exp() - 1) / targets.exp()).square().mean())
    means = np.mean([exp_rmspe(torch.zeros(len(part)), part).item() for part in targets.split(3)])
    assert abs(means - exact) > 0.01
    for _ in range(2):  # a second pass begins from nothing
        assert learn.validate()["exp_rmspe"] == pytest.approx(exact, rel=1e-6)


def test_root_mean_square_of_differences():
    rmse = RootMeanSquare(torch.sub)
    assert rmse(torch.tensor([1.0, 5.0]), torch.tensor([4.0, 1.0])).item() == pytest.approx(math.sqrt(12.5))
    assert exp_rmspe.__name__ == "exp_rmspe" and "percentage error" in exp_rmspe.__doc__
