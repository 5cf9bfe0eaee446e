"""Constructors of generators and discriminators, by the tables of their architectures."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from keras_sounddream.applications import base
from keras_sounddream.applications.generators.generator import Generator, describe
from keras_sounddream.applications.generators.pretrained import PRETRAINED
from keras_sounddream.applications.generators.tables import FAMILIES, Table, size_of
from keras_sounddream.audio.spectrogram_patches import SpectrogramPatches, as_patches
from keras_sounddream.checks import check, integer, number
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike, Tensor

_START = 4  # rows and columns that a generator begins with
_DEVIATION = 0.02  # of first weights (Radford et al., 2015)


def DCGANGenerator(
    latent_size: int = 100,
    size: int = 64,
    channels: int = 3,
    width: float = 1.0,
    weights: PathLike | None = None,
    patches: SpectrogramPatches | dict[str, Any] | None = None,
    name: str = "dcgan_generator",
) -> Generator:
    """Builds the generator of New Deep Dreams' second GAN: 2,043,011 parameters at its defaults.

    From 4 x 4 x 256, nearest neighbours and 3 x 3 convolutions alternate, with batch normalisation
    and rectifiers; the last convolution makes the picture under a hyperbolic tangent.

    Args:
        latent_size: numbers of a latent.
        size: rows and columns, a multiple of 32 from 64 to 256.
        channels: of the pictures: 3, or 1 for spectrogram patches.
        width: factor of all filters, such as 0.25 for a sixteenth of the multiplications.
        weights: `None` for random ones, normally distributed with a deviation of 0.02; a key of
            `PRETRAINED`, which `load_generator` takes without all else; or a path.
        patches: what sounds the pictures stand for: `SpectrogramPatches`, or `None`.
        name: the model's.

    Returns:
        `Generator` from `(batch, latent_size)` to `(batch, size, size, channels)` in [-1, 1].

    Raises:
        InputError: if an argument is out of its range, patches have another shape, or the weights
            do not fit.

    Reference: Radford et al., *Unsupervised Representation Learning with Deep Convolutional
    Generative Adversarial Networks*, 2015, https://arxiv.org/abs/1511.06434.
    """
    return _generator("dcgan", latent_size, size, channels, width, weights, patches, name)


def GAN256Generator(
    latent_size: int = 256,
    channels: int = 3,
    width: float = 1.0,
    weights: PathLike | None = None,
    name: str = "gan256_generator",
) -> Generator:
    """Builds the generator of New Deep Dreams' first GAN: 3,704,632 parameters at its defaults.

    From 4 x 4 x 512, seven transposed 3 x 3 convolutions without biases make 256 x 256 pixels.
    Their first weights have a deviation of 0.02, and not 0.2 as there.

    Args:
        latent_size: numbers of a latent.
        channels: of the pictures.
        width: factor of all filters.
        weights: `None` for random ones, or a path.
        name: the model's.

    Returns:
        `Generator` from `(batch, latent_size)` to `(batch, 256, 256, channels)` in [-1, 1].

    Raises:
        InputError: if an argument is out of its range, or the weights do not fit.
    """
    return _generator("gan256", latent_size, 256, channels, width, weights, None, name)


def DCGANDiscriminator(
    input_shape: tuple[int, int, int] = (64, 64, 3),
    width: float = 1.0,
    weights: PathLike | None = None,
    name: str = "dcgan_discriminator",
) -> keras.Model:
    """Builds the discriminator of `DCGANGenerator`: 1,613,889 parameters at its defaults.

    Args:
        input_shape: of the pictures.
        width: factor of all filters.
        weights: `None` for random ones, or a path.
        name: the model's.

    Returns:
        `keras.Model` from pictures in [-1, 1] to a logit `(batch, 1)`: high for real ones.

    Raises:
        InputError: if an argument is out of its range, or the weights do not fit.
    """
    return _discriminator("dcgan", input_shape, width, weights, name)


def GAN256Discriminator(
    input_shape: tuple[int, int, int] = (256, 256, 3),
    width: float = 1.0,
    weights: PathLike | None = None,
    name: str = "gan256_discriminator",
) -> keras.Model:
    """Builds the discriminator of `GAN256Generator`: 408,993 parameters at its defaults.

    Args:
        input_shape: of the pictures.
        width: factor of all filters.
        weights: `None` for random ones, or a path.
        name: the model's.

    Returns:
        `keras.Model` from pictures in [-1, 1] to a logit `(batch, 1)`: high for real ones.

    Raises:
        InputError: if an argument is out of its range, or the weights do not fit.
    """
    return _discriminator("gan256", input_shape, width, weights, name)


GENERATORS: dict[str, Callable[..., Generator]] = {
    "dcgan": DCGANGenerator,
    "gan256": GAN256Generator,
}
DISCRIMINATORS: dict[str, Callable[..., keras.Model]] = {
    "dcgan": DCGANDiscriminator,
    "gan256": GAN256Discriminator,
}


def convolutions(x: Tensor, table: Table, width: float, dropout: bool = True) -> Tensor:
    """The stages of a discriminator, flattened: `(batch, features)`."""
    for place, (filters, stride, normalised) in enumerate(table.judge):
        path = f"conv{place + 1}"
        x = _conv(x, path, layers.Conv2D, _count(filters, width), stride)
        if place == table.padded:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{path}_pad", **base.CHANNELS_LAST)(x)
        if normalised:
            x = _norm(x, f"{path}_norm", table)
        x = layers.LeakyReLU(table.judge_slope, name=f"{path}_relu")(x)
        if dropout:
            x = layers.Dropout(table.dropout, name=f"{path}_dropout")(x)
    return layers.Flatten(name="flatten")(x)


def dense(x: Tensor, units: int, name: str, bias: bool = True) -> Tensor:
    """A layer of all to all, with our first weights."""
    return layers.Dense(units, use_bias=bias, kernel_initializer=_first_weights(), name=name)(x)


def _generator(family, latent_size, size, channels, width, weights, patches, name):
    table = FAMILIES[family]
    check("latent_size", latent_size, integer(2, 65536))
    check("channels", channels, integer(1, 4))
    check("size", size, size_of(table))
    check("width", width, number(0.02, 4))
    patches = None if patches is None else as_patches(patches)
    if patches is not None and patches.shape != (size, size, channels):
        raise InputError(
            f"`patches` are of the shape {patches.shape}, the generator's pictures of "
            f"{(size, size, channels)}: they must be alike."
        )
    inputs = keras.Input((latent_size,), name="latent")
    model = Generator(inputs, _stages(inputs, table, size, channels, width), name=name)
    settings = {"family": family, "latent_size": latent_size, "channels": channels, "width": width}
    settings |= {"size": size} if len(table.sizes) > 1 else {}
    settings |= {"patches": patches.to_dict()} if patches else {}
    return base.load_weights(describe(model, patches, settings), weights, PRETRAINED)


def _stages(x, table, size, channels, width):
    first = _count(table.first_filters, width)
    x = dense(x, _START**2 * first, "dense", table.bias)
    if table.transposed:  # normalises before it is a picture
        x = _rectified(_norm(x, "dense_norm", table), "dense_relu", table)
    else:
        x = _rectified(x, "dense_relu", table)
    x = layers.Reshape((_START, _START, first), name="reshape")(x)
    known = _START * table.last_factor * math.prod(factor or 1 for _, factor in table.stages)
    for place, (filters, factor) in enumerate(table.stages, start=1):
        path = f"up{place}"
        x = _up(x, path, table, _count(filters, width), factor or size // known)
        x = _rectified(_norm(x, f"{path}_norm", table), f"{path}_relu", table)
    x = _up(x, "picture", table, channels, table.last_factor)
    return layers.Activation("tanh", dtype="float32", name="tanh")(x)


def _up(x, path, table, filters, factor):
    """A convolution that makes a picture `factor` times larger."""
    if table.transposed:
        return _conv(x, path, layers.Conv2DTranspose, filters, factor, table.bias)
    if factor > 1:
        x = layers.UpSampling2D(factor, name=f"{path}_nearest", **base.CHANNELS_LAST)(x)
    return _conv(x, path, layers.Conv2D, filters, 1, table.bias)


def _discriminator(family, input_shape, width, weights, name):
    table = FAMILIES[family]
    check("width", width, number(0.02, 4))
    fits = isinstance(input_shape, tuple | list) and len(input_shape) == 3
    if not fits or not all(isinstance(n, int) and n > 0 for n in input_shape):
        raise InputError(
            f"`input_shape` must be (height, width, channels). Received: {input_shape!r}"
        )
    inputs = keras.Input(tuple(input_shape), name="picture")
    x = dense(convolutions(inputs, table, width), 1, "logit")
    return base.load_weights(keras.Model(inputs, x, name=name), weights, {})


def _conv(x, path, kind, filters, stride, bias=True):
    return kind(
        filters,
        3,
        strides=stride,
        padding="same",
        use_bias=bias,
        kernel_initializer=_first_weights(),
        name=path,
        **base.CHANNELS_LAST,
    )(x)


def _norm(x, path, table):
    return layers.BatchNormalization(momentum=table.momentum, name=path)(x)


def _rectified(x, path, table):
    if not table.slope:
        return layers.ReLU(name=path)(x)
    return layers.LeakyReLU(table.slope, name=path)(x)


def _first_weights():
    return keras.initializers.RandomNormal(stddev=_DEVIATION)


def _count(filters, width):
    return max(1, round(filters * width))
