"""LogMelCNN: a small, fully convolutional classifier of log-mel spectrograms."""

from typing import Any

from keras import layers

from keras_sounddream.applications import base, preprocessing, pretrained
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.types import Array, PathLike

ANALYSIS = Analysis(sample_rate=24000, frame_seconds=0.040, step_seconds=0.020, num_mel_bins=64)
LOG_OFFSET = 1e-3
MIN_SECONDS = 0.1
LENGTHS: dict[str, Any] = {"min_seconds": MIN_SECONDS}

PRETRAINED = pretrained.PRETRAINED["LogMelCNN"]

# Filters and convolutions of each block; blocks are parted by a pooling that halves both axes.
_BLOCKS = ((48, 2), (96, 2), (128, 2), (192, 2))


def LogMelCNN(
    include_top: bool = True,
    weights: PathLike | None = "esc10",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 10,
    classifier_activation: Any = "softmax",
    name: str = "log_mel_cnn",
    *,
    include_front_end: bool = True,
    labels: Labels = None,
) -> base.AudioModel:
    """Builds the log-mel classifier, for sounds of any length from 0.1 s.

    Eight 3 x 3 convolutions in four blocks on 64 mel bands, 20 ms a frame; then the mean and the
    maximum over time and frequency are added and classified. 0.96 million parameters, 1.2
    billion multiply-adds per 5 s. Layers to dream on: `block1_conv1` … `block4_conv2`. For
    arguments not listed here see `keras.applications`.

    Args:
        weights: `"esc10"`, trained on folds 1 to 4 of ESC-10 (see
            `saved_models/log_mel_cnn_esc10.md`); `None` for random ones; or a path of `.npz` or
            `.weights.h5`.
        input_shape: `(samples,)` at 24 kHz, or `(frames, 64)` without the front end; by default
            any length.
        include_front_end: `False` gives the network on log-mel spectrograms.
        labels: one per class, which the model keeps.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1] at 24 kHz, to
        `(batch, classes)`.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: Kong et al., *PANNs: Large-Scale Pretrained Audio Neural Networks for Audio
    Pattern Recognition*, 2020, https://doi.org/10.1109/TASLP.2020.3030497 (the pooling, and a
    batch normalisation that acts on each band).
    """
    labels = base.check_arguments(include_top, weights, pooling, classes, labels, PRETRAINED)
    if include_front_end:
        inputs = base.settle_input(input_tensor, input_shape or (None,), "waveform")
        x = LogMelSpectrogram(ANALYSIS, log_offset=LOG_OFFSET, name="front_end")(inputs)
    else:
        bands = ANALYSIS.num_mel_bins
        inputs = base.settle_input(input_tensor, input_shape or (None, bands), "spectrogram")
        x = inputs
    x = _convolutions(x)
    x = _top(x, classes, classifier_activation) if include_top else base.pool(x, pooling)
    model = base.describe(
        base.AudioModel(inputs, x, name=name), ANALYSIS.sample_rate, labels, LENGTHS
    )
    return base.load_weights(model, weights, PRETRAINED)


def preprocess_input(waveform: Array, sample_rate: int) -> Array:
    """Brings sound to 24 kHz mono and at least 0.1 s (shorter sounds are repeated).

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`,
            in [-1, 1].
        sample_rate: Hz, of `waveform`.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, or is not finite.
    """
    return preprocessing.prepare(waveform, sample_rate, ANALYSIS.sample_rate, **LENGTHS)


def decode_predictions(
    scores: Array, top: int = 5, model: Any = None, labels: Labels = None
) -> Predictions:
    """Names the highest scores of each example.

    Args:
        scores: float array `(batch, classes)`, as `predict` returns it.
        top: how many classes to name.
        model: whose labels to use, such as those of a fine-tuned model.
        labels: one per class, in place of the model's; by default ESC-10's.

    Returns:
        For each example a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column per label.
    """
    return decode_for_family(scores, top, model, labels, base.read_labels("esc10.txt"))


def _convolutions(x):
    """Spectrogram `(batch, frames, bands)` to features `(batch, frames, bands, channels)`."""
    x = layers.Reshape((-1, x.shape[-1], 1), name="add_channel")(x)
    x = layers.BatchNormalization(axis=2, name="band_norm")(x)
    for block, (filters, convolutions) in enumerate(_BLOCKS, start=1):
        if block > 1:
            x = layers.MaxPooling2D(
                2, padding="same", name=f"block{block - 1}_pool", **base.CHANNELS_LAST
            )(x)
        for i in range(1, convolutions + 1):
            path = f"block{block}_conv{i}"
            x = layers.Conv2D(
                filters, 3, padding="same", activation="relu", name=path, **base.CHANNELS_LAST
            )(x)
            x = layers.BatchNormalization(name=f"{path}_norm")(x)
    return x


def _top(x, classes, activation):
    mean = layers.GlobalAveragePooling2D(name="mean_pool", **base.CHANNELS_LAST)(x)
    maximum = layers.GlobalMaxPooling2D(name="max_pool", **base.CHANNELS_LAST)(x)
    x = layers.Add(name="pooled")([mean, maximum])
    x = layers.Dropout(0.3, name="dropout")(x)
    return layers.Dense(classes, activation=activation, dtype="float32", name=base.TOP)(x)
