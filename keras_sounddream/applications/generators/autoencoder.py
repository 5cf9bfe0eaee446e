"""An autoencoder whose decoder is a generator."""

import keras
from keras import layers

from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.applications.generators.model import convolutions, dense
from keras_sounddream.applications.generators.tables import FAMILIES
from keras_sounddream.checks import check, number
from keras_sounddream.errors import InputError


def Autoencoder(decoder: Generator, width: float = 1.0, name: str = "autoencoder") -> keras.Model:
    """Builds an autoencoder: the convolutions of a discriminator, a latent, and a generator.

    The latent lies on the sphere that a generator's latents lie on (a root mean square of 1), so
    that points drawn on it can be decoded.

    Args:
        decoder: `Generator`, perhaps a trained one; it is part of the model.
        width: factor of the encoder's filters, which are those of `DCGANDiscriminator`.
        name: the model's.

    Returns:
        `keras.Model` from pictures in [-1, 1] to pictures of the same shape. Its layer `"encoder"`
        is a model from pictures to latents `(batch, latent_size)`; its last layer is `decoder`.

    Raises:
        InputError: if `decoder` is no `Generator`, or `width` out of its range.
    """
    if not isinstance(decoder, Generator):
        raise InputError(f"`decoder` must be a Generator. Received: {type(decoder).__name__}")
    check("width", width, number(0.02, 4))
    shape, size = decoder.output_shape[1:], decoder.latent_size
    pictures = keras.Input(shape, name="picture")
    x = dense(convolutions(pictures, FAMILIES["dcgan"], width, dropout=False), size, "dense")
    x = layers.UnitNormalization(name="unit_sphere")(x)
    x = layers.Rescaling(size**0.5, name="sphere")(x)
    encoder = keras.Model(pictures, x, name="encoder")
    inputs = keras.Input(shape, name="picture")
    return keras.Model(inputs, decoder(encoder(inputs)), name=name)
