"""A video file to dream on: what it holds, and its frames and sound from one time 0 on."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from keras_sounddream.audio.waveforms import check_rate
from keras_sounddream.datasets import videos
from keras_sounddream.digests import file_digest
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Array, PathLike

_STEP_SECONDS = 0.02  # by which times of sound may be off: they are rounded, to 1 ms in Matroska
_MOST_GAP_SECONDS = 86400.0  # more is damage
_BLOCK_SAMPLES = 2**16
# Channels that all encoders take, by their number; others are mixed to two.
_LAYOUTS = {1: ("mono", 1), 2: ("stereo", 2), 6: ("5.1", 6), 8: ("7.1", 8)}
_DEFAULT_RATE = Fraction(25)  # frames per second, where a file does not tell


@dataclasses.dataclass(frozen=True)
class Pictures:
    """The track of pictures.

    Attributes:
        index: of the stream.
        time_base: seconds per unit of its times.
        frame_rate: mean, per second; frames may come at any times.
        height: of the frames upright, in pixels.
        width: of the same, in pixels.
        aspect: width of a pixel by its height, as the file holds it; `None` for 1.
    """

    index: int
    time_base: Fraction
    frame_rate: Fraction
    height: int
    width: int
    aspect: Fraction | None


@dataclasses.dataclass(frozen=True)
class Sound:
    """The track of sound: index of the stream, rate in Hz, layout such as `"stereo"`, channels."""

    index: int
    sample_rate: int
    layout: str
    channels: int


class VideoSource:
    """A video file: its tracks, its length, and what they hold.

    What cannot be decoded, of a file that breaks off or is damaged, is left out, with a warning.

    Args:
        path: of the file.

    Attributes:
        path: of the file.
        pictures: `Pictures` of its first video stream, or `None`; a cover is none.
        sound: `Sound` of its first audio stream, or `None`.
        seconds: length that the file states; 0.0 if it does not.

    Raises:
        InputError: if it is no video, or has neither pictures nor sound that can be decoded.
    """

    def __init__(self, path: PathLike):
        self.path = pathlib.Path(path)
        with videos.opened(path) as file:
            self._zero = Fraction(file.start_time or 0, 1_000_000)
            self.seconds = float((file.duration or 0) / 1e6)
            self.pictures = _first(self, file, _pictures_of, file.streams.video)
        with videos.opened(path) as file:  # anew, for the sound from its beginning
            self.sound = _first(self, file, _sound_of, file.streams.audio)
        if self.pictures is None and self.sound is None:
            raise InputError(f"Expected a video, but {path} holds no pictures and no sound.")

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return file_digest(self.path)

    def frames(self) -> Iterator[tuple[int, Array]]:
        """Frames in the order in which they are shown.

        Yields:
            `(time, frame)`: in units of `pictures.time_base`, rising from 0 or later; and uint8
            `(height, width, 3)`, upright, RGB; of one size, that of the first.
        """
        track = self.pictures
        step = max(1, round(1 / (track.frame_rate * track.time_base)))
        last = -step
        for frame in self._decoded(track.index):
            time = last + step
            if frame.pts is not None:
                seconds = frame.pts * frame.time_base - self._zero
                stated = round(seconds / track.time_base)
                time = stated if (stated - last) * track.time_base < _MOST_GAP_SECONDS else time
            last = max(time, last + 1, 0)
            yield last, _sized(videos.upright(frame), track.height, track.width)

    def sound_blocks(self) -> Iterator[Array]:
        """Blocks of the sound from time 0 on: float32 `(samples, channels)` in [-1, 1].

        Sound that begins later, or has gaps, is filled up with silence.
        """
        track, position = self.sound, 0
        resampled = _Resampled(track)
        for frame in self._decoded(track.index):
            start = position
            if frame.pts is not None:
                start = round((frame.pts * frame.time_base - self._zero) * track.sample_rate)
            gap = start - position
            if position and abs(gap) < _STEP_SECONDS * track.sample_rate:
                gap = 0
            if gap > 0 and gap < _MOST_GAP_SECONDS * track.sample_rate:
                yield from _silence(gap, track.channels)
                position += gap
            for block in resampled(frame):
                block = block[max(-gap, 0) :]
                gap = min(gap + len(block), 0) if gap < 0 else 0
                position += len(block)
                if len(block):
                    yield np.clip(block, -1, 1)

    def _decoded(self, index) -> Iterator[Any]:
        """Decoded frames of a stream; what is damaged is passed over, and told at the end."""
        with videos.opened(self.path) as file:
            stream, lost = file.streams[index], 0
            stream.thread_type = "AUTO"
            for packet in _packets(file, stream):
                frames = None if packet is None else _frames_in(packet)
                lost += frames is None
                yield from frames or ()
        if lost:
            warnings.warn(
                f"{self.path} is damaged or breaks off: what cannot be decoded is left out.",
                InputWarning,
                stacklevel=2,
            )


class _Resampled:
    """Frames of sound as blocks `(samples, channels)` of one rate and layout, whatever changes."""

    def __init__(self, track: Sound):
        self._track = track
        self._begin()

    def _begin(self):
        import av

        rate, layout = self._track.sample_rate, self._track.layout
        self._resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)

    def __call__(self, frame: Any) -> list[Array]:
        try:
            parts = self._resampler.resample(frame)
        except ValueError:  # its form changed
            self._begin()
            parts = self._resampler.resample(frame)
        return [part.to_ndarray().reshape(-1, self._track.channels) for part in parts]


def _packets(file, stream):
    """Packets of a stream; `None` in the end if it breaks off."""
    import av

    try:
        yield from file.demux(stream)
    except av.error.FFmpegError:
        yield None


def _frames_in(packet):
    """Decoded frames of a packet, or `None` if it is damaged."""
    import av

    try:
        return packet.decode()
    except av.error.EOFError:
        return []
    except (av.error.FFmpegError, ValueError):
        return None


def _first(source, file, describe, streams):
    """Description of the first of some streams that is no cover and can be decoded, or `None`."""
    for stream in streams:
        if "ATTACHED_PIC" in str(getattr(stream.disposition, "name", stream.disposition)).upper():
            continue
        for packet in _packets(file, stream):
            frames = None if packet is None else _frames_in(packet)
            if frames:
                return describe(stream, frames[0])
    return None


def _pictures_of(stream, frame):
    height, width = videos.upright(frame).shape[:2]
    aspect = stream.sample_aspect_ratio or None
    if aspect and (height, width) != (frame.height, frame.width):
        aspect = 1 / aspect
    rate = stream.average_rate or stream.guessed_rate or _DEFAULT_RATE
    return Pictures(stream.index, stream.time_base, Fraction(rate), height, width, aspect)


def _sound_of(stream, frame):
    layout, channels = _LAYOUTS.get(frame.layout.nb_channels, ("stereo", 2))
    return Sound(stream.index, check_rate(frame.sample_rate), layout, channels)


def _sized(picture, height, width):
    """A picture at the size of the first, where a video changes it."""
    if picture.shape[:2] == (height, width):
        return picture
    from keras_sounddream.workflows.video.flow import resize

    return resize(np.ascontiguousarray(picture), height, width)


def _silence(count, channels):
    for start in range(0, count, _BLOCK_SAMPLES):
        yield np.zeros((min(_BLOCK_SAMPLES, count - start), channels), "float32")
