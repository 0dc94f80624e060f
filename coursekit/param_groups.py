"""Layer groups: which parameters are trained, and how fast."""

from torch import nn


def layer_groups(model: nn.Module) -> list[list[nn.Parameter]]:
    """The parameters of each layer group, first group nearest the input.

    A model that wants several groups has a method `groups()` which returns a list, each entry a module, a parameter
    or a list of them; without it the whole model is one group. Raises ValueError for a parameter that no group, or
    more than one, contains.
    """
    groups = model.groups() if callable(getattr(model, "groups", None)) else [model]
    groups = [_parameters(group) for group in groups]
    grouped = [parameter for group in groups for parameter in group]
    if len(set(grouped)) != len(grouped):
        raise ValueError("The groups of the model share parameters; each must belong to one group.")
    missing = [name for name, parameter in model.named_parameters() if parameter not in set(grouped)]
    if missing:
        raise ValueError(f"model.groups() leaves out {', '.join(missing)}; add them, or the modules they belong to.")
    return groups


def _parameters(group):
    "All parameters of a module, a parameter or a list of them."
    if isinstance(group, nn.Parameter):
        return [group]
    if isinstance(group, nn.Module):
        return list(group.parameters())
    return [parameter for part in group for parameter in _parameters(part)]


def freeze_to(model: nn.Module, n: int) -> None:
    """Freeze all layer groups before group `n` (negative: counted from the end) and train the others."""
    groups = layer_groups(model)
    if not -len(groups) <= n < len(groups):
        raise ValueError(f"The model has {len(groups)} layer group(s), so there is no group {n}.")
    first = n % len(groups)
    for i, group in enumerate(groups):
        for parameter in group:
            parameter.requires_grad_(i >= first)


def freeze(model: nn.Module) -> None:
    """Train only the last layer group. Raises ValueError if there is only one."""
    if len(layer_groups(model)) == 1:
        raise ValueError("The model is one layer group, so nothing would be frozen: give it a method "
                         "groups() that returns its parts, for instance [self.body, self.head].")
    freeze_to(model, -1)


def unfreeze(model: nn.Module) -> None:
    """Train all layer groups."""
    freeze_to(model, 0)


def spread(lr: float | slice, n_groups: int) -> list[float]:
    """One learning rate for each group, from a number or a slice.

    A number: the same for all. `slice(high)`: high for the last group and high / 10 for the others (one
    lecture used high / 3). `slice(low, high)`: from low to high by equal factors.
    """
    if not isinstance(lr, slice):
        return [float(lr)] * n_groups
    if lr.stop is None or lr.step is not None:
        raise ValueError(f"{lr} is no range of learning rates; write slice(high) or slice(low, high).")
    if lr.start is None:
        return [lr.stop / 10] * (n_groups - 1) + [float(lr.stop)]
    factor = (lr.stop / lr.start) ** (1 / max(n_groups - 1, 1))
    return [lr.start * factor**i for i in range(n_groups - 1)] + [float(lr.stop)]
