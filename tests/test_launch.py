"""Starting processes: of a script by the command line, and of a function, as a notebook does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import __main__ as command_line
from coursekit.launch import LaunchError, launch, launch_script

ROOT = Path(__file__).parent.parent
IN_COPIES = """import sys, threading
from pathlib import Path
import torch
from fakes import fake_learner
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from coursekit.device import processes
from coursekit.distributed import on_all_devices
from coursekit.launch import launch

torch.set_num_threads(2)
known = torch.rand(1000, 1000)
known @ known  # now there are threads, which copies do not have

def train(epochs):
    learn = on_all_devices(fake_learner(), timeout=30)
    learn.fit(epochs, 0.1)
    Path(sys.argv[1], f"{processes()}").write_text(str(len(known @ known)))

def wait():
    learn = on_all_devices(fake_learner(), timeout=2)
    if processes()[0] == 1:
        threading.Event().wait(1000)
    learn.fit(1)

launch(train, 2)
try:
    launch(wait)
except ChildFailedError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process that has computed cannot be copied safely")
def test_a_function_runs_in_copies_of_this_process_and_who_waits_in_vain_fails(tmp_path):
    script = tmp_path / "copies.py"
    script.write_text(IN_COPIES, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "COURSEKIT_DEVICE": "cpu"}
    result = subprocess.run([sys.executable, str(script), str(tmp_path)], env=environment, text=True,
                            capture_output=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    for process in ("(0, 2)", "(1, 2)"):
        assert (tmp_path / process).read_text(encoding="utf-8") == "1000"
    assert result.stdout.count("epoch 2: train_loss") == 1 and "Launching" not in result.stdout
    assert "Timed out waiting" in result.stdout


def test_what_cannot_be_started_is_refused(tmp_path, monkeypatch):
    script = tmp_path / "script.py"
    script.touch()
    with pytest.raises(LaunchError, match="Expected at least one process, found 0"):
        launch(print, processes=0)
    with pytest.raises(LaunchError, match="Expected a Python script, found no file .*nothing.py"):
        launch_script(tmp_path / "nothing.py", processes=2)
    with pytest.raises(LaunchError, match="Expected the network name of machine 0 for 2 machines, found none: give it"):
        launch_script(script, machines=2, processes=8)
    with pytest.raises(LaunchError, match=r"found 'nowhere.invalid', which this machine does not know \(.+\)"):
        launch_script(script, machines=2, processes=8, address="nowhere.invalid")
    with pytest.raises(LaunchError, match="Expected a machine from 0 to 1, found 2: number them from 0"):
        launch_script(script, machines=2, machine=2, processes=8, address="localhost")
    monkeypatch.delenv("COURSEKIT_DEVICE", raising=False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    with pytest.raises(LaunchError, match="Expected at most 2 processes, one for each GPU, found 3: start fewer"):
        launch_script(script, processes=3)


def started(monkeypatch, *words):
    """What torchrun would be asked for by `python -m coursekit launch`."""
    asked = []
    monkeypatch.setattr("torch.distributed.run.run", asked.append)
    assert command_line.main(["launch", *words]) == 0
    return asked[0]


def test_the_command_line_asks_torchrun_and_leaves_other_options_to_the_script(monkeypatch, tmp_path):
    script = tmp_path / "train.py"
    script.touch()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("COURSEKIT_DEVICE", "cpu")
    asked = started(monkeypatch, str(script), "--processes", "3", "--epochs", "5", "--fast")
    assert (asked.nproc_per_node, asked.standalone, asked.training_script) == ("3", True, str(script))
    assert asked.training_script_args == ["--epochs", "5", "--fast"]
    asked = started(monkeypatch, str(script), "--processes", "8", "--machines", "2", "--machine", "1", "--address",
                    "localhost", "--port", "12345")
    assert (asked.nnodes, asked.nproc_per_node, asked.node_rank) == ("2", "8", 1)
    assert (asked.master_addr, asked.master_port, asked.standalone) == ("localhost", 12345, False)


def test_the_command_line_answers_in_a_sentence(capsys):
    assert command_line.main(["launch", "nothing.py", "--processes", "2"]) == 1
    assert capsys.readouterr().out.startswith("Expected a Python script, found no file nothing.py: give its path.")
