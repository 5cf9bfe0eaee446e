"""The one table of models; every check of this folder runs over every row."""

import dataclasses
import functools
import math

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
    labels: int | None  # None: has several outputs
    heads: tuple = ()  # then, how many classes each of the outputs has, by their sorted names
    pretrained: str | None = None  # key of the weights that ship
    first_key: str | None = None  # the weights it is built with unless told otherwise
    features_rank: int = 4  # without a top and without pooling
    step_seconds: float | None = None  # to which `preprocess_input` fills up after the least
    softmax: bool = True  # scores add to 1
    front_end: bool = True  # can be left out
    steps: bool = False  # scores have a time axis: (batch, steps, classes)
    own_steps: bool | None = None  # and those of classes of one's own, if they differ

    @property
    def widths(self):
        """Classes of each output."""
        return self.heads or (self.labels,)

    @property
    def weights(self):
        """Weights that are at hand everywhere."""
        return self.pretrained

    def prepared(self, num_samples):
        """How long `preprocess_input` makes a sound of so many samples."""
        least = round(self.min_seconds * self.sample_rate)
        step = round((self.step_seconds or 1 / self.sample_rate) * self.sample_rate)
        return least + math.ceil(max(num_samples - least, 0) / step) * step

    def example(self, batch=1, seconds=0.5):
        """Something that the model takes: noise of at least its least length, or pictures."""
        rng = np.random.default_rng(0)
        if self.sample_rate is None:
            return rng.uniform(0, 255, (batch, 96, 80, 3)).astype("float32")
        num_samples = round(max(seconds, self.min_seconds) * self.sample_rate)
        return rng.normal(0, 0.1, (batch, num_samples)).astype("float32")


def smaller(constructor, **settings):
    """A constructor with other settings than its own, to be quick."""
    return functools.wraps(constructor)(functools.partial(constructor, **settings))


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
        applications.SqueezeNet,
        applications.squeezenet,
        sample_rate=None,
        min_seconds=None,
        features=512,
        labels=1000,
        first_key="imagenet",
    ),
    Row(
        applications.SoundNet5,
        applications.soundnet,
        sample_rate=22050,
        min_seconds=20.0,
        features=256,
        labels=None,
        heads=(1000, 401),
        first_key="flickr",
        features_rank=3,
        steps=True,
        own_steps=False,
    ),
    Row(
        applications.SoundNet8,
        applications.soundnet,
        sample_rate=22050,
        min_seconds=20.0,
        features=1024,
        labels=None,
        heads=(1000, 401),
        first_key="flickr",
        features_rank=3,
        steps=True,
        own_steps=False,
    ),
    Row(
        applications.YAMNet,
        applications.yamnet,
        sample_rate=16000,
        min_seconds=0.975,
        step_seconds=0.48,
        features=1024,
        labels=521,
        first_key="audioset",
        features_rank=3,
        softmax=False,
    ),
    Row(
        smaller(applications.EfficientAT, variant="mn04"),
        applications.efficientat,
        sample_rate=32000,
        min_seconds=0.32,
        features=384,
        labels=527,
        first_key="audioset",
        softmax=False,
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
    Row(
        smaller(applications.WaveNet, dilations=(1, 2, 4), skip_channels=24),
        applications.wavenet,
        sample_rate=16000,
        min_seconds=5117 / 16000,
        features=24,
        labels=256,
        features_rank=3,
        softmax=False,
        steps=True,
    ),
]
