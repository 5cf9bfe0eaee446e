"""HTML page of a dream: players, spectrograms, the objective, class scores."""

import pathlib
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output
from keras_sounddream.reports import html
from keras_sounddream.reports.dream import curve
from keras_sounddream.types import Array, PathLike

_READING = (
    "Each picture shows a sound: time goes from left to right, low to high frequencies from bottom "
    "to top, and brighter means louder. All share one colour scale."
)


def write_page(
    result: Any,
    path: PathLike,
    overwrite: bool = False,
    stages: Sequence[Array] = (),
    scores: Sequence[tuple[str, float, float]] | None = None,
    title: str | None = None,
) -> None:
    """Writes a dream as one HTML file that needs nothing but itself.

    Args:
        result: `DreamResult`; the first sound or picture of its batch is shown.
        path: ends in `.html`.
        overwrite: whether an existing file may be replaced.
        stages: the dream after each octave, as `Recorder.stages` has them: `(batch, samples)` in
            [-1, 1], or `(batch, height, width, 3)` in [0, 255].
        scores: `(label, before, after)` of classes, scores in [0, 1].
        title: by default it names the layers.

    Raises:
        InputError: if the file may not be written or its suffix is another, or if stages or
            scores are not of that form.
    """
    output = check_page(path, overwrite)
    views = _views(result, stages)
    show = _show_pictures if result.waveform is None else _show_sounds
    figures = result.figures()
    title = title or f"A dream of {' and '.join(figures['layers']) or figures['name']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{_in_words(figures, result.waveform is None)}</p>",
        _numbers(figures),
        *show(views, result.sample_rate),
        f'<h2>How it came about</h2><div class="wide">{_ascent(figures)}{_scores(scores)}</div>',
        _small_print(),
    ]
    html.write(output, title, parts, overwrite)


def check_page(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """The path of a page; `InputError`, before any work, if it may not be written there."""
    output: pathlib.Path = check_output(path, overwrite)
    if output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"Expected a page .html. Received: {output.name}")
    return output


def _views(result, stages):
    """Titles and arrays, one example each: the input, the dream after each octave, the dream."""
    final = result.picture if result.waveform is None else result.waveform
    for stage in stages:
        if np.ndim(stage) != np.ndim(final):
            raise InputError(
                f"Expected stages like the dream, of shape {np.shape(final)}. "
                f"Received shape: {np.shape(stage)}"
            )
    between = [stage[0] for stage in stages]
    if between and between[-1].shape == final[0].shape and np.allclose(between[-1], final[0]):
        between.pop()  # the dream is what the last octave left
    views = [("Input", result.source[0])]
    views += [(f"After octave {i} of {len(stages)}", one) for i, one in enumerate(between, 1)]
    return [*views, ("Dream", final[0])]


def _show_sounds(views, sample_rate):
    levels = [spectrogram_image.levels_db(waveform, sample_rate) for _, waveform in views]
    loudest = max(float(level.max()) for level in levels)
    cards = []
    for (title, waveform), level in zip(views, levels, strict=True):
        seconds = len(waveform) / sample_rate
        what = f"Spectrogram, {title.lower()}: {_summary(level, sample_rate)}"
        picture = html.spectrogram_picture(level, loudest, seconds, sample_rate, what)
        sound = html.player(html.wav_uri(waveform, sample_rate), f"{title}, {seconds:.1f} s")
        cards.append(html.figure(title, f"{seconds:.1f} s", picture, sound))
    yield f"<h2>Listen and look</h2><p>{_READING}</p>{html.colour_scale(loudest)}"
    yield f'<div class="grid">{"".join(cards)}</div>'


def _show_pictures(views, _):
    cards = []
    for title, picture in views:
        height, width = picture.shape[:2]
        uri = html.data_uri(spectrogram_image.to_png(picture), "image/png")
        what = f"Picture, {title.lower()}, {width} by {height} pixels"
        image = f'<img src="{uri}" width="{width}" height="{height}" alt="{what}">'
        cards.append(html.figure(title, f"{width} × {height}", image))
    yield f'<h2>Look</h2><div class="grid">{"".join(cards)}</div>'


def _summary(levels, sample_rate):
    """Where the sound is, for those who cannot see it."""
    power = (10 ** (levels / 10)).mean(axis=0)
    centre = np.cumsum(power) / power.sum()
    low, high = (np.searchsorted(centre, part) / len(power) for part in (0.1, 0.9))
    return f"most of its energy lies between {_hz(low * sample_rate / 2)} and " + (
        f"{_hz((high + 1 / len(power)) * sample_rate / 2)}"
    )


def _hz(hertz):
    return f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.1f} kHz"


def _in_words(figures, is_picture):
    """What the dream did, in a sentence or two for everybody."""
    names = " and ".join(f"<code>{escape(name)}</code>" for name in figures["layers"])
    many = len(figures["layers"]) > 1
    before, real, retained = (
        figures[key] for key in ("objective_before", "objective_real", "retained")
    )
    thing = "picture" if is_picture else "sound"
    subject = f"The network's layer{'s' if many else ''} {names}" if names else "The objective"
    if before is None or real is None or not real > before:
        return f"{subject} did not rise: this dream failed."
    if before > 0 and names:
        gain = html.times(figures["gain"])[:-2]
        verb = "respond" if many else "responds"
        words = f"{subject} {verb} {gain} times as strongly to the dream as to the input."
    else:
        of = "The objective" if not names else f"The objective on {names}"
        words = f"{of} rose from {before:.3g} to {real:.3g}."
    saved = f" {html.share(retained)} of that rise is in the {thing} as it is saved."
    return words + (saved if retained else "")


def _numbers(figures):
    rows = {
        "gain": html.times(figures["gain"]),
        "retained": html.share(figures["retained"]),
        **({"lost": html.share(figures["lost"])} if "lost" in figures else {}),
        "steps": str(figures["steps"]),
        "time": f"{figures['seconds']:.1f} s",
        "precision": figures["precision"],
        "layers" if len(figures["layers"]) > 1 else "layer": ", ".join(figures["layers"]) or "–",
    }
    return html.numbers(rows)


def _ascent(figures):
    drawing = curve.draw(figures["objective"], figures["objective_real"], figures["name"])
    return html.figure("The ascent", figures["name"], drawing)


def _scores(scores):
    if not scores:
        return ""
    rows = [
        [
            escape(str(label)),
            f"{before:.1%}{html.bar(before, 'before')}",
            f"{after:.1%}{html.bar(after)}",
        ]
        for label, before, after in _checked(scores)
    ]
    table = html.table(("class", "input", "dream"), rows)
    return html.figure("Class scores", "", f'<div class="scroll">{table}</div>')


def _checked(scores):
    for row in scores:
        if len(row) != 3 or not all(0 <= value <= 1 for value in row[1:]):
            raise InputError(
                f"Expected scores as (label, before, after), between 0 and 1. Received: {row!r}"
            )
    return scores


def _small_print():
    return (
        '<p class="quiet"><small><b>Gain</b>: the objective of the dream as it is saved ÷ '
        "that of the input. <b>Retained</b>: its rise in what is saved ÷ the rise that the ascent "
        "computed. The curve is read before each step, on a grid that grows finer from "
        "octave to octave.</small></p>"
    )
