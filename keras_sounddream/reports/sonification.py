"""Plots and HTML page of sonified layers."""

import dataclasses
import io
import pathlib
from collections.abc import Sequence
from html import escape

import numpy as np

from keras_sounddream import display
from keras_sounddream.audio import spectrogram_image
from keras_sounddream.files import written_beside
from keras_sounddream.reports import html
from keras_sounddream.types import PathLike

PAGE = "index.html"

_MOST_SECONDS = 60.0  # of a sound that is drawn
_MOST_SAMPLES = 2_000_000
_MOST_POINTS = 2000  # of a drawn waveform
_MOST_PLAYERS = 4  # of filters that are left apart


@dataclasses.dataclass(frozen=True)
class Sound:
    """A sound that was made, or the sounds of filters that are left apart.

    Attributes:
        title: the layer, or the mix.
        note: how the filters were combined; may be empty.
        files: sound files in the folder.
        picture: file of the activations.
        graph: file of the plot.
    """

    title: str
    note: str
    files: tuple[str, ...]
    picture: str | None = None
    graph: str | None = None


def draw_sound(path: PathLike, picture: PathLike, overwrite: bool = False) -> None:
    """Writes a `.png` with the waveform and the spectrogram of a sound file's first minute."""
    from matplotlib.figure import Figure

    waveform, rate, _ = _beginning(path)
    seconds = len(waveform) / rate
    figure = Figure(figsize=(9, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    edges = np.arange(min(len(waveform), _MOST_POINTS)) * len(waveform) // _MOST_POINTS
    edges = np.arange(len(waveform)) if len(waveform) <= _MOST_POINTS else edges
    times = edges / rate
    lowest, highest = (part.reduceat(waveform, edges) for part in (np.minimum, np.maximum))
    above.fill_between(times, lowest, highest, linewidth=0.8, edgecolor="C0")
    above.set(ylabel="amplitude", ylim=(-1.05, 1.05), title=pathlib.Path(path).stem)
    levels = spectrogram_image.levels_db(waveform, rate)
    loudest = float(levels.max())
    below.imshow(
        levels.T, origin="lower", aspect="auto", extent=(0, seconds, 0, rate / 2), cmap="magma",
        vmin=loudest - spectrogram_image.RANGE_DB, vmax=loudest,
    )  # fmt: skip
    below.set(xlabel="time (s)", ylabel="frequency (Hz)")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    with written_beside(picture, overwrite) as temporary:
        temporary.write_bytes(buffer.getvalue())


def write_page(
    path: PathLike,
    title: str,
    source: str | None,
    sounds: Sequence[Sound],
    overwrite: bool = False,
) -> None:
    """Writes a page with players beside the files that it plays.

    Args:
        path: in the folder of the files.
        title: the page's.
        source: file of the sound or picture that the network took as input; `None` if it is not
            known.
        sounds: what was made of it.
        overwrite: whether an existing page may be replaced.

    Raises:
        InputError: if a sound cannot be read or the page may not be written.
    """
    folder = pathlib.Path(path).parent
    cards = [] if source is None else [_source_card(folder, source)]
    for sound in sounds:
        cards += _cards(folder, sound)
    parts = [
        f"<h1>{escape(title)}</h1>",
        "<p>Activations of layers, made audible. A grid shows the activation of each filter of a "
        "layer, dark for none; below it is the spectrogram of the sound, time from "
        "left to right, frequency from bottom to top, brighter for louder, each on its own "
        "scale. A grid opens the larger picture, a spectrogram the plot.</p>",
        f'<div class="grid">{"".join(cards)}</div>',
    ]
    html.write(path, title, parts, overwrite)


def _source_card(folder, source):
    if source.endswith(".png"):
        return html.figure("Input", "", f'<img src="{html.address(source)}" alt="The input">')
    return html.figure("Input", "", *_sound_parts(folder, source, "Input", None))


def _cards(folder, sound):
    """Cards of a sound, or of the filters that vary most."""
    if sound.note != "separate":
        shown = _grid(sound) + _sound_parts(folder, sound.files[0], sound.title, sound.graph)
        return [html.figure(sound.title, sound.note, *shown)]
    chosen = _most_varying(folder, sound.files)
    players = [
        f"<p>{escape(pathlib.Path(file).stem.replace('_', ' '))}</p>"
        + display.player(html.address(file), f"{sound.title}, {pathlib.Path(file).stem}")
        for file in chosen
    ]
    where = html.address(str(pathlib.PurePosixPath(sound.files[0]).parent))
    note = f"{len(chosen)} of {len(sound.files)} filters, those that vary most"
    link = f'<p><a href="{where}/">All {len(sound.files)} files</a></p>'
    return [html.figure(sound.title, note, *_grid(sound), *players, link)]


def _grid(sound):
    if sound.picture is None:
        return []
    source, what = html.address(sound.picture), escape(f"Activations, {sound.title}")
    picture = f'<a href="{source}"><img src="{source}" alt="{what}"></a>'
    return [f'<div style="margin-bottom:.8rem">{picture}</div>']


def _sound_parts(folder, file, title, graph):
    """The spectrogram of a sound and its player."""
    waveform, rate, seconds = _beginning(folder / file)
    shown = len(waveform) / rate
    levels = spectrogram_image.levels_db(waveform, rate, 400, 200)
    what = f"Spectrogram, {title}" + (f", the first {shown:.0f} s" if shown < seconds else "")
    picture = html.spectrogram_picture(levels, float(levels.max()), shown, rate, what)
    if graph is not None:
        picture = f'<a href="{html.address(graph)}">{picture}</a>'
    length = f"{seconds:.3g} s" if seconds < 60 else f"{seconds / 60:.1f} min"
    peak = np.abs(waveform).max()
    note = f'<p class="quiet"><small>{length} at {rate} Hz, peak {peak:.2f}</small></p>'
    return [picture, display.player(html.address(file), f"{title}, {length}"), note]


def _most_varying(folder, files):
    """The files whose sounds vary most, in their order."""
    sizes = [float(_beginning(folder / file)[0].std()) for file in files]
    order = np.argsort([-size for size in sizes], kind="stable")[:_MOST_PLAYERS]
    return [files[i] for i in sorted(order) if sizes[i] > 0] or files[:1]


def _beginning(path):
    """The first minute of a sound file, its rate, and the seconds of all of it."""
    from keras_sounddream.audio.io import read, seconds_of

    waveform, rate = read(path, _MOST_SECONDS)
    return waveform[0, :_MOST_SAMPLES], rate, seconds_of(path)
