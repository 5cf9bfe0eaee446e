"""The queue of dreams: one is made at a time, the others wait, finished ones are kept a while."""

from __future__ import annotations

import collections
import dataclasses
import logging
import pathlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from keras_sounddream.web.server.limits import Limits, RefusedError

_LOG = logging.getLogger(__name__)


class Order(NamedTuple):
    """A visitor's files, and the limit of their length.

    Attributes:
        sound: path of the sound.
        output: path of the dream.
        most_seconds: that a sound may last.
        second: path of a second sound, a guide or style; `None` without one.
    """

    sound: pathlib.Path
    output: pathlib.Path
    most_seconds: float
    second: pathlib.Path | None = None


@dataclasses.dataclass
class Job:
    """A dream that was asked for.

    Attributes:
        sounds: bytes of the sound, and of a second one if there is one.
        dreamer: the `Network` or `Style` that is to dream.
        choice: what `choices.read_dream` or `choices.read_style` read.
        name: random, by which its visitor asks for it.
        state: `"waiting"`, `"dreaming"`, `"done"` or `"failed"`.
        done: steps.
        total: steps, 0 until it begins.
        objective: before each step so far.
        result: bytes of the dream, when it is done.
        error: a sentence, if it failed.
        is_stopped: whether it was asked to end early.
        seen: when its visitor last asked, s.
        ended: when it was finished, s.
    """

    sounds: list[bytes]
    dreamer: Any
    choice: dict[str, Any]
    name: str = dataclasses.field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = "waiting"
    done: int = 0
    total: int = 0
    objective: list[float] = dataclasses.field(default_factory=list)
    result: bytes = b""
    error: str = ""
    is_stopped: bool = False
    seen: float = dataclasses.field(default_factory=time.monotonic)
    ended: float = 0.0


class Jobs:
    """Dreams in their order, made by a thread of its own.

    Args:
        make: makes a job's dream: `make(job, go_on)` returns its bytes, and asks `go_on()` after
            each step; the sentence of a `RefusedError` is the job's `error`.
        limits: of the server.
    """

    def __init__(self, make: Callable[[Job, Callable[[], bool]], bytes], limits: Limits):
        self._make, self._limits = make, limits
        self._jobs: dict[str, Job] = {}
        self._waiting: collections.deque[Job] = collections.deque()
        self._change = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="dreams", daemon=True)
        self._thread.start()

    def add(self, job: Job) -> Job:
        """Queues a job.

        Raises:
            RefusedError: if too many wait.
        """
        with self._change:
            self._forget()
            if len(self._waiting) >= self._limits.waiting:
                raise RefusedError(
                    503, f"{len(self._waiting)} dreams are waiting: try again in a minute."
                )
            self._jobs[job.name] = job
            self._waiting.append(job)
            self._change.notify_all()
        return job

    def find(self, name: str) -> Job:
        """The job of a name, whose visitor is there.

        Raises:
            RefusedError: if there is none, or it was forgotten.
        """
        with self._change:
            self._forget()
            job = self._jobs.get(name)
            if job is None:
                raise RefusedError(404, "There is no such dream any more: dream again.")
            job.seen = time.monotonic()
            return job

    def ahead(self, job: Job) -> int:
        """How many dreams are made before a job's."""
        with self._change:
            busy = any(one.state == "dreaming" for one in self._jobs.values())
            return self._waiting.index(job) + busy if job in self._waiting else 0

    def stop(self, job: Job) -> None:
        """Ends a job after the step it is at; one that waits is not begun."""
        with self._change:
            job.is_stopped = True
            if job in self._waiting:
                self._waiting.remove(job)
                job.error, job.state = "Stopped before it began.", "failed"
                job.sounds, job.ended = [], time.monotonic()

    def close(self) -> None:
        """Ends the thread, after the step it is at."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()
        self._thread.join()

    def _run(self):
        while (job := self._next()) is not None:
            try:
                job.result = self._make(job, lambda job=job: self._goes_on(job))
                job.state = "done"
            except RefusedError as error:
                job.error, job.state = str(error), "failed"
            except Exception:  # whatever a sound does to a decoder: the next is another
                _LOG.exception("A dream failed.")
                job.error, job.state = "The dream failed: try another sound.", "failed"
            job.sounds, job.ended = [], time.monotonic()

    def _next(self):
        """The next job whose visitor still waits; `None` at the end."""
        with self._change:
            while not self._is_closed:
                self._forget()
                if self._waiting:
                    job = self._waiting.popleft()
                    job.state = "dreaming"
                    return job
                self._change.wait()
        return None

    def _goes_on(self, job):
        return not (self._is_closed or job.is_stopped or self._is_left(job))

    def _is_left(self, job):
        return time.monotonic() - job.seen > self._limits.silent_seconds

    def _forget(self):
        """Drops jobs whose visitors are gone, and finished ones that are old or too many."""
        for job in [job for job in self._waiting if self._is_left(job)]:
            self._waiting.remove(job)
            del self._jobs[job.name]
        ended = [job for job in self._jobs.values() if job.ended]
        old = time.monotonic() - self._limits.kept_seconds
        surplus = max(0, len(ended) - self._limits.kept)
        for i, job in enumerate(sorted(ended, key=lambda job: job.ended)):
            if i < surplus or job.ended < old:
                del self._jobs[job.name]
