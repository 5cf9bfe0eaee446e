"""Augmentation of stored mel spectrograms: speed, random crops, level, filter, mixtures, masks."""

from collections.abc import Sequence

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.applications.log_mel_cnn import LOG_OFFSET
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.io import load, resample
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.audio.waveforms import check_audible
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array, PathLike

_TINY = 1e-12  # added to the mel bands before the logarithm
_MIXED_SHARE = 0.6  # of the examples of a batch
_LEVEL_DB = 8.0  # up or down
_FILTER_DB = 5.0  # standard deviation at each of a filter's points
_FILTER_POINTS = 5
_MASKS = 2
_MASKED_BANDS = 8
_MASKED_SECONDS_SHARE = 0.12


def mel_powers(
    paths: Sequence[PathLike], front_end: LogMelSpectrogram, speeds: Sequence[float]
) -> list[list[Array]]:
    """Computes the mel power of sounds, each played at several speeds.

    Args:
        paths: of sound files.
        front_end: of the model that is trained; of one of magnitudes (`power=1`), the squares of
            the mel bands are computed.
        speeds: 1.1 is a tenth faster and higher.

    Returns:
        For each path a list with, for each speed, float32 `(frames, num_mel_bins)`.

    Raises:
        InputError: if a sound cannot be read, or all are digital silence.
    """
    plain = type(front_end).from_config({**front_end.get_config(), "log_offset": _TINY})

    def powers(waveform):
        log_mel = keras.ops.convert_to_numpy(plain(waveform))[0] * plain.spread - plain.shift
        return np.exp(2 / plain.power * log_mel)

    stored, peaks = [], []
    for path in tqdm(paths, desc="features", unit="clip"):
        waveform = load(path, front_end.analysis.sample_rate)
        peaks.append(float(np.abs(waveform).max()))
        played = [resample(waveform, round(speed * 1000), 1000) for speed in speeds]
        stored.append([powers(waveform) for waveform in played])
    check_audible(peaks, "clips")
    return stored


class AugmentedCrops(StepBatches):
    """Batches of random crops of stored spectrograms, augmented.

    A crop is laid around a frame drawn by its loudness, so that it holds the sound and not the
    silence behind it. Two sounds are mixed by power, with their labels in the same shares
    (Tokozume et al., *Learning from Between-class Examples for Deep Sound Recognition*, 2018,
    https://openreview.net/forum?id=B1Gi6LeRZ); bands and frames are masked (Park et al.,
    *SpecAugment*, 2019, https://doi.org/10.21437/Interspeech.2019-2680).

    Args:
        stored: for each clip a list of float32 `(frames, bands)`, mel power at several speeds, as
            `mel_powers` gives them.
        labels: class index of each clip.
        num_classes: length of a one-hot target.
        crop_frames: frames of each crop.
        epochs: passes over the clips; the batches of all of them are numbered through.
        batch_size: crops of each batch; clips that fill no batch are left out of an epoch.
        seed: of everything random.
        front_end: that of the model, given to `mel_powers`; `None` for the natural logarithm of the
            power and `LOG_OFFSET` of `log_mel_cnn`.
    """

    def __init__(
        self,
        stored: Sequence[Sequence[Array]],
        labels: Sequence[int],
        num_classes: int,
        crop_frames: int,
        epochs: int,
        batch_size: int = 32,
        seed: int = 0,
        front_end: LogMelSpectrogram | None = None,
    ) -> None:
        super().__init__(epochs, seed)
        front_end = front_end or LogMelSpectrogram(Analysis(), log_offset=LOG_OFFSET)
        self._power, self._log_offset = front_end.power, front_end.log_offset
        self._shift, self._spread = front_end.shift, front_end.spread
        self.stored, self.crop_frames, self.batch_size = stored, crop_frames, batch_size
        self.targets = np.eye(num_classes, dtype="float32")[list(labels)]

    @property
    def steps_per_epoch(self) -> int:
        """Batches in a pass over the clips."""
        return len(self.stored) // self.batch_size

    def batch(self, step: int) -> tuple[Array, Array]:
        """Draws the batch of a step.

        Args:
            step: from 0, counted through all epochs.

        Returns:
            `(spectrograms, targets)`: float32 `(batch, crop_frames, bands)`, log-mel, and
            `(batch, classes)`, which sum to 1.
        """
        epoch, index = self.position(step)
        rng = np.random.default_rng((self.seed, epoch, index))
        order = self.order(epoch, len(self.stored))
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        others = rng.integers(len(self.stored), size=len(chosen))
        share = np.where(rng.random(len(chosen)) < _MIXED_SHARE, rng.random(len(chosen)), 1.0)
        share = share.astype("float32")
        pairs = zip(chosen, others, share, strict=True)
        power = np.stack([self._mixture(rng, a, b, s) for a, b, s in pairs])
        targets = share[:, None] * self.targets[chosen]
        targets += (1 - share[:, None]) * self.targets[others]
        log_mel = np.log(power ** (self._power / 2) + self._log_offset)
        spectrogram = (log_mel + self._shift) / self._spread
        for example in spectrogram:
            mask(rng, example)
        return spectrogram.astype("float32"), targets

    def _mixture(self, rng, first, second, share):
        """Crops of two clips, added as waveforms of the amplitudes `share : 1 - share` would."""
        crop = self._crop(rng, first)
        if share == 1:
            return crop
        other = self._crop(rng, second)
        other *= crop.mean() / max(other.mean(), 1e-9)  # equally loud before they are mixed
        return (share**2 * crop + (1 - share) ** 2 * other) / (share**2 + (1 - share) ** 2)

    def _crop(self, rng, clip):
        power = self.stored[clip][rng.integers(len(self.stored[clip]))]
        crop = crop_by_loudness(rng, power, self.crop_frames)
        return crop * random_filter(rng, crop.shape[1])


def crop_by_loudness(rng: np.random.Generator, power: Array, num_frames: int) -> Array:
    """Crop around a frame drawn by its amplitude, filled with silence: `(num_frames, bands)`."""
    amplitude = np.sqrt(power.mean(axis=1)) + 1e-9
    frame = rng.choice(len(power), p=amplitude / amplitude.sum())
    start = frame - rng.integers(num_frames)
    start = np.clip(start, min(0, len(power) - num_frames), max(0, len(power) - num_frames))
    crop = np.zeros((num_frames, power.shape[1]), "float32")
    source = power[max(start, 0) : start + num_frames]
    crop[max(-start, 0) : max(-start, 0) + len(source)] = source
    return crop


def random_filter(rng: np.random.Generator, num_bands: int) -> Array:
    """Power gains of a random level and a smooth random filter: float32 `(num_bands,)`."""
    points = rng.normal(0, _FILTER_DB, _FILTER_POINTS)
    positions = np.linspace(0, _FILTER_POINTS - 1, num_bands)
    gain_db = np.interp(positions, np.arange(_FILTER_POINTS), points)
    gain_db += rng.uniform(-_LEVEL_DB, _LEVEL_DB)
    return (10 ** (gain_db / 10)).astype("float32")


def mask(rng: np.random.Generator, spectrogram: Array) -> None:
    """Sets random bands and frames of a spectrogram `(frames, bands)` to its mean, in place."""
    mean = spectrogram.mean()
    num_frames, num_bands = spectrogram.shape
    for _ in range(_MASKS):
        width = rng.integers(_MASKED_BANDS + 1)
        start = rng.integers(num_bands - width + 1)
        spectrogram[:, start : start + width] = mean
        width = rng.integers(int(_MASKED_SECONDS_SHARE * num_frames) + 1)
        start = rng.integers(num_frames - width + 1)
        spectrogram[start : start + width] = mean
