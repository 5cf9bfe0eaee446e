"""Wrapping of any Keras user's network into one that takes waveforms, or pictures, alone.

What stands around the network are layers: in front of it `Windows`, if it takes so many frames and
no others, and the front end; behind it `JoinWindows`; beside it the constants. The network's own
layers are called anew, with their weights and by their names, so that an objective finds them.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from keras_sounddream.audio.spectral.front_ends import FrontEnd
from keras_sounddream.deepdream.network.calls import call_anew, name_of
from keras_sounddream.deepdream.network.checks import check_functional
from keras_sounddream.deepdream.network.folding import config_to_clone
from keras_sounddream.deepdream.network.wrapping_layers import Constant, JoinWindows, Windows
from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.types import Array, Tensor

_LONGEST = 2**24  # samples that are tried for a network's frames
_TRIED = 16000  # samples whose spectrogram tells the axis of time
_KERASS = "Exception encountered when calling"  # the line that Keras sets before a layer's error
_ROUND = (1, 10, 100, 1000)  # parts of a second that a window's length is rounded to, if it can be


def wrap_model(
    model: keras.Model,
    front_end: keras.layers.Layer | Callable[[Tensor], Tensor] | None = None,
    constants: Mapping[str, Array] | None = None,
    sample_rate: int | None = None,
) -> keras.Model:
    """Makes the network that takes waveforms of one that takes spectrograms, or constants beside.

    A network of so many frames and no others gets windows of a sound, which overlap by half; its
    scores are averaged over them.

    Args:
        model: functional, or a `Sequential` that is built; its weights are shared.
        front_end: what makes the spectrograms: a layer, such as `audio.StftMagnitude`,
            `audio.LibrosaMel` or `keras.layers.MelSpectrogram`, or a function from float32
            `(batch, samples)` to `(batch, …)`. A last axis of one channel is added where the
            network has one. `None` where the network takes waveforms or pictures.
        constants: values of the other inputs, by their names, without a batch axis.
        sample_rate: Hz, of the waveforms, where no layer tells it.

    Returns:
        A `keras.Model` with one input; the model itself if there is nothing to wrap.

    Raises:
        InputError: if the model is not functional, the front end's output does not fit it, an
            input is left over, or a constant does not fit its input.

    Example:
        whole = wrap_model(network, audio.StftMagnitude())
        whole.save("whole.keras")  # which `sounddream dream --model whole.keras` takes
    """
    if front_end is None and not constants:
        return model
    check_functional(model)
    given = _constants(model, constants or {})
    main = _main_input(model, given)
    if front_end is None:
        inputs = x = keras.Input(batch_shape=main.shape, dtype=main.dtype, name=name_of(main))
        length = None
    else:
        layer, rate = _front_end(front_end, model, sample_rate)
        length = _window_length(layer, main, model.name, rate)
        inputs = windows = keras.Input((None,), dtype="float32", name=_free("waveform", model))
        if length is not None:
            windows = Windows(length, name=_free("windows", model))(inputs)
        x = layer(windows)
    whole = keras.Model(inputs, _outputs(model, main, x, given, inputs, length), name=model.name)
    for attribute in ("labels", "lengths", "sample_rate"):
        if getattr(model, attribute, None) is not None:
            setattr(whole, attribute, getattr(model, attribute))
    return whole


def _outputs(model, main, x, given, inputs, length):
    """What the network makes of the Keras tensor `x`, joined where `x` is of windows."""
    values = {
        name: Constant(value, str(value.dtype), name=_free(f"constant_{name}", model))(x)
        for name, value in given.items()
    }
    if len(x.shape) < len(main.shape):
        sizes = [-1 if size is None else size for size in x.shape[1:]]
        x = keras.layers.Reshape((*sizes, 1), name=_free("with_channel", model))(x)
    outputs = call_anew(model, {**values, name_of(main): x})
    if length is not None:
        names = [_free(f"{name_of(output)}_joined", model) for output in outputs]
        pairs = zip(names, outputs, strict=True)
        outputs = [JoinWindows(length, name=name)(output, inputs) for name, output in pairs]
    if isinstance(model, keras.Sequential):
        return outputs[0]
    return keras.tree.pack_sequence_as(model.output, outputs)


def _constants(model, constants):
    """The constants as arrays of the shapes and kinds of their inputs."""
    inputs = {name_of(tensor): tensor for tensor in model.inputs}
    given = {}
    for name, value in constants.items():
        if name not in inputs:
            raise InputError(unknown_name(f"{model.name} has", "input", name, list(inputs)))
        shape = inputs[name].shape[1:]
        try:
            array = np.asarray(value, keras.backend.standardize_dtype(inputs[name].dtype))
        except (TypeError, ValueError):
            array = None
        if array is None or not _fits(array.shape, shape):
            received = type(value).__name__ if array is None else f"shape {array.shape}"
            raise InputError(
                f"Expected numbers of shape {shape} for the constant {name!r} of {model.name}, "
                f"without a batch axis. Received: {received}"
            )
        given[name] = array
    return given


def _main_input(model, given):
    """The one input that is not constant."""
    rest = [tensor for tensor in model.inputs if name_of(tensor) not in given]
    if len(rest) != 1:
        names = ", ".join(name_of(tensor) for tensor in model.inputs)
        raise InputError(
            f"Expected `constants` for all inputs of {model.name} but one. It has: {names}. "
            f"Received: {', '.join(given) or 'none'}"
        )
    return rest[0]


def _front_end(front_end, model, sample_rate):
    """The front end as a layer that computes in float32, and its sample rate or `None`."""
    if not callable(front_end):
        raise InputError(f"`front_end` must be a layer or a function. Received: {front_end!r}")
    rate = sample_rate or getattr(model, "sample_rate", None)
    if not isinstance(front_end, keras.layers.Layer):
        front_end = FrontEnd(front_end, rate, name=_free("front_end", model))
    elif front_end.compute_dtype != "float32":
        front_end = _in_float32(front_end)
    own = (getattr(front_end, name, None) for name in ("sample_rate", "sampling_rate"))
    return front_end, next((one for one in own if one), rate)


def _in_float32(front_end):
    config = None if front_end.weights else config_to_clone(front_end)
    if config is None or isinstance(front_end, keras.Model):
        raise InputError(
            f"The front end {front_end.name!r} computes in {front_end.compute_dtype}, too few bits "
            'for spectrograms: make it with dtype="float32".'
        )
    return type(front_end).from_config({**config, "dtype": "float32"})


def _window_length(front_end, main, name, rate):
    """Samples of a window, or `None` if the network takes any number of frames.

    Raises an `InputError` if no waveform makes what the network takes.
    """
    expected = tuple(main.shape[1:])
    once, twice = (_shape(front_end, number * (rate or _TRIED)) for number in (1, 2))
    if len(once) == len(expected) - 1 and expected[-1] == 1:
        expected = expected[:-1]
    moving = [axis for axis, pair in enumerate(zip(once, twice, strict=True)) if len(set(pair)) > 1]
    still = tuple(None if axis in moving else size for axis, size in enumerate(once))
    if not _fits(still, expected) or len(moving) != 1:
        raise InputError(
            f"{name} takes {main.shape}, and its front end makes {(None, *still)} of a sound: let "
            "it make the same axes in the same order."
        )
    frames = expected[moving[0]]
    return None if frames is None else _length(front_end, moving[0], frames, name, rate)


def _length(front_end, axis, frames, name, rate):
    """The roundest number of samples of which a front end makes so many frames."""

    def made(samples):
        try:
            return _shape(front_end, samples)[axis]
        except InputError:
            return 0  # too short

    most = 1
    while made(most) <= frames and most < _LONGEST:
        most *= 2
    least = _first(lambda samples: made(samples) >= frames, most)
    beyond = _first(lambda samples: made(samples) > frames, most)
    if made(least) != frames:
        raise InputError(f"{name} takes {frames} frames, and its front end never makes as many.")
    for parts in _ROUND if rate else ():
        samples = -(-least * parts // rate) * rate / parts
        if samples == int(samples) and samples < beyond:
            return int(samples)
    return least


def _first(holds, most):
    """The first number of samples from which on something holds, which it does at `most`."""
    least = 0
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if holds(middle) else (middle, most)
    return most


def _shape(front_end, samples):
    """Shape of the spectrogram of so many samples, without the batch."""
    try:
        return tuple(front_end(np.zeros((1, samples), "float32")).shape)[1:]
    except Exception as error:  # a user's function may raise anything
        lines = [line for line in str(error).splitlines() if line.strip(" .")]
        own = (line for line in lines if not line.startswith(_KERASS))
        reason = next(own, "").removeprefix("\x1b[1m").removesuffix("\x1b[0m").rstrip(". ")
        raise InputError(
            f"The front end makes nothing of {samples} samples ({type(error).__name__}: {reason}). "
            "It gets float32 (batch, samples)."
        ) from None


def _fits(shape, expected):
    """Whether a shape is an expected one, where both are known."""
    pairs = zip(shape, expected, strict=False)
    return len(shape) == len(expected) and all(a == b for a, b in pairs if None not in (a, b))


def _free(name, model):
    """A name that no layer of a model has."""
    taken = {layer.name for layer in model.layers}
    while name in taken:
        name += "_"
    return name
