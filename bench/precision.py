"""bfloat16 against float32, where the processor computes in it: the pets' features, and an LSTM's epoch.

The goal is at most 0.65 of float32's time, with results as near to float32's as another seed's are.
"""

import statistics

import torch

from bench.text import LENGTH, LR, N_STREAMS, WD, new_model
from bench.timing import compare_pairs, in_kernel
from coursekit.callbacks import ClipGradients
from coursekit.data import nietzsche
from coursekit.device import seed_everything
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.precision import Precision
from coursekit.text import ResetState, StreamLoader, Vocabulary, sequence_loss
from coursekit.vision.backbones import pretrained_body

PAIRS, SEEDS, GOAL, N_IMAGES, SIZE = 3, 3, 0.65, 16, 224
N_TRAIN, N_VALID = 60_000, 15_000


def features(precision, body, images):
    """What the body makes of the images, float32."""
    kind = Precision(precision, torch.device("cpu"))
    with torch.no_grad(), kind.autocast():
        return kind.full(body(body.normalize(images)))


def epoch(precision, loaders, seed=0):
    """The validation loss after an epoch of the two-layer LSTM of lesson 18b."""
    seed_everything(seed)
    learn = Learner(new_model(), loaders, sequence_loss, device="cpu", precision=precision)
    learn.reporters = [learn.recorder]
    learn.fit_one_cycle(1, LR, WD, callbacks=[ResetState(), ClipGradients()])
    return learn.recorder.history[-1]["valid_loss"]


def measure():
    """Print both rows; called in the kernel."""
    if not torch.cpu._is_avx512_bf16_supported():
        print("bf16: this processor does not compute in bfloat16, so there is nothing to gain", flush=True)
        return
    body = pretrained_body().eval().to(memory_format=torch.channels_last)
    images = torch.rand(N_IMAGES, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    full, half, ratio = compare_pairs(*both(features), body, images.to(memory_format=torch.channels_last), pairs=PAIRS)
    a, b = (function(body, images).mean(dim=(2, 3)) for function in both(features))
    cosine = torch.cosine_similarity(a, b).min()
    print(f"bf16, features at {SIZE} px: float32 {full:.2f} s, bf16 {half:.2f} s, median ratio {ratio:.2f} of {PAIRS} "
          f"pairs (goal: at most {GOAL}); cosine of an image's features at least {cosine:.4f}", flush=True)
    text = nietzsche().text
    codes = Vocabulary(text).encode(text)[:N_TRAIN + N_VALID]
    loaders = Loaders(*(StreamLoader(part, N_STREAMS, LENGTH, "cpu") for part in codes.split(N_TRAIN)))
    full, half, ratio = compare_pairs(*both(epoch), loaders, pairs=PAIRS)
    losses = [[function(loaders, seed) for seed in range(SEEDS)] for function in both(epoch)]
    told = [f"{statistics.mean(each):.4f} ± {statistics.stdev(each):.4f}" for each in losses]
    print(f"bf16, an LSTM's epoch: float32 {full:.2f} s, bf16 {half:.2f} s, median ratio {ratio:.2f} of {PAIRS} pairs "
          f"(goal: at most {GOAL}); validation loss of {SEEDS} seeds {told[0]} and {told[1]}", flush=True)


def both(function):
    """`function` in float32 and in bfloat16."""
    return [lambda *arguments, precision=precision: function(precision, *arguments) for precision in (None, "bf16")]


def main():
    """Measure in a kernel of this Python, and print what it prints."""
    in_kernel("from bench.precision import measure; measure()")
