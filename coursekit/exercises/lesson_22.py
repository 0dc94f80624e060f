"""Exercises of lesson 22: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import nn, tensor

from coursekit.lesson import Exercise

held_at_the_end = Exercise(
    hint="After the first line both hold the same list.",
    solution=[3, 1],
    mistakes={
        "That is the sum; the last line divides it by the number of processes.": [6, 2],
        "That is what rank 1 began with: all_reduce overwrites it, on every process.": [5, 0],
        "That is what rank 0 began with: all_reduce adds up, and no process keeps its own.": [1, 2],
        "all_reduce adds element by element; it doesn't put the lists one after the other.": [1, 2, 5, 0],
    },
)


def _average_of_shards(gradients, sizes):
    return sum(size * gradient for gradient, size in zip(gradients, sizes, strict=True)) / sum(sizes)


def _plain_average(gradients, sizes):
    return sum(gradients) / len(gradients)


def _weighted_sum(gradients, sizes):
    return sum(size * gradient for gradient, size in zip(gradients, sizes, strict=True))


def _over_processes(gradients, sizes):
    return _weighted_sum(gradients, sizes) / len(sizes)


def _plain_sum(gradients, sizes):
    return sum(gradients)


def _over_items(gradients, sizes):
    return sum(gradients) / sum(sizes)


def _by_smallness(gradients, sizes):
    return sum(gradient / size for gradient, size in zip(gradients, sizes, strict=True)) / sum(
        1 / size for size in sizes)


average_of_shards = Exercise(
    hint="From each mean go back to the sum of its shard.",
    run=lambda answer: [answer([tensor([1.0, 4.0]), tensor([5.0, -8.0])], [48, 16]),
                        answer([tensor([3.0]), tensor([0.0]), tensor([6.0])], [1, 2, 5])],
    solution=_average_of_shards,
    mistakes={
        "That treats the shards alike: a mean over 48 items must count three times as much as one over 16.":
            _plain_average,
        "The weights must add up to one: divide by the number of all items.": _weighted_sum,
        "Divide by the number of all items, not by the number of processes.": _over_processes,
        "That is the sum of the means: weight each by its items, and divide by the number of all items.": _plain_sum,
        "Each gradient is a mean already: multiply it by its number of items before you divide by all.": _over_items,
        "The other way round: the shard with more items counts more.": _by_smallness,
    },
)

batch_and_rate = Exercise(
    hint="Multiply four numbers: items, batches before a step, processes, machines.",
    solution=(1024, 0.32),
    mistakes={
        "You forgot that two batches are accumulated before each step.": (512, 0.16),
        "You forgot that each machine has eight processes.": (128, 0.04),
        "You forgot that there are four machines.": (256, 0.08),
        "The batch is right; by the linear scaling rule the learning rate grows with it.": (1024, 0.02),
        "The batch is right; the learning rate grows as the batch does (16 times), not as the number of devices.":
            (1024, 0.64),
        "The batch is right; the linear rule multiplies by 16, not by its square root.": (1024, 0.08),
    },
)


def _adam_state_bytes(model, moments=2, size=None, frozen=False):
    return sum(moments * weight.numel() * (size or weight.element_size()) for weight in model.parameters()
               if frozen or weight.requires_grad)


def _run_bytes(answer):
    frozen = nn.Sequential(nn.Linear(10, 20), nn.Linear(20, 3))
    frozen[0].requires_grad_(False)
    return [answer(nn.Linear(7, 5)), answer(nn.Linear(7, 5, dtype=torch.bfloat16)), answer(frozen)]


adam_state_bytes = Exercise(
    hint="A parameter knows its number of elements and the bytes of each.",
    run=_run_bytes,
    solution=_adam_state_bytes,
    mistakes={
        "Adam keeps two averages for each parameter, of the gradient and of its square.":
            lambda model: _adam_state_bytes(model, moments=1),
        "Not every number has four bytes: ask weight.element_size().": lambda model: _adam_state_bytes(model, size=4),
        "A frozen parameter has no gradient, and Adam keeps nothing for it.":
            lambda model: _adam_state_bytes(model, frozen=True),
        "That is two numbers for each parameter; it remains to multiply by the bytes of a number.":
            lambda model: _adam_state_bytes(model, size=1),
        "That counts the parameters, too: the state is only the two averages.":
            lambda model: _adam_state_bytes(model, moments=3),
        "That counts parameters and gradients, too: the state is only the two averages.":
            lambda model: _adam_state_bytes(model, moments=4),
    },
)

fitting = Exercise(
    hint="For each set-up add up 4 bytes for weights, 4 for gradients, and 8 where Adam is used.",
    solution={"C", "D"},
    mistakes={
        "In B every device holds all parameters, gradients and averages: data parallelism divides the batch only.":
            {"B", "C", "D"},
        "A and B hold 16 bytes for each parameter, which is 20.8 GB before the first activation.":
            {"A", "B", "C", "D"},
        "C fits, too: plain SGD keeps no state, so there are 8 bytes for each parameter, 10.4 GB in all.": {"D"},
        "D fits, too: FSDP divides all 16 bytes for each parameter by four, 5.2 GB on each device.": {"C"},
        "The other way round: those two keep Adam's state whole on every device.": {"A", "B"},
        "B doesn't fit: data parallelism divides the batch, not the model. And look at C again: what does SGD keep?":
            {"B", "D"},
    },
)
