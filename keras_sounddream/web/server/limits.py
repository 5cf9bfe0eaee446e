"""Limits of the demo server, and the error of a request that goes beyond them."""

from __future__ import annotations

import dataclasses


class RefusedError(Exception):
    """A request that is not served.

    Args:
        status: of HTTP.
        sentence: what was expected, what came, what to do.
    """

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Limits:
    """The most that a server takes and keeps.

    Attributes:
        body_bytes: of the sounds that a request brings.
        body_seconds: in which it has to arrive.
        sound_seconds: that it may last.
        waiting: dreams in the queue.
        listening: sounds that wait to be recognised.
        kept: dreams that are finished and not yet forgotten.
        kept_seconds: after which a dream is forgotten.
        silent_seconds: without a question of its visitor, after which a dream is given up.
    """

    body_bytes: int = 20_000_000
    body_seconds: float = 60.0
    sound_seconds: float = 20.0
    waiting: int = 30
    listening: int = 60
    kept: int = 30
    kept_seconds: float = 600.0
    silent_seconds: float = 60.0
