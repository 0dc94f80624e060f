"""Exercises of lesson 18b: right answers and the usual wrong ones. Spoilers below."""

import torch

from coursekit.lesson import Exercise

ONE_GATE = 42 * 256 + 256 * 256 + 2 * 256

gate_counts = Exercise(
    hint="Count one gate: two matrices and two biases; then count how often a layer has that.",
    solution=[4 * ONE_GATE, 3 * ONE_GATE],
    mistakes={
        "PyTorch keeps two biases for each gate, one for the letter and one for the state.":
            [4 * (ONE_GATE - 256), 3 * (ONE_GATE - 256)],
        "Each gate has biases, too.": [4 * (ONE_GATE - 512), 3 * (ONE_GATE - 512)],
        "That is one layer for each gate; but the news needs a layer as well.": [3 * ONE_GATE, 2 * ONE_GATE],
        "That is a plain RNN: count its layers once for each gate and once for the news.": [ONE_GATE, ONE_GATE],
    },
)


def _stream_batches(codes, n_streams, length):
    n_batches = (len(codes) - 1) // n_streams // length
    return list(codes[:n_streams * n_batches * length].reshape(n_streams, -1).split(length, dim=1))


def _consecutive(codes, n_streams, length):
    n_batches = (len(codes) - 1) // n_streams // length
    return list(codes[:n_streams * n_batches * length].reshape(n_batches, n_streams, length))


def _interleaved(codes, n_streams, length):
    n_batches = (len(codes) - 1) // n_streams // length
    return list(codes[:n_streams * n_batches * length].reshape(-1, n_streams).T.split(length, dim=1))


def _with_rest(codes, n_streams, length):
    n = (len(codes) - 1) // n_streams
    return list(codes[:n_streams * n].reshape(n_streams, n).split(length, dim=1))


stream_batches = Exercise(
    hint="How many whole batches does the text have room for, if its last letter is kept back?",
    run=lambda answer: [[batch.clone() for batch in answer(torch.arange(n), n_streams, length)]
                        for n, n_streams, length in ((100, 3, 4), (24, 3, 4), (26, 2, 6), (13, 3, 4))],
    solution=_stream_batches,
    mistakes={
        "Rows follow each other within a batch; row i must go on in row i of the next batch.": _consecutive,
        "Neighbouring letters stand below each other: each row must be a piece of the text.": _interleaved,
        "Cut the text off before you make streams: what is left out stands at the end of the text, not of each stream.":
            lambda *given: [batch for batch in _with_rest(*given) if batch.shape[1] == given[2]],
        "The last batch is shorter than the others: leave it out.": _with_rest,
        "The last letter of the text is used as an input, but has no target.":
            lambda codes, n_streams, length: _stream_batches(torch.cat([codes, codes[-1:]]), n_streams, length),
    },
)


def _together(gradients):
    return torch.cat([gradient.flatten() for gradient in gradients]).norm()


def _clip(gradients, longest):
    factor = (longest / _together(gradients)).clamp(max=1)
    return [gradient * factor for gradient in gradients]


clip = Exercise(
    hint="Which one number do all gradients have in common, and when must it be 1?",
    run=lambda answer: [answer([torch.tensor([3.0, 4.0]), torch.tensor([[-12.0]])], 1.0),
                        answer([torch.tensor([0.3, 0.0]), torch.tensor([[-0.4]])], 1.0),
                        answer([torch.tensor([3.0, 4.0]), torch.tensor([[-12.0]])], 2.0)],
    solution=_clip,
    mistakes={
        "Short gradients must stay as they are, not grow.": lambda gradients, longest: [
            gradient * longest / _together(gradients) for gradient in gradients],
        "That shortens each gradient by itself, which turns the direction: use the length of all together.":
            lambda gradients, longest: [_clip([gradient], longest)[0] for gradient in gradients],
        "That cuts off each number, which turns the direction.": lambda gradients, longest: [
            gradient.clamp(-longest, longest) for gradient in gradients],
        "The length is the root of the sum of squares, not the sum.": lambda gradients, longest: [
            gradient * min(1.0, longest / sum(g.square().sum() for g in gradients)) for gradient in gradients],
    },
)


def _top_p(probabilities, p, reached=False, scaled=True):
    values, order = probabilities.sort(descending=True)
    before = values.cumsum(dim=0) - (0 if reached else values)
    kept = torch.zeros_like(probabilities)
    kept[order] = torch.where(before < p, values, 0)
    return kept / kept.sum() if scaled else kept


def _in_order(probabilities, p):
    kept = torch.where(probabilities.cumsum(dim=0) - probabilities < p, probabilities, 0)
    return kept / kept.sum()


top_p = Exercise(
    hint="Sort, add up from the left, and look at the sum before each probability, not after it.",
    run=lambda answer: [answer(torch.tensor([0.1, 0.5, 0.15, 0.25]), p) for p in (0.6, 0.8, 0.95, 0.5)],
    solution=_top_p,
    mistakes={
        "Keep also the one with which the sum reaches p.": lambda probabilities, p: _top_p(probabilities, p, True),
        "The kept probabilities must add up to one: rescale them.":
            lambda probabilities, p: _top_p(probabilities, p, scaled=False),
        "Begin with the likeliest: sort first.": _in_order,
        "That keeps what is likelier than p; the sum of the kept must reach p.": lambda probabilities, p: torch.where(
            probabilities >= p, probabilities, 0),
    },
)
