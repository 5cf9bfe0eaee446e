"""HTML of sounds, pictures and facts that needs no other file: for notebooks and pages."""

import base64
import io
from collections.abc import Iterable, Mapping
from html import escape

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.types import Array

MOST_SECONDS = 20  # of a sound in a notebook, whose file holds it
_FRAMES, _BINS = 480, 160  # pixels of a spectrogram in a notebook
# Notebooks drop style sheets, so every element has its own style.
_ROW = "display:flex;flex-wrap:wrap;gap:1em;margin:.4em 0"
_FIGURE = "margin:0;flex:1 1 18em;max-width:32em"
_CELL = "text-align:left;padding:.1em .8em .1em 0;vertical-align:top"


def data_uri(content: bytes, kind: str) -> str:
    """A `data:` address that holds bytes of a media type such as `image/png`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def sound_uri(waveform: Array, sample_rate: int, kind: str = "wav") -> str:
    """A `data:` address of a waveform `(samples,)` in [-1, 1], 16 bits, as `"wav"` or `"flac"`."""
    import soundfile

    from keras_sounddream.audio.io import quantize

    buffer = io.BytesIO()
    soundfile.write(buffer, quantize(waveform), sample_rate, "PCM_16", format=kind.upper())
    return data_uri(buffer.getvalue(), f"audio/{kind}")


def player(source: str, label: str, preload: str = "metadata") -> str:
    """An audio player of the sound at an address, with a plain label."""
    label, source = escape(label), escape(source)
    return f'<audio controls preload="{preload}" src="{source}" title="{label}"></audio>'


def sound_figures(sounds: Mapping[str, Array], sample_rate: int) -> str:
    """Sounds `(samples,)` side by side, by their titles: spectrograms in one scale, and players.

    Only the first `MOST_SECONDS` are shown and played.
    """
    shown = {title: sound[: MOST_SECONDS * sample_rate] for title, sound in sounds.items()}
    levels = {
        title: spectrogram_image.levels_db(sound, sample_rate, _FRAMES, _BINS)
        for title, sound in shown.items()
    }
    loudest = max(float(level.max()) for level in levels.values())
    pictures = {
        title: spectrogram_image.to_colours(level, loudest) for title, level in levels.items()
    }
    return _row(
        _picture(pictures[title], title, f"spectrogram up to {sample_rate / 2000:g} kHz")
        + player(sound_uri(shown[title], sample_rate, "flac"), title)
        + _cut_note(len(sound), sample_rate)
        for title, sound in sounds.items()
    )


def picture_figures(pictures: Mapping[str, Array]) -> str:
    """Pictures `(height, width, 3)` in [0, 255] side by side, by their titles."""
    return _row(
        _picture(picture[:: _step(picture), :: _step(picture)], title, "picture")
        for title, picture in pictures.items()
    )


def facts(rows: Mapping[str, str]) -> str:
    """A table of named facts, plain text."""
    cells = "".join(
        f'<tr><th scope="row" style="{_CELL}">{escape(name)}</th>'
        f'<td style="{_CELL}">{escape(text)}</td></tr>'
        for name, text in rows.items()
    )
    return f"<table>{cells}</table>"


def titled(title: str, *parts: str) -> str:
    """Parts, each HTML, under a plain title."""
    return f"<div><p><b>{escape(title)}</b></p>{''.join(parts)}</div>"


def _row(figures: Iterable[str]) -> str:
    each = "".join(f'<figure style="{_FIGURE}">{figure}</figure>' for figure in figures)
    return f'<div style="{_ROW}">{each}</div>'


def _picture(pixels, title, kind):
    """A titled picture of uint8 `(height, width)` colour indices, or of RGB values."""
    uri = data_uri(spectrogram_image.to_png(pixels), "image/png")
    alt = escape(f"{title}: {kind}")
    return (
        f"<figcaption>{escape(title)}</figcaption>"
        f'<img src="{uri}" alt="{alt}" style="width:100%;max-height:24em;object-fit:contain">'
    )


def _cut_note(samples, sample_rate):
    if samples <= MOST_SECONDS * sample_rate:
        return ""
    return f"<br><small>first {MOST_SECONDS} of {samples / sample_rate:.0f} s</small>"


def _step(picture):
    """Every so many pixels are shown, so that a side has at most about 512."""
    return max(1, int(np.ceil(max(picture.shape[:2]) / 512)))
