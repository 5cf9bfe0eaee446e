"""What a dream gives, and how much of it is real."""

import dataclasses
import math

import numpy as np

from keras_sounddream.audio.loudness import nepers_to_db
from keras_sounddream.audio.spectral.stft import stft, to_polar


@dataclasses.dataclass
class DreamResult:
    """A dreamed sound or picture with its measurements; arrays have one row an example.

    Attributes:
        source: float32 `(batch, samples)` in [-1, 1] or `(batch, height, width, 3)` in [0, 255].
        dream: float32, the same shape and range.
        analysis: `Analysis` of the spectrogram that was changed; `None` for pictures.
        objective: float32 `(steps, batch)`, as read at each step before it was made.
        objective_before: float32 `(batch,)`, of the input.
        objective_believed: float32 `(batch,)`, of the dream as the ascent left it.
        objective_real: float32 `(batch,)`, of the dream rounded to 16 bits, or pixels to 8.
        seconds: float, how long the ascent took.
        layers: tuple of str.
        name: str, the objective in words.
    """

    source: np.ndarray
    dream: np.ndarray
    analysis: object
    objective: np.ndarray
    objective_before: np.ndarray
    objective_believed: np.ndarray
    objective_real: np.ndarray
    seconds: float
    layers: tuple
    name: str

    @property
    def waveform(self):
        """The dreamed sounds, float32 `(batch, samples)`; `None` of pictures."""
        return self.dream if self.analysis else None

    @property
    def picture(self):
        """The dreamed pictures, float32 `(batch, height, width, 3)`; `None` of sounds."""
        return None if self.analysis else self.dream

    @property
    def sample_rate(self):
        """Hz; `None` of pictures."""
        return self.analysis.sample_rate if self.analysis else None

    @property
    def spectrogram_before(self):
        """Spectrograms of the inputs, float32 `(batch, frames, bins)`, dB; `None` of pictures."""
        return levels_db(self.source, self.analysis) if self.analysis else None

    @property
    def spectrogram_after(self):
        """Spectrograms of the dreams, float32 `(batch, frames, bins)`, dB; `None` of pictures."""
        return levels_db(self.dream, self.analysis) if self.analysis else None

    @property
    def gain(self):
        """Objective of the 16-bit sound over that of the input, `(batch,)`; NaN for 0 / 0."""
        return _ratio(self.objective_real, self.objective_before)

    @property
    def retained(self):
        """Real rise over the rise that the ascent believed it had made, `(batch,)`."""
        real = self.objective_real - self.objective_before
        return _ratio(real, self.objective_believed - self.objective_before)

    def figures(self, example=0):
        """Gives the measurements of one example, ready for JSON.

        Args:
            example: int, row of the batch.

        Returns:
            dict of numbers; `None` where a ratio has nothing to divide by.
        """
        names = ("objective_before", "objective_believed", "objective_real", "gain", "retained")
        values = {name: float(getattr(self, name)[example]) for name in names}
        return {
            **{name: value if np.isfinite(value) else None for name, value in values.items()},
            "objective": [float(score) for score in self.objective[:, example]],
            "seconds": self.seconds,
            "steps": len(self.objective),
            "layers": list(self.layers),
            "name": self.name,
            "sample_rate": self.sample_rate,
        }


def levels_db(waveform, analysis):
    """Takes the spectrogram of a waveform in decibels.

    Args:
        waveform: float32 `(batch, samples)`.
        analysis: `Analysis`.

    Returns:
        float32 `(batch, frames, bins)`, dB; 0 for a sine of full scale.
    """
    log_magnitude, _, _ = to_polar(*stft(waveform, analysis))
    loudest = analysis.frame_length / 4  # of a sine of full scale under a Hann window
    return nepers_to_db(np.asarray(log_magnitude) - math.log(loudest))


def _ratio(numerator, denominator):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(numerator) / np.asarray(denominator)
