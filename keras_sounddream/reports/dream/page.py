"""A dream as one page to listen to and look at."""

import html

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.reports import html as _html
from keras_sounddream.reports.dream import curve

_READING = (
    "Each picture shows a sound: time goes from left to right, low to high frequencies from bottom "
    "to top, and brighter means louder. All share one colour scale."
)


def write_page(result, path, overwrite=False, stages=(), scores=None, title=None):
    """Writes a dream as one HTML file that needs nothing but itself.

    Args:
        result: `DreamResult`; the first sound or picture of its batch is shown.
        path: str or path, ending in `.html`.
        overwrite: bool, whether a file that exists may be replaced.
        stages: sequence of float32 arrays `(batch, samples)` in [-1, 1] or `(batch, height, width,
            3)` in [0, 255], the dream after each octave, as `Recorder.stages` has them.
        scores: sequence of `(label, before, after)`, scores of classes in [0, 1], or `None`.
        title: str; by default it names the layers.

    Raises:
        InputError: if the file may not be written or its suffix is another, or if stages or
            scores are not of that form.
    """
    path = check_page(path, overwrite)
    views = _views(result, stages)
    show = _show_pictures if result.waveform is None else _show_sounds
    figures = result.figures()
    title = title or f"A dream of {' and '.join(figures['layers']) or figures['name']}"
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{_in_words(figures, result.waveform is None)}</p>",
        _numbers(figures),
        *show(views, result.sample_rate),
        f'<h2>How it came about</h2><div class="wide">{_ascent(figures)}{_scores(scores)}</div>',
        _small_print(),
    ]
    with written_beside(path, overwrite) as temporary:
        temporary.write_text(_html.document(title, "\n".join(parts)), encoding="utf-8")


def check_page(path, overwrite=False):
    """Checks that a page can be written, before any work is done for it.

    Args:
        path: str or path.
        overwrite: bool, whether a file that exists may be replaced.

    Returns:
        `pathlib.Path`.

    Raises:
        InputError: as `files.check_output`, and if the suffix is no page's.
    """
    path = check_output(path, overwrite)
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"Expected a page .html. Received: {path.name}")
    return path


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
        picture = _html.spectrogram_picture(level, loudest, seconds, sample_rate, what)
        sound = _html.player(_html.wav_uri(waveform, sample_rate), f"{title}, {seconds:.1f} s")
        cards.append(_html.figure(title, f"{seconds:.1f} s", picture, sound))
    yield f"<h2>Listen and look</h2><p>{_READING}</p>{_html.colour_scale(loudest)}"
    yield f'<div class="grid">{"".join(cards)}</div>'


def _show_pictures(views, _):
    cards = []
    for title, picture in views:
        height, width = picture.shape[:2]
        uri = _html.data_uri(spectrogram_image.to_png(picture), "image/png")
        what = f"Picture, {title.lower()}, {width} by {height} pixels"
        image = f'<img src="{uri}" width="{width}" height="{height}" alt="{what}">'
        cards.append(_html.figure(title, f"{width} × {height}", image))
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
    names = " and ".join(f"<code>{html.escape(name)}</code>" for name in figures["layers"])
    many = len(figures["layers"]) > 1
    before, real, kept = (
        figures[key] for key in ("objective_before", "objective_real", "retained")
    )
    thing = "picture" if is_picture else "sound"
    subject = f"The network's layer{'s' if many else ''} {names}" if names else "The objective"
    if before is None or real is None or not real > before:
        return f"{subject} did not rise: this dream failed."
    if before > 0 and names:
        gain = _html.times(figures["gain"])[:-2]
        verb = "answer" if many else "answers"
        words = f"{subject} {verb} {gain} times as strongly to the dream as to the input."
    else:
        of = "The objective" if not names else f"The objective on {names}"
        words = f"{of} rose from {before:.3g} to {real:.3g}."
    return words + (
        f" {_html.share(kept)} of that rise is in the {thing} as it is saved." if kept else ""
    )


def _numbers(figures):
    rows = {
        "real gain": _html.times(figures["gain"]),
        "retained": _html.share(figures["retained"]),
        "steps": str(figures["steps"]),
        "time": f"{figures['seconds']:.1f} s",
        "layers" if len(figures["layers"]) > 1 else "layer": ", ".join(figures["layers"]) or "–",
    }
    tiles = [
        f"<div><dt>{name}</dt><dd>{html.escape(words)}</dd></div>" for name, words in rows.items()
    ]
    return f"<dl>{''.join(tiles)}</dl>"


def _ascent(figures):
    drawing = curve.draw(figures["objective"], figures["objective_real"], figures["name"])
    return _html.figure("The ascent", figures["name"], drawing)


def _scores(scores):
    if not scores:
        return ""
    rows = []
    for label, before, after in _checked(scores):
        cells = [
            f"<td>{value:.1%}{_html.bar(value, kind)}</td>"
            for value, kind in ((before, "before"), (after, ""))
        ]
        rows.append(f'<tr><th scope="row">{html.escape(str(label))}</th>{"".join(cells)}</tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in ("class", "input", "dream"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return _html.figure("What the network takes it for", "", f'<div class="scroll">{table}</div>')


def _checked(scores):
    for row in scores:
        if len(row) != 3 or not all(0 <= value <= 1 for value in row[1:]):
            raise InputError(
                f"Expected scores as (label, before, after), between 0 and 1. Received: {row!r}"
            )
    return scores


def _small_print():
    return (
        '<p class="quiet"><small><b>Real gain</b>: the objective of the dream as it is saved ÷ '
        "that of the input. <b>Kept</b>: its rise in what is saved ÷ the rise that the ascent "
        "believed it had made. The curve is read before each step, on a grid that grows finer from "
        "octave to octave.</small></p>"
    )
