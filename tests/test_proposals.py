"""What a machine proposes to a person who labels: maps, groups, more of a kind, guesses, doubts."""

import numpy as np
import pytest

from coursekit.vision.proposals import PROJECTIONS, Proposer, groups_on


@pytest.fixture
def features():
    """Three clouds of 20 points in ten dimensions, far apart."""
    random = np.random.default_rng(0)
    centers = 6 * random.normal(size=(3, 10))
    return np.repeat(centers, 20, axis=0) + random.normal(size=(60, 10))


@pytest.fixture
def proposer(features):
    return Proposer(features)


def labels_of(**indices):
    """60 labels: the name for each of its indices, None elsewhere."""
    labels = [None] * 60
    for name, chosen in indices.items():
        for i in chosen:
            labels[i] = name
    return labels


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_maps_have_a_position_for_each_image(proposer, projection):
    points = proposer.points(projection)
    assert points.shape == (60, 2) and np.isfinite(points).all()
    assert points is proposer.points(projection)  # computed once


def test_projections_are_those_of_their_directions(proposer):
    spreads = [proposer.points(name).std(0) for name in PROJECTIONS[:3]]
    assert spreads[0].min() > spreads[1].max() and spreads[1].min() > spreads[2].max()
    with pytest.raises(ValueError, match="Expected one of directions 1 and 2"):
        proposer.points("upwards")


def test_groups_hold_every_image_once(proposer):
    groups = groups_on(proposer.points())
    assert sorted(i for group in groups for i in group) == list(range(60))
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)


def test_similar_ones_come_from_all_without_a_label(proposer):
    similar = proposer.similar([30, 31], labels_of(b=range(20, 30)), n=8)
    assert len(similar) == 8 and set(similar) <= set(range(30, 40))
    with pytest.raises(ValueError, match="choose some first"):
        proposer.similar([], labels_of())


def test_two_labels_lie_apart_on_the_separating_map(proposer):
    with pytest.raises(ValueError, match="label some of each first"):
        proposer.separating_points(labels_of(a=range(5)), "a", "b")
    across = proposer.separating_points(labels_of(a=range(5), b=range(40, 45)), "a", "b")[:, 0]
    a, b = across[:20], across[40:]
    assert abs(a.mean() - b.mean()) > 3 * (a.std() + b.std()) / 2


def test_a_guess_is_right_where_it_was_not_trained(proposer):
    with pytest.raises(ValueError, match="label more"):
        proposer.guess(labels_of(a=range(6), b=range(20, 24)))
    guess = proposer.guess(labels_of(a=range(6), b=range(20, 26), c=range(40, 46)))
    assert (guess.names == np.repeat(["a", "b", "c"], 20)).mean() > 0.95 and guess.accuracy > 0.9
    assert guess.confidence.shape == (60,) and guess.confidence.min() >= 1 / 3


def test_accuracy_is_measured_on_images_not_trained_on():
    "Random labels, learnt by heart, would give an accuracy of 1."
    noise = Proposer(np.random.default_rng(1).normal(size=(60, 50)))
    assert noise.guess(labels_of(a=range(0, 60, 2), b=range(1, 60, 2))).accuracy < 0.75


def test_a_wrong_label_is_doubtful(proposer):
    labels = labels_of(a=[*range(10), 45], b=range(20, 30), c=range(46, 56))
    assert proposer.doubtful(labels)[0] == 45
