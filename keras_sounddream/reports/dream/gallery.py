"""The dreams of many layers on one page."""

import functools
import html
import pathlib
import urllib.parse

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.files import written_beside
from keras_sounddream.reports import html as _html

_COLUMNS = ("layer", "real gain", "retained", "time")


def write_gallery(folder, layers, title, overwrite=False):
    """Writes `index.html`, with players and pictures, into a folder of dreams.

    Args:
        folder: str or path; holds `input.wav` and, for each layer, a sound and a picture; or
            `input.png` and a picture for each layer.
        layers: dict from a layer's name to its figures, as `DreamResult.figures` gives them, with
            `file`, the name of its sound and its picture without `.wav` and `.png`.
        title: str.
        overwrite: bool, whether an `index.html` that exists may be replaced.

    Raises:
        InputError: if a sound cannot be read or the page may not be written.
    """
    folder = pathlib.Path(folder)
    of_pictures = (folder / "input.png").is_file()
    body = [
        f"<h1>{html.escape(title)}</h1>",
        *(_pictures(layers) if of_pictures else _sounds(folder, layers)),
        f"<h2>How far each layer went</h2>{_table(layers)}",
        '<p class="quiet"><small><b>Real gain</b>: the objective of the file ÷ that of the input. '
        "<b>Kept</b>: its rise in the file ÷ the rise that the ascent believed it had made."
        "</small></p>",
    ]
    with written_beside(folder / "index.html", overwrite) as temporary:
        temporary.write_text(_html.document(title, "\n".join(body)), encoding="utf-8")


def _pictures(layers):
    """Cards of pictures beside the page, each of which opens the file."""
    shown = [("Input", "", "input.png", "input")]
    shown += [
        (text, f"real gain {_html.times(one['gain'])}", f"{one['file']}.png", f"layer-{i}")
        for i, (text, one) in enumerate(layers.items())
    ]
    cards = []
    for name, note, file, anchor in shown:
        source, what = _address(file), html.escape(name)
        image = f'<a href="{source}"><img src="{source}" alt="{what}" loading="lazy"></a>'
        cards.append(f'<div id="{anchor}">{_html.figure(name, note, image)}</div>')
    yield (
        "<p>The same picture, dreamed once for each layer: changed until that layer answered "
        "louder. A picture opens the file.</p>"
    )
    yield f"<div class='grid'>{''.join(cards)}</div>"


def _sounds(folder, layers):
    """Cards of sounds, their spectrograms on one colour scale."""
    sounds = {"input": _read(folder / "input.wav")}
    sounds.update({text: _read(folder / f"{one['file']}.wav") for text, one in layers.items()})
    loudest = max(float(levels.max()) for levels, _, _ in sounds.values())
    cards = [_card("Input", "", "input.wav", sounds["input"], loudest)]
    cards += [
        _card(text, f"real gain {_html.times(one['gain'])}", f"{one['file']}.wav",
              sounds[text], loudest, f"{one['file']}.png", f"layer-{i}")
        for i, (text, one) in enumerate(layers.items())
    ]  # fmt: skip
    yield (
        "<p>The same sound, dreamed once for each layer: changed until that layer answered louder. "
        "Time goes from left to right, low to high frequencies from bottom to top, and brighter "
        "means louder; all pictures share one colour scale. A picture opens the larger one.</p>"
    )
    yield f"{_html.colour_scale(loudest)}<div class='grid'>{''.join(cards)}</div>"


def _read(path):
    """Levels of a sound file, its length in seconds, and its rate."""
    changed = path.stat().st_mtime_ns if path.is_file() else None
    return _measured(path, changed)


@functools.lru_cache(maxsize=256)  # the page is written anew after each layer
def _measured(path, _changed):
    import soundfile

    from keras_sounddream.audio.io import load

    rate = soundfile.info(path).samplerate if path.is_file() else 1  # `load` says what is wrong
    waveform = load(path, rate)[0]
    return spectrogram_image.levels_db(waveform, rate, 400, 200), len(waveform) / rate, rate


def _card(title, note, sound, measured, loudest, picture=None, anchor=""):
    levels, seconds, rate = measured
    what = f"Spectrogram, {title}"
    image = _html.spectrogram_picture(levels, loudest, seconds, rate, what)
    if picture is not None:
        image = f'<a href="{_address(picture)}">{image}</a>'
    player = _html.player(_address(sound), f"{title}, {seconds:.1f} s")
    return f'<div id="{anchor or "input"}">{_html.figure(title, note, image, player)}</div>'


def _table(layers):
    most = max([one["gain"] or 0 for one in layers.values()], default=0) or 1
    rows = []
    for i, (text, one) in enumerate(layers.items()):
        gain = _html.times(one["gain"]) + _html.bar((one["gain"] or 0) / most)
        cells = (gain, _html.share(one["retained"]), f"{one['seconds']:.1f} s")
        rows.append(
            f'<tr><th scope="row"><a href="#layer-{i}">{html.escape(text)}</a></th>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _address(name):
    return html.escape(urllib.parse.quote(name))
