import numpy as np
import pandas as pd
import pytest
import torch

from coursekit.collab import EmbeddingDotBias, EmbeddingNN, Vocabulary, collab_learner, free_biases, random_rows
from coursekit.device import seed_everything


@pytest.fixture
def ratings():
    """3,000 ratings by 60 users of 40 films, which two traits and a level of each explain."""
    random = np.random.default_rng(0)
    users, films = random.integers(0, 60, 3000), random.integers(0, 40, 3000)
    match = (random.normal(0, 0.7, (60, 2))[users] * random.normal(0, 0.7, (40, 2))[films]).sum(1)
    stars = 3 + np.linspace(-1, 1, 40)[films] + match + random.normal(0, 0.1, 3000)
    titles = np.array([f"Film {i:02}" for i in range(40)])
    return pd.DataFrame({"user": users + 100, "title": titles[films], "rating": stars.clip(1, 5)})


def make(ratings, **options):
    """A learner on the CPU, built from a fixed seed."""
    seed_everything(0)
    return collab_learner(ratings, item="title", y_range=(0.5, 5.5), device="cpu", **options)


def test_batches_leave_the_table_of_ratings_as_it_is(ratings):
    before = ratings.copy(deep=True)
    for loader in (make(ratings).loaders.train, make(ratings).loaders.valid):
        for batch in loader:
            for tensor in batch:
                tensor.zero_()
        assert all(tensor.any() for tensor in loader.tensors)
    pd.testing.assert_frame_equal(ratings, before)


def test_codes_follow_the_first_appearance_and_0_is_unknown():
    vocabulary = Vocabulary(["b", "a", "b", "c"])
    assert len(vocabulary) == 4
    codes = vocabulary.encode(["a", "x", "c", "b", "b"])
    assert codes.tolist() == [2, 0, 3, 1, 1] and codes.dtype == torch.int64
    assert Vocabulary(pd.Series([7, 5])).encode(pd.Series([5, 6])).tolist() == [2, 0]


def test_dot_product_and_biases_by_hand():
    model = EmbeddingDotBias(5, 7, n_factors=3)
    users, items = torch.tensor([1, 4, 2]), torch.tensor([6, 1, 1])
    u, v = model.user_factors.weight[users], model.item_factors.weight[items]
    expected = torch.einsum("nf,nf->n", u, v) + model.user_bias.weight[users, 0] + model.item_bias.weight[items, 0]
    assert torch.allclose(model(users, items), expected)
    assert sum(p.numel() for p in model.parameters()) == (5 + 7) * (3 + 1)


@pytest.mark.parametrize("model", [EmbeddingDotBias(5, 7, 3, y_range=(0, 5.5)),
                                   EmbeddingNN(5, 7, 3, sizes=[8, 4], dropout=0.2, y_range=(0, 5.5))])
def test_ratings_stay_in_their_range_and_one_row_is_a_batch(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1000)
    preds = model.eval()(torch.arange(5), torch.arange(5))
    assert preds.shape == (5,) and preds.min() >= 0 and preds.max() <= 5.5
    assert model(torch.tensor([3]), torch.tensor([2])).shape == (1,)


@pytest.mark.parametrize("model", [EmbeddingDotBias(5, 7), EmbeddingNN(5, 7)])
def test_the_unknown_begins_at_zero(model):
    for name, parameter in model.named_parameters():
        if name.startswith(("user", "item")):
            assert (parameter[0] == 0).all() and (parameter[1:] != 0).all()


def test_layers_of_the_network():
    kinds = [type(layer).__name__ for layer in EmbeddingNN(5, 7, 3, sizes=[8, 4], dropout=0.2).modules()]
    assert [kinds.count(kind) for kind in ("Linear", "BatchNorm1d", "Dropout", "ReLU")] == [3, 2, 2, 2]
    assert "BatchNorm1d" not in map(lambda layer: type(layer).__name__, EmbeddingNN(5, 7, batch_norm=False).modules())


def test_it_learns_what_biases_alone_cannot(ratings):
    valid = random_rows(len(ratings))
    learn = make(ratings, valid=valid, n_factors=5)
    learn.fit_one_cycle(15, 0.02, wd=0.05)
    train, held_out = ratings[~valid], ratings[valid]
    level = train.groupby("title")["rating"].mean()
    film_means = (held_out["rating"] - held_out["title"].map(level)).pow(2).mean()
    assert learn.recorder.history[-1]["valid_loss"] < 0.5 * film_means
    biases = learn.biases(level.index)
    assert np.corrcoef(biases, np.linspace(-1, 1, 40))[0, 1] > 0.9


def test_the_network_learns_too(ratings):
    learn = make(ratings, n_factors=5, sizes=[20])
    assert isinstance(learn.model, EmbeddingNN)
    learn.fit_one_cycle(10, 0.02, wd=0.01)
    assert learn.recorder.history[-1]["valid_loss"] < 0.5 * ratings["rating"].var()


def test_the_split_is_what_was_asked_for(ratings):
    mask = ratings["user"] > 150
    for valid in (mask, mask.to_numpy(), mask.tolist()):
        learn = make(ratings, valid=valid)
        assert learn.loaders.valid.n_items == mask.sum() and learn.loaders.train.n_items == (~mask).sum()
        assert len(learn.users) == 52  # those of the training rows, and the unknown
        assert (learn.loaders.valid.tensors[0] == 0).all()  # all others are unknown
    learn = make(ratings, valid=0.25, seed=3)
    assert learn.loaders.valid.n_items == 750
    assert learn.loaders.train.batch_size == 64 and learn.loaders.valid.batch_size == 128
    expected = ratings["rating"].to_numpy()[random_rows(3000, 0.25, seed=3)]
    assert np.allclose(learn.loaders.valid.tensors[2], expected)


def test_random_rows_depend_on_the_seed_only():
    rows = random_rows(1000, 0.1, seed=1)
    assert rows.dtype == bool and rows.sum() == 100
    assert (rows == random_rows(1000, 0.1, seed=1)).all() and (rows != random_rows(1000, 0.1, seed=2)).any()


def test_numbers_are_read_by_name(ratings):
    learn = make(ratings, n_factors=5)
    titles = ["Film 07", "Film 00"]
    codes = learn.items.encode(titles)
    assert torch.equal(learn.weights(titles), learn.model.item_factors.weight.detach()[codes])
    assert torch.equal(learn.biases(titles), learn.model.item_bias.weight.detach()[codes, 0])
    assert learn.weights([100, 101, 102], is_item=False).shape == (3, 5)
    assert torch.equal(learn.biases(pd.Series([105]), is_item=False),
                       learn.model.user_bias.weight.detach()[learn.users.encode([105]), 0])


def test_names_that_were_not_in_the_training_data_are_refused(ratings):
    learn = make(ratings)
    with pytest.raises(ValueError, match="Expected items of the training data, found 'Film 99'"):
        learn.biases(["Film 01", "Film 99"])
    with pytest.raises(ValueError, match="Expected users of the training data, found 7"):
        learn.weights([7], is_item=False)
    with pytest.raises(ValueError, match="found EmbeddingNN"):
        make(ratings, sizes=[10]).biases(["Film 01"])


def test_an_unknown_user_gets_the_films_bias(ratings):
    learn = make(ratings)
    learn.fit(1, 0.01)
    preds = learn.predict((learn.users.encode([-1, -1]), learn.items.encode(["Film 00", "Film 39"])))
    expected = torch.sigmoid(learn.biases(["Film 00", "Film 39"])) * 5 + 0.5
    assert torch.allclose(preds, expected) and preds[0] < preds[1]


def test_the_same_seed_gives_the_same_numbers(ratings):
    losses = []
    for _ in range(2):
        learn = make(ratings)
        learn.fit(1, 0.01)
        losses.append(learn.recorder.losses)
    assert losses[0] == losses[1]


def test_the_average_unknown_is_the_mean_of_the_known(ratings):
    learn = make(ratings, n_factors=4)
    learn.average_unknown()
    for layer in (learn.model.user_factors, learn.model.item_factors, learn.model.user_bias, learn.model.item_bias):
        assert torch.allclose(layer.weight[0], layer.weight[1:].mean(0)) and not (layer.weight[0] == 0).all()


def test_a_stranger_is_predicted_better_as_an_average_person(ratings):
    generous = ratings.assign(rating=(ratings["rating"] + 1).clip(upper=5))  # so that zeros, mid-range, are no average
    learn = make(generous, valid=(ratings["user"] < 115).to_numpy(), n_factors=4)  # a quarter of the users
    learn.fit(3, 5e-2)
    before = learn.validate()["valid_loss"]
    learn.average_unknown()
    assert learn.validate()["valid_loss"] < before - 0.05


@pytest.mark.parametrize("trained, asked, expected", [
    ([7, 5], [5.0, 6.0, None], [2, 0, 0]), ([7, 5], pd.array([5, None], dtype="Int64"), [2, 0]),
    ([7.0, 5.0], [5, 7], [2, 1]), (["a", "b"], pd.Categorical(["b", None, "c"]), [2, 0, 0]),
    (pd.Categorical([7, 5]), [5, 6], [2, 0]), ([7, "a"], ["a", 7, "b", 6], [2, 1, 0, 0])])
def test_ids_are_the_same_in_other_types_of_their_kind(trained, asked, expected):
    assert Vocabulary(trained).encode(asked).tolist() == expected


@pytest.mark.parametrize("trained, asked, message", [
    ([7, 5], ["5", "7"], "Expected ids such as 7, as in the training rows, found '5': convert"),
    ([7, 5], [7, "5"], "Expected ids such as 7, as in the training rows, found '5': convert"),
    (["7", "5"], [5], "Expected ids such as '7', as in the training rows, found 5: convert"),
    (["7", "5"], pd.Categorical([5]), "Expected ids such as '7', as in the training rows, found 5: convert")])
def test_ids_of_another_kind_are_refused(trained, asked, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(trained).encode(asked)


@pytest.mark.parametrize("ids", [[7, np.nan, 5, np.nan], ["a", None, "b"], pd.array([7, None, 5], dtype="Int64")])
def test_a_missing_id_is_unknown(ids):
    vocabulary = Vocabulary(ids)
    assert len(vocabulary) == 3 and vocabulary.encode(ids).tolist()[:3] == [1, 0, 2]


@pytest.mark.parametrize("valid", [0.0, 1.0, 0, [1] * 10 + [0] * 2990, range(300), "10 %", None, [True, False]])
def test_what_holds_out_no_ratings_is_refused(ratings, valid):
    with pytest.raises(ValueError, match="Expected `valid` to hold True or False for each of the 3000 rows"):
        make(ratings, valid=valid)


def test_rows_are_held_out_by_any_booleans(ratings):
    mask = ratings["user"] > 150
    shuffled = ratings.sample(frac=1, random_state=0)
    for valid in (mask.tolist(), mask.astype(object), mask.astype("boolean"), shuffled["user"] > 150):
        learn = make(ratings, valid=valid)
        assert np.allclose(learn.loaders.valid.tensors[2], ratings["rating"][mask])


def test_tables_that_are_no_ratings_are_refused(ratings):
    with pytest.raises(ValueError, match="Expected a column user, found userId, title, rating: add it"):
        make(ratings.rename(columns={"user": "userId"}))
    with pytest.raises(ValueError, match="Expected numbers in rating, found .*: convert it"):
        make(ratings.assign(rating="5"))
    with pytest.raises(ValueError, match="Expected a number in every row of rating, found 1 gaps"):
        make(ratings.assign(rating=ratings["rating"].where(ratings.index > 0)))


def test_weight_decay_can_leave_biases_alone(ratings):
    learn = make(ratings, optimizer=free_biases)
    learn.model.user_bias.weight.data += 1
    before = {name: weight.detach().clone() for name, weight in learn.model.named_parameters()}
    optimizer = free_biases([{"params": list(learn.model.parameters()), "lr": 0.5}], lr=0.1, weight_decay=0.2)
    for weight in learn.model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()  # without gradients, only decay moves a weight: by the group's rate, times the decay
    for name, weight in learn.model.named_parameters():
        assert torch.allclose(weight, before[name] * (1 if "bias" in name else 0.9)), name
    learn.fit_one_cycle(1, 5e-3, 0.2)
    assert learn.recorder.history[-1]["valid_loss"] < 2
