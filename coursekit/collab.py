"""Collaborative filtering: what a user will think of an item, learned from other ratings alone.

Source: lesson 5 (1:00:43, the inside of `collab_learner`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import nn
from torch.nn import functional as F

from coursekit.layers import ScaledSigmoid, embedding, linear_block
from coursekit.learner import Learner
from coursekit.loaders import Loaders, TensorLoader
from coursekit.optimizers import adamw_short
from coursekit.tabular.columns import as_continuous, get, held_out_rows


class Vocabulary:
    """The distinct ids of a column in order of first appearance, with the codes 1, 2, 3, ...; code 0 is unknown.

    A missing id is unknown, too.
    """

    def __init__(self, ids: Iterable):
        self.ids = pd.Index(pd.Series(ids).dropna().unique())
        self.are_text = set(map(_is_text, self.ids))

    def __len__(self) -> int:
        """The number of codes, that of the unknown included: the rows an embedding needs."""
        return len(self.ids) + 1

    def encode(self, ids: Iterable) -> torch.Tensor:
        """The codes of `ids`, int64 of shape (n,); 0 for an id that is not in the vocabulary.

        Text where the vocabulary holds numbers, or the reverse, is a ValueError: every such id would be unknown.
        """
        ids = pd.Index(ids)
        codes = self.ids.get_indexer(ids).astype("int64") + 1
        unknown = ids[codes == 0].dropna().unique().tolist()
        strange = [name for name in unknown if _is_text(name) not in self.are_text]
        if strange and self.are_text:
            raise ValueError(f"Expected ids such as {self.ids.tolist()[0]!r}, as in the training rows, found "
                             f"{strange[0]!r}: convert them to the same type.")
        return torch.from_numpy(codes)


def _is_text(name):
    return isinstance(name, str)


class EmbeddingDotBias(nn.Module):
    """Dot product of a user's and an item's factors, plus a bias for each; with `y_range` squeezed into that range.

    `n_users` and `n_items` count the rows of the embeddings. Row 0, for an unknown user or item, starts at zero, and
    stays there if no training data have it; see `CollabLearner.average_unknown`. Source: lesson 5 (1:00:43), where
    the parts are called u_weight, i_weight, u_bias and i_bias.
    """

    def __init__(self, n_users: int, n_items: int, n_factors: int = 40, y_range: tuple[float, float] | None = None):
        super().__init__()
        self.user_factors, self.item_factors = with_unknown(n_users, n_factors), with_unknown(n_items, n_factors)
        self.user_bias, self.item_bias = with_unknown(n_users, 1), with_unknown(n_items, 1)
        self.to_range = nn.Identity() if y_range is None else ScaledSigmoid(*y_range)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Ratings of shape (n,) for codes of users and items, each (n,)."""
        match = (self.user_factors(users) * self.item_factors(items)).sum(dim=1)
        bias = self.user_bias(users) + self.item_bias(items)
        return self.to_range(match + bias.squeeze(1))


class EmbeddingNN(nn.Module):
    """The factors of user and item side by side, through linear layers of `sizes`, to one number; see EmbeddingDotBias.

    All layers but the first begin with batch norm, if `batch_norm`, and dropout. Source: lesson 5 (1:00:43).
    """

    def __init__(self, n_users: int, n_items: int, n_factors: int = 40, sizes: Sequence[int] = (100,),
                 dropout: float = 0.0, batch_norm: bool = True, y_range: tuple[float, float] | None = None):
        super().__init__()
        self.user_factors, self.item_factors = with_unknown(n_users, n_factors), with_unknown(n_items, n_factors)
        layers = [linear_block(2 * n_factors, sizes[0], batch_norm=False)]
        for i in range(1, len(sizes)):
            layers.append(linear_block(sizes[i - 1], sizes[i], batch_norm, dropout))
        self.layers = nn.Sequential(*layers, linear_block(sizes[-1], 1, batch_norm, dropout, activation=None))
        self.to_range = nn.Identity() if y_range is None else ScaledSigmoid(*y_range)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Ratings of shape (n,) for codes of users and items, each (n,)."""
        x = torch.cat([self.user_factors(users), self.item_factors(items)], dim=1)
        return self.to_range(self.layers(x).squeeze(1))


def with_unknown(n: int, size: int) -> nn.Embedding:
    """An embedding of `n` rows whose row 0 is zero."""
    layer = embedding(n, size)
    with torch.no_grad():
        layer.weight[0] = 0
    return layer


class CollabLearner(Learner):
    """A learner with the vocabularies `users` and `items`, which reads the model's numbers by their names."""

    def __init__(self, model: nn.Module, loaders: Loaders, users: Vocabulary, items: Vocabulary, **options: Any):
        super().__init__(model, loaders, F.mse_loss, **options)
        self.users, self.items = users, items

    def biases(self, names: Iterable, is_item: bool = True) -> torch.Tensor:
        """The biases of the items (or users) `names`, on the CPU, shape (n,)."""
        if not hasattr(self.model, "item_bias"):
            raise ValueError(f"Expected a model with biases, found {type(self.model).__name__}: train an "
                             "EmbeddingDotBias.")
        return self._rows(self.model.item_bias if is_item else self.model.user_bias, names, is_item).squeeze(1)

    def weights(self, names: Iterable, is_item: bool = True) -> torch.Tensor:
        """The factors of the items (or users) `names`, on the CPU, shape (n, n_factors)."""
        return self._rows(self.model.item_factors if is_item else self.model.user_factors, names, is_item)

    @torch.no_grad()
    def average_unknown(self) -> None:
        """Give code 0, in every table, the mean of all other rows: the unknown as an average person or item.

        The rows' mean holds a part of the overall level, so without this a stranger is predicted nonsense.
        """
        for layer in self.model.children():
            if isinstance(layer, nn.Embedding):
                layer.weight[0] = layer.weight[1:].mean(dim=0)

    def _rows(self, layer, names, is_item):
        "The rows of an embedding for `names`; refuses a name that was not in the training data."
        names = list(names)
        codes = (self.items if is_item else self.users).encode(names)
        if (codes == 0).any():
            unknown = names[codes.tolist().index(0)]
            raise ValueError(f"Expected {'items' if is_item else 'users'} of the training data, found {unknown!r}: "
                             "leave it out.")
        return layer.weight.detach().cpu()[codes]


def collab_learner(ratings: pd.DataFrame, valid: float | ArrayLike = 0.1, user: str = "user",
                   item: str = "movie", rating: str = "rating", n_factors: int = 40,
                   y_range: tuple[float, float] | None = None, sizes: Sequence[int] | None = None,
                   batch_size: int = 64, seed: int = 42,
                   optimizer: Callable[..., torch.optim.Optimizer] = adamw_short, **options: Any) -> CollabLearner:
    """A learner ready to fit the data frame `ratings`, of which `valid` is held out: a fraction, or True and False.

    `user`, `item` and `rating` name columns. With `sizes` the model is an `EmbeddingNN` with layers of these sizes,
    otherwise an `EmbeddingDotBias`. The vocabularies hold what occurs in the training rows; users and items that are
    only in the others have code 0. Raises ValueError for another `valid`, and for a rating that is no number.
    `options` go to the `Learner`. Source: lesson 5 (1:00:43).
    """
    if gaps := get(ratings, rating).isna().sum():
        raise ValueError(f"Expected a number in every row of {rating}, found {gaps} gaps: leave these rows out.")
    valid = held_out_rows(ratings, random_rows(len(ratings), valid, seed) if isinstance(valid, float) else valid)
    train, held_out = ratings[~valid], ratings[valid]
    users, items = Vocabulary(get(train, user)), Vocabulary(get(train, item))

    def loader(rows, **settings):
        targets = torch.tensor(as_continuous(rows, rating).to_numpy(), dtype=torch.float32)
        return TensorLoader(users.encode(rows[user]), items.encode(rows[item]), targets, device=options.get("device"),
                            **settings)

    loaders = Loaders(loader(train, batch_size=batch_size, shuffle=True, seed=seed),
                      loader(held_out, batch_size=2 * batch_size))
    if sizes is None:
        model = EmbeddingDotBias(len(users), len(items), n_factors, y_range)
    else:
        model = EmbeddingNN(len(users), len(items), n_factors, sizes, y_range=y_range)
    return CollabLearner(model, loaders, users, items, optimizer=optimizer, **options)


def free_biases(groups: list[dict], lr: float, weight_decay: float) -> torch.optim.AdamW:
    """`adamw_short` whose weight decay pulls at tables of factors only: columns of single numbers stay as they are.

    A bias is a kind of mean of many ratings, while factors can learn a few ratings by heart.
    """
    parts = []
    for group in groups:
        biases = [weight for weight in group["params"] if weight.shape[-1] == 1]
        factors = [weight for weight in group["params"] if weight.shape[-1] > 1]
        parts += [group | {"params": factors}, group | {"params": biases, "weight_decay": 0.0}]
    return adamw_short([part for part in parts if part["params"]], lr, weight_decay)


def random_rows(n: int, fraction: float = 0.1, seed: int = 42) -> np.ndarray:
    """A boolean array of shape (n,) with `fraction` of its entries true, drawn at random."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return (order < round(fraction * n)).numpy()
