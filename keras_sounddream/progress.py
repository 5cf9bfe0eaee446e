"""Progress bars that say `tracing` while they stand before a first step."""

import contextlib
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

WAITING = "tracing"  # a graph, which takes as long as many steps


class TracingBar(tqdm):
    """A progress bar whose description is `tracing` until a first step is made.

    Args:
        desc: its description from then on.
        **settings: of `tqdm`.
    """

    def __init__(self, desc: str, **settings: Any):
        self._work = desc
        super().__init__(desc=WAITING, **settings)

    def wait(self) -> None:
        """Says `tracing` again, before another graph's first step."""
        self._describe(WAITING)

    def begin(self) -> None:
        """Tells that a step was made, though nothing that the bar counts is finished."""
        self._describe(self._work)

    def update(self, n: float | None = 1) -> bool | None:
        """Moves the bar by `n`, after a step."""
        if n:
            self.set_description(self._work, refresh=False)
        return super().update(n)

    def _describe(self, text):
        if not self.disable and self.desc != f"{text}: ":
            self.set_description(text)


class _Within:
    """Steps of one of the dreams that a bar counts."""

    def __init__(self, bar: TracingBar):
        self._bar = bar

    def update(self, count: int) -> None:
        self._bar.begin()


@contextlib.contextmanager
def bar_of_steps(progress: bool | TracingBar, total: int) -> Iterator[Any]:
    """Context of a bar of a dream's steps: a new one, none, or a bar that counts something else."""
    if isinstance(progress, TracingBar):
        yield _Within(progress)
        return
    with TracingBar("dream", total=total, unit="step", disable=not progress) as bar:
        yield bar
