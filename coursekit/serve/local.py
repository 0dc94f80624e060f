"""The app on this machine only, in a thread: for a lesson and for tests."""

import socket
import threading
import time

import uvicorn

SECONDS_TO_START = 20


class LocalServer:
    """Serves `app` at `url`, 127.0.0.1 and a free port, from `start` to `stop`, or inside a `with`.

    It logs nothing: an error inside the app shows as status 500.
    """

    def __init__(self, app):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))  # 0: any port that is free
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=3))
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)

    def start(self):
        """Return when the app answers; raises RuntimeError if it ends before."""
        self.thread.start()
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.server.started:
            if not self.thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("Expected the app to start, but it did not: see the message above.")
            time.sleep(0.01)
        return self

    def stop(self):
        """Return when the requests inside are answered and the port is free again."""
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()
