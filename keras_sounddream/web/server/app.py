"""The demo server's application: the page's files, and what the page asks for, over ASGI.

A request brings bytes of one sound or two, and choices that tables check. No path is ever made of a
request: files are looked up in a dictionary that was filled before, dreams by a random name.
"""

from __future__ import annotations

import contextlib
import mimetypes
import pathlib
import tempfile
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keras_sounddream.errors import InputError
from keras_sounddream.web.headers import HEADERS
from keras_sounddream.web.server import presets
from keras_sounddream.web.server.choices import SPLIT, read_dream, read_model, read_style, split
from keras_sounddream.web.server.jobs import Job, Jobs, Order
from keras_sounddream.web.server.limits import Limits, RefusedError
from keras_sounddream.web.static import examples_of, settings, write_static

if TYPE_CHECKING:
    from keras_sounddream.web.server.networks import Network
    from keras_sounddream.web.server.styles import Style

mimetypes.add_type("text/javascript", ".mjs")
_WORDS = "Sounds are dreamed on the computer that serves this page, and forgotten after minutes."


class Demo:
    """The application of some networks.

    Args:
        networks: by name.
        limits: of requests.
        hosts: names and addresses by which the server may be asked; `"*"` for any.
        styles: by name; none for a server that transfers no styles.

    Attributes:
        app: for an ASGI server.
    """

    def __init__(
        self,
        networks: Mapping[str, Network],
        limits: Limits,
        hosts: Iterable[str] = ("*",),
        styles: Mapping[str, Style] | None = None,
    ):
        self._networks, self._limits, self._styles = networks, limits, styles or {}
        offers = {"presets": presets.describe(), "styles": presets.describe_styles(self._styles)}
        described = [network.description for network in networks.values()]
        self._files = _page_files(described, limits, offers)
        self._jobs: Jobs
        self._turns = anyio.CapacityLimiter(1)  # of sounds that are recognised
        self._listening = 0
        self.app = Starlette(
            routes=[
                Route("/api/classify", self._classify, methods=["POST"]),
                Route("/api/dreams", self._ask_dream, methods=["POST"]),
                Route("/api/styles", self._ask_style, methods=["POST"]),
                Route("/api/dreams/{name}", self._tell),
                Route("/api/dreams/{name}/stop", self._stop, methods=["POST"]),
                Route("/api/dreams/{name}/sound", self._give),
                Route("/{name:path}", self._file),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
            exception_handlers={
                RefusedError: lambda _, error: _refusal(error.status, str(error)),
                HTTPException: lambda _, error: _refusal(error.status_code, error.detail),
                Exception: lambda _, error: _refusal(500, "The server failed: try again."),
            },
            lifespan=self._lifespan,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._jobs = Jobs(self._make, self._limits)
        yield
        await to_thread.run_sync(self._jobs.close)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"] or "index.html"
        if name not in self._files:
            raise RefusedError(404, "There is no such page.")
        content, kind = self._files[name]
        return Response(content, media_type=kind, headers={**HEADERS, "Cache-Control": "no-cache"})

    async def _classify(self, request: Request) -> Response:
        network = self._networks[read_model(request.query_params, self._networks)]
        content = await self._body(request)
        if self._listening >= self._limits.listening:
            raise RefusedError(503, "Too many sounds are waiting: try again in a minute.")
        self._listening += 1
        try:
            seconds = self._limits.sound_seconds
            classify = _on_files([content], lambda o: network.classify(o.sound, seconds), seconds)
            found = await to_thread.run_sync(classify, limiter=self._turns)
        finally:
            self._listening -= 1
        return _answer({"classes": found})

    async def _ask_dream(self, request: Request) -> Response:
        choice = read_dream(request.query_params.multi_items(), self._networks)
        return await self._queue(request, self._networks[choice["model"]], choice)

    async def _ask_style(self, request: Request) -> Response:
        choice = read_style(request.query_params.multi_items(), self._styles)
        return await self._queue(request, self._styles[choice["network"]], choice)

    async def _queue(self, request, dreamer, choice):
        """Queues what a network or style is to make of the sounds that a request brings."""
        sounds = split(await self._body(request), choice.get(SPLIT))
        job = self._jobs.add(Job(sounds, dreamer, choice))
        return _answer(self._described(job), 202)

    async def _tell(self, request: Request) -> Response:
        return _answer(self._described(self._jobs.find(request.path_params["name"])))

    async def _stop(self, request: Request) -> Response:
        _check_origin(request)
        job = self._jobs.find(request.path_params["name"])
        self._jobs.stop(job)
        return _answer(self._described(job))

    async def _give(self, request: Request) -> Response:
        job = self._jobs.find(request.path_params["name"])
        if job.state != "done":
            raise RefusedError(409, "This dream is not finished: ask again.")
        return Response(job.result, media_type="audio/wav", headers=HEADERS)

    async def _body(self, request):
        """The bytes that a request brings, if they are not too many and arrive in time."""
        _check_origin(request)
        limits, content = self._limits, bytearray()
        too_large = RefusedError(
            413, f"Expected at most {limits.body_bytes / 1e6:g} MB of sound: cut a piece out."
        )
        try:
            with anyio.fail_after(limits.body_seconds):
                async for block in request.stream():
                    content += block
                    if len(content) > limits.body_bytes:
                        raise too_large
        except TimeoutError:
            raise RefusedError(408, "The sound did not arrive in time: send it again.") from None
        except ClientDisconnect:
            raise RefusedError(400, "The sound did not arrive whole.") from None
        return bytes(content)

    def _described(self, job):
        return {
            "name": job.name,
            "state": job.state,
            "ahead": self._jobs.ahead(job),
            "done": job.done,
            "total": job.total,
            "objective": job.objective[-1:],
            "error": job.error,
        }

    def _make(self, job: Job, goes_on: Callable[[], bool]) -> bytes:
        """Dreams a job: the file's bytes."""

        def watch(done, total, objective):
            job.done, job.total = done, total
            job.objective.append(objective)
            return goes_on()

        def dream(order):
            job.dreamer.dream(order, job.choice, watch)
            return order.output.read_bytes()

        return _on_files(job.sounds, dream, self._limits.sound_seconds)()


def _on_files(sounds: list[bytes], work: Callable[[Order], Any], most_seconds: float) -> Callable:
    """Calls `work` with an order of files of a request's sounds."""

    def call():
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            paths = [folder / called for called in ("sound", "second")[: len(sounds)]]
            for path, content in zip(paths, sounds, strict=True):
                path.write_bytes(content)
            try:
                return work(Order(paths[0], folder / "dream.wav", most_seconds, *paths[1:]))
            except InputError as error:
                raise RefusedError(422, _without_paths(str(error), paths)) from None

    return call


def _without_paths(sentence, paths):
    for path, words in zip(paths, ("the sound", "the second sound"), strict=False):
        sentence = sentence.replace(str(path), words)
    return sentence


def _page_files(networks, limits, offers):
    """The page's files, name → (content, media type)."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        page = settings(networks, examples_of(folder), server=_WORDS)
        write_static(folder, {**page, "most_seconds": limits.sound_seconds, "offers": offers})
        paths = [path for path in folder.rglob("*") if path.is_file()]
        return {
            path.relative_to(folder).as_posix(): (path.read_bytes(), mimetypes.guess_type(path)[0])
            for path in paths
        }


def _check_origin(request):
    """Refuses what another site makes a visitor's browser send."""
    origin = request.headers.get("origin")
    if origin and urllib.parse.urlsplit(origin).netloc != request.headers.get("host"):
        raise RefusedError(403, "This server answers its own page alone.")


def _answer(content, status=200):
    return JSONResponse(content, status, headers={**HEADERS, "Cache-Control": "no-store"})


def _refusal(status, sentence):
    return _answer({"error": sentence}, status)
