"""The device is chosen once, plainly; batches of any nesting follow."""

import pytest
import torch

from coursekit import device


def test_the_environment_decides(monkeypatch):
    monkeypatch.setenv("COURSEKIT_DEVICE", "cpu")
    assert device.get_device() == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99"])
def test_an_impossible_device_is_refused_with_a_way_out(monkeypatch, name):
    monkeypatch.setenv("COURSEKIT_DEVICE", name)
    with pytest.raises(ValueError, match=f"COURSEKIT_DEVICE is '{name}'.*Set it to cpu, cuda or mps"):
        device.get_device()


def test_a_missing_gpu_is_said_once(monkeypatch, capsys):
    monkeypatch.delenv("COURSEKIT_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    device._say_once.cache_clear()
    assert device.get_device() == device.get_device() == torch.device("cpu")
    assert capsys.readouterr().out.count("No GPU found") == 1


def test_nested_batches_keep_their_form():
    batch = (torch.zeros(2), [torch.ones(1), {"ids": torch.arange(3)}], "text")
    moved = device.to_device(batch, torch.device("meta"))
    assert isinstance(moved, tuple) and isinstance(moved[1], list) and moved[2] == "text"
    assert {moved[0].device.type, moved[1][0].device.type, moved[1][1]["ids"].device.type} == {"meta"}


def test_the_same_seed_gives_the_same_numbers():
    drawn = []
    for _ in range(2):
        device.seed_everything(3)
        drawn.append(torch.rand(4))
    assert torch.equal(*drawn)


def test_one_line_describes_the_machine():
    line = device.describe_machine(torch.device("cpu"))
    assert "\n" not in line and torch.__version__ in line and "CPU" in line
