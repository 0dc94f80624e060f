"""What makes a learner's optimizer: torch's AdamW with its usual long memory, or with a short one."""

import torch


def adamw(groups: list[dict], lr: float, weight_decay: float, beta2: float = 0.999) -> torch.optim.AdamW:
    """Torch's AdamW, in its fused form (one call for all parameters) where torch offers it: a learner's default.

    Squared gradients are remembered for about 1 / (1 - `beta2`) steps; torch's own 0.999 means 1,000.
    """
    devices = {parameter.device.type for group in groups for parameter in group["params"]}
    fused = devices <= {"cpu", "cuda", "mps"}
    return torch.optim.AdamW(groups, lr=lr, weight_decay=weight_decay, betas=(0.9, beta2), fused=fused)


def adamw_short(groups: list[dict], lr: float, weight_decay: float) -> torch.optim.AdamW:
    """`adamw` that remembers squared gradients for about 100 steps, as the lectures' library does: for embeddings.

    Measured, means of three seeds with this and with `adamw`: validation loss on MovieLens small 0.766 and 0.792, on
    MovieLens 100k 0.801 and 0.815; RMSPE of 140 Rossmann stores after three epochs 0.117 and 0.123. A seed moves
    these by 0.003, 0.008 and 0.004. It is no law: the 100 stores of the stand-in give the reverse, 0.120 and 0.116. On
    MNIST and on text the two are equal within what a seed does.
    """
    return adamw(groups, lr, weight_decay, beta2=0.99)
