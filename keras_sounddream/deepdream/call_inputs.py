"""Inputs of a dream's `call` and `predict`, checked as far as a graph knows them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio.waveforms import check_layout, check_scale
from keras_sounddream.deepdream.params.latent import LatentParam
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

if TYPE_CHECKING:
    from keras_sounddream.deepdream.params.pixels import PixelParam
    from keras_sounddream.deepdream.params.spectrogram import SpectrogramParam

_OWN = {"steps": "int32", "step_size": "float32"}  # settings that each sound may have of its own
NAMES = {
    "sound": "waveform",
    "picture": "picture",
    "latent": "latent",
}  # of the input, by the kind of dream
_OPTIONS = {
    "sound": ("weights", "num_samples", *_OWN),
    "picture": ("weights",),
    "latent": ("weights",),
}


def read(
    inputs: Any, param: "SpectrogramParam | PixelParam | LatentParam", num_terms: int
) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
    """Reads the inputs of a call, in the forms that `DeepDream` takes.

    Returns:
        `(image, weights, own)`: float32 `(batch, samples)` or `(batch, height, width, 3)`; float32
        `(batch, terms)`, or `None` if they are not given; and what each sound has of its own and
        is given: `num_samples` and `steps`, int32 `(batch,)`, and `step_size`, float32.

    Raises:
        InputError: if a key, a type or a shape is wrong, or a value that is known already.
    """
    name, options = NAMES[param.kind], _OPTIONS[param.kind]
    given = inputs if isinstance(inputs, dict) else {name: inputs}
    for key in {name: None, **given}:
        if key not in (name, *options) or key not in given:
            raise InputError(
                f"Expected {name!r}, and if need be {' and '.join(map(repr, options))}. "
                f"Received: {', '.join(map(repr, given))}"
            )
    least = param.analysis.frame_length if param.analysis else 0
    if isinstance(param, LatentParam):
        image = _latents(given[name], param.latent_size)
    else:
        image = _waveforms(given[name], least) if param.analysis else _pictures(given[name])
    weights = given.get("weights")
    if weights is not None:
        weights = read_weights(weights, num_terms, image.shape[0])
    own = {key: _numbers(given[key], key, image.shape[0]) for key in _OWN if key in given}
    if "num_samples" in given:
        own["num_samples"] = _lengths(given["num_samples"], image, least)
    return image, weights, own


def read_weights(weights: Any, num_terms: int, batch: int | None) -> Tensor:
    """Weights as float32 `(batch, terms)`: a factor for each term of an objective and example.

    Raises:
        InputError: if they are not of that shape, or not finite numbers.
    """
    weights = _tensor(weights, "`weights`")
    if not weights.shape.is_compatible_with((batch, num_terms)):
        expected = f"({'batch' if batch is None else batch}, {num_terms})"
        raise InputError(
            f"`weights` must have the shape {expected}, a number for each example and term. "
            f"Received shape: {weights.shape}"
        )
    weights = tf.ensure_shape(tf.cast(weights, "float32"), (batch, num_terms))
    known = tf.get_static_value(weights)
    if known is not None and not np.isfinite(known).all():
        raise InputError("`weights` must be finite numbers. It holds some that are not.")
    return weights


def _waveforms(waveforms, least):
    waveforms = _tensor(waveforms, "a waveform")
    if waveforms.dtype.is_integer:
        raise InputError(
            f"Expected a waveform of float numbers in [-1, 1]. Received: {waveforms.dtype.name}. "
            "Divide 16-bit samples by 32768."
        )
    if waveforms.shape.rank is not None:
        check_layout(tuple(waveforms.shape))
    known = tf.get_static_value(waveforms)
    if known is not None and known.size:
        if not np.isfinite(known).all():
            raise InputError("Expected a waveform of finite numbers. It holds some that are not.")
        check_scale(float(np.abs(known).max()))
    if not waveforms.shape.is_compatible_with((None, None)):
        raise InputError(f"Expected waveforms (batch, samples). Received shape: {waveforms.shape}")
    waveforms = tf.ensure_shape(tf.cast(waveforms, "float32"), (None, None))
    samples = waveforms.shape[1]
    if samples is not None and samples < least:
        raise InputError(f"Expected at least {least} samples, a frame. Received: {samples}")
    return waveforms


def _pictures(pictures):
    pictures = _tensor(pictures, "a picture")
    if not pictures.shape.is_compatible_with((None, None, None, 3)):
        raise InputError(
            f"Expected pictures (batch, height, width, 3). Received shape: {pictures.shape}"
        )
    return tf.ensure_shape(tf.cast(pictures, "float32"), (None, None, None, 3))


def _latents(latents, size):
    latents = _tensor(latents, "latents")
    if not latents.shape.is_compatible_with((None, size)):
        raise InputError(f"Expected latents (batch, {size}). Received shape: {latents.shape}")
    return tf.ensure_shape(tf.cast(latents, "float32"), (None, size))


def _lengths(lengths, image, least):
    """Reads how many samples of each row are sound; what is not known yet, the graph checks."""
    lengths = _numbers(lengths, "num_samples", image.shape[0])
    message = f"`num_samples` must be at least {least}, a frame, and at most what a row holds."
    known = tf.get_static_value(lengths), tf.get_static_value(tf.shape(image)[1])
    if known[0] is not None and known[1] is not None:
        if known[0].min() < least or known[0].max() > known[1]:
            raise InputError(f"{message} Received: {known[0].tolist()} of {known[1]}")
        return lengths
    fits = tf.reduce_all((lengths >= least) & (lengths <= tf.shape(image)[1]))
    with tf.control_dependencies([tf.debugging.Assert(fits, [message, lengths])]):
        return tf.identity(lengths)


def _numbers(value, name, batch):
    """Reads a number for each example."""
    dtype = tf.as_dtype(_OWN.get(name, "int32"))
    numbers = _tensor(value, f"`{name}`")
    fits = any(numbers.shape.is_compatible_with(shape) for shape in ((batch,), (batch, 1)))
    if not fits or (dtype.is_integer and not numbers.dtype.is_integer):
        kind = "ints" if dtype.is_integer else "numbers"
        raise InputError(
            f"`{name}` must be {kind} of shape ({'batch' if batch is None else batch},). "
            f"Received: {numbers.dtype.name} of shape {numbers.shape}"
        )
    known = tf.get_static_value(numbers)
    if name in _OWN and known is not None and not ((known > 0) & np.isfinite(known)).all():
        raise InputError(f"`{name}` must be finite and above 0. Received: {known.tolist()}")
    return tf.reshape(tf.cast(numbers, dtype), (-1,))


def _tensor(value, name):
    try:
        tensor = tf.convert_to_tensor(value)
    except (TypeError, ValueError):
        raise InputError(f"Expected {name} of numbers. Received: {type(value).__name__}") from None
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer):
        raise InputError(f"Expected {name} of numbers. Received: {tensor.dtype.name}")
    return tensor
