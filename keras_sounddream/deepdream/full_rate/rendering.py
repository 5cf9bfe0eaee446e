"""`Rendering`: the form of a dream's file, its share of the dream, and the region dreamed in."""

import dataclasses
from typing import Any

import numpy as np

from keras_sounddream import checks
from keras_sounddream.audio.waveforms import LEAST_RATE, MOST_RATE
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

FADE_SECONDS = 0.05  # at the edges of a region in time, inside it; at most half of it
FADE_OCTAVES = 1 / 6  # at the edges of a band, inside it; at most a third of it
_LEAST_FADE_HZ = 20.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendering:
    """The part of a dream that gets into the file of a sound, and its form.

    Args:
        rate: Hz, of the file; `None` for the input's.
        mono: whether to write one channel, the mean, in place of the input's.
        mix: 1 for the dream, 0 for the input, between them a mixture; phases are coherent.
        start: second at which the dream begins; before it the file is the input. `None`: at once.
        end: second at which it ends. `None`: with the sound.
        band: `(low, high)` in Hz; outside of it the file is the input. `None`: everywhere.

    Raises:
        InputError: if one is out of its range, or a region is empty.
    """

    rate: int | None = None
    mono: bool = False
    mix: float = 1.0
    start: float | None = None
    end: float | None = None
    band: tuple[float, float] | None = None

    def __post_init__(self):
        checks.check_fields(
            self,
            {
                "rate": checks.optional(checks.integer(LEAST_RATE, MOST_RATE)),
                "mono": checks.flag(),
                "mix": checks.number(0, 1),
                "start": checks.optional(checks.number(0)),
                "end": checks.optional(checks.number(0, above=True)),
                "band": checks.optional(checks.pair(0, MOST_RATE / 2)),  # a list of JSON, too
            },
        )
        if self.end is not None and self.end <= (self.start or 0):
            raise InputError(
                f"Expected a region that ends after it begins. Received: from {self.start or 0:g} "
                f"to {self.end:g} s"
            )
        if self.band is not None and self.band[0] >= self.band[1]:
            raise InputError(
                "Expected a band from a lower to a higher frequency. Received: "
                f"{self.band[0]:g} to {self.band[1]:g} Hz"
            )

    def check_fits(self, seconds: float, sample_rate: int) -> None:
        """Checks the region against a sound's length and the file's sample rate in Hz.

        Raises:
            InputError: if it lies beyond them.
        """
        if self.start is not None and self.start >= max(seconds, 1e-9):
            raise InputError(
                f"Expected a region that begins in the sound, which lasts {seconds:.2f} s. "
                f"Received: from {self.start:g} s"
            )
        if self.band is not None and self.band[0] >= sample_rate / 2:
            raise InputError(
                f"Expected a band below {sample_rate / 2:g} Hz, half the file's rate. "
                f"Received: {self.band[0]:g} to {self.band[1]:g} Hz"
            )

    def bounds(self, num_samples: int, sample_rate: int) -> tuple[int, int]:
        """First sample of the region in time, and the one after its last."""
        begin = min(round((self.start or 0) * sample_rate), num_samples - 1)
        end = num_samples if self.end is None else round(self.end * sample_rate)
        return begin, min(max(end, begin + 1), num_samples)

    def figures(self) -> dict[str, Any]:
        """The settings, ready for JSON."""
        return {
            "mix": self.mix,
            "from": self.start,
            "to": self.end,
            "band": None if self.band is None else list(self.band),
        }

    def share(self, places: Array, bounds: tuple[int, int], sample_rate: int) -> Array:
        """Share of the dream at samples within a region in time, by their numbers.

        Args:
            places: int `(samples,)`.
            bounds: of the region, in samples.
            sample_rate: Hz.

        Returns:
            float32 `(samples,)`.
        """
        begin, end = bounds
        fade = max(min(round(FADE_SECONDS * sample_rate), (end - begin) // 2), 1)
        rising = (places - begin + 0.5) / fade if self.start else np.ones(len(places))
        falling = (end - places - 0.5) / fade if self.end is not None else np.ones(len(places))
        way = np.clip(np.minimum(rising, falling), 0, 1)
        return (self.mix * (0.5 - 0.5 * np.cos(np.pi * way))).astype("float32")

    def filtered(self, change: Array, sample_rate: int) -> Array:
        """A change `(channels, samples)` within the band alone; its phase stays."""
        if self.band is None:
            return change
        samples = change.shape[1]
        length = samples + sample_rate // 2  # room for the filter to ring out, not around
        frequencies = np.fft.rfftfreq(length, 1 / sample_rate)
        spectrum = np.fft.rfft(change, length, axis=1)
        passed = np.fft.irfft(spectrum * _passing(frequencies, *self.band), length, axis=1)
        return passed[:, :samples].astype("float32")


def _passing(frequencies, low, high):
    """Factor of each frequency: 1 within the band, 0 outside, along cosines at its edges."""
    fades = (
        max(edge * (2**FADE_OCTAVES - 1), _LEAST_FADE_HZ) for edge in (low, high / 2**FADE_OCTAVES)
    )
    rise, fall = (min(fade, (high - low) / 3) for fade in fades)
    above = np.clip((frequencies - low) / rise, 0, 1) if low else np.ones(len(frequencies))
    below = np.clip((high - frequencies) / fall, 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * above)) * (0.5 - 0.5 * np.cos(np.pi * below))
