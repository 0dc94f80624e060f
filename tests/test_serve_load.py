"""The app as a process of its own, asked by many at once: nobody gets an error but "full", and memory stays flat."""

import itertools
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from tiny_classifier import export_tiny, image_bytes

from coursekit.serve.app import create_app
from coursekit.serve.limits import Limits
from coursekit.serve.local import LocalServer
from coursekit.vision.export import load_exported

ROOT = Path(__file__).parent.parent
CLIENTS, REQUESTS, WARM_UP = 8, 500, 100


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A file with a tiny classifier."""
    return export_tiny(tmp_path_factory.mktemp("models") / "tiny.pt")


@pytest.fixture
def server(model):
    """The address of a server started from the command line, and its process; one place fewer than clients."""
    command = [sys.executable, "-m", "coursekit.serve", "--model", str(model), "--port", "0",
               "--slots", str(CLIENTS - 1)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        line = process.stdout.readline()
        yield re.search(r"http://\S+", line)[0], psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        process.stdout.close()


def ask(url, images):
    """Send `images` one after another as one client; the statuses."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        return [client.post(f"{url}/classify", content=content).status_code for content in images]


def ask_together(url, n):
    """The statuses of `n` requests by all clients at once, with images of several sizes and some broken ones."""
    kinds = [image_bytes("JPEG", 640, 480), image_bytes("PNG", 90, 200), image_bytes("WEBP", 300, 300), b"broken"]
    images = list(itertools.islice(itertools.cycle(kinds), n))
    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = [images[i::CLIENTS] for i in range(CLIENTS)]
        return list(itertools.chain(*pool.map(ask, itertools.repeat(url), shares)))


def test_eight_clients_and_five_hundred_requests(server):
    url, process = server
    before = ask_together(url, WARM_UP)
    settled = process.memory_info().rss
    statuses = ask_together(url, REQUESTS - WARM_UP)
    assert len(before) + len(statuses) == REQUESTS
    assert set(before + statuses) <= {200, 422, 503}
    assert statuses.count(200) > 100 and statuses.count(422) > 30
    assert process.memory_info().rss - settled < 40e6, "memory grows with every request"
    health = httpx.get(f"{url}/healthz", trust_env=False).json()
    assert health["status"] == "ok" and ask(url, [image_bytes()]) == [200]


def test_a_server_in_a_thread_starts_answers_and_stops(model):
    with LocalServer(create_app(load_exported(model), Limits())) as server:
        assert ask(server.url, [image_bytes(), b"broken"]) == [200, 422]
    with pytest.raises(httpx.ConnectError):
        ask(server.url, [image_bytes()])
    assert not server.thread.is_alive()
