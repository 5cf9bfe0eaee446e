"""The parameterisation of a dream on a generator: the latent that its pictures or sounds come from.

All latents lie on a sphere, at a root mean square of 1, and so does every step of the ascent: what
is dreamed is what the generator could have made by itself.
"""

import dataclasses
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.audio.analysis import as_analysis
from keras_sounddream.audio.limiter import at_level
from keras_sounddream.audio.loudness import hold_level, rms
from keras_sounddream.audio.spectral.phase import refine_phase
from keras_sounddream.audio.spectral.stft import from_polar, istft
from keras_sounddream.audio.spectrogram_patches import first_phase
from keras_sounddream.deepdream.params.pixels import PixelParam
from keras_sounddream.deepdream.params.spectrogram import (
    SpectrogramParam,
    State,
    as_array,
    check_finite,
)
from keras_sounddream.deepdream.settings import FIELDS, Settings
from keras_sounddream.errors import InputError
from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.types import Array, Tensor

FIRST_ROUNDS, ROUNDS = 60, 10  # of the phase: of a new sound, and of one after some steps
_PERCENT = 0.01
_OF_WHAT_IS_MADE = (  # attributes of `inner`
    *("analysis", "transform", "most_shift", "shift_axes", "move"),
    *("preprocess", "as_written", "too_small", "larger_tiles"),
)
_WITHOUT = ("smoothing", "tile_seconds", "tile_pixels")  # settings of neighbours in a picture


class LatentParam:
    """The parameterisation of a picture by the latent of a generator, which the ascent changes.

    A state is a dictionary of tensors: `variable`, the latent; `source`, the first one's picture.
    The random transforms of a step, and what the network takes, are those of `pixels`.

    Args:
        settings: `Settings` of a dream; a step is a percentage of a latent's root mean square.
        generator: model from latents to pictures in [-1, 1].
        inner: the parameterisation of what is made, of one octave.

    Raises:
        InputError: if a setting is one that latents have not.
    """

    kind = "latent"
    renew: Any = None  # pictures have no phase to renew
    tile_lengths = (0,)
    analysis: Any
    transform: Any
    most_shift: Any
    shift_axes: Any
    move: Any
    preprocess: Any
    as_written: Any
    too_small: Any
    larger_tiles: Any

    def __init__(
        self, settings: Settings, generator: keras.Model, inner: PixelParam | SpectrogramParam
    ):
        for name in _WITHOUT:
            if getattr(settings, name) != FIELDS[name].default:
                raise InputError(f"A dream on a generator has no `{name}`: leave it out.")
        self.settings, self.generator, self.inner = settings, generator, inner
        self.grids = np.ones_like(settings.grids)
        self.latent_size = generator.inputs[0].shape[-1]
        for name in _OF_WHAT_IS_MADE:
            setattr(self, name, getattr(inner, name))

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one picture or sound that is made."""
        return tuple(self.generator.outputs[0].shape[1:])

    def made_shape(self, shape: Any) -> tuple:
        """Shape of the pictures or sounds of latents of a shape."""
        return (shape[0], *self.image_shape)

    def begin(self, source: Tensor) -> State:
        """State before the first step, of latents `(batch, latent_size)`."""
        latent = self.limit(source)
        return {"variable": latent, "source": self._show(latent)}

    def grid(self, octave: Tensor) -> tuple[Tensor, Tensor]:
        """The grid of each octave: latents have one alone."""
        return tf.constant(1.0), tf.constant(1.0)

    def enter_octave(self, state: State, octave: Tensor, grid: tuple) -> State:
        """State at the start of an octave."""
        return state

    def make(self, state: State) -> Tensor:
        """Pictures `(batch, height, width, 3)` in [0, 255] of a state; gradients pass."""
        return self._show(state["variable"])

    def finish(self, state: State) -> Tensor:
        """Pictures that are given out."""
        return self.make(state)

    def source(self, state: State) -> Tensor:
        """Pictures of the first latents."""
        return state["source"]

    def coarsen(self, gradient: Tensor, grid: tuple) -> Tensor:
        """The gradient as it is."""
        return gradient

    def project(self, variable: Tensor, state: State) -> Tensor:
        """Keeps latents on their sphere."""
        return self.limit(variable)

    def limit(self, variable: Tensor) -> Tensor:
        """Latents at a root mean square of 1."""
        size = tf.reduce_mean(tf.square(variable), axis=-1, keepdims=True)
        return variable * tf.math.rsqrt(tf.maximum(size, 1e-12))

    def step_size(self, step_size: Tensor) -> Tensor:
        """Converts a step in percent to the unit of latents."""
        return step_size * _PERCENT

    def check(self, latents: Array) -> np.ndarray:
        """Checks latents to dream on: float32 `(batch, latent_size)`.

        Raises:
            InputError: for another shape, NaN, or zeros alone.
        """
        latents = as_array(latents, "latents")
        latents = latents[None] if latents.ndim == 1 else latents
        if latents.ndim != 2 or latents.shape[1] != self.latent_size or not len(latents):
            raise InputError(
                f"Expected latents (batch, {self.latent_size}) of {self.generator.name} to dream "
                f"on. Received shape: {latents.shape}"
            )
        check_finite(latents, "latents")
        if not np.abs(latents).max(axis=1).all():
            raise InputError("Expected latents to dream on, but one is all zeros.")
        return latents

    def smallest_input(self, shape: tuple) -> tuple:
        """Shape of the network's input."""
        return self.inner.smallest_input((1, *self.image_shape))

    def _decode(self, latent):
        return self.generator(tf.ensure_shape(latent, (None, self.latent_size)), training=False)

    def _show(self, latent):
        return (tf.cast(self._decode(latent), "float32") + 1) / 2 * WHITE


class SoundLatentParam(LatentParam):
    """The parameterisation of a sound by the latent of a generator of spectrogram patches.

    Magnitudes are the generator's, and gradients pass through them; phases follow by Griffin and
    Lim's method, anew between rounds of steps. A state holds them, too, as `cosine` and `sine`,
    and `level`, the RMS of the first sound.
    """

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one sound."""
        return (self.generator.patches.num_samples,)

    def begin(self, source: Tensor) -> State:
        """State before the first step, of latents `(batch, latent_size)`."""
        latent = self.limit(source)
        log_magnitude = self._log_magnitude(latent)
        cosine, sine = map(tf.constant, first_phase(self.generator.patches, self.settings.seed))
        cosine, sine = self._refined(log_magnitude, cosine, sine, FIRST_ROUNDS)
        made = self._sound(log_magnitude, cosine, sine)
        level = rms(made)
        return {
            "variable": latent,
            "source": at_level(made, level, self.inner.analysis.sample_rate),
            "cosine": cosine,
            "sine": sine,
            "level": level,
        }

    def renew(self, state: State) -> State:
        """State whose phases go with its magnitudes."""
        log_magnitude = self._log_magnitude(state["variable"])
        phase = self._refined(log_magnitude, state["cosine"], state["sine"], ROUNDS)
        return {**state, "cosine": phase[0], "sine": phase[1]}

    def make(self, state: State) -> Tensor:
        """Waveforms `(batch, samples)` of a state, at the first one's level; gradients pass."""
        return hold_level(self._made(state), state["level"])

    def finish(self, state: State) -> Tensor:
        """Waveforms that are given out: with peaks of at most 1."""
        made = self._made(self.renew(state))
        return at_level(made, state["level"], self.inner.analysis.sample_rate)

    def _made(self, state):
        log_magnitude = self._log_magnitude(state["variable"])
        return self._sound(log_magnitude, state["cosine"], state["sine"])

    def _log_magnitude(self, latent):
        return self.generator.patches.log_magnitude(self._decode(latent))

    def _refined(self, log_magnitude, cosine, sine, rounds):
        analysis, (samples,) = self.inner.analysis, self.image_shape
        return refine_phase(log_magnitude, cosine, sine, analysis, samples, rounds, self.transform)

    def _sound(self, log_magnitude, cosine, sine):
        spectrogram = from_polar(log_magnitude, cosine, sine)
        return istft(*spectrogram, self.inner.analysis, self.image_shape[0], self.transform)


def make_param(
    kind: str, settings: Settings, analysis: Any, model: keras.Model, generator: Any
) -> Any:
    """The parameterisation of a dream with a model, on a generator if there is one."""
    octaves = settings if generator is None else dataclasses.replace(settings, octaves=1)
    own = model.inputs[0].shape, model.name
    inner: Any = PixelParam(octaves, *own) if kind == "picture" else None
    inner = inner or SpectrogramParam(octaves, analysis, *own)
    if generator is None:
        return inner
    return (LatentParam if kind == "picture" else SoundLatentParam)(settings, generator, inner)


def settle_generator(generator: Any, kind: str, rate: int | None, analysis: Any) -> Any:
    """The analysis of a dream on a generator: that of the generator's patches; of pictures none.

    Raises:
        InputError: if the generator is no model of latents, makes something else than the dream's
            network takes, or there is an analysis beside it.
    """
    shapes = [
        tuple(one[0].shape)
        for one in (getattr(generator, "inputs", None), getattr(generator, "outputs", None))
        if one is not None and len(one) == 1
    ]
    if [len(shape) for shape in shapes] != [2, 4] or shapes[0][1] is None:
        raise InputError(
            "`generator` must be a model from latents (batch, size) to pictures (batch, height, "
            f"width, channels). Received: {getattr(generator, 'name', generator)!r}"
        )
    patches = getattr(generator, "patches", None)
    made = "picture" if patches is None else "sound"
    if made != kind or (made == "picture" and shapes[1][-1] != 3):
        raise InputError(
            f"The network takes {kind}s, but {generator.name} makes {made}s of the shape "
            f"{shapes[1]}. Take a generator of {kind}s{' in colour' * (kind == 'picture')}."
        )
    analysis = None if analysis is None else as_analysis(analysis)
    if analysis not in (None, getattr(patches, "analysis", None)):
        raise InputError("A dream on a generator has the generator's `analysis`. Leave it out.")
    if patches is not None and rate not in (None, patches.sample_rate):
        raise InputError(
            f"The network takes {rate} Hz, but {generator.name} makes {patches.sample_rate} Hz. "
            "Take a network, or patches, of the other's rate."
        )
    return patches and patches.analysis
