"""EfficientAT: MobileNet on whole log-mel spectrograms, 527 classes of AudioSet."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_sounddream.applications import base, preprocessing, pretrained
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.applications.efficientat import network
from keras_sounddream.applications.efficientat import weights as file_layout
from keras_sounddream.applications.efficientat.front_end import ANALYSIS, CentredLogMel
from keras_sounddream.checks import check, choice
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

STEP_SECONDS = 32 * ANALYSIS.step_seconds  # from one of the last block's outputs to the next
MIN_SECONDS = STEP_SECONDS
LENGTHS: dict[str, Any] = {"min_seconds": MIN_SECONDS}

PRETRAINED = pretrained.PRETRAINED["EfficientAT"]
_LABELS = "audioset_527.txt"
_CLASSES = 527


def EfficientAT(
    variant: str | None = None,
    include_top: bool = True,
    weights: PathLike | None = "audioset",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = _CLASSES,
    classifier_activation: Any = "sigmoid",
    name: str = "efficientat",
    *,
    include_front_end: bool = True,
    labels: Labels = None,
) -> base.AudioModel:
    """Builds EfficientAT, for sounds of any length from 0.32 s.

    A MobileNet of version 3 on 128 mel bands, 10 ms a frame, from 0 to 15 kHz: a convolution,
    fifteen inverted residuals, half of them with squeeze-and-excitation, a convolution, the mean
    over time and frequency, and two dense layers. 4.88 million parameters at width `"mn10"`, 0.98
    million at `"mn04"`. Layers to dream on: `block0` … `block16`, and in `block1` … `block15`
    `block3_expand` and `block3_depthwise`; `embeddings`, `hidden`, `predictions`. From `block4` on
    each output depends on the whole sound, by the means of the squeeze-and-excitation. For
    arguments not listed here see `keras.applications`.

    Args:
        variant: `"mn10"`, or `"mn04"`, of two fifths of its channels, for small machines; it comes
            first, since it names the network as `ResNet50` does. `None` for that of a file of
            weights, by its shapes, or else `"mn10"`, the more accurate (mean average precision
            0.471 on AudioSet, as published; `"mn04"` 0.432, YAMNet 0.306).
        weights: `"audioset"`, its authors' release files; `None` for random ones; or a path of
            such a `.pt`, of `.npz`, or of `.weights.h5`, whose variant must be named.
        input_shape: `(samples,)` at 32 kHz, or `(frames, 128)` without the front end; by default
            any length.
        classifier_activation: `"softmax"` for sounds of one class each.
        pooling: without a top, `None` for the features `(batch, steps, 4, channels)`, one step per
            0.32 s; `"avg"` gives the embeddings.
        include_front_end: `False` gives the network on the spectrograms of `CentredLogMel`.
        labels: one per class, which the model keeps; by default AudioSet's where there are weights
            of 527 classes.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1] at 32 kHz, to
        `(batch, classes)`; each class is scored on its own, so scores do not add up to 1. Without a
        top and pooled to `(batch, 960)`, or `(batch, 384)` of `"mn04"`.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: Schmid, Koutini and Widmer, *Efficient Large-Scale Audio Tagging via
    Transformer-to-CNN Knowledge Distillation*, 2023, https://arxiv.org/abs/2211.04772; weights
    https://github.com/fschmid56/EfficientAT (MIT), trained on Gemmeke et al., *Audio Set: An
    ontology and human-labeled dataset for audio events*, 2017,
    https://doi.org/10.1109/ICASSP.2017.7952261
    """
    variant = _variant(variant, weights)
    width = network.VARIANTS[variant]
    rows = pretrained.EFFICIENTAT[variant]
    labels = base.check_arguments(include_top, weights, pooling, classes, labels, rows)
    if labels is None and include_top and weights is not None and classes == _CLASSES:
        labels = base.read_labels(_LABELS)
    if include_front_end:
        inputs = base.settle_input(input_tensor, input_shape or (None,), "waveform")
        x = CentredLogMel(name="front_end")(inputs)
    else:
        bands = ANALYSIS.num_mel_bins
        inputs = x = base.settle_input(input_tensor, input_shape or (None, bands), "spectrogram")
    x = layers.Reshape((-1, x.shape[-1], 1), name="add_channel")(x)
    x = network.features(x, width)
    if include_top:
        x = network.top(x, width, classes, classifier_activation)
    else:
        x = base.pool(x, pooling)
    model = base.AudioModel(inputs, x, name=name)
    model = base.describe(model, ANALYSIS.sample_rate, labels, LENGTHS, {"variant": variant})
    layouts = [file_layout.layout()]
    return base.load_weights(model, weights, rows, file_layout.TOPS, layouts=layouts)


def _variant(variant, weights):
    """The variant that is asked for, else that of a file of weights, else the default."""
    if variant is not None:
        return check("variant", variant, choice(network.VARIANTS))
    found = None if weights in PRETRAINED else file_layout.variant_of(weights)
    return found or next(iter(pretrained.EFFICIENTAT))


def outputs(model: keras.Model) -> keras.Model:
    """Makes the model of EfficientAT's scores along time, beside those of the whole sound.

    The top, which was trained on means over time and frequency, is applied to the mean over
    frequency alone: scores per 0.32 s that say when a class is heard. Each of them depends on more
    than its 0.32 s, see `step_seconds`.

    Args:
        model: `EfficientAT`, with its top.

    Returns:
        `keras.Model` of the same weights, from what `model` takes to a dict of float32:
        `embeddings` `(batch, channels)`, `step_embeddings` `(batch, steps, channels)`, whose mean
        they are, `step_scores` `(batch, steps, classes)` and `scores` `(batch, classes)`.

    Raises:
        InputError: if `model` is another one.

    Example:
        >>> values = outputs(EfficientAT("mn04", weights=None))(np.zeros((1, 32000), "float32"))
        >>> values["step_scores"].shape
        TensorShape([1, 4, 527])
    """
    if not {"embeddings", "hidden", base.TOP} <= {layer.name for layer in model.layers}:
        raise InputError(
            "Expected a model of EfficientAT with include_top=True. "
            f"Received: {model.name}, which ends in {model.layers[-1].name!r}"
        )
    pool, top = model.get_layer("embeddings"), model.get_layer(base.TOP)
    by_step = ops.mean(pool.input, axis=2)
    tensors = {
        "embeddings": pool.output,
        "step_embeddings": by_step,
        "step_scores": top(model.get_layer("hidden")(by_step)),
        "scores": model.output,
    }
    return keras.Model(model.input, tensors, name=f"{model.name}_outputs")


def step_seconds(num_steps: int) -> Array:
    """Start and end of each step of `outputs`, float `(num_steps, 2)`, in seconds, side by side.

    The convolutions reach 3 s to either side of a step's middle, and the squeeze-and-excitation
    weighs channels by the whole sound. The last step may end after the sound.
    """
    bounds = (np.arange(num_steps + 1) - 0.5) * STEP_SECONDS
    return np.stack([np.maximum(bounds[:-1], 0), bounds[1:]], axis=1)


def preprocess_input(waveform: Array, sample_rate: int) -> Array:
    """Brings sound to 32 kHz mono and at least 0.32 s (shorter sounds are repeated).

    That is a step of the last block; below it, its outputs would be of padding more than of sound.
    Longer sounds stay as they are: the front end reflects their ends.

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
    """Names the highest scores of each example, or of each of its time steps.

    Args:
        scores: float array `(batch, classes)` or `(batch, steps, classes)`, as `predict` returns
            it.
        top: how many classes to name.
        model: whose labels to use, such as those of a fine-tuned model.
        labels: one per class, in place of the model's; by default AudioSet's.

    Returns:
        For each example (and step) a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column per label.
    """
    return decode_for_family(scores, top, model, labels, base.read_labels(_LABELS), steps=True)
