"""The same training on several devices: one process for each, which computes its share of every batch.

Accelerate starts the processes, joins them and finds each its device. What they then tell each other is written out
in plain `torch.distributed`: shares of a batch may be unequal, and a model that accelerate has wrapped would have
other attributes and other names of weights than the one you made.
"""

import os
from datetime import timedelta

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather, gather_object, pad_across_processes
from torch import distributed, nn

from coursekit.callbacks import Callback
from coursekit.device import map_leaves, seed_everything
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.shares import Share
from coursekit.states import get_random_states, set_random_states


def on_all_devices(learn: Learner, timeout: float = 120.0, sync_batch_norm: bool = False) -> Learner:
    """`learn` itself, which now trains together with those of the other processes; alone, it stays as it is.

    Every process runs the same script, started by `python -m coursekit launch`, torchrun or accelerate. Each batch of
    the loaders is divided among them, so steps, rates and results are those of one process; for 64 items each, make
    batches of 64 times the number of processes. `fit` and its relatives divide the work; `validate` and `predict` do
    all of it on every process. Records and scores are the same on all; the first process shows them and writes the
    file of a `Checkpoint`, which all must be able to read. A callback that sets `learn.stop` must decide the same
    everywhere. Who waits more than `timeout` seconds for the others fails. For `sync_batch_norm` see `AllDevices`.
    Raises ValueError if MASTER_ADDR does not name the first machine, or for `sync_batch_norm` on a CPU.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not os.environ.get("MASTER_ADDR"):
        raise ValueError("Expected the name of the first machine in MASTER_ADDR, found nothing: start the script by "
                         "python -m coursekit launch, with --address where there are several machines.")
    state = PartialState(cpu=learn.device.type == "cpu", timeout=timedelta(seconds=timeout))
    if state.num_processes == 1 or any(isinstance(callback, AllDevices) for callback in learn.callbacks):
        return learn
    if sync_batch_norm and state.device.type == "cpu":
        raise ValueError("Expected GPUs for sync_batch_norm=True, found the CPU: leave it out.")
    if state.device.type != "cpu":  # the CPU is one, though accelerate numbers it
        learn.device = state.device
    if sync_batch_norm:
        learn.model = nn.SyncBatchNorm.convert_sync_batchnorm(learn.model)
    learn.callbacks.append(AllDevices(state.process_index, state.num_processes))
    if state.process_index > 0:
        learn.reporters = [learn.recorder]
    return learn


class AllDevices(Callback):
    """What process `rank` of `n` exchanges with the others, before other callbacks see it; see `on_all_devices`.

    All begin with the weights of the first process, and with its order, if the loader shuffles by a `generator`;
    dropout and augmentation differ. Batch norm sees the process's own share, and its running averages are averaged
    after each epoch; made SyncBatchNorm, on GPUs, it sees the whole batch.
    """

    order = -100

    def __init__(self, rank: int, n: int):
        self.rank, self.n, self.learn = rank, n, None  # of a fit; what only measures is another learner

    def before_fit(self, learn: Learner) -> None:
        """Begin as the first process does; then divide the batches, and let chance differ."""
        for tensor in [*learn.model.parameters(), *learn.model.buffers()]:
            tensor.detach().copy_(_exchanged(distributed.broadcast, tensor, src=0))
        states = broadcast_object_list([get_random_states(learn.loaders.train, learn.device)])
        set_random_states(states[0], learn.loaders.train, learn.device)
        seed = torch.randint(2**31, ()).item()
        self.learn, self.weigh, self.share, self.whole = learn, learn.weigh, Share(self.rank, self.n), learn.loaders
        learn.loaders = Loaders(*(loader if loader is None else self.share.of_loader(loader, seed)
                                  for loader in (self.whole.train, self.whole.valid)))
        seed_everything(seed + self.rank)

    def before_epoch(self, learn: Learner) -> None:
        """Forget what was fetched ahead in a pass that was stopped; raises ValueError unless all are as far."""
        if learn is not self.learn:
            return
        self.share.sizes.clear()
        if len(epochs := {*gather_object([learn.epoch])}) > 1:
            raise ValueError(f"Expected all processes in one epoch, found some in {min(epochs)}, others in "
                             f"{max(epochs)}: put the file of the Checkpoint where all of them can read it.")

    def after_loss(self, learn: Learner) -> None:
        """Make the loss that of the whole batch, its gradient this share's part; gather validation's predictions."""
        if learn is not self.learn:
            return
        size, length = self.share.sizes.popleft()
        weight = torch.as_tensor(self.weigh(learn.batch[-1]) if length else 0, dtype=torch.float64, device=learn.device)
        loss = learn.loss.reshape(()).where(weight > 0, 0.0)  # nan, if nothing counts
        total, whole = _exchanged(distributed.all_reduce, torch.stack([loss.detach() * weight, weight]))
        mean = (total / whole.clamp(min=1e-12)).to(loss.dtype)
        if learn.training:
            part = loss * (weight / whole.clamp(min=1e-12))
            learn.loss = mean + (part - part.detach())  # the same number everywhere
            learn.weigh = learn.recorder.weigh = lambda target: whole
        else:
            rows = gather(pad_across_processes((learn.preds, learn.batch[-1])))
            learn.preds, target = map_leaves(lambda leaf: leaf[:size], rows)  # what was padded stands at the end
            learn.loss, learn.batch = mean, (*learn.batch[:-1], target)

    def after_backward(self, learn: Learner) -> None:
        """Add up the gradients' parts; raises ValueError if the loss does not depend on a weight that is trained."""
        trained = {name: weight for name, weight in learn.model.named_parameters() if weight.requires_grad}
        if unused := [name for name, weight in trained.items() if weight.grad is None]:
            raise ValueError("Expected a loss that depends on every weight that is trained, found that it does not on "
                             f"{', '.join(unused)}: freeze it by requires_grad_(False), or take it out of the model.")
        gradients = [weight.grad for weight in trained.values()]
        summed = _exchanged(distributed.all_reduce, torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, part in zip(gradients, summed.split([part.numel() for part in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))
        for overflow in learn.precision.overflows(learn.optimizer):  # one process's is enough to leave the step out
            distributed.all_reduce(overflow, distributed.ReduceOp.MAX)

    def after_epoch(self, learn: Learner) -> None:
        """Average batch norm's running averages, which are all that a pass has changed in the buffers."""
        if learn is self.learn and learn.training:
            for buffer in learn.model.buffers():
                if buffer.is_floating_point():
                    buffer.copy_(_exchanged(distributed.all_reduce, buffer) / self.n)

    def after_fit(self, learn: Learner) -> None:
        """Give the loaders back."""
        learn.loaders, self.learn = self.whole, None

    def state_dict(self) -> dict:
        """The random states of all processes."""
        return {"random": gather_object([get_random_states(self.learn.loaders.train, self.learn.device)])}

    def load_state_dict(self, state: dict) -> None:
        """Go on from this process's own."""
        set_random_states(state["random"][self.rank], self.learn.loaders.train, self.learn.device)


def _exchanged(exchange, tensor, **options):
    "A copy of `tensor`, in one piece, after `exchange` with the other processes."
    tensor = tensor.detach().clone(memory_format=torch.contiguous_format)
    exchange(tensor, **options)
    return tensor
