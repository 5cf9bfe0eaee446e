"""SqueezeNet: a small classifier of pictures, in the two versions that were published."""

from typing import Any

import keras
import numpy as np
from keras import layers

from keras_sounddream.applications import base
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.applications.preprocessing import numbers
from keras_sounddream.applications.pretrained import SQUEEZENET
from keras_sounddream.applications.squeezenet import network
from keras_sounddream.applications.squeezenet import weights as file_layouts
from keras_sounddream.applications.squeezenet.network import BANKS, FIRST
from keras_sounddream.errors import InputError
from keras_sounddream.images.pixel_range import check_pixels
from keras_sounddream.types import Array, PathLike

PREPROCESSING = {  # factor and summand of red, green and blue in [0, 255]
    "torch": (
        [1 / (255 * deviation) for deviation in file_layouts.DEVIATION],
        [-m / d for m, d in zip(file_layouts.MEAN, file_layouts.DEVIATION, strict=True)],
    ),
    "unit": ([1 / 255] * 3, [0.0] * 3),
}
PRETRAINED = SQUEEZENET["1.0"]

_CLASSES = 1000
_LEAST = {"1.0": 21, "1.1": 17}  # pixels


@keras.saving.register_keras_serializable(package="keras_sounddream")
class SqueezeNetModel(base.AudioModel):
    """A SqueezeNet: an `AudioModel` that takes pictures."""

    def preprocess_input(self, pictures: Array) -> Array:  # type: ignore[override]
        """Checks pictures, of at least the size that this version takes; see `preprocess_input`."""
        return _checked_pictures(pictures, _LEAST[_version(self)])


def SqueezeNet(
    include_top: bool = True,
    weights: PathLike | None = "imagenet",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = _CLASSES,
    classifier_activation: Any = "softmax",
    name: str = "squeezenet",
    *,
    version: str = "1.0",
    preprocessing: str = "torch",
    conv10_padding: int = 0,
    include_front_end: bool = True,
    labels: Labels = None,
) -> "SqueezeNetModel":
    """Builds SqueezeNet for pictures of any size from 21 x 21 pixels (17 x 17 in version 1.1).

    A convolution, eight fire modules (a squeeze by 1 x 1, then expansions by 1 x 1 and 3 x 3 side
    by side) and a convolution of 1 x 1 to the classes; poolings round sizes up. 1,248,424
    parameters in version 1.0, 1,235,496 in version 1.1. Layers to dream on: `conv1`,
    `fire2_squeeze1x1`, `fire2_expand1x1`, `fire2_expand3x3`, `fire2_concat` … `fire9_concat`,
    `conv10`, each after its ReLU. For arguments not listed here see `keras.applications`.

    Args:
        weights: `"imagenet"`, torchvision's, which are fetched into Keras's cache folder;
            `None` for random ones; or a path of torchvision's `.pth`, of a Keras `.h5` or `.npz`
            with the tensors of Caffe's model, or of `.npz` or `.weights.h5` of this package.
            Weights that were trained on blue, green, red less the mean are adapted to the front
            end: the outputs are the same.
        input_shape: `(height, width, 3)`; by default any size.
        version: `"1.0"` or `"1.1"` (a smaller first convolution, poolings earlier, less than
            half the operations).
        preprocessing: the front end's scaling of pixels: `"torch"` for [0, 1], normalised by
            ImageNet's mean and deviation, or `"unit"` for [0, 1], which no published weights were
            trained on.
        conv10_padding: zeros around the input of the last convolution: 0 as in torchvision,
            or 1 as in Caffe's model of version 1.0, whose scores are less sure.
        include_front_end: `False` gives the network on preprocessed pictures.
        labels: one per class, which the model keeps; by default ImageNet's if there
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
        labels = base.read_labels("imagenet.txt")
    rows = SQUEEZENET[version]
    labels = base.check_arguments(include_top, weights, pooling, classes, labels, rows)
    inputs = x = _input(input_tensor, input_shape, version)
    if include_front_end:
        scale, offset = PREPROCESSING[preprocessing]
        # With three axes, Keras's setting of the data format leaves the factors as they are.
        x = layers.Rescaling([[scale]], offset, name="front_end")(x)
    x = network.features(x, version)
    if include_top:
        x = network.top(x, classes, classifier_activation, conv10_padding)
    else:
        x = base.pool(x, pooling)
    layouts = file_layouts.torch_layout(BANKS[version].values()), file_layouts.caffe_layout()
    model = base.describe(SqueezeNetModel(inputs, x, name=name), None, labels)
    foreign = {"layouts": layouts, "adapt": file_layouts.plain_names}
    return base.load_weights(model, weights, rows, tops=("conv10/",), **foreign)


def banks(model: keras.Model) -> keras.Model:
    """Makes the model of four named layers: those before each pooling, and the last.

    Args:
        model: `SqueezeNet`, with or without its top.

    Returns:
        `keras.Model` from what `model` takes to a dict of `"bank1"` … `"bank4"`, float32
        `(batch, rows, columns, channels)`, not negative. For version 1.0 and 256 x 341 pixels:
        125 x 168 x 96, 62 x 84 x 256, 31 x 42 x 512 and 15 x 21 x 512.

    Raises:
        InputError: if `model` is no `SqueezeNet`.
    """
    named = {layer.name: layer for layer in model.layers}
    paths = BANKS[_version(model)]
    if not named.keys() >= set(paths.values()):
        raise InputError(f"Expected a SqueezeNet, which has four banks. Received: {model.name}")
    outputs = {bank: named[path].output for bank, path in paths.items()}
    return keras.Model(model.input, outputs, name=f"{model.name}_banks")


def _version(model):
    """The version of a SqueezeNet, by the size of its first convolution."""
    first = next((layer for layer in model.layers if layer.name == "conv1"), None)
    sizes = {(size, size): version for version, (_, size) in FIRST.items()}
    return sizes.get(getattr(first, "kernel_size", None), "1.0")


def preprocess_input(pictures: Array) -> Array:
    """Checks pictures and brings them to the form that the model takes; their size stays.

    A model has a method of the same name, which knows the least size of its own version.

    Args:
        pictures: array `(height, width, 3)` or `(batch, height, width, 3)`, red, green and blue in
            [0, 255], from 21 x 21 pixels.

    Returns:
        float32 `(batch, height, width, 3)`, a new array.

    Raises:
        InputError: if they have another shape, are too small, not finite or out of range.
    """
    return _checked_pictures(pictures, _LEAST["1.0"])


def _checked_pictures(pictures, least):
    pictures = numbers(pictures, "pictures").astype("float32")
    pictures = pictures[np.newaxis] if pictures.ndim == 3 else pictures
    fits = pictures.ndim == 4 and pictures.shape[-1] == 3 and len(pictures)
    if not fits or min(pictures.shape[1:3]) < least:
        raise InputError(
            f"Expected pictures (height, width, 3) or (batch, height, width, 3) of at least "
            f"{least} x {least} pixels. Received shape: {pictures.shape}"
        )
    check_pixels(pictures)
    return pictures


def decode_predictions(
    scores: Array, top: int = 5, model: Any = None, labels: Labels = None
) -> Predictions:
    """Names the highest scores of each example.

    Args:
        scores: float array `(batch, classes)`, as `predict` returns it.
        top: how many classes to name.
        model: whose labels to use, such as those of a fine-tuned model.
        labels: one per class, in place of the model's; by default ImageNet's.

    Returns:
        For each example a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column per label.
    """
    return decode_for_family(scores, top, model, labels, base.read_labels("imagenet.txt"))


def _check_choices(**given):
    for name, (value, choices) in given.items():
        if isinstance(value, bool) or value not in choices:
            raise InputError(f"`{name}` must be one of {list(choices)}. Received: {value!r}")


def _input(input_tensor, input_shape, version):
    inputs = base.settle_input(input_tensor, input_shape or (None, None, 3), "picture")
    least = _LEAST[version]
    *sizes, channels = inputs.shape[1:]
    if len(sizes) != 2 or channels != 3 or any(n is not None and n < least for n in sizes):
        raise InputError(
            f"Expected an input of shape (height, width, 3), from {least} x {least} pixels. "
            f"Received: {tuple(inputs.shape[1:])}"
        )
    return inputs
