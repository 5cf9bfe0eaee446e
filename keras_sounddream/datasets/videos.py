"""Videos: their sound and pictures, decoded by PyAV."""

import contextlib
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import soxr

from keras_sounddream.audio.waveforms import check_rate
from keras_sounddream.errors import InputError, MissingPackageError
from keras_sounddream.types import Array, PathLike

_LATEST_SECONDS = 86400.0  # from the video's time 0 to its sound: more is damage
SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".ogv", ".avi", ".wmv", ".flv"),
    *(".mpg", ".mpeg", ".ts", ".mts"),
)


def find_videos(folder: PathLike) -> list[pathlib.Path]:
    """Videos of a folder and its subfolders, sorted; an `InputError` if there are none."""
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of videos, but there is no folder {folder}.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise InputError(f"Expected videos ({', '.join(SUFFIXES)}) in {folder}. Found: none")
    return paths


def read_sound(path: PathLike, sample_rate: int, most_seconds: float | None = None) -> Array:
    """Reads the sound of a video as a mono waveform at a given rate.

    The first sample is at the video's time 0: a sound that begins later is padded with silence.

    Args:
        path: of the file.
        sample_rate: of the waveform to return, Hz.
        most_seconds: how much to read from the start; `None` for all.

    Returns:
        int16 `(samples,)`, the mean of the channels: an hour takes 160 MB at 22 050 Hz.

    Raises:
        InputError: if the file is no video, has no sound, or cannot be decoded.
    """
    parts, length = [], 0
    with _decoded(path, "audio") as frames:
        for samples in _mono(frames, sample_rate):
            parts.append(np.clip(np.round(samples * 32768), -32768, 32767).astype("int16"))
            length += len(samples)
            if most_seconds is not None and length >= most_seconds * sample_rate:
                break
    if not length:
        raise InputError(f"Expected sound, but the sound of {path} holds no samples.")
    waveform = np.concatenate(parts)
    return waveform if most_seconds is None else waveform[: round(most_seconds * sample_rate)]


def pictures(path: PathLike, times: Iterable[float]) -> Iterator[Array]:
    """Reads the frames of a video at given times.

    Args:
        path: of the file.
        times: ascending, seconds from the video's time 0.

    Yields:
        uint8 `(height, width, 3)`, upright, RGB: for each time up to the end of the video the first
        frame that is not before it; for a video that ends before the first time, its last frame.

    Raises:
        InputError: if the file is no video, has no pictures, or cannot be decoded.
    """
    times, last, any_shown = iter(times), None, False
    time = next(times, None)
    with _decoded(path, "video") as frames:
        for last in frames:
            while time is not None and (last.time or 0.0) >= time:
                yield upright(last)
                any_shown, time = True, next(times, None)
            if time is None:
                return
    if last is None:
        raise InputError(f"Expected pictures, but {path} holds none.")
    if not any_shown:
        yield upright(last)


@contextlib.contextmanager
def opened(path: PathLike) -> Iterator[Any]:
    """Opens a video: PyAV's container; what cannot be read of it is an `InputError`.

    Raises:
        InputError: if the file is no video, or damaged.
        MissingPackageError: without PyAV.
    """
    try:
        import av
    except ImportError:
        raise MissingPackageError("PyAV", "Reading videos", "video") from None
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"Expected a video, but there is no file {path}. Check the path.")
    try:
        with av.open(str(path)) as file:
            yield file
    except InputError:
        raise
    except (av.error.FFmpegError, ValueError, MemoryError) as error:  # ValueError: its form changed
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise InputError(f"Cannot read {path} as a video ({reason}). Convert it to MP4.") from None


@contextlib.contextmanager
def _decoded(path, kind):
    """Opens a video; yields the decoded frames of its first audio or video stream."""
    with opened(path) as file:
        streams = getattr(file.streams, kind)
        if not streams:
            content = "sound" if kind == "audio" else "pictures"
            raise InputError(f"Expected a video with {content}, but {path} has none.")
        streams[0].thread_type = "AUTO"
        yield file.decode(streams[0])


def _mono(frames, sample_rate):
    """Mean of the channels of audio frames at a rate, piece by piece, from time 0 on."""
    import av

    floats, stream, rate = av.AudioResampler(format="flt"), None, None  # planes of 7.1 crash PyAV
    for frame in frames:
        for part in floats.resample(frame):
            channels = part.to_ndarray().reshape(-1, part.layout.nb_channels)
            samples = channels.mean(axis=1, dtype="float32")
            if stream is None:
                rate = check_rate(part.sample_rate)
                stream = soxr.ResampleStream(rate, sample_rate, 1, dtype="float32", quality="HQ")
                start = round(min(frame.time or 0.0, _LATEST_SECONDS) * rate)
                samples = np.pad(samples, (start, 0)) if start > 0 else samples[-start:]
            yield stream.resample_chunk(samples)
    if stream is not None:
        yield stream.resample_chunk(np.zeros(0, "float32"), last=True)


def upright(frame: Any) -> Array:
    """RGB pixels of a frame, rotated by its metadata: phones store how they were held.

    Args:
        frame: PyAV's `VideoFrame`.

    Returns:
        uint8 `(height, width, 3)`.
    """
    turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.rot90(frame.to_ndarray(format="rgb24"), turns)
