"""The device is chosen once, plainly; batches of any nesting follow."""

from collections import OrderedDict, UserDict, defaultdict, namedtuple
from dataclasses import dataclass
from types import MappingProxyType

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

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


@pytest.mark.parametrize("wanted", ["", "cuda"])
def test_of_several_gpus_each_process_takes_its_own(monkeypatch, wanted):
    monkeypatch.setenv("COURSEKIT_DEVICE", wanted)
    monkeypatch.setattr(device, "_check", torch.device)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert device.get_device() == torch.device("cuda")
    for rank, index in {"0": 0, "3": 3, "5": 1}.items():
        monkeypatch.setenv("LOCAL_RANK", rank)
        assert device.get_device() == torch.device("cuda", index)


def test_alone_this_is_the_only_process():
    assert device.processes() == (0, 1)


def test_nested_batches_keep_their_form():
    batch = (torch.zeros(2), [torch.ones(1), {"ids": torch.arange(3)}], "text")
    moved = device.to_device(batch, torch.device("meta"))
    assert isinstance(moved, tuple) and isinstance(moved[1], list) and moved[2] == "text"
    assert {moved[0].device.type, moved[1][0].device.type, moved[1][1]["ids"].device.type} == {"meta"}


Point = namedtuple("Point", "x y")
META = torch.device("meta")


@dataclass(frozen=True)
class Pair:
    """A batch with names."""

    image: torch.Tensor
    caption: str


def test_named_tuples_stay_named_tuples():
    point = Point(torch.zeros(2), [torch.ones(1)])
    moved = device.to_device(point, META)
    assert type(moved) is Point and moved.x.device == moved.y[0].device == META and point.x.device.type == "cpu"
    assert device.to_device(torch.zeros(2, 3).shape, META) == torch.Size([2, 3])


def test_packed_sequences_move_themselves():
    packed = pack_sequence([torch.rand(3, 2), torch.rand(1, 2)])
    moved = device.to_device((packed, torch.zeros(2)), META)
    assert type(moved[0]) is type(packed) and moved[0].data.device == META
    assert moved[0].batch_sizes.tolist() == [2, 1, 1]  # torch keeps these on the CPU


@pytest.mark.parametrize("kind", [dict, OrderedDict, UserDict, lambda items: defaultdict(list, items)])
def test_mappings_of_any_kind_move(kind):
    batch = kind({"ids": torch.arange(3), "names": ["a", "b", "c"]})
    moved = device.to_device(batch, META)
    assert type(moved) is type(batch) and moved["ids"].device == META and moved["names"] == ["a", "b", "c"]
    assert batch["ids"].device.type == "cpu"


def test_a_mapping_that_cannot_change_becomes_a_dict():
    moved = device.to_device(MappingProxyType({"ids": torch.arange(3)}), META)
    assert moved["ids"].device == META


def test_dataclasses_and_objects_that_can_move():
    pair = Pair(torch.zeros(2), "text")
    moved = device.to_device(pair, META)
    assert type(moved) is Pair and moved.image.device == META and moved.caption == "text"
    assert pair.image.device.type == "cpu" and device.to_device(Pair, META) is Pair

    class Graph:
        """As PyTorch Geometric's: it knows how to move."""

        def to(self, device):
            return f"on {device}"

    assert device.to_device([Graph()], META) == ["on meta"]


def test_the_same_seed_gives_the_same_numbers():
    drawn = []
    for _ in range(2):
        device.seed_everything(3)
        drawn.append(torch.rand(4))
    assert torch.equal(*drawn)


def test_one_line_describes_the_machine():
    line = device.describe_machine(torch.device("cpu"))
    assert "\n" not in line and torch.__version__ in line and "CPU" in line
