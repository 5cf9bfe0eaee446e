"""Settings of a short-time analysis, in seconds and hertz."""

import dataclasses
import functools
from typing import Any

from keras_sounddream.errors import InputError

MEL_SCALES = ("htk", "slaney")


@dataclasses.dataclass(frozen=True)
class Analysis:
    """Settings of a short-time analysis; every sample count is derived from them.

    Args:
        sample_rate: in Hz.
        frame_seconds: length of one frame.
        step_seconds: from the start of a frame to the start of the next.
        fft_length: samples that a frame is padded to before its transform, which sets the
            spacing of the frequency bins; `None` means the frame's own length.
        num_mel_bins: mel bands.
        min_hz: lower edge of the lowest mel band.
        max_hz: upper edge of the highest mel band; `None` means half the sample rate.
        mel_scale: `"htk"`, as `tf.signal.linear_to_mel_weight_matrix` has it, or `"slaney"`, as
            `librosa.filters.mel` has it with its default, area-normalised bands.

    Raises:
        InputError: if a setting is out of its range.

    Example:
        >>> Analysis(sample_rate=16000, frame_seconds=0.025).frame_length
        400
    """

    sample_rate: int = 24000
    frame_seconds: float = 0.040
    step_seconds: float = 0.010
    fft_length: int | None = None
    num_mel_bins: int = 64
    min_hz: float = 50.0
    max_hz: float | None = None
    mel_scale: str = "htk"

    def __post_init__(self):
        if self.sample_rate < 1:
            raise InputError(f"`sample_rate` must be at least 1 Hz. Received: {self.sample_rate}")
        if self.max_hz is None:
            object.__setattr__(self, "max_hz", self.sample_rate / 2)
        if self.fft_length is None:
            object.__setattr__(self, "fft_length", self.frame_length)
        if not 1 <= self.frame_step <= self.frame_length:
            raise InputError(
                "Expected at least one sample a step and `step_seconds` <= `frame_seconds`. "
                f"Received: step_seconds={self.step_seconds}, frame_seconds={self.frame_seconds} "
                f"at {self.sample_rate} Hz"
            )
        if self.fft_length < self.frame_length:
            raise InputError(
                f"`fft_length` must be at least the frame's {self.frame_length} samples. "
                f"Received: {self.fft_length}"
            )
        if not 0 <= self.min_hz < self.max_hz <= self.sample_rate / 2:
            raise InputError(
                f"Expected 0 <= `min_hz` < `max_hz` <= {self.sample_rate / 2} (half the sample "
                f"rate). Received: min_hz={self.min_hz}, max_hz={self.max_hz}"
            )
        if self.num_mel_bins < 1:
            raise InputError(f"`num_mel_bins` must be at least 1. Received: {self.num_mel_bins}")
        if self.mel_scale not in MEL_SCALES:
            raise InputError(
                f"`mel_scale` must be one of {MEL_SCALES}. Received: {self.mel_scale!r}"
            )

    @functools.cached_property
    def frame_length(self) -> int:
        """Samples in a frame."""
        return round(self.frame_seconds * self.sample_rate)

    @functools.cached_property
    def frame_step(self) -> int:
        """Samples from one frame to the next."""
        return round(self.step_seconds * self.sample_rate)

    @property
    def num_bins(self) -> int:
        """Frequency bins of the transform, from 0 Hz to half the sample rate."""
        return self.fft_length // 2 + 1

    @property
    def bin_hz(self) -> float:
        """Hertz from one frequency bin to the next."""
        return self.sample_rate / self.fft_length

    def num_frames(self, num_samples: int) -> int:
        """Whole frames in `num_samples` samples."""
        return max(0, 1 + (num_samples - self.frame_length) // self.frame_step)


def as_analysis(value: Any) -> Analysis:
    """An `Analysis`, which may be given as its dictionary.

    Raises:
        InputError: if it is neither, or a setting is unknown or out of its range.
    """
    if isinstance(value, Analysis):
        return value
    try:
        return Analysis(**value)
    except TypeError:  # no dictionary, another name, or a setting that is no number
        names = ", ".join(field.name for field in dataclasses.fields(Analysis))
        raise InputError(
            f"`analysis` must be an Analysis, or a dictionary of its {names}. Received: {value!r}"
        ) from None
