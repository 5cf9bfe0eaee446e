"""UrbanSoundCNN: plain convolutions and a wide dense layer, small to VGG16, for city sounds."""

from typing import Any

import keras
from keras import layers

from keras_sounddream.applications import base, preprocessing, pretrained
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.applications.urban_sound_cnn import power_spectrogram
from keras_sounddream.applications.urban_sound_cnn.weights import checkpoint_layout
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

ANALYSIS = Analysis(sample_rate=24000, frame_seconds=0.040, step_seconds=0.020, num_mel_bins=40)
LOG_OFFSET = 1e-3
MIN_SECONDS = 0.1
LENGTHS: dict[str, Any] = {"min_seconds": MIN_SECONDS}
_LEGACY_LENGTHS = {"min_seconds": 4.0, "max_seconds": 4.0}

PRETRAINED = pretrained.PRETRAINED["UrbanSoundCNN"]

# Filters of the convolutions of each block, which ends with a pooling that halves both axes, and
# units of the dense layers. Where `slim_deep` pools is not known from the original, only its
# filters are.
_ARCHITECTURES = {
    "xsmall": (((32, 64), (128, 128)), (2048,)),
    "fat_shallow": (((64, 128), (256, 512)), (2048,)),
    "slim_deep": (((32, 64), (64, 64), (64, 64), (64, 64, 64)), (2048,)),
    "vgg16_skipped": (((64,), (128,), (256,), (512,), (512,)), (4096,)),
    "vgg16": (((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3), (4096, 4096)),
}
_FRONT_ENDS = ("log_mel", "legacy")
_DROPOUT = {"log_mel": 0.3, "legacy": 0.5}  # after the first pooling and first dense layer alone
_TRAINED = ("xsmall", "log_mel", 3)  # what pretrained weights are of


def UrbanSoundCNN(
    include_top: bool = True,
    weights: PathLike | None = "esc10",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 10,
    classifier_activation: Any = "softmax",
    name: str = "urban_sound_cnn",
    *,
    architecture: str = "xsmall",
    front_end: str = "log_mel",
    legacy_normalization: bool = False,
    include_front_end: bool = True,
    kernel_size: int = 3,
    labels: Labels = None,
) -> base.AudioModel:
    """Builds the classifier of city sounds, in five sizes, for sounds of any length from 0.1 s.

    Blocks of 3 x 3 convolutions, each ended by a pooling, then dense layers. By default it takes
    40 mel bands, 20 ms a frame, and the mean and the maximum over time and frequency are added
    before the first dense layer: so it can be dreamed on, and takes any length. Layers to dream on:
    `conv1` … `conv4` of `"xsmall"`, `conv13` of `"vgg16"`. For arguments not listed here see
    `keras.applications`.

    Parameters, in millions (with the legacy front end): `"xsmall"` 0.53 (34.9), `"fat_shallow"`
    2.6 (140), `"slim_deep"` 0.43 (1.5), `"vgg16_skipped"` 6.1 (14.4), `"vgg16"` 33.6 (42).

    Args:
        weights: `"esc10"`, of `"xsmall"` trained on folds 1 to 4 of ESC-10 (see
            `saved_models/urban_sound_cnn_esc10.md`); `None` for random ones; or a path of `.npz`,
            of `.weights.h5` or, with the legacy front end, of the original's checkpoint.
        input_shape: `(samples,)` at 24 kHz, or `(frames, 40)` without the front end; by default
            any length. With the legacy front end `(32000,)` or `(13, 129)`.
        architecture: one of those named above.
        front_end: `"log_mel"`, or `"legacy"` for the original's `SparsePowerSpectrogram` of
            exactly 4 s at 8 kHz; then nothing is pooled before the first dense layer.
        legacy_normalization: for the legacy front end; `True` for the original's weights.
        include_front_end: `False` gives the network on spectrograms, time first.
        kernel_size: size of the convolutions.
        labels: one per class, which the model keeps.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1] at 24 kHz (8 kHz with the
        legacy front end), to `(batch, classes)`.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: Verrannt, *Deep Dreaming Sounds with TensorFlow*, 2017,
    https://github.com/verrannt/deepdreaming-sounds-tensorflow (the networks and the legacy front
    end); Simonyan and Zisserman, 2014, https://arxiv.org/abs/1409.1556 (VGG16).
    """
    _check(architecture, front_end, kernel_size, legacy_normalization, weights)
    labels = base.check_arguments(include_top, weights, pooling, classes, labels, PRETRAINED)
    legacy = front_end == "legacy"
    blocks, units = _ARCHITECTURES[architecture]
    inputs, x = _inputs(include_front_end, legacy, legacy_normalization, input_tensor, input_shape)
    x = _convolutions(x, blocks, kernel_size, front_end)
    if include_top:
        x = layers.Flatten(**base.CHANNELS_LAST, name="flatten")(x) if legacy else _pooled(x)
        x = _top(x, units, _DROPOUT[front_end], classes, classifier_activation)
    else:
        x = base.pool(x, pooling)
    rate = power_spectrogram.SAMPLE_RATE if legacy else ANALYSIS.sample_rate
    layouts = [checkpoint_layout(blocks, units)] if legacy else []
    lengths = _LEGACY_LENGTHS if legacy else LENGTHS
    model = base.describe(base.AudioModel(inputs, x, name=name), rate, labels, lengths)
    return base.load_weights(model, weights, PRETRAINED, tops=("fc", base.TOP), layouts=layouts)


def preprocess_input(waveform: Array, sample_rate: int) -> Array:
    """Brings sound to 24 kHz mono and at least 0.1 s (shorter sounds are repeated).

    A model with the legacy front end has its own method `preprocess_input`, which brings sound to
    8 kHz and exactly 4 s: shorter sounds are repeated, longer ones cut.

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


def _check(architecture, front_end, kernel_size, legacy_normalization, weights):
    if architecture not in _ARCHITECTURES:
        raise InputError(
            f"`architecture` must be one of {list(_ARCHITECTURES)}. Received: {architecture!r}"
        )
    _check_front_end(front_end)
    if not (isinstance(kernel_size, int) and kernel_size > 0):
        raise InputError(f"`kernel_size` must be an int above 0. Received: {kernel_size!r}")
    if legacy_normalization and front_end != "legacy":
        raise InputError("`legacy_normalization` goes with `front_end='legacy'`. Leave it out.")
    if legacy_normalization and keras.config.dtype_policy().compute_dtype == "float16":
        raise InputError(
            "`legacy_normalization` makes numbers up to 1e9, beyond float16. Set the dtype policy "
            "to mixed_bfloat16 or float32 before."
        )
    if weights in PRETRAINED and (architecture, front_end, kernel_size) != _TRAINED:
        raise InputError(
            f"The weights {weights!r} are of the architecture {_TRAINED[0]!r} with the front end "
            f"{_TRAINED[1]!r} and kernels of {_TRAINED[2]}. Received: {architecture!r}, "
            f"{front_end!r}, {kernel_size}. Give `weights=None`, or a file."
        )


def _check_front_end(front_end):
    if front_end not in _FRONT_ENDS:
        raise InputError(f"`front_end` must be one of {_FRONT_ENDS}. Received: {front_end!r}")


def _inputs(include_front_end, legacy, legacy_normalization, input_tensor, input_shape):
    """The model's input, and its spectrogram `(batch, frames, bands)`."""
    if not include_front_end:
        shape = power_spectrogram.SPECTROGRAM if legacy else (None, ANALYSIS.num_mel_bins)
        inputs = base.settle_input(input_tensor, input_shape or shape, "spectrogram")
        return inputs, inputs
    shape = (power_spectrogram.NUM_SAMPLES if legacy else None,)
    inputs = base.settle_input(input_tensor, input_shape or shape, "waveform")
    if legacy:
        front_end = power_spectrogram.SparsePowerSpectrogram(legacy_normalization, name="front_end")
    else:
        front_end = LogMelSpectrogram(ANALYSIS, log_offset=LOG_OFFSET, name="front_end")
    return inputs, front_end(inputs)


def _convolutions(x, blocks, kernel_size, front_end):
    """Spectrogram `(batch, frames, bands)` to features `(batch, frames, bands, channels)`."""
    x = layers.Reshape((-1, x.shape[-1], 1), name="add_channel")(x)
    if front_end == "log_mel":
        x = layers.BatchNormalization(axis=2, name="band_norm")(x)
    number = 0
    for block, filters in enumerate(blocks):
        for channels in filters:
            number += 1
            x = layers.Conv2D(
                channels,
                kernel_size,
                padding="same",
                activation="leaky_relu",  # 0.2 below zero
                kernel_initializer="he_normal",
                name=f"conv{number}",
                **base.CHANNELS_LAST,
            )(x)
        x = layers.MaxPooling2D(2, padding="same", name=f"pool{number}", **base.CHANNELS_LAST)(x)
        if block == 0:
            x = layers.Dropout(_DROPOUT[front_end], name="pool_dropout")(x)
    return x


def _pooled(x):
    mean = layers.GlobalAveragePooling2D(name="mean_pool", **base.CHANNELS_LAST)(x)
    maximum = layers.GlobalMaxPooling2D(name="max_pool", **base.CHANNELS_LAST)(x)
    return layers.Add(name="pooled")([mean, maximum])


def _top(x, units, dropout, classes, activation):
    for i, width in enumerate(units, start=1):
        dense = layers.Dense(
            width, activation="leaky_relu", kernel_initializer="he_normal", name=f"fc{i}"
        )
        x = dense(x)
        if i == 1:
            x = layers.Dropout(dropout, name="fc_dropout")(x)
    return layers.Dense(classes, activation=activation, dtype="float32", name=base.TOP)(x)
