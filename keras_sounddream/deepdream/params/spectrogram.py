"""A sound that is dreamed on: its log-magnitude is changed, its waveform is heard."""

import math

import tensorflow as tf

from keras_sounddream.audio.loudness import hold_level, rms
from keras_sounddream.audio.spectral.phase import db_to_nepers, from_polar, to_polar
from keras_sounddream.audio.spectral.stft import istft, stft
from keras_sounddream.deepdream.params import transforms
from keras_sounddream.deepdream.params.octaves import coarsen

_LEVEL_ROUNDS = 4  # of the waveform that is given out; one is enough to find the way


class Sound:
    """What a dream changes of a sound, and how it is heard.

    Its state is a dictionary: `variable`, what is ascended on, and what stays as it is during a
    round: the phase, the level, the spectrogram that a filter is put on.

    Args:
        analysis: `Analysis` of the spectrogram.
        way: str, `"log_magnitude"` to change the spectrogram itself, or `"mask"` to put a bounded
            filter on the source's.
        mask_db: float, dB, the most that the filter changes.
        roll: int, samples, of the random moves along time.
        blend: float, share of the source that comes back at the start of each octave.
    """

    axes = 1

    def __init__(self, analysis, way, mask_db, roll, blend):
        self.analysis = analysis
        self.way = way
        self.roll = roll
        self._blend = blend
        self._most = db_to_nepers(mask_db)

    def begin(self, source, seed):
        """Makes the state before the first step.

        Args:
            source: float32 `(batch, samples)`.
            seed: int, of the dither.

        Returns:
            dict of tensors.
        """
        return self.begin_with(transforms.dither(source, seed), source)

    def begin_with(self, dithered, source):
        """Makes the state before the first step from a sound that has been dithered.

        Args:
            dithered: float32 `(batch, samples)`.
            source: float32, the same before.

        Returns:
            dict of tensors.
        """
        log_magnitude, cosine, sine = to_polar(*stft(dithered, self.analysis))
        start = tf.zeros_like(log_magnitude) if self.way == "mask" else log_magnitude
        return {
            "variable": start,
            "start": log_magnitude,
            "cosine": cosine,
            "sine": sine,
            "level": rms(source),
            "source": source,
        }

    def enter_octave(self, state, octave, time, frequency):
        """Prepares an octave: mixes some of the source in.

        Args:
            state: dict of tensors.
            octave: int scalar.
            time: float scalar, frames a cell of the octave's grid.
            frequency: float scalar, bins a cell.

        Returns:
            dict of tensors.
        """
        if not self._blend:
            return state
        still = tf.zeros_like(state["start"]) if self.way == "mask" else state["start"]
        share = tf.where(octave == 0, 0.0, self._blend)
        return {**state, "variable": share * still + (1 - share) * state["variable"]}

    def renew(self, state):
        """Takes the phase anew from the waveform that the state makes, at the start of a round.

        Args:
            state: dict of tensors.

        Returns:
            dict of tensors.
        """
        if self.way == "mask":  # a filter keeps the phase of what it is put on
            return state
        waveform = self.finish(state)
        log_magnitude, cosine, sine = to_polar(*stft(waveform, self.analysis))
        return {**state, "variable": log_magnitude, "cosine": cosine, "sine": sine}

    def make(self, state, level_rounds=1):
        """Makes the waveform of a state; gradients pass.

        Args:
            state: dict of tensors.
            level_rounds: int, as of `loudness.hold_level`.

        Returns:
            float32 `(batch, samples)`.
        """
        log_magnitude = state["variable"]
        if self.way == "mask":
            log_magnitude = state["start"] + self._most * tf.tanh(log_magnitude / self._most)
        spectrogram = from_polar(log_magnitude, state["cosine"], state["sine"])
        waveform = istft(*spectrogram, self.analysis, tf.shape(state["source"])[1])
        return hold_level(waveform, state["level"], level_rounds)

    def finish(self, state):
        """Makes the waveform that is given out.

        Args:
            state: dict of tensors.

        Returns:
            float32 `(batch, samples)` at the source's level, with peaks of at most 1.
        """
        return self.make(state, _LEVEL_ROUNDS)

    def source(self, state):
        """Gets what the waveform was before the dream, as long as `make` makes it."""
        return state["source"]

    def move(self, waveform, seed, step):
        """Moves a waveform by a random time.

        Args:
            waveform: float32 `(batch, samples)`.
            seed: int.
            step: int scalar.

        Returns:
            float32 `(batch, samples)`.
        """
        return transforms.roll(waveform, self.roll, seed, step)

    def draw(self, gradient, time, frequency):
        """Draws a gradient on the octave's grid."""
        return coarsen(gradient, time, frequency)

    def limit(self, variable):
        """Keeps a magnitude within 20 dB of full scale, so that unbounded steps do not overflow."""
        return tf.minimum(variable, math.log(10 * self.analysis.frame_length / 4))
