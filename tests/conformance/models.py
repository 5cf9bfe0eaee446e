"""The one table of models; every check of this folder runs over every row."""

import dataclasses

from keras_sounddream import applications


@dataclasses.dataclass(frozen=True)
class Row:
    """A constructor and what is to be expected of it."""

    constructor: object
    module: object
    pretrained: str
    sample_rate: int
    min_seconds: float
    features: int  # channels of the output without a top
    labels: int


MODELS = [
    Row(
        applications.LogMelCNN,
        applications.log_mel_cnn,
        pretrained="esc10",
        sample_rate=24000,
        min_seconds=0.1,
        features=192,
        labels=10,
    ),
]
