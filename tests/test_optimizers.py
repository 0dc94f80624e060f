import pytest
from torch import nn

from coursekit.optimizers import adamw, adamw_short


def groups():
    """One parameter group, as a learner makes it."""
    return [{"params": list(nn.Linear(1, 1).parameters()), "lr": 1e-3}]


@pytest.mark.parametrize("make, betas", [(adamw, (0.9, 0.999)), (adamw_short, (0.9, 0.99))])
def test_adamw_is_fused_and_remembers(make, betas):
    optimizer = make(groups(), lr=1e-3, weight_decay=0.1)
    assert optimizer.defaults["fused"] and optimizer.defaults["weight_decay"] == 0.1
    assert optimizer.defaults["betas"] == betas
