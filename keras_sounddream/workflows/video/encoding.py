"""Videos to write: segments of frames encoded one by one, and joined with their sound."""

from __future__ import annotations

import dataclasses
import heapq
import io
import itertools
import pathlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from keras_sounddream.audio.streaming import read_channel_blocks
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output
from keras_sounddream.types import Array, PathLike
from keras_sounddream.workflows.video.source import Pictures, VideoSource

_MOST_RATE = Fraction(120)  # frames per second, by which an encoder plans; their times are free
_PER_CHANNEL = 96_000  # bits per second of sound
_BT709 = 1  # of colours, primaries and transfer: what players take HD video to be
_H264 = ("libx264", {"crf": "18", "preset": "fast", "bf": "0"})
_VP9 = ("libvpx-vp9", {"crf": "24", "b": "0", "lag-in-frames": "0", "auto-alt-ref": "0"})
# Suffix: encoder of pictures with its options, encoder of sound. No frame is shown before another
# that is encoded later, so that segments can be joined whatever their times are.
FORMATS: dict[str, tuple[tuple[str, dict[str, str]], str]] = {
    ".mp4": (_H264, "aac"),
    ".m4v": (_H264, "aac"),
    ".mov": (_H264, "aac"),
    ".mkv": (_H264, "flac"),
    ".webm": (_VP9, "libopus"),
}


def check_video_output(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """The path of a video that can be written.

    Raises:
        InputError: if it cannot, or the suffix is of no format that is written.
    """
    path = check_output(path, overwrite)
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"Expected a video {', '.join(FORMATS)}. Received: {path.name}")
    return path


@dataclasses.dataclass
class Segment:
    """An encoder of some frames, with a key frame at its beginning.

    Args:
        suffix: of the video.
        track: the pictures that are dreamed.
    """

    suffix: str
    track: Pictures

    def __post_init__(self):
        import av

        self._buffer = io.BytesIO()
        self._file = av.open(self._buffer, "w", format="nut")  # it holds any times
        codec, options = FORMATS[self.suffix][0]
        rate = min(self.track.frame_rate, _MOST_RATE, 1 / self.track.time_base)
        rate = rate.limit_denominator(1001)
        self._stream = stream = self._file.add_stream(codec, rate, options=dict(options))
        stream.height, stream.width = (length + length % 2 for length in self._size)
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = self.track.time_base
        stream.codec_context.colorspace = stream.codec_context.color_range = _BT709
        stream.codec_context.color_primaries = stream.codec_context.color_trc = _BT709
        if self.track.aspect is not None:
            stream.codec_context.sample_aspect_ratio = self.track.aspect
        self.count = 0

    @property
    def _size(self):
        return self.track.height, self.track.width

    def add(self, time: int, pixels: Array) -> None:
        """Encodes a frame uint8 `(height, width, 3)`; an odd side is repeated at its end."""
        import av

        odd = [(0, length % 2) for length in self._size]
        even = np.ascontiguousarray(np.pad(pixels, (*odd, (0, 0)), "edge"))
        frame = av.VideoFrame.from_ndarray(even, "rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.pts, frame.time_base = time, self.track.time_base
        self._file.mux(self._stream.encode(frame))
        self.count += 1

    def finish(self) -> bytes:
        """All of it."""
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._buffer.getvalue()


def write_video(
    path: PathLike,
    suffix: str,
    segments: Iterable[bytes],
    source: VideoSource,
    sound_path: PathLike,
) -> None:
    """Joins segments and a sound file into a video.

    Args:
        path: to write to.
        suffix: of the video, a key of `FORMATS`.
        segments: of pictures, in their order.
        source: whose tracks they are; one that it lacks is not written.
        sound_path: of the sound.
    """
    import av

    options = {"movflags": "faststart"} if FORMATS[suffix][1] == "aac" else {}
    with av.open(str(path), "w", options=options) as file:
        packets = []
        if source.pictures is not None:
            packets.append(_joined(file, iter(segments), source.pictures))
        if source.sound is not None:
            packets.append(_encoded(file, suffix, sound_path, source.sound))
        for packet in heapq.merge(*packets, key=_seconds):  # or one would wait in memory
            file.mux(packet)


def _joined(file, segments, track) -> Iterator[Any]:
    """Packets of segments, of a stream that is added to a file at once."""
    import av

    first = next(segments)
    with av.open(io.BytesIO(first)) as part:
        stream = file.add_stream_from_template(part.streams.video[0])
    stream.time_base = track.time_base

    def packets():
        for data in itertools.chain([first], segments):
            yield from _packets(data, stream)

    return packets()


def _packets(data, stream):
    import av

    with av.open(io.BytesIO(data)) as part:
        for packet in part.demux(part.streams.video[0]):
            if packet.dts is not None:  # the last one is empty
                packet.stream = stream
                yield packet


def _encoded(file, suffix, path, sound) -> Iterator[Any]:
    """Packets of a sound file, of a stream that is added to a file at once."""
    import av

    codec = FORMATS[suffix][1]
    rates = av.codec.Codec(codec, "w").audio_rates
    rate = sound.sample_rate
    if rates and rate not in rates:
        rate = min((r for r in rates if r > rate), default=max(rates))
    stream = file.add_stream(codec, rate, layout=sound.layout)
    if codec != "flac":
        stream.bit_rate = _PER_CHANNEL * sound.channels

    def packets():
        start = 0
        for block in read_channel_blocks(path):
            packed = np.ascontiguousarray(block).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, "flt", sound.layout)
            frame.sample_rate, frame.pts = sound.sample_rate, start
            frame.time_base = Fraction(1, sound.sample_rate)
            start += len(block)
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return packets()


def _seconds(packet):
    return packet.dts * packet.time_base
