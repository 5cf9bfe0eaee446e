"""YAMNet: MobileNet on log-mel patches, 521 classes of AudioSet."""

from typing import Any

import keras
import numpy as np
from keras import layers

from keras_sounddream.applications import base, preprocessing, pretrained
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.applications.weights import is_tflite, stored_settings
from keras_sounddream.applications.yamnet import network
from keras_sounddream.applications.yamnet import weights as file_layouts
from keras_sounddream.applications.yamnet.patches import JoinPatches, Patches
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

ANALYSIS = Analysis(
    sample_rate=16000,
    frame_seconds=0.025,
    step_seconds=0.010,
    fft_length=512,
    num_mel_bins=64,
    min_hz=125.0,
    max_hz=7500.0,
)
LOG_OFFSET = 1e-3
PATCH_FRAMES, PATCH_STEP = 96, 48
MIN_SECONDS = 0.975  # 96 frames, the last with its whole window
STEP_SECONDS = PATCH_STEP * ANALYSIS.step_seconds
LENGTHS: dict[str, Any] = {"min_seconds": MIN_SECONDS, "step_seconds": STEP_SECONDS}

PRETRAINED = pretrained.PRETRAINED["YAMNet"]
_CLASSES = 521
_ACTIVATIONS = {"relu": None, "relu6": 6.0}  # and its upper limit
_OF_TFLITE = PRETRAINED["audioset_tflite"]["settings"]


def YAMNet(
    include_top: bool = True,
    weights: PathLike | None = "audioset",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = _CLASSES,
    classifier_activation: Any = "sigmoid",
    name: str = "yamnet",
    *,
    include_front_end: bool = True,
    labels: Labels = None,
    patches: bool = True,
    activation: str | None = None,
) -> base.AudioModel:
    """Builds YAMNet, for sounds of any length from a patch of 0.975 s.

    A MobileNet of 27 convolutions on patches of 96 frames and 64 mel bands, 10 ms a frame, a patch
    every 0.48 s; the patches' scores are averaged. 3.7 million parameters, 69 million
    multiply-adds per patch. Layers to dream on: `layer1_relu`, `layer2_depthwise_relu`,
    `layer2_pointwise_relu` … `layer14_pointwise_relu`, `embeddings`, `predictions`. For arguments
    not listed here see `keras.applications`.

    Args:
        weights: `"audioset"`, the official weights, or `"audioset_tflite"`, those of the official
            TFLite classifier, a network trained apart, which are fetched into Keras's cache
            folder; `None` for random ones; or a path: of a file of either, of `.npz` or
            `.weights.h5`.
        input_shape: `(samples,)` at 16 kHz, or `(frames, 64)` without the front end; by default
            any length.
        classifier_activation: `"softmax"`, for sounds of one class each, acts on the mean over the
            patches, others on each patch: silent patches would outvote those with the sound.
        pooling: without a top, `None` for the embeddings of all patches, or how they are pooled.
        include_front_end: `False` gives the network on log-mel spectrograms.
        labels: one per class, which the model keeps; by default AudioSet's where
            there are weights of 521 classes.
        patches: `False` reads the whole sound as one patch, as long as it is, in half the
            time: features all along a sound, and exact tiles for `DeepDream`. The weights are the
            same, and so are the scores of 0.975 s; those of longer sounds are poor, for YAMNet
            was trained on patches.
        activation: `"relu"` or `"relu6"`, after each convolution; `None` for that of the weights:
            `"relu6"` of the TFLite classifier, which was trained so, and of `.npz` that were made
            of it, or else `"relu"`.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1] at 16 kHz, to
        `(batch, classes)`, the mean over the patches; each class is scored on its own, so scores
        do not add up to 1. Without a top: `(batch, patches, 1024)`, or `(batch, 1024)` if pooled;
        with `patches=False`, `(batch, frames / 32, 2, 1024)` or `(batch, 1024)`.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: Plakal and Ellis, *YAMNet*, 2019,
    https://github.com/tensorflow/models/tree/master/research/audioset/yamnet, trained on Gemmeke
    et al., *Audio Set: An ontology and human-labeled dataset for audio events*, 2017,
    https://doi.org/10.1109/ICASSP.2017.7952261
    """
    activation = _settle_activation(activation, weights)
    most = _ACTIVATIONS[activation]
    labels = base.check_arguments(include_top, weights, pooling, classes, labels, PRETRAINED)
    if labels is None and include_top and weights is not None and classes == _CLASSES:
        labels = base.read_labels("audioset.txt")
    if include_front_end:
        inputs = base.settle_input(input_tensor, input_shape or (None,), "waveform")
        x = LogMelSpectrogram(ANALYSIS, power=1, log_offset=LOG_OFFSET, name="front_end")(inputs)
    else:
        bands = ANALYSIS.num_mel_bins
        inputs = base.settle_input(input_tensor, input_shape or (None, bands), "spectrogram")
        x = inputs
    x = _patch_embeddings(x, most) if patches else _one_patch(x, most, include_top)
    if not include_top:
        x = base.pool(x, pooling)
    else:
        x = _top(x, classes, classifier_activation, patches)
    model = base.AudioModel(inputs, x, name=name)
    model = base.describe(model, ANALYSIS.sample_rate, labels, LENGTHS, {"activation": activation})
    layouts = file_layouts.layouts(len(network.LAYERS))
    return base.load_weights(model, weights, PRETRAINED, layouts=layouts, adapt=file_layouts.adapt)


def outputs(model: keras.Model) -> keras.Model:
    """Makes the model of YAMNet's outputs for each patch, beside those for the whole sound.

    Args:
        model: `YAMNet`, with its top and patches.

    Returns:
        `keras.Model` of the same weights, from what `model` takes to a dict of float32:
        `log_mel` `(batch, frames, 64)`, `embeddings` `(batch, patches, 1024)`, `patch_scores`
        `(batch, patches, classes)` and `scores` `(batch, classes)`. For the times of
        patches see `patch_seconds`.

    Raises:
        InputError: if `model` is another one.

    Example:
        >>> values = outputs(YAMNet(weights=None))(np.zeros((1, 48000), "float32"))
        >>> values["embeddings"].shape
        TensorShape([1, 5, 1024])
    """
    names = {layer.name for layer in model.layers}
    if not {"patches", "embeddings", base.TOP, "scores"} <= names:
        raise InputError(
            "Expected a model of YAMNet with include_top=True and patches=True. "
            f"Received: {model.name}, which ends in {model.layers[-1].name!r}"
        )
    tensors = {
        "log_mel": model.get_layer("patches").input,
        "embeddings": model.get_layer("embeddings").output,
        "patch_scores": model.get_layer(base.TOP).output,
        "scores": model.get_layer("scores").output,
    }
    return keras.Model(model.input, tensors, name=f"{model.name}_outputs")


def patch_seconds(num_patches: int) -> Array:
    """Start and end of each patch, float `(num_patches, 2)`, in seconds; neighbours overlap."""
    starts = np.arange(num_patches) * STEP_SECONDS
    return np.stack([starts, starts + MIN_SECONDS], axis=1)


def preprocess_input(waveform: Array, sample_rate: int) -> Array:
    """Brings sound to 16 kHz mono and to whole patches: 0.975 s plus a multiple of 0.48 s.

    Where the sound ends before the last patch does it begins again, so that every sample is used.
    The original fills up with silence; on short cuts of ESC-10 YAMNet names fewer that way (see
    `docs/benchmarks/models/yamnet_esc10.md`).

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
        labels: one per class, in place of the model's; by default AudioSet's.

    Returns:
        For each example a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column per label.
    """
    return decode_for_family(scores, top, model, labels, base.read_labels("audioset.txt"))


def _settle_activation(activation, weights):
    """The activation after each convolution: by default that of the weights."""
    if activation is None:
        if weights in PRETRAINED:
            known = PRETRAINED[weights].get("settings", {})
        else:
            known = _OF_TFLITE if is_tflite(weights) else stored_settings(weights)
        activation = known.get("activation", "relu")
    if activation not in _ACTIVATIONS:
        raise InputError(
            f"`activation` must be None or one of {list(_ACTIVATIONS)}. Received: {activation!r}"
        )
    return activation


def _patch_embeddings(x, most):
    """Spectrogram `(batch, frames, bands)` to embeddings `(batch, patches, channels)`."""
    spectrogram = x
    x = Patches(PATCH_FRAMES, PATCH_STEP, name="patches")(spectrogram)
    x = network.convolutions(x, most)
    x = layers.GlobalAveragePooling2D(name="pool", **base.CHANNELS_LAST)(x)
    return JoinPatches(PATCH_FRAMES, PATCH_STEP, name="embeddings")(x, spectrogram)


def _top(x, classes, activation, patches):
    on_mean = patches and activation == "softmax"
    on_each = None if on_mean else activation
    x = layers.Dense(classes, on_each, dtype="float32", name=base.TOP)(x)
    if not patches:
        return x
    name = "mean_pool" if on_mean else "scores"
    x = layers.GlobalAveragePooling1D(dtype="float32", name=name, **base.CHANNELS_LAST)(x)
    return layers.Activation("softmax", dtype="float32", name="scores")(x) if on_mean else x


def _one_patch(x, most, include_top):
    """Spectrogram to one embedding `(batch, channels)`, or to features."""
    x = layers.Reshape((-1, x.shape[-1], 1), name="add_channel")(x)
    x = network.convolutions(x, most)
    if not include_top:
        return x
    return layers.GlobalAveragePooling2D(name="embeddings", **base.CHANNELS_LAST)(x)
