"""Random crops, levels, filters, mixtures and masks of stored spectrograms."""

import keras
import numpy as np

from keras_sounddream.applications.log_mel_cnn import LOG_OFFSET

_MIXED_SHARE = 0.6  # of the examples of a batch
_LEVEL_DB = 8.0  # up or down
_FILTER_DB = 5.0  # standard deviation at each of a filter's points
_FILTER_POINTS = 5
_MASKS = 2
_MASKED_BANDS = 8
_MASKED_SECONDS_SHARE = 0.12


class AugmentedCrops(keras.utils.PyDataset):
    """Batches of random crops; the same seed and step give the same batch.

    A crop is laid around a frame drawn by its loudness, so that it holds the sound and not the
    silence behind it. Two sounds are mixed by power, with their labels in the same shares
    (Tokozume et al., *Learning from Between-class Examples for Deep Sound Recognition*, 2018,
    https://openreview.net/forum?id=B1Gi6LeRZ); bands and frames are masked (Park et al.,
    *SpecAugment*, 2019, https://doi.org/10.21437/Interspeech.2019-2680).

    Args:
        stored: for each clip a list of float32 `(frames, bands)`, mel power at several speeds.
        labels: sequence of int, one a clip.
        num_classes: int.
        crop_frames: int.
        epochs: int, passes over the clips; the batches of all of them are numbered through.
        batch_size: int.
        seed: int.
        log_offset: float, added before the logarithm, as of the model's front end.
        power: 2, or 1 of a front end of magnitudes, as of `mel_powers`.

    Attributes:
        first_step: int, number of the batch that index 0 stands for; set it to go on.
    """

    def __init__(
        self,
        stored,
        labels,
        num_classes,
        crop_frames,
        epochs,
        batch_size=32,
        seed=0,
        log_offset=LOG_OFFSET,
        power=2,
    ):
        super().__init__()
        self.log_offset, self.power = log_offset, power
        self.stored, self.crop_frames, self.batch_size = stored, crop_frames, batch_size
        self.targets = np.eye(num_classes, dtype="float32")[list(labels)]
        self.epochs, self.seed, self.first_step = epochs, seed, 0

    @property
    def steps_per_epoch(self):
        """Batches in a pass over the clips."""
        return len(self.stored) // self.batch_size

    def __len__(self):
        return self.epochs * self.steps_per_epoch - self.first_step

    def __getitem__(self, index):
        epoch, index = divmod(self.first_step + index, self.steps_per_epoch)
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.stored))
        rng = np.random.default_rng((self.seed, epoch, index))
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        others = rng.integers(len(self.stored), size=len(chosen))
        share = np.where(rng.random(len(chosen)) < _MIXED_SHARE, rng.random(len(chosen)), 1.0)
        share = share.astype("float32")
        pairs = zip(chosen, others, share, strict=True)
        power = np.stack([self._mixture(rng, a, b, s) for a, b, s in pairs])
        targets = share[:, None] * self.targets[chosen]
        targets += (1 - share[:, None]) * self.targets[others]
        spectrogram = np.log(power ** (self.power / 2) + self.log_offset)
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


def crop_by_loudness(rng, power, num_frames):
    """Cuts a piece around a frame drawn with its amplitude as probability.

    Args:
        rng: `numpy.random.Generator`.
        power: float32 `(frames, bands)`.
        num_frames: int, of the piece; silence fills it up where the sound is shorter.

    Returns:
        float32 `(num_frames, bands)`, a new array.
    """
    amplitude = np.sqrt(power.mean(axis=1)) + 1e-9
    frame = rng.choice(len(power), p=amplitude / amplitude.sum())
    start = frame - rng.integers(num_frames)
    start = np.clip(start, min(0, len(power) - num_frames), max(0, len(power) - num_frames))
    piece = np.zeros((num_frames, power.shape[1]), "float32")
    source = power[max(start, 0) : start + num_frames]
    piece[max(-start, 0) : max(-start, 0) + len(source)] = source
    return piece


def random_filter(rng, num_bands):
    """Draws a level and a smooth filter.

    Args:
        rng: `numpy.random.Generator`.
        num_bands: int.

    Returns:
        float32 `(num_bands,)`, power gain of each band.
    """
    points = rng.normal(0, _FILTER_DB, _FILTER_POINTS)
    places = np.linspace(0, _FILTER_POINTS - 1, num_bands)
    gain_db = np.interp(places, np.arange(_FILTER_POINTS), points)
    gain_db += rng.uniform(-_LEVEL_DB, _LEVEL_DB)
    return (10 ** (gain_db / 10)).astype("float32")


def mask(rng, spectrogram):
    """Sets some bands and some frames of a spectrogram to its mean, in place.

    Args:
        rng: `numpy.random.Generator`.
        spectrogram: float array `(frames, bands)`.
    """
    mean = spectrogram.mean()
    num_frames, num_bands = spectrogram.shape
    for _ in range(_MASKS):
        width = rng.integers(_MASKED_BANDS + 1)
        start = rng.integers(num_bands - width + 1)
        spectrogram[:, start : start + width] = mean
        width = rng.integers(int(_MASKED_SECONDS_SHARE * num_frames) + 1)
        start = rng.integers(num_frames - width + 1)
        spectrogram[start : start + width] = mean
