"""YAMNet: MobileNet on log-mel patches, 521 classes of AudioSet."""

import keras
import numpy as np
from keras import layers

import keras_sounddream.applications.base as _common
import keras_sounddream.applications.weights as _weights
import keras_sounddream.applications.yamnet.network as _yamnet_network
import keras_sounddream.applications.yamnet.weights as _yamnet_weights
from keras_sounddream.applications.yamnet.patches import JoinPatches, Patches
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.errors import InputError

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

PRETRAINED = {
    "audioset": {
        "labels": "audioset.txt",
        "file": "yamnet.h5",
        "url": "https://storage.googleapis.com/audioset/yamnet.h5",
    },
}
_CLASSES = 521
_ACTIVATIONS = {"relu": None, "relu6": 6.0}  # and the most that comes out of it


def YAMNet(
    include_top=True,
    weights="audioset",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=_CLASSES,
    classifier_activation="sigmoid",
    name="yamnet",
    *,
    include_front_end=True,
    labels=None,
    patches=True,
    activation=None,
):
    """Builds YAMNet, for sounds of any length from a patch of 0.975 s.

    A MobileNet of 27 convolutions on patches of 96 frames and 64 mel bands, 10 ms a frame, a patch
    every 0.48 s; what is found in the patches is averaged. 3.7 million parameters, 69 million
    multiply-adds a patch. Layers to dream on: `layer1_relu`, `layer2_depthwise_relu`,
    `layer2_pointwise_relu` … `layer14_pointwise_relu`, `embeddings`, `predictions`. For arguments
    not listed here see `keras.applications`.

    Args:
        weights: `"audioset"`, the official `yamnet.h5`, which its user puts into Keras's cache
            folder; `None` for random ones; or a path: of that file, of the official TFLite
            classifier, of `.npz` or `.weights.h5`.
        input_shape: `(samples,)` at 16 kHz, or `(frames, 64)` without the front end; by default
            any length.
        classifier_activation: `"softmax"`, for sounds of one class each, acts on the mean over the
            patches, others on each patch: silent patches would outvote those with the sound.
        pooling: without a top, `None` for the embeddings of all patches, or how they are pooled.
        include_front_end: bool; `False` gives the network on log-mel spectrograms.
        labels: sequence of str, one a class, which the model keeps; by default AudioSet's where
            there are weights of 521 classes.
        patches: bool; `False` reads the whole sound as one patch, as long as it is, in half the
            time: features all along a sound, and exact tiles for `DeepDream`. The weights are the
            same, and so are the scores of 0.975 s; those of longer sounds are poor, for YAMNet
            was trained on patches.
        activation: `"relu"` or `"relu6"`, of each convolution; `None` for that of the weights:
            `"relu6"` of a TFLite file, which was trained so, or else `"relu"`.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1] at 16 kHz, to
        `(batch, classes)`, the mean over the patches; each class is scored for itself, so scores
        do not add up to 1. Without a top: `(batch, patches, 1024)`, or `(batch, 1024)` if pooled;
        with `patches=False`, `(batch, frames / 32, 2, 1024)` or `(batch, 1024)`.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: Plakal and Ellis, *YAMNet*, 2019,
    https://github.com/tensorflow/models/tree/master/research/audioset/yamnet, trained on Gemmeke
    et al., *Audio Set: An ontology and human-labeled dataset for audio events*, 2017,
    https://doi.org/10.1109/ICASSP.2017.7952261
    """
    most = _most(activation, weights)
    labels = _common.check_arguments(include_top, weights, pooling, classes, labels, PRETRAINED)
    if labels is None and include_top and weights is not None and classes == _CLASSES:
        labels = _common.read_labels("audioset.txt")
    if include_front_end:
        inputs = _common.settle_input(input_tensor, input_shape or (None,), "waveform")
        x = LogMelSpectrogram(ANALYSIS, power=1, log_offset=LOG_OFFSET, name="front_end")(inputs)
    else:
        bands = ANALYSIS.num_mel_bins
        inputs = _common.settle_input(input_tensor, input_shape or (None, bands), "spectrogram")
        x = inputs
    x = _of_patches(x, most) if patches else _whole(x, most, include_top)
    if not include_top:
        x = _common.pool(x, pooling)
    else:
        x = _top(x, classes, classifier_activation, patches)
    return _common.finish(
        inputs,
        x,
        name,
        ANALYSIS.sample_rate,
        labels,
        weights,
        PRETRAINED,
        layouts=_yamnet_weights.layouts(len(_yamnet_network.LAYERS)),
        adapt=_yamnet_weights.adapt,
    )


def outputs(model):
    """Gives what YAMNet finds in each patch beside what it makes of them.

    Args:
        model: `keras.Model` of `YAMNet`, with its top and patches.

    Returns:
        `keras.Model` of the same weights, from what `model` takes to a dict of float32:
        `log_mel` `(batch, frames, 64)`, `embeddings` `(batch, patches, 1024)`, `patch_scores`
        `(batch, patches, classes)` and `scores` `(batch, classes)`. For when a patch lies see
        `patch_seconds`.

    Raises:
        InputError: if `model` is another one.

    Example:
        >>> found = outputs(YAMNet(weights=None))(np.zeros((1, 48000), "float32"))
        >>> found["embeddings"].shape
        TensorShape([1, 5, 1024])
    """
    names = {layer.name for layer in model.layers}
    if not {"patches", "embeddings", _common.TOP, "scores"} <= names:
        raise InputError(
            "Expected a model of YAMNet with include_top=True and patches=True. "
            f"Received: {model.name}, which ends in {model.layers[-1].name!r}"
        )
    found = {
        "log_mel": model.get_layer("patches").input,
        "embeddings": model.get_layer("embeddings").output,
        "patch_scores": model.get_layer(_common.TOP).output,
        "scores": model.get_layer("scores").output,
    }
    return keras.Model(model.input, found, name=f"{model.name}_outputs")


def patch_seconds(num_patches):
    """Tells when patches begin and end.

    Args:
        num_patches: int.

    Returns:
        float array `(num_patches, 2)`, seconds from the start of the sound; neighbours overlap.
    """
    starts = np.arange(num_patches) * STEP_SECONDS
    return np.stack([starts, starts + MIN_SECONDS], axis=1)


def preprocess_input(waveform, sample_rate):
    """Brings sound to 16 kHz mono and to whole patches: 0.975 s and a number of times 0.48 s.

    Where the sound ends before the last patch does it begins again, so that all of it is heard.
    The original fills up with silence; on short cuts of ESC-10 YAMNet names fewer that way (see
    `docs/benchmarks/models/yamnet_esc10.md`).

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`,
            in [-1, 1].
        sample_rate: int, Hz, of `waveform`.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, or is not finite.
    """
    rate = ANALYSIS.sample_rate
    return _common.prepare(waveform, sample_rate, rate, MIN_SECONDS, STEP_SECONDS)


def decode_predictions(scores, top=5, labels=None):
    """Names the highest scores of each example.

    Args:
        scores: float array `(batch, classes)`, what `predict` returns.
        top: int, how many.
        labels: sequence of str, one a class; by default AudioSet's.

    Returns:
        For each example a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column a label.
    """
    return _common.decode(scores, labels, top, "audioset.txt")


def _most(activation, weights):
    """The most that comes out of a convolution, or `None`."""
    if activation is None:
        activation = "relu6" if _weights.is_tflite(weights) else "relu"
    if activation not in _ACTIVATIONS:
        raise InputError(
            f"`activation` must be None or one of {list(_ACTIVATIONS)}. Received: {activation!r}"
        )
    return _ACTIVATIONS[activation]


def _of_patches(x, most):
    """Spectrogram `(batch, frames, bands)` to embeddings `(batch, patches, channels)`."""
    spectrogram = x
    x = Patches(PATCH_FRAMES, PATCH_STEP, name="patches")(spectrogram)
    x = layers.GlobalAveragePooling2D(name="pool")(_yamnet_network.convolutions(x, most))
    return JoinPatches(PATCH_FRAMES, PATCH_STEP, name="embeddings")(x, spectrogram)


def _top(x, classes, activation, patches):
    of_mean = patches and activation == "softmax"
    of_each = None if of_mean else activation
    x = layers.Dense(classes, of_each, dtype="float32", name=_common.TOP)(x)
    if of_mean:
        x = layers.GlobalAveragePooling1D(name="mean_pool")(x)
        return layers.Activation("softmax", dtype="float32", name="scores")(x)
    return layers.GlobalAveragePooling1D(name="scores")(x) if patches else x


def _whole(x, most, include_top):
    """Spectrogram to the embedding `(batch, channels)` of all of it, or to features."""
    x = layers.Reshape((-1, x.shape[-1], 1), name="add_channel")(x)
    x = _yamnet_network.convolutions(x, most)
    return layers.GlobalAveragePooling2D(name="embeddings")(x) if include_top else x
