"""The one table of models; every check of this folder runs over every row."""

import dataclasses

import numpy as np

from keras_sounddream import applications


@dataclasses.dataclass(frozen=True)
class Row:
    """A constructor and what is to be expected of it."""

    constructor: object
    module: object
    sample_rate: int | None  # None: takes pictures
    min_seconds: float | None
    features: int  # channels of the output without a top
    labels: int
    pretrained: str | None = None  # key of the weights that ship
    first_key: str | None = None  # the weights it is built with unless told otherwise
    features_rank: int = 4  # without a top and without pooling
    softmax: bool = True  # scores add to 1
    front_end: bool = True  # can be left out
    steps: bool = False  # scores have a time axis: (batch, steps, classes)

    @property
    def weights(self):
        """Weights that are at hand everywhere."""
        return self.pretrained

    def example(self, batch=1, seconds=0.5):
        """Something that the model takes: noise of at least its least length, or pictures."""
        rng = np.random.default_rng(0)
        if self.sample_rate is None:
            return rng.uniform(0, 255, (batch, 96, 80, 3)).astype("float32")
        num_samples = round(max(seconds, self.min_seconds) * self.sample_rate)
        return rng.normal(0, 0.1, (batch, num_samples)).astype("float32")


MODELS = [
    Row(
        applications.LogMelCNN,
        applications.log_mel_cnn,
        sample_rate=24000,
        min_seconds=0.1,
        features=192,
        labels=10,
        pretrained="esc10",
        first_key="esc10",
    ),
    Row(
        applications.UrbanSoundCNN,
        applications.urban_sound_cnn,
        sample_rate=24000,
        min_seconds=0.1,
        features=128,
        labels=10,
        pretrained="esc10",
        first_key="esc10",
    ),
]
