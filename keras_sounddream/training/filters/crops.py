"""Crops of a corpus at varied levels: the batch of a step, by its number."""

import abc

import numpy as np

from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array

_GAIN_DB = (-12.0, 6.0)  # range of a crop's change of level
_QUIETEST = 1e-4  # root mean square of a crop: quieter ones are drawn again
_DRAWS = 20


class StepCrops(StepBatches, abc.ABC):
    """Batches of crops, which are a filter's input and what its output is compared with.

    A subclass defines `_draw`, a crop of a random generator.

    Args:
        batch_size: crops per step.
        steps: of the whole run, rounded up to whole epochs.
        steps_per_epoch: after which a state is saved.
        seed: 0 or more.
    """

    def __init__(self, batch_size: int, steps: int, steps_per_epoch: int, seed: int = 0) -> None:
        super().__init__(-(-steps // steps_per_epoch), seed)
        self.batch_size, self._steps_per_epoch = batch_size, steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        """Steps between two states."""
        return self._steps_per_epoch

    def batch(self, step: int) -> tuple[Array, Array]:
        """Draws the batch of a step: `(crops, crops)`, float32 `(batch_size, …)`."""
        rng = np.random.default_rng([self.seed, int(step)])
        crops = np.stack([self._draw(rng) for _ in range(self.batch_size)])
        return crops, crops

    @abc.abstractmethod
    def _draw(self, rng: np.random.Generator) -> Array:
        """A crop."""


class Crops(StepCrops):
    """Batches of crops of sounds; the same seed and step give the same batch.

    Each second of the corpus is as likely as another; a sound that is shorter than a crop is
    repeated. Crops without sound are drawn again.

    Args:
        sounds: of the corpus.
        samples: of a crop.
        batch_size: crops per step.
        steps: of the whole run.
        steps_per_epoch: after which a state is saved.
        seed: 0 or more.
    """

    def __init__(
        self,
        sounds: Sounds,
        samples: int,
        batch_size: int,
        steps: int,
        steps_per_epoch: int,
        seed: int = 0,
    ) -> None:
        super().__init__(batch_size, steps, steps_per_epoch, seed)
        self.sounds, self.samples = sounds, samples
        self._shares = sounds.lengths / sounds.lengths.sum()

    def _draw(self, rng):
        for _ in range(_DRAWS):
            crop = self._crop(rng)
            if np.sqrt(np.mean(np.square(crop))) >= _QUIETEST:
                break
        return np.clip(crop * np.float32(10 ** (rng.uniform(*_GAIN_DB) / 20)), -1, 1)

    def _crop(self, rng):
        index = rng.choice(len(self.sounds), p=self._shares)
        first, length = self.sounds.starts[index], self.sounds.lengths[index]
        offset = rng.integers(0, max(length - self.samples, 0) + 1)
        count = min(length, self.samples)
        samples = self.sounds.samples[first + offset :][:count]
        return np.resize(samples, self.samples).astype("float32") / 32768
