"""What a corpus of sounds holds: how much of each label, and how long the sounds are."""

import io

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.reports.dream import check_picture

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


def draw_corpus(seconds, labels, path, overwrite=False):
    """Draws how much sound there is of each label, and how long the sounds are.

    Args:
        seconds: sequence of float, one a sound.
        labels: dict from the name of a condition to a sequence of str, one a sound; may be empty.
        path: str or path, ending in `.png`, `.svg` or `.pdf`.
        overwrite: bool, whether a file that exists may be replaced.

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
    heights = [max(1.5, 0.26 * len(each)) for each in bars.values()] + [2.4]
    figure = Figure(figsize=(9, sum(heights) + 0.5 * len(heights)), layout="constrained")
    *above, below = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, each) in zip(above, bars.items(), strict=True):
        _bars(axes, name, each)
    _histogram(below, seconds)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:].lower(), dpi=110)
    with written_beside(path, overwrite) as temporary:
        temporary.write_bytes(buffer.getvalue())


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
