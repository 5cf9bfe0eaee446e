"""Rules for waveforms: their layout, their scale, and channels that do not cancel."""

import math
import warnings
from collections.abc import Sequence

import numpy as np

from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Array

# Hz, of a file: infrasound is recorded from 100 Hz on, and twice the fastest converters of sound
# make 1.536 MHz. Other rates are damage, and one of 1 Hz makes gigabytes of 20 kB.
LEAST_RATE, MOST_RATE = 100, 1_536_000
MOST_CHANNELS = 32  # of an array: more are samples, with the axes in another order
# Of full scale. Lossy formats overshoot it by less than 2, and floating-point masters are seldom
# above 4; 16-bit integers as floats exceed 8 in all but what is below -72 dB of full scale.
MOST_PEAK = 8.0
OVERSHOOT_PEAK = 1.5  # the most that is dreamed on: lossy formats overshoot 1 a little
CANCELLED = 1e-3  # power of the mean of channels, relative to theirs, below which they cancel
SILENT_PEAK = 1 / 32768  # a sound that stays below is digital silence: 16 bits hold no more of it


def check_rate(rate: int, of: str = "the file") -> int:
    """The sample rate that a file states; an `InputError` if no recording has it."""
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise InputError(
            f"Expected a sample rate from {LEAST_RATE} to {MOST_RATE} Hz. The header of {of} says "
            f"{rate} Hz: it is damaged."
        )
    return rate


def check_layout(shape: tuple[int | None, ...]) -> None:
    """Refuses arrays whose axes are in another order than batch, samples, channels.

    Args:
        shape: of one, two or three axes; unknown ones are `None`.

    Raises:
        InputError: if the last of three axes is longer than the one before it or than
            `MOST_CHANNELS`, or if two axes are samples and channels; it names the transpose.
    """
    if None in shape:
        return
    if len(shape) == 3 and shape[2] > min(shape[1], MOST_CHANNELS):  # type: ignore[operator, type-var]
        raise InputError(
            f"Expected waveforms (batch, samples, channels). The shape {shape} looks like (batch, "
            "channels, samples): use waveform.transpose(0, 2, 1)."
        )
    if len(shape) == 2 and 1 < shape[1] <= MOST_CHANNELS < shape[0]:  # type: ignore[operator]
        raise InputError(
            f"Expected waveforms (batch, samples). The shape {shape} looks like (samples, "
            "channels): use waveform.mean(axis=1), or waveform[None] where channels may be given."
        )


def check_scale(peak: float, of: str = "") -> None:
    """Refuses samples far over full scale: most likely they are integers as floats.

    Args:
        peak: the largest absolute sample; infinite is too large, and NaN is not judged.
        of: name of the sound, for the error.

    Raises:
        InputError: if the peak is above `MOST_PEAK`.
    """
    if peak > MOST_PEAK:
        peak_of = f"peak of {of}" if of else "peak"
        raise InputError(
            f"Expected samples in [-1, 1]. The {peak_of} is {peak:.4g}: divide by the largest "
            "value of their type, 32768 for 16-bit samples."
        )


def check_overshoot(peak: float) -> None:
    """Refuses samples that exceed full scale by more than a lossy format's overshoot.

    Args:
        peak: the largest absolute sample.

    Raises:
        InputError: if the peak is above `OVERSHOOT_PEAK`.
    """
    if peak > OVERSHOOT_PEAK:
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak:.4g}: scale it down.")


def check_audible(peaks: Sequence[float], what: str = "sounds") -> None:
    """Raises an `InputError` if all of some sounds are digital silence, given their peaks."""
    if all(peak < SILENT_PEAK for peak in peaks):
        raise InputError(
            f"Expected {what} to train on, but all {len(peaks)} are digital silence. Check how "
            "they were recorded or converted."
        )


def mix(waveform: Array) -> Array:
    """The mean of the channels of checked sounds; warns of one whose channels cancel.

    Args:
        waveform: float32 `(batch, samples, channels)`.

    Returns:
        float32 `(batch, samples)`.
    """
    for number, sound in enumerate(waveform):
        one = Mono(f"sound {number}" if len(waveform) > 1 else "the waveform")
        one.add(sound)
        one.warn()
    return waveform.mean(axis=-1)


class Mono:
    """Mixes the channels of one sound, block by block, and tells at its end if they cancelled.

    Args:
        name: of the sound, for errors and warnings.

    Attributes:
        peak: largest absolute sample so far.
        samples: number of samples so far.
    """

    def __init__(self, name: str):
        self._name = name
        self._apart = self._mixed = 0.0
        self.peak = 0.0
        self.samples = 0

    def add(self, block: Array) -> Array:
        """The mean of the channels of the next block.

        Args:
            block: float32 `(samples, channels)`.

        Returns:
            float32 `(samples,)`.

        Raises:
            InputError: if a sample is not a finite number, or is far over full scale.
        """
        peak = float(max(block.max(initial=0.0), -block.min(initial=0.0)))
        if not math.isfinite(peak):
            raise InputError(f"{self._name} holds samples that are not finite numbers. Repair it.")
        check_scale(peak, self._name)
        self.peak, self.samples = max(self.peak, peak), self.samples + len(block)
        mono = block.mean(axis=-1)
        if block.shape[-1] > 1:
            self._apart += float(np.vdot(block, block)) / block.shape[-1]
            self._mixed += float(np.vdot(mono, mono))
        return mono

    @property
    def cancelled(self) -> bool:
        """Whether less than a thousandth of the channels' power is left in their mean."""
        return self._mixed < CANCELLED * self._apart

    def warn(self) -> None:
        """Warns if the channels cancelled."""
        if self.cancelled:
            warnings.warn(
                f"The channels of {self._name} cancel in mono: less than {CANCELLED:.1%} of their "
                "power is left. Invert one of them, or use one alone.",
                InputWarning,
                stacklevel=3,
            )
