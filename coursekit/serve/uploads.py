"""The bytes of an uploaded image: the body of a request, or the file of a form; in memory, never on disk."""

import asyncio

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from coursekit.serve.limits import Refused

AROUND_FILE = 10_000  # bytes that a form may need for its boundaries and headers


async def read_upload(request, limits):
    """The image's bytes; raises `Refused` for another type, too many bytes, too slow or broken a sender."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data" and not is_image_type(kind):
        raise Refused(415, f"Expected an image, found {kind}: send a JPEG, PNG, WebP, GIF or BMP file.")
    try:
        async with asyncio.timeout(limits.seconds):
            content = await (_file_of_form if kind == "multipart/form-data" else _body)(request, limits.max_bytes)
    except TimeoutError as error:
        raise Refused(408, f"The image did not arrive within {limits.seconds:g} seconds.",
                      Connection="close") from error
    except ClientDisconnect as error:
        raise Refused(400, "The sender went away.") from error
    if not content:
        raise Refused(400, "Expected an image, found no bytes: choose a file.")
    return content


def is_image_type(kind):
    """Whether a Content-Type announces an image, or nothing in particular."""
    return kind in ("", "application/octet-stream") or kind.startswith("image/")


async def _body(request, max_bytes):
    return b"".join([chunk async for chunk in _chunks(request, max_bytes, max_bytes)])


async def _chunks(request, max_bytes, limit):
    "The pieces of the body; refuses more than `limit` bytes, whatever length is announced."
    arrived = 0
    async for chunk in request.stream():
        arrived += len(chunk)
        if arrived > limit:
            raise too_large(max_bytes)
        yield chunk


async def _file_of_form(request, max_bytes):
    parser = MultiPartParser(request.headers, _chunks(request, max_bytes, max_bytes + AROUND_FILE),
                             max_files=1, max_fields=0)
    parser.spool_max_size = max_bytes + AROUND_FILE  # a larger file would go to the disk: there is none
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refused(400, f"Expected a form with one file, found another ({error.message})") from error
    file = form.get("file")
    if file is None:
        raise Refused(400, "Expected a form with a field called file, found none: name it so.")
    await file.seek(0)
    content = await file.read()
    if len(content) > max_bytes:
        raise too_large(max_bytes)
    return content


def too_large(max_bytes):
    """The refusal of a file that is larger than `max_bytes`."""
    return Refused(413, f"Expected at most {max_bytes:,} bytes, found more: make the image smaller.")
