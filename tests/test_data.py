"""MNIST as the lectures split and scale it."""

import gzip

import pytest
import torch

from coursekit import data
from coursekit.data.mnist import _read


@pytest.fixture(scope="module")
def normalized():
    return data.mnist()


def test_the_lectures_split(normalized):
    assert [len(y) for y in (normalized.y_train, normalized.y_valid, normalized.y_test)] == [50_000, 10_000, 10_000]
    assert normalized.x_train.shape == (50_000, 784) and normalized.raw_valid.shape == (10_000, 28, 28)
    assert normalized.y_train[0] == 5 and normalized.y_valid[0] == 3  # as the lectures show


def test_normalized_with_the_training_statistics(normalized):
    assert normalized.x_train.mean().abs() < 1e-4 and abs(normalized.x_train.std() - 1) < 1e-4
    assert normalized.x_train.min() == pytest.approx(-0.4245, abs=5e-5)  # the lecture's background
    assert normalized.x_valid.mean() == pytest.approx(-0.0059, abs=5e-5)


def test_plain_pixels_go_from_0_to_1(normalized):
    plain = data.mnist(normalize=False)
    assert plain.x_train.min() == 0 and plain.x_train.max() == 1
    assert torch.equal(plain.x_test, plain.raw_test.flatten(1) / 255)
    assert torch.allclose((plain.x_valid - plain.mean) / plain.std, normalized.x_valid, atol=1e-5)


def test_its_origin_is_told(normalized, capsys):
    data.mnist()
    assert capsys.readouterr().out.strip() == str(normalized.origin)
    assert "MNIST" in str(normalized.origin) and normalized.origin.real


def test_a_file_that_is_no_idx_file_is_refused(tmp_path):
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(b"<html>"))
    with pytest.raises(ValueError, match="images.gz is not an IDX file"):
        _read(path)
