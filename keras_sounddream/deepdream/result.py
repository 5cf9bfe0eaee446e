"""`DreamResult`: a dream with its measurements."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from keras_sounddream.audio import preservation
from keras_sounddream.audio.loudness import nepers_to_db
from keras_sounddream.audio.spectral.stft import stft, to_polar
from keras_sounddream.types import Array


class Measured:
    """A dream's measurements, of the whole batch and of one example."""

    objective: Array
    objective_before: Array
    objective_believed: Array
    objective_real: Array
    seconds: float
    layers: tuple[str, ...]
    name: str
    precision: str
    sample_rate: Any
    lost: Any
    similarity: Any

    @property
    def gain(self) -> Array:
        """Objective of the rounded dream divided by the input's, `(batch,)`; NaN for 0 / 0."""
        return _ratio(self.objective_real, self.objective_before)

    @property
    def retained(self) -> Array:
        """Rise of the objective after rounding divided by that before rounding, `(batch,)`."""
        real = self.objective_real - self.objective_before
        return _ratio(real, self.objective_believed - self.objective_before)

    def figures(self, example: int = 0) -> dict[str, Any]:
        """Measurements of one example, ready for JSON.

        Args:
            example: row of the batch.

        Returns:
            Numbers by name; `None` where a ratio's denominator is 0.
        """
        names: tuple[str, ...] = ("objective_before", "objective_believed", "objective_real")
        names += ("gain", "retained")
        names += () if self.lost is None else ("lost", "similarity")
        values = {name: float(getattr(self, name)[example]) for name in names}
        return {
            **{name: value if np.isfinite(value) else None for name, value in values.items()},
            "objective": [_or_none(score) for score in self.objective[:, example]],
            "seconds": self.seconds,
            "steps": len(self.objective),
            "layers": list(self.layers),
            "name": self.name,
            "precision": self.precision,
            "sample_rate": self.sample_rate,
        }


@dataclasses.dataclass
class DreamResult(Measured):
    """A dreamed sound or picture with its measurements; arrays have one row per example.

    Attributes:
        source: float32 `(batch, samples)` in [-1, 1] or `(batch, height, width, 3)` in [0, 255].
        dream: float32, the same shape and range.
        analysis: `Analysis` of the spectrogram that was changed; `None` for pictures.
        objective: float32 `(steps, batch)`, before each step.
        objective_before: float32 `(batch,)`, of the input.
        objective_believed: float32 `(batch,)`, of the dream as the ascent left it.
        objective_real: float32 `(batch,)`, of the dream rounded to 16 bits, or pixels to 8.
        seconds: duration of the ascent.
        layers: names of the layers that the objective reads.
        name: the objective, as a person would say it.
        precision: of the network during the ascent.
        written: rate, channels and coding of the sound file that was written, and what of the dream
            is in it; `None` if none was.
        latent: float32 `(batch, latent_size)`, of a dream on a generator; else `None`.
    """

    source: Array
    dream: Array
    analysis: Any
    objective: Array
    objective_before: Array
    objective_believed: Array
    objective_real: Array
    seconds: float
    layers: tuple[str, ...]
    name: str
    precision: str = "float32"
    written: dict[str, Any] | None = None
    latent: Array | None = None

    def figures(self, example: int = 0) -> dict[str, Any]:
        """Measurements of one example, ready for JSON, with `written` if a sound file was.

        Args:
            example: row of the batch.

        Returns:
            Numbers by name; `None` where a ratio's denominator is 0.
        """
        figures = super().figures(example)
        return figures if self.written is None else {**figures, "written": self.written}

    @property
    def waveform(self) -> Array | None:
        """The dreamed sounds, float32 `(batch, samples)`; `None` for pictures."""
        return self.dream if self.analysis else None

    @property
    def picture(self) -> Array | None:
        """The dreamed pictures, float32 `(batch, height, width, 3)`; `None` for sounds."""
        return None if self.analysis else self.dream

    @property
    def sample_rate(self) -> int | None:
        """Hz; `None` for pictures."""
        return self.analysis.sample_rate if self.analysis else None

    @functools.cached_property
    def lost(self) -> Array | None:
        """Share of the input that is gone, `(batch,)`; see `audio.lost`. `None` for pictures."""
        return self._compared(preservation.lost)

    @functools.cached_property
    def similarity(self) -> Array | None:
        """Likeness to the input, `(batch,)`; see `audio.similarity`. `None` for pictures."""
        return self._compared(preservation.similarity)

    @property
    def spectrogram_before(self) -> Array | None:
        """Spectrograms of the inputs, float32 `(batch, frames, bins)`, dB; `None` for pictures."""
        return levels_db(self.source, self.analysis) if self.analysis else None

    @property
    def spectrogram_after(self) -> Array | None:
        """Spectrograms of the dreams, float32 `(batch, frames, bins)`, dB; `None` for pictures."""
        return levels_db(self.dream, self.analysis) if self.analysis else None

    def _compared(self, measure):
        return measure(self.source, self.dream, self.sample_rate) if self.analysis else None


def levels_db(waveform: Array, analysis: Any) -> Array:
    """Spectrogram in dB, float32 `(batch, frames, bins)`; 0 for a sine of full scale."""
    log_magnitude, _, _ = to_polar(*stft(waveform, analysis))
    peak = analysis.frame_length / 4  # of a sine of full scale under a Hann window
    return nepers_to_db(np.asarray(log_magnitude) - math.log(peak))


def _ratio(numerator, denominator):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(numerator) / np.asarray(denominator)


def _or_none(score):
    """A number as JSON can hold it: `None` if it is not finite."""
    return float(score) if math.isfinite(score) else None
