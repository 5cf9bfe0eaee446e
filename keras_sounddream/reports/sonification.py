"""What layers sound like, as plots and as a page to listen to."""

import dataclasses
import html
import io
import pathlib
import urllib.parse

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.files import written_beside
from keras_sounddream.reports import html as _html

PAGE = "index.html"

_MOST_SECONDS = 60.0  # of a sound that is drawn
_MOST_SAMPLES = 2_000_000
_MOST_POINTS = 2000  # of a drawn waveform
_MOST_PLAYERS = 4  # of filters that are left apart


@dataclasses.dataclass(frozen=True)
class Sound:
    """A sound that was made, or the sounds of filters that are left apart.

    Attributes:
        title: str, what it is of.
        note: str, how it was combined; may be empty.
        files: tuple of str, sound files in the folder.
        picture: str, file of the activations, or `None`.
        graph: str, file of the plot, or `None`.
    """

    title: str
    note: str
    files: tuple
    picture: str | None = None
    graph: str | None = None


def draw_sound(path, picture, overwrite=False):
    """Plots a sound file: its waveform, and its spectrogram.

    Args:
        path: str or path of the sound; the first minute is drawn.
        picture: str or path of the `.png` to write.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if the sound cannot be read or the picture may not be written.
    """
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


def write_page(path, title, source, sounds, overwrite=False):
    """Writes a page with players beside the files that it plays.

    Args:
        path: str or path, in the folder of the files.
        title: str.
        source: str, file of the sound or picture that the network was given.
        sounds: sequence of `Sound`.
        overwrite: bool, whether a page that exists may be replaced.

    Raises:
        InputError: if a sound cannot be read or the page may not be written.
    """
    folder = pathlib.Path(path).parent
    cards = [_source_card(folder, source)]
    for sound in sounds:
        cards += _cards(folder, sound)
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        "<p>What layers of the network answer, made audible. A grid shows how each filter of a "
        "layer answers, dark for not at all; below it is the spectrogram of the sound, time from "
        "left to right, frequency from bottom to top, brighter for louder, each on its own "
        "scale. A grid opens the larger picture, a spectrogram the plot.</p>",
        f'<div class="grid">{"".join(cards)}</div>',
    ]
    with written_beside(path, overwrite) as temporary:
        temporary.write_text(_html.document(title, "\n".join(parts)), encoding="utf-8")


def _source_card(folder, source):
    if source.endswith(".png"):
        return _html.figure("Input", "", f'<img src="{_address(source)}" alt="The input">')
    return _html.figure("Input", "", *_heard(folder, source, "Input", None))


def _cards(folder, sound):
    """Cards of a sound, or of the filters that vary most."""
    if sound.note != "separate":
        shown = _grid(sound) + _heard(folder, sound.files[0], sound.title, sound.graph)
        return [_html.figure(sound.title, sound.note, *shown)]
    chosen = _liveliest(folder, sound.files)
    players = [
        f"<p>{html.escape(pathlib.Path(file).stem.replace('_', ' '))}</p>"
        + _html.player(_address(file), f"{sound.title}, {pathlib.Path(file).stem}")
        for file in chosen
    ]
    where = _address(str(pathlib.PurePosixPath(sound.files[0]).parent))
    note = f"{len(chosen)} of {len(sound.files)} filters, the liveliest"
    link = f'<p><a href="{where}/">All {len(sound.files)} files</a></p>'
    return [_html.figure(sound.title, note, *_grid(sound), *players, link)]


def _grid(sound):
    if sound.picture is None:
        return []
    source, what = _address(sound.picture), html.escape(f"Activations, {sound.title}")
    picture = f'<a href="{source}"><img src="{source}" alt="{what}"></a>'
    return [f'<div style="margin-bottom:.8rem">{picture}</div>']


def _heard(folder, file, title, graph):
    """The spectrogram of a sound and its player."""
    waveform, rate, seconds = _beginning(folder / file)
    shown = len(waveform) / rate
    levels = spectrogram_image.levels_db(waveform, rate, 400, 200)
    what = f"Spectrogram, {title}" + (f", the first {shown:.0f} s" if shown < seconds else "")
    picture = _html.spectrogram_picture(levels, float(levels.max()), shown, rate, what)
    if graph is not None:
        picture = f'<a href="{_address(graph)}">{picture}</a>'
    length = f"{seconds:.3g} s" if seconds < 60 else f"{seconds / 60:.1f} min"
    peak = np.abs(waveform).max()
    note = f'<p class="quiet"><small>{length} at {rate} Hz, peak {peak:.2f}</small></p>'
    return [picture, _html.player(_address(file), f"{title}, {length}"), note]


def _liveliest(folder, files):
    """The files whose sounds vary most, in their order."""
    sizes = [float(_beginning(folder / file)[0].std()) for file in files]
    order = np.argsort([-size for size in sizes], kind="stable")[:_MOST_PLAYERS]
    return [files[i] for i in sorted(order) if sizes[i] > 0] or files[:1]


def _beginning(path):
    """The first minute of a sound file, its rate, and the seconds of all of it."""
    from keras_sounddream.audio.io import open_sound

    with open_sound(path) as sound:
        count = min(sound.frames, round(_MOST_SECONDS * sound.samplerate), _MOST_SAMPLES)
        waveform = sound.read(count, dtype="float32", always_2d=True)[:, 0]
        return waveform, sound.samplerate, sound.frames / sound.samplerate


def _address(name):
    return html.escape(urllib.parse.quote(name))
