"""Computing in 16 bits where that is safe: what a learner needs around the model, the loss and the step."""

from contextlib import AbstractContextManager, nullcontext

import torch

from coursekit.device import Nested, map_leaves

TYPES = {None: None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """Torch's autocast and, for "fp16", its gradient scaler; None computes as the weights are.

    bfloat16 reaches as far as float32 with fewer digits; float16 does not, so small gradients would vanish: the loss
    is scaled up before `backward` and the gradients down before the step. A step whose gradients overflow is left out.
    """

    def __init__(self, name: str | None, device: torch.device):
        if name not in TYPES:
            raise ValueError(f'Expected precision=None, "bf16" or "fp16", found {name!r}.')
        if name == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
            raise ValueError('This GPU does not compute in bfloat16: take precision="fp16".')
        self.type, self.device = TYPES[name], device.type
        self.scaler = torch.amp.GradScaler(device.type) if name == "fp16" else None

    def autocast(self) -> AbstractContextManager:
        """For the model and the loss; nothing, without a precision."""
        return nullcontext() if self.type is None else torch.autocast(self.device, self.type)

    def full(self, output: Nested) -> Nested:
        """A model's output with its 16-bit numbers as float32, so that losses and metrics are averaged in full."""
        if self.type is None:
            return output
        return map_leaves(lambda part: part.float() if getattr(part, "dtype", None) == self.type else part, output)

    def scale(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss, as large as float16's gradients need it."""
        return loss if self.scaler is None else self.scaler.scale(loss)

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Make the gradients true again."""
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)

    def overflows(self, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
        """After `unscale`, for each device whether gradients overflowed: 1.0 or 0.0, which decides on the step."""
        return [] if self.scaler is None else list(self.scaler._found_inf_per_device(optimizer).values())

    def step(self, optimizer: torch.optim.Optimizer) -> bool:
        """The optimizer's step, if the gradients are numbers; whether it was made."""
        if self.scaler is None:
            optimizer.step()
            return True
        scale = self.scaler.get_scale()
        self.scaler.step(optimizer)
        self.scaler.update()
        return self.scaler.get_scale() >= scale  # it shrinks after gradients that overflow

    def state_dict(self) -> dict:
        """How large the scale is."""
        return {} if self.scaler is None else self.scaler.state_dict()

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        if self.scaler is not None:
            self.scaler.load_state_dict(state)
