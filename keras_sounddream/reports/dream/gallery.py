"""HTML page of a gallery: the dreams of many layers of one sound or picture."""

import functools
import pathlib
from collections.abc import Mapping
from html import escape
from typing import Any

from keras_sounddream import display
from keras_sounddream.audio import spectrogram_image
from keras_sounddream.reports import html
from keras_sounddream.types import PathLike

_COLUMNS = ("layer", "gain", "retained", "lost", "time")


def write_gallery(
    folder: PathLike, layers: Mapping[str, Mapping[str, Any]], title: str, overwrite: bool = False
) -> None:
    """Writes `index.html`, with players and pictures, into a folder of dreams.

    Args:
        folder: holds `input.wav` and, for each layer, a sound and a picture; or `input.png` and a
            picture for each layer.
        layers: a layer's name → its figures, as `DreamResult.figures` gives them, with `file`,
            the name of its sound and its picture without `.wav` and `.png`.
        title: the page's.
        overwrite: whether an existing `index.html` may be replaced.

    Raises:
        InputError: if a sound cannot be read or the page may not be written.
    """
    folder = pathlib.Path(folder)
    of_pictures = (folder / "input.png").is_file()
    body = [
        f"<h1>{escape(title)}</h1>",
        *(_pictures(layers) if of_pictures else _sounds(folder, layers)),
        f"<h2>Gain by layer</h2>{_table(layers)}",
        '<p class="quiet"><small><b>Gain</b>: the objective of the file ÷ that of the input. '
        "<b>Retained</b>: its rise in the file ÷ the rise that the ascent computed."
        "</small></p>",
    ]
    html.write(folder / "index.html", title, body, overwrite)


def _pictures(layers):
    """Cards of pictures beside the page, each of which opens the file."""
    shown = [("Input", "", "input.png", "input")]
    shown += [
        (text, f"gain {html.times(one['gain'])}", f"{one['file']}.png", f"layer-{i}")
        for i, (text, one) in enumerate(layers.items())
    ]
    cards = []
    for name, note, file, anchor in shown:
        source, what = html.address(file), escape(name)
        image = f'<a href="{source}"><img src="{source}" alt="{what}" loading="lazy"></a>'
        cards.append(f'<div id="{anchor}">{html.figure(name, note, image)}</div>')
    yield (
        "<p>The same picture, dreamed once for each layer: changed until that layer responded "
        "more strongly. A picture opens the file.</p>"
    )
    yield f"<div class='grid'>{''.join(cards)}</div>"


def _sounds(folder, layers):
    """Cards of sounds, their spectrograms on one colour scale."""
    sounds = {"input": _read(folder / "input.wav")}
    sounds.update({text: _read(folder / f"{one['file']}.wav") for text, one in layers.items()})
    loudest = max(float(levels.max()) for levels, _, _ in sounds.values())
    cards = [_card("Input", "", "input.wav", sounds["input"], loudest)]
    cards += [
        _card(text, f"gain {html.times(one['gain'])}", f"{one['file']}.wav",
              sounds[text], loudest, f"{one['file']}.png", f"layer-{i}")
        for i, (text, one) in enumerate(layers.items())
    ]  # fmt: skip
    yield (
        "<p>The same sound, dreamed once for each layer: changed until that layer responded more "
        "strongly. "
        "Time goes from left to right, low to high frequencies from bottom to top, and brighter "
        "means louder; all pictures share one colour scale. A picture opens the larger one.</p>"
    )
    yield f"{html.colour_scale(loudest)}<div class='grid'>{''.join(cards)}</div>"


def _read(path):
    """Levels of a sound file, its length in seconds, and its rate."""
    changed = path.stat().st_mtime_ns if path.is_file() else None
    return _measured(path, changed)


@functools.lru_cache(maxsize=256)  # the page is written anew after each layer
def _measured(path, _changed):
    from keras_sounddream.audio.io import read

    waveform, rate = read(path)
    seconds = waveform.shape[1] / rate
    return spectrogram_image.levels_db(waveform[0], rate, 400, 200), seconds, rate


def _card(title, note, sound, measured, loudest, picture=None, anchor=""):
    levels, seconds, rate = measured
    what = f"Spectrogram, {title}"
    image = html.spectrogram_picture(levels, loudest, seconds, rate, what)
    if picture is not None:
        image = f'<a href="{html.address(picture)}">{image}</a>'
    player = display.player(html.address(sound), f"{title}, {seconds:.1f} s")
    return f'<div id="{anchor or "input"}">{html.figure(title, note, image, player)}</div>'


def _table(layers):
    most = max([one["gain"] or 0 for one in layers.values()], default=0) or 1
    rows = (
        [
            f'<a href="#layer-{i}">{escape(text)}</a>',
            html.times(one["gain"]) + html.bar((one["gain"] or 0) / most),
            html.share(one["retained"]),
            html.share(one.get("lost")),
            f"{one['seconds']:.1f} s",
        ]
        for i, (text, one) in enumerate(layers.items())
    )
    return f'<div class="scroll">{html.table(_COLUMNS, rows)}</div>'
