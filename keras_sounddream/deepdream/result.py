"""What a dream gives, and how much of it is real."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class DreamResult:
    """A dreamed sound with its measurements; arrays have one row an example.

    Attributes:
        waveform: float32 `(batch, samples)`, the dream, in [-1, 1].
        sample_rate: int, Hz.
        spectrogram_before: float32 `(batch, frames, bins)`, dB, of the input.
        spectrogram_after: float32 `(batch, frames, bins)`, dB, of the dream.
        objective: float32 `(steps, batch)`, as read at each step before it was made.
        objective_before: float32 `(batch,)`, of the input.
        objective_believed: float32 `(batch,)`, of the dream as the ascent left it.
        objective_real: float32 `(batch,)`, of the dream rounded to 16 bits.
        seconds: float, how long the ascent took.
        layers: tuple of str.
        name: str, the objective in words.
    """

    waveform: np.ndarray
    sample_rate: int
    spectrogram_before: np.ndarray
    spectrogram_after: np.ndarray
    objective: np.ndarray
    objective_before: np.ndarray
    objective_believed: np.ndarray
    objective_real: np.ndarray
    seconds: float
    layers: tuple
    name: str

    @property
    def real_gain(self):
        """Objective of the 16-bit sound over that of the input, `(batch,)`; NaN for 0 / 0."""
        return _ratio(self.objective_real, self.objective_before)

    @property
    def kept(self):
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
        names = ("objective_before", "objective_believed", "objective_real", "real_gain", "kept")
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


def _ratio(numerator, denominator):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(numerator) / np.asarray(denominator)
