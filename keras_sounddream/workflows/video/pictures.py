"""The pictures of a video: dreamed frame by frame, and stored in segments that can be resumed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream.progress import TracingBar
from keras_sounddream.types import Array
from keras_sounddream.workflows.video.couplings import Curve, layer_weights
from keras_sounddream.workflows.video.encoding import Segment
from keras_sounddream.workflows.video.frames import Carried

if TYPE_CHECKING:
    from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint
    from keras_sounddream.workflows.video.frame_filter import FrameFilter
    from keras_sounddream.workflows.video.frames import FrameDream
    from keras_sounddream.workflows.video.source import VideoSource

SEGMENT_FRAMES = 24  # an interruption costs so many at most
_BAR = "{l_bar}{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}{postfix}]"
_ENDLESS = "{desc}: {n:.1f} s [{elapsed}{postfix}]"  # of a file that does not tell its length


@dataclasses.dataclass(frozen=True)
class Drive:
    """Signals of the sound that drive the pictures' dream; `None` where it is not driven.

    Args:
        strength: share of the dream that is shown.
        layers: place among the terms of the objective.
    """

    strength: Curve | None = None
    layers: Curve | None = None

    def strength_at(self, seconds: float) -> float:
        """Share of the dream in a frame."""
        return 1.0 if self.strength is None else float(self.strength.at(seconds))

    def weights_at(self, seconds: float, num_terms: int) -> Array | None:
        """A factor for each term of the objective, `(terms,)`."""
        if self.layers is None:
            return None
        return layer_weights(float(self.layers.at(seconds)), num_terms)


def dream_pictures(
    source: VideoSource,
    dream: FrameDream | FrameFilter | None,
    part: StreamCheckpoint,
    drive: Drive,
    suffix: str,
    progress: bool,
) -> None:
    """Dreams the frames that are not finished, and stores each segment as soon as it is.

    Args:
        source: the video.
        dream: of its frames; `None` to encode them as they are.
        part: the finished segments; it is added to.
        drive: signals that drive the dream.
        suffix: of the video to write.
        progress: whether to show a progress bar.
    """
    work = _Work(source, dream, part, drive, suffix)
    unit, done = float(source.pictures.time_base), sum(row["frames"] for row in part.rows)
    total = source.seconds or None
    form = _BAR if total else _ENDLESS
    with TracingBar("pictures", total=total, bar_format=form, disable=not progress) as bar:
        if done:
            bar.set_description("finding the place")
        for number, (place, frame) in enumerate(source.frames()):
            if number == done:
                bar.wait()
                bar.initial = place * unit  # for the time that remains
            if number >= done:
                work.add(place, frame)
                bar.begin()
            bar.n = place * unit
            bar.update(0)
        work.store()


def segments_of(part: StreamCheckpoint) -> Iterator[bytes]:
    """The finished segments, one by one; an `InputError` after the last if they have changed."""
    held, rows = bytearray(), iter(part.rows)
    row = next(rows, None)
    for block in part.blocks() if part.rows else ():
        held += block.tobytes()
        while row is not None and len(held) >= row["bytes"]:
            yield bytes(held[: row["bytes"]])
            del held[: row["bytes"]]
            row = next(rows, None)


class _Work:
    """Dreams frames, encodes them and stores full segments."""

    def __init__(self, source, dream, part, drive, suffix):
        self._track, self._dream, self._part = source.pictures, dream, part
        self._drive, self._suffix = drive, suffix
        self._carried = Carried.of_array(part.tail) if dream and part.rows else None
        self._begin()

    def _begin(self):
        self._segment = Segment(self._suffix, self._track)
        self._start = time.perf_counter()

    def add(self, place, frame):
        """Dreams a frame, and stores its segment if it is full."""
        if self._dream is not None:
            seconds = float(place * self._track.time_base)
            weights = self._drive.weights_at(seconds, self._dream.num_terms)
            self._carried = self._dream.advance(self._carried, self._dream.small(frame), weights)
            frame = self._dream.shown(frame, self._carried, self._drive.strength_at(seconds))
        self._segment.add(place, frame)
        if self._segment.count == SEGMENT_FRAMES:
            self.store()

    def store(self):
        """Stores the frames since the last segment, if there are some."""
        if not self._segment.count:
            return
        count, data = self._segment.count, np.frombuffer(self._segment.finish(), "uint8")
        before, after, tail = None, None, np.zeros(0, "float32")
        if self._dream is not None:
            before, after = self._dream.scores(self._carried)
            tail = self._carried.as_array()
        row = {"frames": count, "bytes": len(data), "seconds": time.perf_counter() - self._start}
        scores = {"objective_before": before, "objective_real": after}
        self._part.append(data, tail, {**row, **scores})
        self._begin()
