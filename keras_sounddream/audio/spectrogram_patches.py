"""Patches of log-mel spectrograms as pictures in [-1, 1], and the sounds that they make."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
from keras import ops

from keras_sounddream.audio.analysis import Analysis, as_analysis
from keras_sounddream.audio.loudness import db_to_nepers
from keras_sounddream.audio.spectral.mel import hz_to_mel, mel_matrix
from keras_sounddream.audio.spectral.phase import refine_phase
from keras_sounddream.audio.spectral.stft import from_polar, istft, stft
from keras_sounddream.checks import check, integer, number
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

_TINY = 1e-20
_PATCH_ANALYSIS = Analysis(sample_rate=24000, frame_seconds=0.064, step_seconds=0.016)


@dataclasses.dataclass(frozen=True)
class SpectrogramPatches:
    """The scale between sounds of one length and patches of their log-mel spectrograms.

    A patch is a picture of one channel: time along its rows, mel bands along its columns. A band
    holds the mean power of its bins; -1 is `lowest_db` and below, 1 is `highest_db` and above.

    Args:
        analysis: of the spectrogram, or its dictionary; steps must divide frames.
        num_frames: rows of a patch.
        lowest_db: level of a band; 0 is a sine of full scale.
        highest_db: above `lowest_db`.

    Raises:
        InputError: if a number is out of its range, or a frame is not some steps long.
    """

    analysis: Analysis = _PATCH_ANALYSIS
    num_frames: int = 64
    lowest_db: float = -90.0
    highest_db: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "analysis", as_analysis(self.analysis))
        length, step = self.analysis.frame_length, self.analysis.frame_step
        check("num_frames", self.num_frames, integer(length // step))
        check("lowest_db", self.lowest_db, number(-200, 0))
        check("highest_db", self.highest_db, number(self.lowest_db, 200, above=True))
        if length % step:
            raise InputError(f"Expected frames of whole steps. Received: {length} and {step}")

    @property
    def num_samples(self) -> int:
        """Length of the sound of a patch: every frame reaches into it."""
        return (self.num_frames + 1) * self.analysis.frame_step - self.analysis.frame_length

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.analysis.sample_rate

    @property
    def seconds(self) -> float:
        """Length of the sound of a patch."""
        return self.num_samples / self.sample_rate

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and the one channel of a patch."""
        return self.num_frames, self.analysis.num_mel_bins, 1

    def to_patches(self, waveforms: Array) -> Array:
        """Patches of sounds.

        Args:
            waveforms: float32 `(batch, num_samples)`.

        Returns:
            float32 `(batch, num_frames, num_mel_bins, 1)` in [-1, 1].

        Raises:
            InputError: if the sounds are of another length.
        """
        if np.ndim(waveforms) != 2 or np.shape(waveforms)[1] != self.num_samples:
            raise InputError(
                f"Expected waveforms (batch, {self.num_samples}). Received: {np.shape(waveforms)}"
            )
        real, imaginary = stft(waveforms, self.analysis, "fft")
        power = np.asarray(ops.square(real) + ops.square(imaginary))
        weights = mel_matrix(self.analysis)
        bands = power @ (weights / weights.sum(axis=0)) / self._full_scale**2
        share = (10 * np.log10(bands + _TINY) - self.lowest_db) / self._range_db
        return (2 * np.clip(share, 0, 1) - 1).astype("float32")[..., np.newaxis]

    def log_magnitude(self, patches: Tensor) -> Tensor:
        """Natural log-magnitude of every bin, between the bands' centres: gradients pass.

        Args:
            patches: float32 `(batch, num_frames, num_mel_bins, 1)`.

        Returns:
            float32 `(batch, num_frames, bins)`.
        """
        level_db = (patches[..., 0] + 1) / 2 * self._range_db + self.lowest_db
        between = ops.matmul(level_db, ops.convert_to_tensor(_between_bands(self.analysis)))
        return db_to_nepers(between) + math.log(self._full_scale)

    def to_waveforms(self, patches: Array, rounds: int = 60, seed: int = 0) -> Array:
        """Sounds of patches, whose phases are made by Griffin and Lim's method.

        Args:
            patches: float32 `(batch, num_frames, num_mel_bins, 1)`.
            rounds: of the phases.
            seed: of the phases to begin with.

        Returns:
            float32 `(batch, num_samples)`.
        """
        log_magnitude = self.log_magnitude(ops.convert_to_tensor(patches, "float32"))
        phase = first_phase(self, seed)
        samples = self.num_samples
        phase = refine_phase(log_magnitude, *phase, self.analysis, samples, rounds)
        spectrogram = from_polar(log_magnitude, *phase)
        return np.asarray(istft(*spectrogram, self.analysis, samples, "fft"))

    def to_dict(self) -> dict[str, Any]:
        """The arguments, as JSON can hold them."""
        return dataclasses.asdict(self)

    @property
    def _range_db(self):
        return self.highest_db - self.lowest_db

    @property
    def _full_scale(self):
        """Magnitude of a sine of full scale."""
        return self.analysis.frame_length / 4


def first_phase(patches: SpectrogramPatches, seed: int) -> tuple[Array, Array]:
    """Cosine and sine of random phases, float32 `(1, num_frames, bins)` each."""
    shape = (1, patches.num_frames, patches.analysis.num_bins)
    angle = np.random.default_rng(seed % 2**32).uniform(0, 2 * np.pi, shape)
    return np.cos(angle).astype("float32"), np.sin(angle).astype("float32")


@functools.lru_cache(maxsize=16)
def _between_bands(analysis):
    """Linear interpolation from the bands' centres to the bins, on the mel scale."""
    count, scale = analysis.num_mel_bins, analysis.mel_scale
    low, high = hz_to_mel([analysis.min_hz, analysis.max_hz], scale)
    centres = np.linspace(low, high, count + 2)[1:-1]
    bins = hz_to_mel(np.arange(analysis.num_bins) * analysis.bin_hz, scale)
    rows = [np.interp(bins, centres, band) for band in np.eye(count)]
    return np.stack(rows).astype("float32")


def as_patches(value: Any) -> SpectrogramPatches:
    """`SpectrogramPatches`, which may be given as their dictionary.

    Raises:
        InputError: if it is neither, or a setting is unknown or out of its range.
    """
    if isinstance(value, SpectrogramPatches):
        return value
    try:
        return SpectrogramPatches(**value)
    except TypeError:
        raise InputError(
            f"`patches` must be SpectrogramPatches, or their dictionary. Received: {value!r}"
        ) from None
