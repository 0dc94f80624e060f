"""Wheels that only pretend, an index of them on this machine, and a build backend for a pretended course."""

import functools
import hashlib
import http.server
import os
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path


def write_wheel(folder, name, version, files, needs=()):
    """Write a wheel of `files` (path -> text) that needs other packages; its file name."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = files | {f"{info}/METADATA": metadata, f"{info}/RECORD": "",
                     f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    path = Path(folder) / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
    return path.name


def publish(index, name, version, files, needs=()):
    """Put a wheel into the folder `index`, and onto the page of its name; its entry for a lock, with its hash."""
    folder = index / name.replace("_", "-")
    folder.mkdir(parents=True, exist_ok=True)
    wheel = write_wheel(folder, name, version, files, needs)
    digest = hashlib.sha256((folder / wheel).read_bytes()).hexdigest()
    with (folder / "index.html").open("a", encoding="utf-8") as page:
        page.write(f'<a href="{wheel}#sha256={digest}">{wheel}</a>\n')
    return f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}\n    # via coursekit\n"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing."""

    def log_message(self, format, *args):
        """Say nothing."""


@contextmanager
def serving(folder):
    """The address at which the files of `folder` are served on this machine, for a while."""
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def build_editable(folder, config_settings=None, metadata_directory=None):
    """What pip asks of a build backend for `pip install -e`: a wheel that points to this folder."""
    return write_wheel(folder, "coursekit", "0.1.0", {"coursekit-course.pth": f"{os.getcwd()}\n"})
