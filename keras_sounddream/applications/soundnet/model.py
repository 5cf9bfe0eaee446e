"""SoundNet: objects and scenes that a sound goes with, learnt from the pictures of videos.

By Y. Aytar, C. Vondrick and A. Torralba. The labels come with their code (MIT).
"""

from typing import Any

import keras

from keras_sounddream.applications import base, preprocessing, pretrained
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.applications.preprocessing import numbers
from keras_sounddream.applications.soundnet import network
from keras_sounddream.applications.soundnet.weights import TOPS, layouts
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

SAMPLE_RATE = network.SAMPLE_RATE
CLASSES = {"objects": 1000, "scenes": 401}
LABELS = pretrained.PRETRAINED["SoundNet8"]["flickr"]["labels"]
MIN_SAMPLES = round(network.least_seconds(network.EIGHT, CLASSES) * SAMPLE_RATE)
MIN_SECONDS = 20.0  # to which shorter sounds are repeated, the length that it was trained on
LENGTHS: dict[str, Any] = {"min_seconds": MIN_SECONDS}
FEATURE_LENGTHS: dict[str, Any] = {"min_seconds": 10.0, "repeat_whole": True}  # as the original

PRETRAINED = pretrained.PRETRAINED["SoundNet8"]
PRETRAINED_5 = pretrained.PRETRAINED["SoundNet5"]


def SoundNet8(
    include_top: bool = True,
    weights: PathLike | None = "flickr",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int | None = None,
    classifier_activation: Any = "softmax",
    name: str = "soundnet8",
    *,
    scale: str = "demo",
    include_front_end: bool = True,
    labels: Labels = None,
) -> base.AudioModel:
    """Builds the network of eight layers on waveforms, for sounds of any length from 11.0 s.

    Seven convolutions and two heads, which score 1000 objects and 401 scenes every 3 s. The last
    frame of `conv7`, at the end of a sound, is read by nothing: see `docs/models/soundnet.md`. 14.4
    million parameters, 0.63 billion multiply-adds for 20 s. Layers to dream on: `conv1` … `conv7`,
    before normalisation and ReLU (`conv1_relu`, `pool1` …), `objects` and `scenes`. For arguments
    not listed here see `keras.applications`.

    Args:
        weights: `"flickr"`, trained on the sounds of two million videos, which does not ship:
            the error says where to fetch it; `None` for random ones as the original's training
            begins with; or a path of the original's `.t7`, of the `.npy` or `.pth` of its ports, of
            `.npz` or of `.weights.h5`.
        input_shape: `(samples,)` at 22 050 Hz; by default any length.
        classes: number, for a head of one's own in place of the two, averaged over time, as the
            original is fine-tuned; for sounds from 5.1 s.
        scale: what the front end multiplies by: `"demo"`, 256, as the network was trained, or
            `"esc50_eval"`, 512, as the original reads features for ESC-50.
        include_front_end: `False` gives the network on scaled waveforms.
        labels: one per class, which the model keeps; `classes` must be given.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1] at 22 050 Hz, to a dict of
        `objects`, `(batch, steps, 1000)`, and `scenes`, `(batch, steps, 401)`; to
        `(batch, classes)` with `classes`; without a top to `(batch, frames, 1024)`, or
        `(batch, 1024)` with `pooling`.

    Raises:
        InputError: if arguments do not fit each other, the weights do not fit the model, or a
            sound is too short for the heads.

    Reference: Aytar et al., *SoundNet: Learning Sound Representations from Unlabeled Video*, 2016,
    https://arxiv.org/abs/1610.09001
    """
    labels = _check(include_top, weights, pooling, classes, scale, labels, PRETRAINED)
    inputs, x = network.begin(input_tensor, input_shape, scale, include_front_end)
    top = (classes or CLASSES, classifier_activation) if include_top else None
    model = _build(name, inputs, x, network.EIGHT, top, pooling, labels)
    known = layouts(network.EIGHT.pooled)
    return base.load_weights(model, weights, PRETRAINED, TOPS, layouts=known)


def SoundNet5(
    include_top: bool = True,
    weights: PathLike | None = "flickr",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int | None = None,
    classifier_activation: Any = "softmax",
    name: str = "soundnet5",
    *,
    scale: str = "demo",
    include_front_end: bool = True,
    labels: Labels = None,
) -> base.AudioModel:
    """Builds the network of five layers on waveforms, for sounds of any length from 4.9 s.

    Four convolutions, `conv1` … `conv4`, and two heads, every 4.5 s. 6.2 million parameters, 1.5
    billion multiply-adds for 20 s. For the rest see `SoundNet8`.

    Args:
        weights: `"flickr"`, the original's `soundnet5_final.t7`, which does not ship; `None` for
            random ones; or a path of one of the files that `SoundNet8` takes.
        classes: number, for a head of one's own in place of the two, for sounds from 1.9 s.
        scale: key of the front end's factors, `"demo"` or `"esc50_eval"`.
        include_front_end: `False` gives the network on scaled waveforms.
        labels: one per class, which the model keeps; `classes` must be given.

    Returns:
        `keras.Model` with the outputs of `SoundNet8`, but 256 channels without a top.

    Raises:
        InputError: if arguments do not fit each other, the weights do not fit the model, or a
            sound is too short for the heads.

    """
    labels = _check(include_top, weights, pooling, classes, scale, labels, PRETRAINED_5)
    inputs, x = network.begin(input_tensor, input_shape, scale, include_front_end)
    top = (classes or CLASSES, classifier_activation) if include_top else None
    model = _build(name, inputs, x, network.FIVE, top, pooling, labels)
    known = layouts(network.FIVE.pooled)
    return base.load_weights(model, weights, PRETRAINED_5, TOPS, layouts=known)


def _build(name, inputs, x, plan, top, pooling, labels):
    """The model with random weights; `top` is `(classes, activation)` or `None`."""
    x = network.convolve(x, plan)
    if top is None:
        x = base.pool(network.read_frames(x, plan, None), pooling)
    else:
        x = network.score(x, plan, *top)
    lengths = lengths_for(plan, top and top[0])
    return base.describe(base.AudioModel(inputs, x, name=name), SAMPLE_RATE, labels, lengths)


def lengths_for(
    plan: network.SoundNetConfig, widths: int | dict[str, int] | None
) -> dict[str, Any]:
    """`AudioModel.lengths` of a network with heads of `widths`, see `network.score`, or `None`."""
    lengths = LENGTHS if isinstance(widths, dict) else FEATURE_LENGTHS
    return {**lengths, "least_seconds": network.least_seconds(plan, widths)}


def preprocess_input(waveform: Array, sample_rate: int) -> Array:
    """Brings sound to 22 050 Hz mono and at least 20 s, the length that SoundNet was trained on.

    Shorter sounds are repeated to 20 s. The method `preprocess_input` of a model knows its heads:
    without the two it repeats sounds, whole, until they last 10 s, as the original does where it
    reads features; and with `strict=True` it refuses sounds that are too short for the heads
    instead.

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`,
            in [-1, 1]; the channels are averaged.
        sample_rate: Hz, of `waveform`.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, or is not finite.
    """
    return preprocessing.prepare(waveform, sample_rate, SAMPLE_RATE, **LENGTHS)


def decode_predictions(
    scores: Array, top: int = 5, model: Any = None, labels: Labels = None
) -> Predictions:
    """Names the highest scores of each example, or of each of its time steps.

    Args:
        scores: float array `(batch, steps, classes)`, one of the outputs that `predict` returns,
            or `(batch, classes)`.
        top: how many classes to name.
        model: whose labels to use, such as those of a fine-tuned model.
        labels: one per class, in place of the model's; by default those of the 401 scenes for
            as many columns, else of the 1000 objects.

    Returns:
        For each example a list, for each time step, of lists of `(index, label, score)`, highest
        first; without the list for time steps if `scores` has none.

    Raises:
        InputError: if `scores` does not have a column per label.
    """
    heads = {head: base.read_labels(name) for head, name in LABELS.items()}
    return decode_for_family(scores, top, model, labels, heads, steps=True)


def middle_step(scores: Array) -> Array:
    """Takes the scores of the middle time step, by which the original names a whole clip.

    Args:
        scores: float array `(batch, steps, classes)`.

    Returns:
        float array `(batch, classes)`; of an even number of steps, the earlier of the middle two.

    Raises:
        InputError: if `scores` has another shape, or is a dict of several outputs.
    """
    scores = numbers(scores, "the scores of one output")
    if scores.ndim != 3:
        raise InputError(f"Expected scores (batch, steps, classes). Received: {scores.shape}")
    return scores[:, (scores.shape[1] - 1) // 2]


def features(model: keras.Model) -> keras.Model:
    """Makes the model of the outputs that the original reads its features from.

    Args:
        model: `AudioModel`, of `SoundNet8` or `SoundNet5`.

    Returns:
        `keras.Model` to a list, in the original's order: each convolution after ReLU and, where
        there is one, pooling, `(batch, frames, channels)`; then, if the model has them, objects and
        scenes before the softmax. Nine of `SoundNet8`. `output_names` are the layers' names.

    Raises:
        InputError: if `model` has no `conv1`.
    """
    names = [layer.name for layer in model.layers]
    ends, number = [], 1
    while f"conv{number}" in names:
        ends.append(f"pool{number}" if f"pool{number}" in names else f"conv{number}_relu")
        number += 1
    if not ends:
        raise InputError(f"Expected a model of SoundNet8 or SoundNet5. Received: {model.name}")
    ends += [head for head in CLASSES if head in names]
    outputs = [model.get_layer(layer).output for layer in ends]
    return keras.Model(model.inputs[0], outputs, name=f"{model.name}_features")


def _check(include_top, weights, pooling, classes, scale, labels, pretrained):
    """Checks the arguments; gives the labels that the model will have, or `None`."""
    if scale not in network.SCALES:
        raise InputError(f"`scale` must be one of {list(network.SCALES)}. Received: {scale!r}")
    if classes is not None:
        if include_top and weights in pretrained:
            raise InputError(
                f"`classes` must be None with `weights={weights!r}` and `include_top=True`. "
                f"Received: {classes}"
            )
        return base.check_arguments(include_top, None, pooling, classes, labels, {})
    if labels is not None:
        raise InputError(f"`labels` go with `classes`. Received: {len(labels)}, and no `classes`.")
    base.check_arguments(False, None, pooling, 1, None, {})
    if weights is None or not include_top:
        return None
    return {head: base.read_labels(name) for head, name in LABELS.items()}
