"""Interpretation of a classifier whose mistakes are known."""

import pytest
import torch
from torch import nn

from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.vision.images import ImageLoader
from coursekit.vision.interpret import Interpretation, interpret, plot_confusion_matrix, plot_top_losses

CLASSES = ["cat", "dog", "fox"]
LABELS = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2])
GUESSES = torch.tensor([0, 0, 0, 1, 1, 1, 0, 0])
SURE = torch.tensor([2.0, 2, 2, 5, 2, 2, 3, 4])


@pytest.fixture
def known():
    """Eight answers: a cat taken for a dog, two foxes for cats."""
    scores = nn.functional.one_hot(GUESSES, 3) * SURE[:, None]
    losses = nn.functional.cross_entropy(scores, LABELS, reduction="none")
    return Interpretation(scores.softmax(1), LABELS, losses, CLASSES)


def test_top_losses(known):
    losses, indices = known.top_losses(3)
    assert indices.tolist() == [3, 7, 6]
    assert losses[0].item() == pytest.approx(5 + torch.log(1 + 2 * torch.exp(torch.tensor(-5.0))).item())
    assert len(known.top_losses(99)[0]) == len(known.top_losses()[0]) == 8


def test_confusion(known):
    assert known.confusion().tolist() == [[3, 1, 0], [0, 2, 0], [2, 0, 0]]
    assert known.most_confused() == [("fox", "cat", 2)]
    assert known.most_confused(1) == [("fox", "cat", 2), ("cat", "dog", 1)]


def test_error_rates(known):
    assert known.error_rate == pytest.approx(3 / 8)
    assert known.balanced_error == pytest.approx((1 / 4 + 0 + 1) / 3)


def test_a_class_that_does_not_occur_counts_in_no_error(known):
    part = Interpretation(known.probabilities[:6], LABELS[:6], known.losses[:6], CLASSES)
    assert part.balanced_error == pytest.approx((1 / 4 + 0) / 2) and part.confusion().shape == (3, 3)


class ByMean(nn.Module):
    """Scores that depend on the mean of an image: below a third, between, above."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(20.0))

    def forward(self, x):
        """(n, 3)."""
        distance = x.mean(dim=(1, 2, 3))[:, None] - torch.tensor([0.1, 0.5, 0.9])
        return -self.slope * distance.abs()


@pytest.fixture
def learn():
    """A learner and seven images, dark, grey and bright; the fifth has a wrong label."""
    values = torch.tensor([25, 128, 230, 25, 128, 230, 25], dtype=torch.uint8)
    labels = torch.tensor([0, 1, 2, 0, 2, 2, 0])
    pixels = values[:, None, None, None].expand(7, 3, 4, 4)
    loader = ImageLoader(pixels, labels, batch_size=3, device="cpu")
    return Learner(ByMean(), Loaders(loader, loader), nn.functional.cross_entropy, device="cpu")


def test_a_wrong_label_is_the_top_loss(learn):
    found = interpret(learn, ["dark", "grey", "bright"])
    assert found.top_losses(1)[1].tolist() == [4] and found.most_confused(1) == [("bright", "grey", 1)]
    assert found.labels.tolist() == [0, 1, 2, 0, 2, 2, 0]
    torch.testing.assert_close(found.losses.mean().item(), learn.validate()["valid_loss"])
    torch.testing.assert_close(found.probabilities.sum(dim=1), torch.ones(7))


def test_what_cannot_be_interpreted_is_refused(learn):
    with pytest.raises(ValueError, match="Expected 3 classes, as the model has, found 2"):
        interpret(learn, ["dark", "grey"])
    learn.loaders = Loaders(learn.loaders.train)
    with pytest.raises(ValueError, match="found none: give a loader"):
        interpret(learn, CLASSES)


def test_figures_say_what_they_show(learn, capsys):
    found = interpret(learn, ["dark", "grey", "bright"])
    plot_top_losses(found, learn.loaders.valid, n=1)
    # the score of grey, -20 (128 / 255 - 0.5), minus that of bright, -20 (0.9 - 128 / 255)
    assert "grey, is bright, loss 7.92" in capsys.readouterr().out
    plot_confusion_matrix(found)
    assert "6 of 7 right; most often confused: true bright taken for grey, 1 times" in capsys.readouterr().out


def test_many_classes(capsys):
    n = 37
    sure = Interpretation(torch.eye(n), torch.arange(n), torch.zeros(n), [f"breed {i}" for i in range(n)])
    plot_confusion_matrix(sure)
    assert "37 of 37 right" in capsys.readouterr().out
