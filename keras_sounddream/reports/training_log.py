"""Logs of training runs: reading, summary in words, plot."""

import dataclasses
import json
import math
import re

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.reports.dream.figure import check_picture, save_figure
from keras_sounddream.types import Array, PathLike

_OLD_STEP = re.compile(r"step (\d+) - loss = (\S+), \((\S+) sec/step\)\s*$")
_OLD_RESTART = "Restarting the service at"
_MOST = float(np.finfo("float32").max)
_WINDOWS = 60  # of the trend, in a whole run
_COLOURS = {"dots": "#9db8d2", "trend": "#1f4e79", "restart": "#c0504d"}


@dataclasses.dataclass(frozen=True)
class TrainingLog:
    """The lines of a log, as columns.

    Attributes:
        steps: int64 `(lines,)`, numbers of the steps in the order of the lines; after a restart
            some can come again.
        loss: float64 `(lines,)`, nats per sample; NaN where a line has none.
        seconds: float64 `(lines,)`, s per step; NaN where a line has none.
        restarts: the step that each restart with a step after it went on from.
        restart_lines: number of lines that record a restart.
        more: each other name in the lines, such as `bits_per_sample` → float64 `(lines,)`, NaN
            where a line has none.
        unread: numbers of lines that are neither a step nor a restart.
        not_finite: numbers of lines with a loss, or another value, that is not finite or beyond
            float32; it counts as missing.
    """

    steps: np.ndarray
    loss: np.ndarray
    seconds: np.ndarray
    restarts: tuple[int, ...]
    restart_lines: int
    more: dict[str, np.ndarray]
    unread: tuple[int, ...]
    not_finite: tuple[int, ...] = ()

    def last_of_each_step(self) -> np.ndarray:
        """Index of the last line of each step: int64 `(steps,)`, by rising step."""
        backwards = self.steps[::-1]
        _, first = np.unique(backwards, return_index=True)
        return len(self.steps) - 1 - first


def read_log(path: PathLike) -> TrainingLog:
    """Reads the log of a training run.

    A line is a JSON object with `step`, `loss` (nats per sample) and `seconds`, or with
    `"restart": true`; or as ibab/tensorflow-wavenet prints it, `step 7 - loss = 5.4, (30.1
    sec/step)`, or `Restarting the service at` and a date. Other lines, such as one that a killed
    process left half written, are counted.

    Args:
        path: a text file.

    Raises:
        InputError: if it cannot be read, or no line in it is a step.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            entries = [_line(text) for text in file]
    except OSError as error:
        raise InputError(f"Cannot read the log {path}: {error.strerror or error}.") from None
    not_finite = [number for number, entry in enumerate(entries, 1) if _drop_not_finite(entry)]
    rows = [entry for entry in entries if entry and "step" in entry]
    if not rows:
        raise InputError(
            f'Expected a log of training: lines such as {{"step": 0, "loss": 5.5, '
            f'"seconds": 0.1}}. None of {len(entries)} lines of {path} is one.'
        )
    names = {name for row in rows for name in row} - {"step", "loss", "seconds"}
    return TrainingLog(
        steps=np.array([row["step"] for row in rows], "int64"),
        loss=_column(rows, "loss"),
        seconds=_column(rows, "seconds"),
        restarts=_restarts(entries),
        restart_lines=sum(bool(entry) and "step" not in entry for entry in entries),
        more={name: _column(rows, name) for name in sorted(names)},
        unread=tuple(number for number, entry in enumerate(entries, 1) if entry is None),
        not_finite=tuple(not_finite),
    )


def trend(values: Array, window: int | None = None) -> np.ndarray:
    """Moving average of a curve, without its NaN.

    Args:
        values: `(lines,)`; NaN does not count.
        window: lines; by default a sixtieth of them, at least 3; cut off at the ends.

    Returns:
        float64 `(lines,)`.
    """
    values = np.asarray(values, "float64")
    half = (window or max(3, len(values) // _WINDOWS)) // 2
    known = np.isfinite(values)
    sums = np.concatenate([[0], np.cumsum(np.where(known, values, 0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    places = np.arange(len(values))
    low, high = np.maximum(0, places - half), np.minimum(len(values), places + half + 1)
    with np.errstate(invalid="ignore"):
        return (sums[high] - sums[low]) / (counts[high] - counts[low])


def sum_up(log: TrainingLog) -> list[str]:
    """Lines that sum up a log: steps, restarts, loss, seconds per step."""
    steps = len(np.unique(log.steps))
    lines = [
        f"{len(log.steps)} lines of {steps} steps, {log.steps.min()} to {log.steps.max()}; "
        f"{len(log.restarts)} restarts ({log.restart_lines} lines)"
    ]
    if np.isfinite(log.loss).any():
        best = np.nanargmin(log.loss)
        bits = log.more.get("bits_per_sample", log.loss / math.log(2))
        lines.append(
            f"loss: at the end about {trend(log.loss)[-1]:.3f} nats ({trend(bits)[-1]:.3f} bits "
            f"per sample), lowest {log.loss[best]:.3f} at step {log.steps[best]}"
        )
    if np.isfinite(log.seconds).any():
        lines.append(
            f"seconds per step: median {np.nanmedian(log.seconds):.4g}, mean "
            f"{np.nanmean(log.seconds):.4g}, {np.nanmin(log.seconds):.4g} to "
            f"{np.nanmax(log.seconds):.4g}; {np.nansum(log.seconds) / 3600:.4g} h in all"
        )
    if log.not_finite:
        lines.append(
            f"{len(log.not_finite)} lines hold numbers that are not finite, the first is "
            f"{log.not_finite[0]}"
        )
    if log.unread:
        lines.append(f"{len(log.unread)} lines could not be read, the first is {log.unread[0]}")
    return lines


def draw_log(log: TrainingLog, path: PathLike, overwrite: bool = False) -> None:
    """Plots loss and seconds per step over the steps, with their trends and the restarts.

    Where the lines hold `marginal_bits`, the entropy of the samples without regard to what comes
    before them, it is drawn as a level that the loss should be below.

    Args:
        log: as `read_log` returns it.
        path: ends in `.png`, `.svg` or `.pdf`.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file may not be written or its suffix is not one of those.
    """
    output = check_picture(path, overwrite)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    lines = log.last_of_each_step()
    steps = log.steps[lines]
    _curve(above, steps, log.loss[lines], log.restarts)
    for level in _marginal(log):
        above.axhline(level, color="black", linestyle=":", label="entropy of the marginal")
    above.set_ylabel("loss (nats a sample)")
    bits = above.secondary_yaxis("right", functions=(_to_bits, _to_nats))
    bits.set_ylabel("bits a sample")
    _curve(below, steps, log.seconds[lines], log.restarts)
    below.set(xlabel="step", ylabel="seconds a step")
    if np.nanmax(log.seconds, initial=0) > 20 * np.nanmin(log.seconds, initial=np.inf) > 0:
        below.set_yscale("log")
    above.legend(loc="upper right")
    save_figure(figure, output, overwrite)


def _line(text):
    """A step or a restart as a dict, `{}` of an empty line, `None` of any other."""
    text = text.strip()
    if not text:
        return {}
    old = _OLD_STEP.match(text)
    if old:
        return _numbers({"step": old[1], "loss": old[2], "seconds": old[3]})
    if text.startswith(_OLD_RESTART):
        return {"restart": True}
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    return {"restart": True} if entry.get("restart") is True else _numbers(entry)


def _numbers(entry):
    """What of an entry is a number, if its step is one; else `None`."""
    numbers = {}
    for name, value in entry.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError):
            continue
        except OverflowError:  # an int beyond float
            numbers[name] = math.inf
    step = numbers.get("step", math.nan)
    return numbers if 0 <= step < 2**53 and step == int(step) else None


def _drop_not_finite(entry):
    """Takes numbers that no loss or time can be out of an entry; whether there were any."""
    lost = [name for name, value in (entry or {}).items() if not abs(value) <= _MOST]
    for name in lost:
        del entry[name]
    return bool(lost)


def _column(rows, name):
    return np.array([row.get(name, math.nan) for row in rows], "float64")


def _restarts(entries):
    restarts, pending = [], False
    for entry in entries:
        if entry and "step" in entry:
            if pending:
                restarts.append(max(0, int(entry["step"]) - 1))
            pending = False
        elif entry:
            pending = True
    return tuple(restarts)


def _curve(axes, steps, values, restarts):
    for number, step in enumerate(restarts):
        label = "restart" if number == 0 else None
        axes.axvline(step, color=_COLOURS["restart"], linewidth=0.6, alpha=0.6, label=label)
    axes.plot(steps, values, ".", markersize=2, color=_COLOURS["dots"], label="each step")
    axes.plot(steps, trend(values), color=_COLOURS["trend"], linewidth=1.8, label="trend")
    axes.grid(alpha=0.25)


def _marginal(log):
    """The entropy of the samples by themselves, nats, if the log tells: a list of one, or none."""
    bits = log.more.get("marginal_bits", np.zeros(0))
    return _to_nats(bits[np.isfinite(bits)][-1:]).tolist()


def _to_bits(nats):
    return np.asarray(nats) / math.log(2)


def _to_nats(bits):
    return np.asarray(bits) * math.log(2)
