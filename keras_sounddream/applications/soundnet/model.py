"""SoundNet: what objects and scenes a sound goes with, learnt from the pictures of videos.

By Y. Aytar, C. Vondrick and A. Torralba. The labels are the lists that come with their code (MIT).
"""

import math

import keras
import numpy as np

import keras_sounddream.applications.base as _common
import keras_sounddream.applications.soundnet.network as _network
from keras_sounddream.applications.soundnet.frames import frame_times as frame_times
from keras_sounddream.applications.soundnet.frames import frames_to_seconds as frames_to_seconds
from keras_sounddream.applications.soundnet.frames import seconds_to_frames as seconds_to_frames
from keras_sounddream.applications.soundnet.weights import TOPS, layouts
from keras_sounddream.errors import InputError

SAMPLE_RATE = _network.SAMPLE_RATE
CLASSES = {"objects": 1000, "scenes": 401}
LABELS = {"objects": "imagenet.txt", "scenes": "places2.txt"}
MIN_SAMPLES = _network.EIGHT.least_samples(8)  # of which SoundNet8's heads make one step
MIN_SECONDS = 10.0  # to which shorter sounds are repeated

PRETRAINED = {
    "flickr": {
        "file": "sound8.npy",
        "url": "https://drive.google.com/uc?export=download&id=0B9wE6h4m--wjR015M1RLZW45OEU",
    },
}
PRETRAINED_5 = {
    "flickr": {
        "file": "soundnet5_final.t7",
        "url": "http://data.csail.mit.edu/soundnet/soundnet_models_public.zip, unpack it,",
    },
}


def SoundNet8(
    include_top=True,
    weights="flickr",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=None,
    classifier_activation="softmax",
    name="soundnet8",
    *,
    scale="demo",
    include_front_end=True,
    labels=None,
):
    """Builds the network of eight layers on waveforms, for sounds of any length from 9.5 s.

    Seven convolutions and two heads, which score 1000 objects and 401 scenes every 3 s. 14.4
    million parameters, 0.63 billion multiply-adds for 20 s. Layers to dream on: `conv1` … `conv7`,
    before normalisation and ReLU (`conv1_relu`, `pool1` …), `objects` and `scenes`. For arguments
    not listed here see `keras.applications`.

    Args:
        weights: `"flickr"`, trained on the sounds of two million videos, which does not ship:
            the error says where to fetch it; `None` for random ones as the original's training
            begins with; or a path of the original's `.t7`, of the `.npy` or `.pth` of its ports, of
            `.npz` or of `.weights.h5`.
        input_shape: `(samples,)` at 22 050 Hz; by default any length.
        classes: int for a head of one's own in place of the two, averaged over time, as the
            original is fine-tuned; for sounds from 3.6 s.
        scale: what the front end multiplies by: `"demo"`, 256, as the network was trained, or
            `"esc50_eval"`, 512, as the original reads features for ESC-50.
        include_front_end: bool; `False` gives the network on waveforms that are scaled already.
        labels: sequence of str, one a class, which the model keeps; `classes` must be given.

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
    inputs, x = _network.begin(input_tensor, input_shape, scale, include_front_end)
    x = _network.convolve(x, _network.EIGHT)
    if include_top:
        x = _network.score(x, _network.EIGHT, classes or CLASSES, classifier_activation)
    else:
        x = _common.pool(x, pooling)
    known = layouts(_network.EIGHT.pooled)
    return _common.finish(inputs, x, name, SAMPLE_RATE, labels, weights, PRETRAINED, TOPS, known)


def SoundNet5(
    include_top=True,
    weights="flickr",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=None,
    classifier_activation="softmax",
    name="soundnet5",
    *,
    scale="demo",
    include_front_end=True,
    labels=None,
):
    """Builds the network of five layers on waveforms, for sounds of any length from 2.6 s.

    Four convolutions, `conv1` … `conv4`, and two heads, every 4.5 s. 6.2 million parameters, 1.5
    billion multiply-adds for 20 s. For everything else see `SoundNet8`.

    Args:
        weights: as of `SoundNet8`; `"flickr"` is the original's `soundnet5_final.t7`.
        classes: as of `SoundNet8`; for sounds from 1.1 s.
        scale: as of `SoundNet8`.
        include_front_end: as of `SoundNet8`.
        labels: as of `SoundNet8`.

    Returns:
        `keras.Model`, as `SoundNet8`, with 256 channels without a top.

    Raises:
        InputError: as `SoundNet8`.

    Reference: as of `SoundNet8`.
    """
    labels = _check(include_top, weights, pooling, classes, scale, labels, PRETRAINED_5)
    inputs, x = _network.begin(input_tensor, input_shape, scale, include_front_end)
    x = _network.convolve(x, _network.FIVE)
    if include_top:
        x = _network.score(x, _network.FIVE, classes or CLASSES, classifier_activation)
    else:
        x = _common.pool(x, pooling)
    known = layouts(_network.FIVE.pooled)
    return _common.finish(inputs, x, name, SAMPLE_RATE, labels, weights, PRETRAINED_5, TOPS, known)


def preprocess_input(waveform, sample_rate, strict=False):
    """Brings sound to 22 050 Hz mono and at least 10 s.

    Shorter sounds are repeated, whole, until they are no shorter, as the original does before it
    predicts.

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`,
            in [-1, 1]; the channels are averaged.
        sample_rate: int, Hz, of `waveform`.
        strict: bool, whether nothing is repeated, and what is too short for `SoundNet8` refused.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, is not finite, or is too short.
    """
    waveform = _common.prepare(waveform, sample_rate, SAMPLE_RATE, min_seconds=0)
    num_samples = waveform.shape[1]
    if strict and num_samples < MIN_SAMPLES:
        raise InputError(
            f"Expected at least {MIN_SAMPLES} samples ({MIN_SAMPLES / SAMPLE_RATE:.2f} s) at "
            f"{SAMPLE_RATE} Hz. Received: {num_samples} ({num_samples / SAMPLE_RATE:.2f} s). "
            "With strict=False it is repeated."
        )
    repeats = 1 if strict else math.ceil(MIN_SECONDS * SAMPLE_RATE / num_samples)
    return np.tile(waveform, (1, repeats))


def decode_predictions(scores, top=5, labels=None):
    """Names the highest scores of each example, or of each of its time steps.

    Args:
        scores: float array `(batch, steps, classes)`, one of the outputs that `predict` returns,
            or `(batch, classes)`.
        top: int, how many.
        labels: sequence of str, one a class; by default those of the 401 scenes if there are so
            many columns, else of the 1000 objects.

    Returns:
        For each example a list, for each time step, of lists of `(index, label, score)`, highest
        first; without the list for time steps if `scores` has none.

    Raises:
        InputError: if `scores` does not have a column a label.
    """
    if isinstance(scores, dict):
        raise InputError(f"Expected the scores of one output. Choose one: {', '.join(scores)}.")
    scores = _common.numbers(scores, "scores")
    if labels is None:
        is_scenes = scores.shape[-1:] == (CLASSES["scenes"],)
        labels = _common.read_labels(LABELS["scenes" if is_scenes else "objects"])
    if scores.ndim == 3:
        return [_common.decode(steps, labels, top) for steps in scores]
    return _common.decode(scores, labels, top)


def middle_step(scores):
    """Takes the scores of the middle time step, by which the original names a whole clip.

    Args:
        scores: float array `(batch, steps, classes)`.

    Returns:
        float array `(batch, classes)`; of an even number of steps, the earlier of the middle two.

    Raises:
        InputError: if `scores` has another shape, or is a dict of several outputs.
    """
    scores = _common.numbers(scores, "the scores of one output")
    if scores.ndim != 3:
        raise InputError(f"Expected scores (batch, steps, classes). Received: {scores.shape}")
    return scores[:, (scores.shape[1] - 1) // 2]


def features(model):
    """Gives the outputs that the original's features are read from.

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
    found, number = [], 1
    while f"conv{number}" in names:
        found.append(f"pool{number}" if f"pool{number}" in names else f"conv{number}_relu")
        number += 1
    if not found:
        raise InputError(f"Expected a model of SoundNet8 or SoundNet5. Received: {model.name}")
    found += [head for head in CLASSES if head in names]
    outputs = [model.get_layer(layer).output for layer in found]
    return keras.Model(model.inputs[0], outputs, name=f"{model.name}_features")


def _check(include_top, weights, pooling, classes, scale, labels, pretrained):
    """Checks the arguments; gives the labels that the model will have, or `None`."""
    if scale not in _network.SCALES:
        raise InputError(f"`scale` must be one of {list(_network.SCALES)}. Received: {scale!r}")
    if classes is not None:
        if include_top and weights in pretrained:
            raise InputError(
                f"`classes` must be None with `weights={weights!r}` and `include_top=True`. "
                f"Received: {classes}"
            )
        return _common.check_arguments(include_top, None, pooling, classes, labels, {})
    if labels is not None:
        raise InputError(f"`labels` go with `classes`. Received: {len(labels)}, and no `classes`.")
    _common.check_arguments(False, None, pooling, 1, None, {})
    if weights is None or not include_top:
        return None
    return {head: _common.read_labels(name) for head, name in LABELS.items()}
