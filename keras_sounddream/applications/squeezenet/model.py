"""SqueezeNet: a small classifier of pictures, in the two versions that were published."""

import numpy as np
from keras import Model, initializers, layers

import keras_sounddream.applications.base as _common
import keras_sounddream.applications.squeezenet.weights as _weights
from keras_sounddream.errors import InputError

BANKS = {  # what is before each pooling, and what is last
    "1.0": {
        "bank1": "conv1",
        "bank2": "fire4_concat",
        "bank3": "fire8_concat",
        "bank4": "fire9_concat",
    },
    "1.1": {
        "bank1": "conv1",
        "bank2": "fire3_concat",
        "bank3": "fire5_concat",
        "bank4": "fire9_concat",
    },
}
PREPROCESSING = {  # factor and summand of red, green and blue in [0, 255]
    "torch": (
        [1 / (255 * deviation) for deviation in _weights.DEVIATION],
        [-m / d for m, d in zip(_weights.MEAN, _weights.DEVIATION, strict=True)],
    ),
    "unit": ([1 / 255] * 3, [0.0] * 3),
}
PRETRAINED = _weights.ROWS["1.0"]

_CLASSES = 1000
_FIRST = {"1.0": (96, 7), "1.1": (64, 3)}  # filters and size of the first convolution
_LEAST = {"1.0": 21, "1.1": 17}  # pixels
_SQUEEZES = (16, 16, 32, 32, 48, 48, 64, 64)  # filters, from fire2 to fire9
_EXPANSION = 4  # times as many filters in each of the two that follow a squeeze
_RELU = {"activation": "relu", "kernel_initializer": "he_uniform"}


def SqueezeNet(
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=_CLASSES,
    classifier_activation="softmax",
    name="squeezenet",
    *,
    version="1.0",
    preprocessing="torch",
    conv10_padding=0,
    include_front_end=True,
    labels=None,
):
    """Builds SqueezeNet for pictures of any size from 21 x 21 pixels (17 x 17 in version 1.1).

    A convolution, eight fire modules (a squeeze by 1 x 1, then expansions by 1 x 1 and 3 x 3 side
    by side) and a convolution of 1 x 1 to the classes; poolings round sizes up. 1,248,424
    parameters in version 1.0, 1,235,496 in version 1.1. Layers to dream on: `conv1`,
    `fire2_squeeze1x1`, `fire2_expand1x1`, `fire2_expand3x3`, `fire2_concat` … `fire9_concat`,
    `conv10`, each after its ReLU. For arguments not listed here see `keras.applications`.

    Args:
        weights: `"imagenet"`, torchvision's, which do not ship: the error says what to fetch;
            `None` for random ones; or a path of torchvision's `.pth`, of a Keras `.h5` or `.npz`
            with the tensors of Caffe's model, or of `.npz` or `.weights.h5` of this package. What
            was trained on blue, green, red less the mean is turned to fit the front end: the
            outputs are the same.
        input_shape: `(height, width, 3)`; by default any size.
        version: str, `"1.0"` or `"1.1"` (a smaller first convolution, poolings earlier, less than
            half the operations).
        preprocessing: str, what the front end makes of pixels: `"torch"` for [0, 1], normalised by
            ImageNet's mean and deviation, or `"unit"` for [0, 1], which no published weights were
            trained on.
        conv10_padding: int, zeros around the input of the last convolution: 0 as in torchvision,
            or 1 as in Caffe's model of version 1.0, whose scores are less sure.
        include_front_end: bool; `False` gives the network on pictures that are preprocessed.
        labels: sequence of str, one a class, which the model keeps; by default ImageNet's if there
            are weights and 1000 classes.

    Returns:
        `keras.Model` from `(batch, height, width, 3)`, red, green and blue in [0, 255], to
        `(batch, classes)`.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: Iandola et al., *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
    <0.5MB model size*, 2016, https://arxiv.org/abs/1602.07360. Trained on ImageNet (ILSVRC 2012).
    """
    _check_choices(
        version=(version, BANKS),
        preprocessing=(preprocessing, PREPROCESSING),
        conv10_padding=(conv10_padding, (0, 1)),
    )
    if weights is not None and include_top and classes == _CLASSES and labels is None:
        labels = _common.read_labels("imagenet.txt")
    rows = _weights.ROWS[version]
    labels = _common.check_arguments(include_top, weights, pooling, classes, labels, rows)
    inputs = x = _input(input_tensor, input_shape, version)
    if include_front_end:
        scale, offset = PREPROCESSING[preprocessing]
        x = layers.Rescaling(scale, offset, name="front_end")(x)
    x = _features(x, version)
    if include_top:
        x = _top(x, classes, classifier_activation, conv10_padding)
    else:
        x = _common.pool(x, pooling)
    layouts = _weights.torch_layout(BANKS[version].values()), _weights.caffe_layout()
    foreign = {"tops": ("conv10/",), "layouts": layouts, "adapt": _weights.plain_names}
    return _common.finish(inputs, x, name, None, labels, weights, rows, **foreign)


def banks(model):
    """Makes the model of a SqueezeNet's four named banks: what is before each pooling, and last.

    Args:
        model: `SqueezeNet`, with or without its top.

    Returns:
        `keras.Model` from what `model` takes to a dict of `"bank1"` … `"bank4"`, float32
        `(batch, rows, columns, channels)`, none below 0. Of version 1.0 and 256 x 341 pixels:
        125 x 168 x 96, 62 x 84 x 256, 31 x 42 x 512 and 15 x 21 x 512.

    Raises:
        InputError: if `model` is no `SqueezeNet`.
    """
    found = {layer.name: layer for layer in model.layers}
    sizes = {(size, size): version for version, (_, size) in _FIRST.items()}
    version = sizes.get(getattr(found.get("conv1"), "kernel_size", None), "1.0")
    if not found.keys() >= set(BANKS[version].values()):
        raise InputError(f"Expected a SqueezeNet, which has four banks. Received: {model.name}")
    outputs = {bank: found[path].output for bank, path in BANKS[version].items()}
    return Model(model.input, outputs, name=f"{model.name}_banks")


def preprocess_input(pictures, version="1.0"):
    """Checks pictures and brings them to what the model takes; their size stays.

    Args:
        pictures: array `(height, width, 3)` or `(batch, height, width, 3)`, red, green and blue in
            [0, 255].
        version: str, of the `SqueezeNet`.

    Returns:
        float32 `(batch, height, width, 3)`, a new array.

    Raises:
        InputError: if they have another shape, are too small, not finite or out of range.
    """
    _check_choices(version=(version, BANKS))
    pictures = _common.numbers(pictures, "pictures").astype("float32")
    pictures = pictures[np.newaxis] if pictures.ndim == 3 else pictures
    least = _LEAST[version]
    fits = pictures.ndim == 4 and pictures.shape[-1] == 3 and len(pictures)
    if not fits or min(pictures.shape[1:3]) < least:
        raise InputError(
            f"Expected pictures (height, width, 3) or (batch, height, width, 3) of at least "
            f"{least} x {least} pixels. Received shape: {pictures.shape}"
        )
    lowest, highest = pictures.min(), pictures.max()
    if not (np.isfinite([lowest, highest]).all() and lowest >= 0 and highest <= 255):
        raise InputError(f"Expected pixels in [0, 255]. Received: {lowest:.4g} to {highest:.4g}")
    if 0 < highest <= 1:
        raise InputError(
            f"Expected pixels in [0, 255]. The highest is {highest:.4g}: multiply by 255."
        )
    return pictures


def decode_predictions(scores, top=5, labels=None):
    """Names the highest scores of each example.

    Args:
        scores: float array `(batch, classes)`, what `predict` returns.
        top: int, how many.
        labels: sequence of str, one a class; by default ImageNet's.

    Returns:
        For each example a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column a label.
    """
    return _common.decode(scores, labels, top, "imagenet.txt")


def _check_choices(**given):
    for name, (value, choices) in given.items():
        if isinstance(value, bool) or value not in choices:
            raise InputError(f"`{name}` must be one of {list(choices)}. Received: {value!r}")


def _input(input_tensor, input_shape, version):
    inputs = _common.settle_input(input_tensor, input_shape or (None, None, 3), "picture")
    least = _LEAST[version]
    *sizes, channels = inputs.shape[1:]
    if len(sizes) != 2 or channels != 3 or any(n is not None and n < least for n in sizes):
        raise InputError(
            f"Expected an input of shape (height, width, 3), from {least} x {least} pixels. "
            f"Received: {tuple(inputs.shape[1:])}"
        )
    return inputs


def _features(x, version):
    """Pictures `(batch, height, width, 3)` to features `(batch, rows, columns, 512)`."""
    filters, size = _FIRST[version]
    last = "conv1"
    x = layers.Conv2D(filters, size, strides=2, name=last, **_RELU)(x)
    for number, squeeze in enumerate(_SQUEEZES, start=2):
        if last in BANKS[version].values():
            x = _pool(x, f"pool{number - 1}")
        x = layers.Conv2D(squeeze, 1, name=f"fire{number}_squeeze1x1", **_RELU)(x)
        parts = [
            layers.Conv2D(
                _EXPANSION * squeeze,
                size,
                padding="same",
                name=f"fire{number}_expand{size}x{size}",
                **_RELU,
            )(x)
            for size in (1, 3)
        ]
        last = f"fire{number}_concat"
        x = layers.Concatenate(name=last)(parts)
    return x


def _pool(x, name):
    """Largest of 3 x 3 every 2, the last window too that starts inside: x is not below 0."""
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(x)
    return layers.MaxPooling2D(3, 2, name=name)(x)


def _top(x, classes, activation, padding):
    x = layers.Dropout(0.5, name="drop9")(x)
    if padding:
        x = layers.ZeroPadding2D(padding, name="conv10_pad")(x)
    start = initializers.RandomNormal(stddev=0.01)
    x = layers.Conv2D(classes, 1, activation="relu", kernel_initializer=start, name="conv10")(x)
    x = layers.GlobalAveragePooling2D(name="pool10")(x)
    return layers.Activation(activation or "linear", dtype="float32", name=_common.TOP)(x)
