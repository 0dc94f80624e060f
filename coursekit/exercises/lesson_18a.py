"""Exercises of lesson 18a: right answers and the usual wrong ones. Spoilers below."""

import math

import torch
from torch import nn

from coursekit.checking import without
from coursekit.lesson import Exercise


class OwnRNN(nn.Module):
    """`nn.RNN` of one layer, written out."""

    bend = staticmethod(torch.tanh)

    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.zeros(n_hidden, n_in))
        self.weight_hh_l0 = nn.Parameter(torch.zeros(n_hidden, n_hidden))
        self.bias_ih_l0, self.bias_hh_l0 = (nn.Parameter(torch.zeros(n_hidden)) for _ in range(2))

    def step(self, x, h):
        """The state after one letter."""
        return self.bend(x @ self.weight_ih_l0.T + self.bias_ih_l0 + h @ self.weight_hh_l0.T + self.bias_hh_l0)

    def forward(self, x):
        h, states = x.new_zeros(x.shape[1], len(self.weight_hh_l0)), []
        for step in x:
            h = self.step(step, h)
            states.append(h)
        return torch.stack(states), h[None]


class WithoutState(OwnRNN):
    """Forgets the state at every step."""

    def step(self, x, h):
        return super().step(x, torch.zeros_like(h))


class WithReLU(OwnRNN):
    """Bends the letter first, as the lecture's own loop does."""

    def step(self, x, h):
        letter = torch.relu(x @ self.weight_ih_l0.T + self.bias_ih_l0)
        return torch.tanh(letter + h @ self.weight_hh_l0.T + self.bias_hh_l0)


class NotTransposed(OwnRNN):
    """Multiplies the state by the matrix itself instead of its transpose."""

    def step(self, x, h):
        return torch.tanh(x @ self.weight_ih_l0.T + self.bias_ih_l0 + h @ self.weight_hh_l0 + self.bias_hh_l0)


class WithoutTanh(OwnRNN):
    """Leaves out the tanh."""

    bend = staticmethod(lambda x: x)


class WithSigmoid(OwnRNN):
    """Takes a sigmoid in place of the tanh."""

    bend = staticmethod(torch.sigmoid)


class StatesOnly(OwnRNN):
    """Forgets to give the last state."""

    def forward(self, x):
        return super().forward(x)[0]


class LastWithoutAxis(OwnRNN):
    """Gives the last state without the axis in front."""

    def forward(self, x):
        states, last = super().forward(x)
        return states, last[0]


class BatchFirst(OwnRNN):
    """Takes the first axis for the batch."""

    def forward(self, x):
        states, last = super().forward(x.transpose(0, 1))
        return states.transpose(0, 1), last


def _run_rnn(answer):
    random = torch.Generator().manual_seed(0)
    theirs = nn.RNN(3, 4)
    weights = {name: torch.randn(weight.shape, generator=random) for name, weight in theirs.state_dict().items()}
    own = answer(3, 4)
    if isinstance(own, nn.RNNBase):
        return "PyTorch's own"
    own.load_state_dict(weights)
    return own(torch.randn(5, 2, 3, generator=random))


own_rnn = Exercise(
    hint="Write the formula of one step first, and print the shape of each part.",
    run=_run_rnn,
    solution=OwnRNN,
    mistakes={
        "The state is lost at every step: carry h from one letter to the next.": WithoutState,
        "That is the lecture's loop; nn.RNN has no ReLU on the letter.": WithReLU,
        "The state meets the transpose of weight_hh_l0, as in nn.Linear.": NotTransposed,
        "The tanh is missing.": WithoutTanh,
        "That is a sigmoid; nn.RNN bends with tanh.": WithSigmoid,
        "Return two things: the states after every step, and the last one.": StatesOnly,
        "The last state needs an axis of length one in front.": LastWithoutAxis,
        "That is nn.RNN itself, under another name: derive from nn.Module, and write forward.": nn.RNN,
        "The first axis of x is the sequence, the second the batch.": BatchFirst,
    },
    praise="Correct: equal to nn.RNN with its weights.",
    tolerance=1e-6,
)


def _runs(codes, length, stride):
    return torch.stack([codes[i:i + length + 1] for i in range(0, len(codes) - length, stride)])


def _run_runs(answer):
    (codes,) = without({"unfold"}, torch.arange(11))
    return [answer(codes, 3, 3), answer(codes[:6], 3, 1), answer(codes * 2, 2, 4)]


runs_of = Exercise(
    hint="At which positions may a run begin, so that its target still exists?",
    run=_run_runs,
    solution=_runs,
    mistakes={
        "The target is missing: each run has length + 1 characters.": lambda codes, length, stride: torch.stack(
            [codes[i:i + length] for i in range(0, len(codes) - length, stride)]),
        "The last run is missing: it may end at the last character.": lambda codes, length, stride: torch.stack(
            [codes[i:i + length + 1] for i in range(0, len(codes) - length - 1, stride)]),
        "Write it without `unfold`: cut each run out of `codes`.":
            lambda codes, length, stride: codes.unfold(0, length + 1, stride),
        "The runs should begin `stride` apart, not one.": lambda codes, length, stride: _runs(codes, length, 1),
    },
)

N_LOOP, N_CONCAT = 2000 + 21 * 64 + 65 * 64 + 65 * 100, 2000 + 85 * 64 + 65 * 64 + 65 * 100

counts = Exercise(
    hint="Write down every layer with its inputs and outputs, then look which of the two is wider.",
    solution=[N_LOOP, N_CONCAT],
    mistakes={
        "Every linear layer has a bias for each of its outputs.":
            [2000 + 20 * 64 + 64 * 64 + 64 * 100, 2000 + 84 * 64 + 64 * 64 + 64 * 100],
        "The embedding has weights too: a row of 20 for each character.": [N_LOOP - 2000, N_CONCAT - 2000],
        "Concatenating makes the input of l_in wider: factors plus state.": [N_LOOP, N_LOOP],
        "The layers are shared by all steps; they do not count once for each letter.":
            [8 * N_LOOP, 8 * N_CONCAT],
    },
)

perplexity = Exercise(
    hint="The loss of a guesser among k is the logarithm of k: turn that round.",
    run=lambda answer: [answer(0.0), answer(1.7), answer(math.log(85))],
    solution=math.exp,
    mistakes={
        "A loss comes as a float, which torch.exp does not take: use math.exp.": torch.exp,
        "That would be right for bits; nats belong to e.": lambda nats: 2**nats,
        "The other way round: the loss is the logarithm of k.": lambda nats: math.log(nats) if nats > 0 else 0.0,
        "That converts nats to bits.": lambda nats: nats / math.log(2),
    },
)
