"""The parameterisation of a sound: a log-magnitude spectrogram, evaluated as a waveform.

The ascent changes the natural log-magnitude of an STFT. The objective is read off the waveform
that this spectrogram makes with the current phase, at the input's loudness; gradients pass through
inverse STFT and loudness. The phase is refreshed from that waveform between rounds of steps.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.edges import fade_edges
from keras_sounddream.audio.limiter import at_level
from keras_sounddream.audio.loudness import (
    db_to_nepers,
    hold_level,
    is_silent,
    rms,
    round_to_16_bits,
)
from keras_sounddream.audio.spectral.masks import room_to_rise
from keras_sounddream.audio.spectral.stft import from_polar, istft, stft, to_polar
from keras_sounddream.audio.waveforms import check_layout, check_overshoot, check_scale
from keras_sounddream.deepdream.params.beginnings import beginning
from keras_sounddream.deepdream.settings import Settings
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

_DITHER_SAMPLES = 2**16  # after which the dither repeats
State = dict[str, Tensor]


class SpectrogramParam:
    """The parameterisation of a sound: its log-magnitude, and the waveform that it makes.

    A state is a dictionary of tensors: `variable`, what is ascended on; `start`, the input's
    log-magnitude; `cosine` and `sine`, the phase; `level`, the input's RMS; `source`, the input;
    and of a mask `room`, how far each bin may rise.

    Args:
        settings: `Settings` of a dream of sounds.
        analysis: `Analysis` of the spectrogram.
        input_shape: of the network: `(None, samples)` or `(None, samples, 1)`.
        name: of the network, for errors.
        transform: `"fft"`, or `"dft"` where the graph is to be exported.
    """

    kind = "sound"
    shift_axes = (1,)

    def __init__(
        self,
        settings: Settings,
        analysis: Analysis,
        input_shape: tuple = (None, None),
        name: str = "the network",
        transform: str = "fft",
    ):
        self.settings, self.analysis, self.transform = settings, analysis, transform
        self.most_shift = round(settings.roll_seconds * analysis.sample_rate)
        self.tile_lengths = [round(settings.tile_seconds * analysis.sample_rate)]
        self.grids = settings.grids
        self._is_mask = settings.parameterization == "mask"
        self._rise, self._fall = db_to_nepers(settings.mask_db), db_to_nepers(settings.fall_db)
        self._ceiling = db_to_nepers(settings.ceiling_db)
        self._input_shape, self._name = tuple(input_shape), name

    def begin(self, source: Tensor) -> State:
        """State before the first step, of waveforms `(batch, samples)`."""
        begun = beginning(source, self.settings)
        heard = begun if self._is_mask else self.dither(begun)
        log_magnitude, cosine, sine = to_polar(*self._stft(heard))
        own = {"variable": log_magnitude}
        if self._is_mask:
            own = {"variable": tf.zeros_like(log_magnitude), "room": self._room(log_magnitude)}
        return {
            **own,
            "start": log_magnitude,
            "cosine": cosine,
            "sine": sine,
            "level": rms(source),
            "source": source,
        }

    def dither(self, waveform: Tensor) -> Tensor:
        """Adds noise at the level of the last bit of 16-bit sound.

        Digital silence has no phase: raised by a dream, its rounding errors would make the result
        depend on the order of additions. Under this noise it has one. A mask raises no silence.
        """
        return waveform + repeat(draw_dither(self.settings.seed), tf.shape(waveform)[1])

    def made_shape(self, shape: Any) -> Any:
        """Shape of the dreams of inputs of a shape: the same."""
        return shape

    def grid(self, octave: Tensor) -> tuple[Tensor, Tensor]:
        """Frames and bins per cell of an octave's grid."""
        time, frequency = tf.unstack(tf.constant(self.grids)[octave])
        return time, frequency

    def enter_octave(self, state: State, octave: Tensor, grid: tuple) -> State:
        """State at the start of an octave: some of the source is mixed in."""
        if not self.settings.source_mix:
            return state
        neutral = tf.zeros_like(state["start"]) if self._is_mask else state["start"]
        share = tf.where(octave == 0, 0.0, self.settings.source_mix)
        return {**state, "variable": share * neutral + (1 - share) * state["variable"]}

    def renew(self, state: State) -> State:
        """State at the start of a round: the phase is taken anew from the waveform so far."""
        if self._is_mask:  # a filter keeps the phase of what it is put on
            return state
        log_magnitude, cosine, sine = to_polar(*self._stft(self.make(state)))
        return {**state, "variable": log_magnitude, "cosine": cosine, "sine": sine}

    def make(self, state: State) -> Tensor:
        """Waveform `(batch, samples)` of a state, at the source's level; gradients pass."""
        return hold_level(self._made(state), state["level"])

    def finish(self, state: State) -> Tensor:
        """Waveform that is given out: at the source's level, with peaks of at most 1."""
        return at_level(self._made(state), state["level"], self.analysis.sample_rate)

    def source(self, state: State) -> Tensor:
        """The input, as long as `make`'s waveform."""
        return state["source"]

    def move(self, waveform: Tensor, shift: Tensor) -> Tensor:
        """Waveform moved by a shift, int32 `(1,)` samples; what leaves one end re-enters."""
        return tf.roll(waveform, shift, self.shift_axes)

    def coarsen(self, gradient: Tensor, grid: tuple) -> Tensor:
        """Gradient averaged over an octave's cells, and interpolated between their centres."""
        return coarsen(gradient, *grid)

    def project(self, variable: Tensor, state: State) -> Tensor:
        """Keeps a mask within its bounds, and a magnitude within 20 dB of full scale."""
        if self._is_mask:
            return tf.clip_by_value(variable, -self._fall, state["room"])
        return tf.minimum(variable, math.log(10 * self.analysis.frame_length / 4))

    def step_size(self, step_size: Tensor) -> Tensor:
        """Converts a step in dB to the variable's unit, nepers."""
        return db_to_nepers(step_size)

    def preprocess(self, waveform: Tensor) -> Tensor:
        """The network's input: with a channel axis if it takes one."""
        return tf.expand_dims(waveform, -1) if len(self._input_shape) == 3 else waveform

    def as_written(self, waveform: Tensor) -> Tensor:
        """The waveform as a 16-bit file holds it."""
        return round_to_16_bits(waveform)

    def check(self, waveform: Array) -> np.ndarray:
        """Checks sounds to dream on: float32 `(batch, samples)`.

        Raises:
            InputError: for another shape, NaN, a high peak, silence, or less than a frame.
        """
        waveform = as_array(waveform, "a waveform")
        check_layout(waveform.shape)
        waveform = waveform[None] if waveform.ndim == 1 else waveform
        if waveform.ndim != 2 or not waveform.size:
            raise InputError(
                "Expected a waveform (samples,) or (batch, samples) to dream on. "
                f"Received shape: {waveform.shape}"
            )
        check_finite(waveform, "a waveform")
        count, expected = waveform.shape[1], self._input_shape[1]
        if expected not in (None, count):
            raise InputError(
                f"{self._name} takes {expected} samples, no more and no fewer. Received: {count}"
            )
        peak = np.abs(waveform).max()
        check_scale(peak)
        check_overshoot(peak)
        if count < self.analysis.frame_length:
            seconds, least = count / self.analysis.sample_rate, self.analysis.frame_seconds
            raise InputError(
                f"Expected at least {least:.3g} s to dream on. Received: {seconds:.3f} s"
            )
        if is_silent(waveform).any():
            raise InputError("Expected sound to dream on, but it is silent.")
        return waveform

    def smallest_input(self, shape: tuple) -> tuple:
        """Shape of the network's smallest input during a dream of waveforms of a shape."""
        return (1, *shape[1:], 1)[: len(self._input_shape)]

    def too_small(self, shape: tuple, layer: str, least: int | None) -> str:
        """Words an error: a layer outputs nothing for a waveform of a shape, but of the least."""
        rate = self.analysis.sample_rate
        needs = "" if least is None else f", which takes {least / rate:.3f} s or more"
        return (
            f"{shape[1] / rate:.3f} s of sound are too few for layer {layer!r}{needs}: dream on a "
            "longer sound or an earlier layer."
        )

    def larger_tiles(self, length: int) -> str:
        """Spells the setting for tiles of a length."""
        return f"tile_seconds={length / self.analysis.sample_rate:.2g}"

    def _room(self, log_magnitude):
        """Room for each bin to rise: where there is sound, and to the loudest of its frame."""
        peak = tf.reduce_max(log_magnitude, (1, 2), keepdims=True)
        return room_to_rise(log_magnitude, peak, self._ceiling, self._rise)

    def _made(self, state):
        log_magnitude = state["variable"]
        if self._is_mask:
            log_magnitude = state["start"] + log_magnitude
        spectrogram = from_polar(log_magnitude, state["cosine"], state["sine"])
        source = state["source"]
        made = istft(*spectrogram, self.analysis, tf.shape(source)[1], self.transform)
        if not self._is_mask:
            return made
        return source + fade_edges(made - source, self.analysis)

    def _stft(self, waveform):
        return stft(waveform, self.analysis, self.transform)


def coarsen(spectrogram: Tensor, time: Tensor, frequency: Tensor) -> Tensor:
    """Averages a spectrogram over the cells of a coarser grid and interpolates between them.

    Args:
        spectrogram: float32 `(batch, frames, bins)`.
        time: frames per cell.
        frequency: bins per cell.

    Returns:
        float32 `(batch, frames, bins)`; where both are 1, the spectrogram as it is. A grid has
        at least one cell, however short the sound.
    """
    size = tf.shape(spectrogram)[1:]
    cells = tf.cast(size, "float32") / tf.stack([time, frequency])
    cells = tf.maximum(tf.cast(tf.round(cells), "int32"), 1)

    def through_grid():
        images = spectrogram[..., tf.newaxis]
        images = tf.image.resize(images, cells, "area")
        return tf.image.resize(images, size, "bilinear")[..., 0]

    return tf.cond(tf.reduce_all(cells == size), lambda: spectrogram, through_grid)


def draw_dither(seed: int) -> Tensor:
    """The noise that `SpectrogramParam.dither` repeats: float32 `(1, 65536)`."""
    return tf.random.stateless_normal((1, _DITHER_SAMPLES), (seed, 0), stddev=2.0**-15)


def repeat(noise: Tensor, num_samples: Tensor) -> Tensor:
    """Noise `(1, samples)` repeated along time to `(1, num_samples)`."""
    times = (num_samples + noise.shape[1] - 1) // noise.shape[1]
    return tf.slice(tf.tile(noise, [1, times]), [0, 0], [1, num_samples])


def as_array(image: Array, kind: str) -> np.ndarray:
    """A float32 array of what was given."""
    try:
        return np.array(image, "float32")
    except (TypeError, ValueError):
        raise InputError(
            f"Expected {kind}, an array of numbers, to dream on. Received: {type(image).__name__}"
        ) from None


def check_finite(image: np.ndarray, kind: str) -> None:
    """Checks that an array holds finite numbers alone."""
    if not np.isfinite(image).all():
        raise InputError(f"Expected {kind} of finite numbers. It holds some that are not.")
