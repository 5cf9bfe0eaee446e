"""Summary of a corpus in words and as a plot: amounts per label, lengths, levels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.reports.dream.figure import check_picture, save_figure
from keras_sounddream.types import PathLike

_MOST_BARS = 24
_COLOUR = "#1f4e79"


def amounts(seconds: Iterable[float], labels: Iterable[str]) -> dict[str, tuple[int, float]]:
    """Label → `(sounds, seconds)`, most seconds first; whole numbers, such as years, in order."""
    found: dict[str, tuple[int, float]] = {}
    for label, length in zip(labels, seconds, strict=True):
        count, total = found.get(label, (0, 0.0))
        found[label] = count + 1, total + float(length)
    if all(label.isdecimal() for label in found):
        return dict(sorted(found.items(), key=lambda item: int(item[0])))
    return dict(sorted(found.items(), key=lambda item: (-item[1][1], item[0])))


def describe(summary: Mapping[str, Any]) -> list[str]:
    """Lines that describe a summary of `datasets.inspection.sum_up`."""
    total, lines = summary["seconds"], []
    for name, amount in summary["conditions"].items():
        width = max(len(label) for label in [*amount, name])
        lines.append(f"{name:<{width}}  sounds    length  share")
        for label, about in amount.items():
            length = about["seconds"]
            words = f"{about['sounds']:6}  {in_words(length):>8}  {length / total:5.1%}"
            lines.append(f"{label:<{width}}  {words}")
        lines.append("")
    lines += [f"in all: {summary['sounds']} sounds, {in_words(total)}", *_lengths(summary)]
    for name, unit in (("sample_rates", " Hz"), ("channels", ""), ("codings", "")):
        if found := summary[name]:
            counts = ", ".join(f"{key}{unit} ({count})" for key, count in found.items())
            lines.append(f"{name.replace('_', ' ')}: {counts}")
    return lines + _levels_in_words(summary["levels"])


def _lengths(summary: Mapping[str, Any]) -> Iterator[str]:
    about = summary["lengths"]
    names = ("least", "median", "mean", "most")
    yield "lengths: " + ", ".join(f"{name} {about[name]:.3f} s" for name in names)
    edges, counts = about["histogram"]["edges"], about["histogram"]["sounds"]
    if about["least"] < about["most"]:
        for low, high, count in zip(edges, edges[1:], counts, strict=False):
            yield f"  {low:8.3f} to {high:8.3f} s: {count}"


def _levels_in_words(levels):
    if levels is None:
        return []
    found = [f"{levels['clipped']} sounds clipped", f"{levels['silent']} silent"]
    found.append(f"{levels['silent_share']:.1%} of the time silent")
    for name, words in (("peak_db", "peak"), ("level_db", "level")):
        value = "silence" if levels[name] is None else f"{levels[name]:.1f} dB"
        found.append(f"median {words} {value}")
    return ["; ".join(found)]


def draw_corpus(
    seconds: Sequence[float],
    labels: Mapping[str, Sequence[str]],
    path: PathLike,
    overwrite: bool = False,
    levels: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Plots the amount of sound per label, the lengths and the levels.

    Args:
        seconds: length of each sound, above 0.
        labels: name of a condition → the label of each sound; may be empty.
        path: ends in `.png`, `.svg` or `.pdf`.
        overwrite: whether an existing file may be replaced.
        levels: name of a level, such as `peak` → dB of full scale of each sound.

    Raises:
        InputError: if there are no sounds, the file may not be written, or its suffix is not one of
            those.
    """
    output = check_picture(path, overwrite)
    lengths = np.asarray(seconds, "float64")
    if not len(lengths) or not (np.isfinite(lengths) & (lengths > 0)).all():
        raise InputError("Expected the length of each sound, above 0 s, at least one.")
    from matplotlib.figure import Figure

    bars = {name: _joined(amounts(lengths, column)) for name, column in labels.items()}
    heights = [max(1.5, 0.26 * len(bar)) for bar in bars.values()] + [2.4] * (1 + bool(levels))
    figure = Figure(figsize=(9, sum(heights) + 0.5 * len(heights)), layout="constrained")
    rows = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, amount) in zip(rows, bars.items(), strict=False):
        _bars(axes, name, amount)
    _histogram(rows[len(bars)], lengths)
    if levels:
        _level_histogram(rows[-1], levels)
    save_figure(figure, output, overwrite)


def in_words(seconds: float) -> str:
    """A length of time in words, such as `1.5 min`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _joined(amount):
    """The amounts, those beyond what can be drawn summed up as one."""
    if len(amount) <= _MOST_BARS:
        return amount
    largest = sorted(amount, key=lambda label: -amount[label][1])[: _MOST_BARS - 1]
    rest = [pair for label, pair in amount.items() if label not in largest]
    counts, lengths = zip(*rest, strict=True)
    shown = {label: pair for label, pair in amount.items() if label in largest}
    return {**shown, f"{len(rest)} others": (sum(counts), sum(lengths))}


def _bars(axes, name, amount):
    total = sum(length for _, length in amount.values())
    heights = np.arange(len(amount))[::-1]
    axes.barh(heights, [length / 60 for _, length in amount.values()], color=_COLOUR)
    for height, (count, length) in zip(heights, amount.values(), strict=True):
        words = f" {in_words(length)}, {count} sounds, {length / total:.0%}"
        axes.text(length / 60, height, words, va="center", fontsize=8)
    axes.set_yticks(heights, list(amount))
    axes.set(title=name, xlabel="minutes")
    axes.margins(x=0.25)
    axes.set_xlim(left=0)


def _histogram(axes, seconds):
    low, high = seconds.min(), seconds.max()
    wide = high > 30 * low
    edges = np.geomspace(low, high, 41) if wide else np.linspace(low, max(high, low * 1.001), 41)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    axes.hist(seconds, edges, color=_COLOUR)
    if wide:
        axes.set_xscale("log")
    total, median = in_words(seconds.sum()), np.median(seconds)
    axes.set_title(f"{len(seconds)} sounds, {total}; median {in_words(median)}")
    axes.set(xlabel="length (s)", ylabel="sounds")


def _level_histogram(axes, levels):
    for name, values in levels.items():  # below -80 dB all at -80 dB
        axes.hist(np.clip(values, -80, 3), np.arange(-80, 4), alpha=0.6, label=name)
    axes.set(title="levels", xlabel="level (dB of full scale)", ylabel="sounds")
    axes.legend()
