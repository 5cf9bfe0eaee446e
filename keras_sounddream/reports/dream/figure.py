"""Plots of a dream: spectrograms, their change, and the objective over the steps."""

import io
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RANGE_DB = 80


def plot(result: Any, path: PathLike, overwrite: bool = False) -> None:
    """Draws the spectrograms before and after a dream, what changed, and the ascent.

    Args:
        result: `DreamResult`; the first clip of its batch is drawn.
        path: ends in `.png`, `.svg` or `.pdf`.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file may not be written or its suffix is another.
    """
    output = check_picture(path, overwrite)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 10), layout="constrained")
    axes = figure.subplots(4, 1, height_ratios=(3, 3, 3, 2))
    before, after = result.spectrogram_before[0], result.spectrogram_after[0]
    loudest = max(before.max(), after.max())
    scale = {"vmin": loudest - _RANGE_DB, "vmax": loudest, "cmap": "magma"}
    levels = _draw(axes[0], before, result, "input", scale)
    _draw(axes[1], after, result, "dream", scale)
    figure.colorbar(levels, ax=axes[:2], label="level (dB)")
    audible = np.maximum(before, after) > loudest - _RANGE_DB
    change = np.where(audible, after - before, 0.0)
    scale = {"vmin": -30, "vmax": 30, "cmap": "RdBu_r"}
    changes = _draw(axes[2], change, result, "what the dream changed", scale)
    figure.colorbar(changes, ax=axes[2], label="change (dB)")
    _draw_ascent(axes[3], result)
    save_figure(figure, output, overwrite)


def save_figure(figure: "Figure", path: pathlib.Path, overwrite: bool = False) -> None:
    """Writes a figure in the format of the path's suffix."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:].lower(), dpi=110)
    with written_beside(path, overwrite) as temporary:
        temporary.write_bytes(buffer.getvalue())


def check_picture(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """The path of a plot; `InputError`, before any work, if it may not be written there."""
    output: pathlib.Path = check_output(path, overwrite)
    if output.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise InputError(f"Expected a picture .png, .svg or .pdf. Received: {output.name}")
    return output


def _draw(axes, spectrogram, result, title, scale):
    seconds = result.waveform.shape[1] / result.sample_rate
    extent = (0, seconds, 0, result.sample_rate / 2)
    image = axes.imshow(spectrogram.T, origin="lower", aspect="auto", extent=extent, **scale)
    axes.set(title=title, xlabel="time (s)", ylabel="frequency (Hz)")
    return image


def _draw_ascent(axes, result):
    objective = result.objective[:, 0]
    axes.plot(np.arange(len(objective)), objective, label="during the ascent")
    if result.objective_real is not None:
        axes.axhline(result.objective_real[0], linestyle=":", color="black", label="in the file")
    axes.set(title=str(result.name), xlabel="step", ylabel="objective")
    axes.grid(alpha=0.3)
    axes.legend()
