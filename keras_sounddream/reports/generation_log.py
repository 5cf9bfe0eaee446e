"""Logs of generation: the times at which sounds were done, one per line."""

import re

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.reports.dream.figure import check_picture, save_figure
from keras_sounddream.types import Array, PathLike

_TIME = re.compile(r"\d{9,19}(\.\d{0,9})?")  # since 1970, in seconds, ms, µs or ns
_SCALES = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (0, 1.0))  # least, and its unit in seconds
_FIRST_LINES = 20


def holds_times(path: PathLike) -> bool:
    """Whether a file's first line that is not empty is a time; `False` if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [file.readline(1000).strip() for _ in range(_FIRST_LINES)]
    except OSError:
        return False
    return bool(_TIME.fullmatch(next(filter(None, lines), "")))


def read_times(path: PathLike) -> Array:
    """Reads the times at which sounds were done.

    Args:
        path: a text file; a line is a time since 1970 in seconds, or milli-, micro- or
            nanoseconds, as `date +%s%3N` prints it. Others are left out.

    Returns:
        float64 `(lines,)`, s.

    Raises:
        InputError: if it cannot be read, or holds fewer than two times.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            numbers = [float(line) for line in file if _TIME.fullmatch(line.strip())]
    except OSError as error:
        raise InputError(f"Cannot read the log {path}: {error.strerror or error}.") from None
    if len(numbers) < 2:
        raise InputError(
            f"Expected a log of generation, a time per line. {path} holds {len(numbers)}: two make "
            "an interval."
        )
    return np.array([number * _unit(number) for number in numbers], "float64")


def count_sounds(times: Array) -> Array:
    """Number of sounds in each interval: about its length over the median's, at least 1."""
    seconds = np.diff(times)
    median = np.median(seconds[seconds > 0]) if (seconds > 0).any() else 1.0
    return np.maximum(1, np.round(seconds / median)).astype("int64")


def sum_up(times: Array) -> list[str]:
    """Lines that sum up a log: intervals, seconds per sound, times that are missing."""
    seconds, sounds = np.diff(times), count_sounds(times)
    total = seconds[seconds > 0].sum()
    lines = [
        f"{len(times)} times, {len(seconds)} intervals; {total:.0f} s ({total / 3600:.4g} h)",
        f"seconds per interval: median {np.median(seconds):.1f}, mean {seconds.mean():.1f}, "
        f"{seconds.min():.1f} to {seconds.max():.1f}",
    ]
    several = int((sounds > 1).sum())
    if several:
        lines.append(
            f"{several} of them {'is' if several == 1 else 'are'} of more than one sound, by "
            f"{'its' if several == 1 else 'their'} length: {sounds.sum()} sounds of "
            f"{total / sounds.sum():.1f} s"
        )
    backwards = int((seconds <= 0).sum())
    if backwards:
        lines.append(f"{backwards} times are not after the one before: the clock was set back")
    return lines


def draw_times(times: Array, path: PathLike, overwrite: bool = False) -> None:
    """Plots the seconds of each interval, and their median.

    Args:
        times: as `read_times` returns them.
        path: ends in `.png`, `.svg` or `.pdf`.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file may not be written or its suffix is not one of those.
    """
    output = check_picture(path, overwrite)
    from matplotlib.figure import Figure

    seconds = np.diff(times)
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.subplots()
    axes.bar(np.arange(1, len(seconds) + 1), seconds, color="#1f4e79")
    axes.axhline(np.median(seconds), color="black", linestyle=":", label="median")
    axes.set(xlabel="interval", ylabel="seconds")
    axes.legend(loc="upper right")
    save_figure(figure, output, overwrite)


def _unit(number):
    return next(unit for least, unit in _SCALES if number >= least)
