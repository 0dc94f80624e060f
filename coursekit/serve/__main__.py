"""The command line: python -m coursekit.serve --model FILE."""

import argparse
import socket
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import uvicorn

from coursekit.serve.app import create_app
from coursekit.serve.limits import Limits
from coursekit.serve.remote import Remote
from coursekit.vision.export import load_exported


def read_options(arguments=None):
    """The options of the command line, among them one for each field of `Limits`."""
    parser = argparse.ArgumentParser(prog="python -m coursekit.serve", description="Serve a classifier of images.")
    parser.add_argument("--model", type=Path, help="a file written by export(); by default a classifier of pets")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    parser.add_argument("--port", type=int, default=8000, help="0 for any that is free")
    parser.add_argument("--by-url", action="store_true", help="also fetch images from public URLs")
    for limit in fields(Limits):
        parser.add_argument(f"--{limit.name.replace('_', '-')}", type=limit.type, default=limit.default)
    return parser.parse_args(arguments)


def model_of_pets():
    """The file of the course's own classifier, made now if there is none."""
    from coursekit.vision.pets import pets_model  # here, so that a host with a model needs no data and no pandas

    return pets_model()


def main(arguments=None):
    """Serve until interrupted."""
    options = read_options(arguments)
    limits = Limits(*(getattr(options, limit.name) for limit in fields(Limits)))
    remote = Remote(limits.max_bytes, limits.seconds) if options.by_url else None
    classifier = load_exported(options.model or model_of_pets())
    with socket.create_server((options.host, options.port)) as listener:
        port = listener.getsockname()[1]
        print(f"{len(classifier.classes)} classes. Open http://{options.host}:{port} (Control-C ends it).", flush=True)
        server = uvicorn.Server(uvicorn.Config(create_app(classifier, limits, remote), log_level="warning",
                                               timeout_graceful_shutdown=10, server_header=False))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


if __name__ == "__main__":
    main()
