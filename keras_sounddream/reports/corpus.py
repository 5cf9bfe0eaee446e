"""What a corpus of sounds holds: how much of each label, and how long the sounds are."""

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.reports.dream import check_picture, save_figure

_MOST_BARS = 24
_COLOUR = "#1f4e79"


def amounts(seconds, labels):
    """Adds up how much sound there is of each label.

    Args:
        seconds: sequence of float, one a sound.
        labels: sequence of str, one a sound.

    Returns:
        dict from label to `(sounds, seconds)`, most seconds first; where all labels are whole
        numbers, such as years, in their order.
    """
    found = {}
    for label, length in zip(labels, seconds, strict=True):
        count, total = found.get(label, (0, 0.0))
        found[label] = count + 1, total + float(length)
    if all(label.isdecimal() for label in found):
        return dict(sorted(found.items(), key=lambda item: int(item[0])))
    return dict(sorted(found.items(), key=lambda item: (-item[1][1], item[0])))


def describe(summary):
    """Says in words what a data set holds.

    Args:
        summary: dict, as of `data.summary.sum_up`.

    Returns:
        list of str, a line each.
    """
    total, lines = summary["seconds"], []
    for name, found in summary["conditions"].items():
        width = max(len(label) for label in [*found, name])
        lines.append(f"{name:<{width}}  sounds    length  share")
        for label, about in found.items():
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


def _lengths(summary):
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


def draw_corpus(seconds, labels, path, overwrite=False, levels=None):
    """Draws how much sound there is of each label, how long the sounds are, and how loud.

    Args:
        seconds: sequence of float, one a sound.
        labels: dict from the name of a condition to a sequence of str, one a sound; may be empty.
        path: str or path, ending in `.png`, `.svg` or `.pdf`.
        overwrite: bool, whether a file that exists may be replaced.
        levels: dict from what is drawn, such as `peak`, to a sequence of float, dB of full scale,
            one a sound; `None` to draw no levels.

    Raises:
        InputError: if there are no sounds, the file may not be written, or its suffix is not one of
            those.
    """
    path = check_picture(path, overwrite)
    seconds = np.asarray(seconds, "float64")
    if not len(seconds) or not (np.isfinite(seconds) & (seconds > 0)).all():
        raise InputError("Expected the length of each sound, above 0 s, at least one.")
    from matplotlib.figure import Figure

    bars = {name: _joined(amounts(seconds, each)) for name, each in labels.items()}
    heights = [max(1.5, 0.26 * len(each)) for each in bars.values()] + [2.4] * (1 + bool(levels))
    figure = Figure(figsize=(9, sum(heights) + 0.5 * len(heights)), layout="constrained")
    rows = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, each) in zip(rows, bars.items(), strict=False):
        _bars(axes, name, each)
    _histogram(rows[len(bars)], seconds)
    if levels:
        _level_histogram(rows[-1], levels)
    save_figure(figure, path, overwrite)


def in_words(seconds):
    """A length of time for people: str, such as `1.5 min`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _joined(found):
    """The amounts with those beyond what can be drawn as one."""
    if len(found) <= _MOST_BARS:
        return found
    kept = sorted(found, key=lambda label: -found[label][1])[: _MOST_BARS - 1]
    rest = [each for label, each in found.items() if label not in kept]
    counts, lengths = zip(*rest, strict=True)
    shown = {label: each for label, each in found.items() if label in kept}
    return {**shown, f"{len(rest)} others": (sum(counts), sum(lengths))}


def _bars(axes, name, found):
    total = sum(length for _, length in found.values())
    places = np.arange(len(found))[::-1]
    axes.barh(places, [length / 60 for _, length in found.values()], color=_COLOUR)
    for place, (count, length) in zip(places, found.values(), strict=True):
        words = f" {in_words(length)}, {count} sounds, {length / total:.0%}"
        axes.text(length / 60, place, words, va="center", fontsize=8)
    axes.set_yticks(places, list(found))
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
    """What is quieter than -80 dB is drawn there."""
    for name, each in levels.items():
        axes.hist(np.clip(each, -80, 3), np.arange(-80, 4), alpha=0.6, label=name)
    axes.set(title="levels", xlabel="level (dB of full scale)", ylabel="sounds")
    axes.legend()
