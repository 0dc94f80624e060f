"""Two processes that train together, against one; what they compute is in tests/two_processes.py."""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from fakes import TwoGroups, fake_learner
from torch.nn import functional as F

from coursekit.checkpoint import Checkpoint
from coursekit.distributed import on_all_devices
from coursekit.loaders import Loaders

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="torchrun needs libuv, which PyTorch has not there")


def start(script, *arguments, processes=2):
    """What `python -m coursekit launch SCRIPT` gives, with this repository's package and the CPU."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "COURSEKIT_DEVICE": "cpu"}
    command = [sys.executable, "-m", "coursekit", "launch", str(script), "--processes", str(processes), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where both processes have left what they computed."""
    folder = tmp_path_factory.mktemp("together")
    result = start("tests/two_processes.py", str(folder))
    assert result.returncode == 0, result.stderr
    (folder / "shown").write_text(result.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def both(folder):
    """The results of process 0 and of process 1."""
    return [json.loads((folder / f"{rank}.json").read_text(encoding="utf-8")) for rank in (0, 1)]


TOLERANCE = {"float32": 1e-5, "float64": 1e-10, "unequal halves": 1e-10, "clipped": 1e-10, "accumulated": 1e-10,
             "ignored targets": 1e-10, "bf16": 0.02}


@pytest.mark.parametrize(("what", "tolerance"), TOLERANCE.items(), ids=TOLERANCE)
def test_weights_are_those_of_one_process_with_the_whole_batch(both, what, tolerance):
    alone, together = both[0][what]["alone"], both[0][what]["together"]
    assert together["weights"] == pytest.approx(alone["weights"], abs=tolerance)
    assert together["weights"] == both[1][what]["together"]["weights"]
    assert max(map(abs, alone["weights"])) > 0.2


@pytest.mark.parametrize("what", ["float64", "unequal halves", "ignored targets"])
def test_losses_scores_and_rates_are_those_of_one_process_and_the_same_on_both(both, what):
    alone, together = both[0][what]["alone"], both[0][what]["together"]
    assert together["losses"] == pytest.approx(alone["losses"], abs=1e-10)
    for row, expected in zip(together["history"], alone["history"], strict=True):
        assert row == pytest.approx(expected, abs=1e-10)
    assert together == both[1][what]["together"]


def test_one_cycle_goes_over_the_steps_that_happen(both):
    lrs = both[0]["float64"]["together"]["lrs"]
    assert len(lrs) == 2 * math.ceil(199 / 18)
    assert lrs == both[0]["float64"]["alone"]["lrs"]
    assert lrs.index(max(lrs)) in (6, 7) and max(lrs) == pytest.approx(0.1, rel=0.02) and lrs[-1] < 1e-5


def test_an_overflow_in_one_process_leaves_the_step_out_in_both(both):
    one, two = (results["fp16"] for results in both)
    assert one == two
    assert 0 < one["steps"] < one["batches"] and one["scale"] < 65536
    assert all(map(math.isfinite, one["weights"]))


@pytest.mark.parametrize("what", ["order of tensors", "order of a DataLoader"])
def test_each_item_is_seen_once_an_epoch_in_a_new_order(both, what):
    one, two = (results[what]["items"] for results in both)
    for epoch in (0, 1):
        assert sorted(one[epoch] + two[epoch]) == list(range(199)) and len(one[epoch]) == 100
    assert one[0] != one[1] and one[0] != sorted(one[0])


@pytest.mark.parametrize("what", ["order of tensors", "order of a DataLoader"])
def test_weights_agree_and_chance_differs_whatever_the_seeds_were(both, what):
    one, two = (results[what] for results in both)
    assert one["weights"] == two["weights"]
    assert len({*one["chance"], *two["chance"]}) == 4
    assert one["same loaders"] and two["same loaders"]


def test_running_averages_of_batch_norm_agree(both):
    assert both[0]["batch norm"] == both[1]["batch norm"]
    assert any(both[0]["batch norm"]["mean"])


def test_callbacks_that_look_at_scores_decide_the_same(both):
    assert both[0]["stopping"] == both[1]["stopping"]
    assert len(both[0]["stopping"]["history"]) < 30


@pytest.mark.parametrize("what", ["measuring", "measuring a DataLoader"])
def test_search_validation_and_prediction_are_those_of_one_process_also_within_a_fit(both, what):
    for alone, together in zip(both[0][what]["alone"], both[0][what]["together"], strict=True):
        torch.testing.assert_close(torch.tensor(together), torch.tensor(alone), rtol=0, atol=1e-6)
    assert both[0][what] == both[1][what]


def test_an_interrupted_fit_goes_on_bit_equal_from_one_file(both, folder):
    for results in both:
        assert results["resumed"]["again"] == results["resumed"]["through"]
    assert both[0]["resumed"] == both[1]["resumed"]
    assert {path.name for path in folder.iterdir()} == {"fit.pt", "0", "0.json", "1.json", "shown"}


def test_a_fit_of_two_processes_does_not_go_on_in_one(both, folder):
    x = torch.rand(90, 1)
    loaders = Loaders.from_tensors(x, x, x, x, 16, device="cpu")
    with pytest.raises(ValueError, match="of this fit, .*'processes': 1.* found .*'processes': 2"):
        fake_learner(TwoGroups(), loaders=loaders).fit(4, callbacks=[Checkpoint(folder / "fit.pt")])


def test_one_process_shows(folder, both):
    shown = (folder / "shown").read_text(encoding="utf-8")
    assert shown.count("epoch 1: train_loss") == shown.count("epoch 2: train_loss") == 1
    assert shown.count("2 of 4 epochs are done") == 1


REFUSED = {
    "few": "Expected a batch of at least 2 items, one for each process, found 1: start fewer processes",
    "unused": "every weight that is trained, found that it does not on spare.weight, spare.bias: freeze it",
    "own file": "Expected all processes in one epoch, found some in 0, others in 1: put the file of the Checkpoint",
    "sync": "Expected GPUs for sync_batch_norm=True, found the CPU",
    "words": "Expected a batch of tensors, which can be divided among processes, found a str in it"}


@pytest.mark.parametrize(("what", "sentence"), REFUSED.items(), ids=REFUSED)
def test_wrong_input_gets_a_sentence_on_both(both, what, sentence):
    assert sentence in both[0]["refusals"][what] and both[0]["refusals"] == both[1]["refusals"]


def test_being_asked_twice_changes_nothing(both):
    assert both[0]["twice"] == 1


FAILS = """import sys, time
from fakes import fake_learner
from coursekit.callbacks import Callback
from coursekit.device import processes
from coursekit.distributed import on_all_devices

class Break(Callback):
    def after_step(self, learn):
        if processes()[0] == 1:
            print("failing at", time.time(), flush=True)
            raise KeyError("the one that breaks")

on_all_devices(fake_learner(), timeout=100).fit(5, callbacks=[Break()])
"""


def test_a_failing_process_ends_all_before_any_time_out_and_its_error_is_shown(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text(FAILS, encoding="utf-8")
    result = start(script)
    ended = time.time()
    failed = next(float(line.split()[-1]) for line in result.stdout.splitlines() if line.startswith("failing at"))
    assert result.returncode == 1 and ended - failed < 60  # 2 s measured on an idle machine
    assert "KeyError: 'the one that breaks'" in result.stderr
    assert "A process has failed, and so all were ended" in result.stdout


def test_alone_nothing_changes(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR"):
        monkeypatch.delenv(name, raising=False)
    learn = fake_learner()
    assert on_all_devices(learn) is learn and not learn.callbacks
    learn.fit(1)
    assert F.mse_loss(learn.predict(torch.zeros(1, 1)), torch.zeros(1, 1)).isfinite()


def test_without_the_name_of_the_first_machine_nobody_waits(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(ValueError, match="Expected the name of the first machine in MASTER_ADDR, found nothing"):
        on_all_devices(fake_learner())
