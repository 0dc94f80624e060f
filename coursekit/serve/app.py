"""The web app: its routes, and how they lead to the classifier."""

from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from coursekit.serve.answers import answer
from coursekit.serve.limits import Limits, Refused
from coursekit.serve.uploads import read_upload
from coursekit.serve.worker import Worker

PAGE = Path(__file__).parent / "page"
FILES = {"/": "index.html", "/page.css": "page.css", "/page.js": "page.js"}
NO_GUESSING = {"X-Content-Type-Options": "nosniff"}  # a browser shall believe our Content-Type
CLOSED_PAGE = NO_GUESSING | {  # the page loads nothing from elsewhere and stands in no other page
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; "
                               "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def create_app(classifier, limits=None, remote=None):
    """The app for a classifier that `load_exported` gave.

    Without `remote`, a `coursekit.serve.remote.Remote`, /classify-url is off.
    """
    app = App(classifier, limits or Limits(), remote)
    routes = [Route("/classify", app.classify, methods=["POST"]), Route("/classify-url", app.classify_url),
              Route("/healthz", app.healthz), *(Route(path, show_file(name)) for path, name in FILES.items())]
    return Starlette(routes=routes, lifespan=app.lifespan,
                     exception_handlers={Refused: refuse, HTTPException: refuse_route})


class App:
    """The answers to requests; the model is loaded once and used by one worker."""

    def __init__(self, classifier, limits, remote):
        self.classifier, self.limits, self.remote = classifier, limits, remote
        self.worker = Worker(limits.slots, limits.seconds)

    async def classify(self, request):
        """POST an image, as the body or as the field `file` of a form."""
        with self.worker.slot():
            return await self._answer(request, await read_upload(request, self.limits))

    async def classify_url(self, request):
        """GET with `?url=` of an image."""
        if self.remote is None:
            raise Refused(403, "This server fetches no URLs: upload the image.")
        url = request.query_params.get("url", "").strip()
        if not url:
            raise Refused(400, "Expected ?url= and the URL of an image, found none: add it.")
        with self.worker.slot():
            return await self._answer(request, await self.remote.get(url))

    async def healthz(self, request):
        """Whether the app works, what it knows and what it accepts."""
        stuck = self.worker.is_stuck()
        about = {"status": "stuck" if stuck else "ok", "classes": len(self.classifier.classes),
                 "size": self.classifier.size, "max_bytes": self.limits.max_bytes, "by_url": self.remote is not None}
        return JSONResponse(about, 503 if stuck else 200)

    @asynccontextmanager
    async def lifespan(self, _app):
        """From the server's start to its end."""
        yield
        self.worker.close()

    async def _answer(self, request, content):
        with_heatmap = request.query_params.get("heatmap") == "1"
        found = await self.worker.run(answer, self.classifier, content, self.limits.max_pixels, with_heatmap)
        return JSONResponse(found, headers=NO_GUESSING | {"Cache-Control": "no-store"})


def show_file(name):
    """A route that gives a file of the page."""
    async def show(_request):
        return FileResponse(PAGE / name, headers=CLOSED_PAGE)
    return show


async def refuse(_request, refused):
    """The JSON for a refusal: its sentence as `error`."""
    return JSONResponse({"error": refused.message}, refused.status, refused.headers)


async def refuse_route(_request, error):
    """The JSON for a wrong path or method."""
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
