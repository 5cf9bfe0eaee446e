"""Samples of a generator to files: grids, animations and sounds, perhaps dreamed on first."""

from typing import Any

import keras
import numpy as np

from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.applications.generators.large import generate_large
from keras_sounddream.applications.generators.latents import interpolate
from keras_sounddream.applications.generators.pictures import draw_samples, sample_grid
from keras_sounddream.audio import io as sound_io
from keras_sounddream.audio.loudness import hold_level
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.images.io import save_picture
from keras_sounddream.images.movement import save_animation
from keras_sounddream.types import Array, PathLike
from keras_sounddream.workflows.objective_from_files import find_objective
from keras_sounddream.workflows.sample_output import check_samples_output

_JOIN_SECONDS = 0.05  # of the cross-fade from one sound to the next
_LEVEL = 0.1  # root mean square of each: -20 dB
_FRAME_MS = 80


def choose_latents(generator: Generator, count: int, seed: int, steps: int | None) -> Array:
    """Random latents by a seed; `steps` more on the path from each to the next, if given."""
    latents = generator.draw(count, seed)
    return latents if steps is None else interpolate(latents, steps)


def dream_latents(
    generator: Generator,
    latents: Array,
    model: keras.Model,
    layers: tuple[str, ...] = (),
    label: str | None = None,
    progress: bool = False,
    **settings: Any,
) -> DreamResult:
    """Dreams on latents of a generator: see `DeepDream`.

    Args:
        generator: `Generator`.
        latents: float32 `(batch, latent_size)`.
        model: network whose layers or class are to respond more.
        layers: as `find_objective` takes them.
        label: a class.
        progress: whether to show a progress bar.
        **settings: of `DeepDream`.

    Returns:
        `DreamResult`, whose `latent` are the latents that were reached.

    Raises:
        InputError: if the network takes no such pictures or sounds, or lacks a layer or class.
    """
    objective = find_objective(model, layers, label=label)
    return DeepDream(model, objective, generator=generator, **settings).run(latents, progress)


def write_samples(
    generator: Generator, latents: Array, path: PathLike, columns: int, overwrite: bool = False
) -> None:
    """Writes what a generator makes of latents.

    Args:
        generator: `Generator`.
        latents: float32 `(batch, latent_size)`.
        path: a picture, in which all are side by side; `.gif`, in which they follow each other; or
            a sound, in which those of spectrogram patches do.
        columns: pictures of a row.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file cannot be written, or is a sound and the generator makes pictures.
    """
    form = check_samples_output(path, overwrite, generator.patches is not None)
    if form == "sound":
        waveform = join_sounds(generator.generate(latents), generator.patches.sample_rate)
        sound_io.save(
            path, waveform[np.newaxis], generator.patches.sample_rate, overwrite=overwrite
        )
    elif form == "animation":
        save_animation(path, list(draw_samples(generator, latents)), _FRAME_MS, overwrite)
    else:
        save_picture(path, sample_grid(generator, latents, columns), overwrite)


def write_large(
    generator: Generator, size: int, path: PathLike, seed: int = 0, overwrite: bool = False
) -> None:
    """Writes one picture of `size` rows and columns, see `generators.generate_large`.

    Raises:
        InputError: if the file cannot be written, or the generator makes no such picture.
    """
    save_picture(path, generate_large(generator, size, seed=seed), overwrite)


def join_sounds(waveforms: Array, sample_rate: int) -> Array:
    """Sounds `(count, samples)` one after another at one loudness: float32 `(all samples,)`."""
    fade = round(_JOIN_SECONDS * sample_rate)
    waveforms = np.asarray(hold_level(waveforms, _LEVEL))
    length = waveforms.shape[1]
    ramp = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / fade)
    whole = np.zeros(len(waveforms) * (length - fade) + fade, "float32")
    for number, waveform in enumerate(waveforms):
        start = number * (length - fade)
        whole[start : start + length] += waveform * ramp
    return whole / max(1.0, np.abs(whole).max())
