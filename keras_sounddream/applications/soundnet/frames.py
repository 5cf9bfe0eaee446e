"""What of a sound the frames of a layer hear, for networks that are windows on a waveform."""

import difflib

import numpy as np
from keras import layers

from keras_sounddream.errors import InputError

_WINDOWED = (layers.Conv1D, layers.MaxPooling1D)
_POINTWISE = (
    layers.Activation,
    layers.BatchNormalization,
    layers.Identity,
    layers.InputLayer,
    layers.ReLU,
    layers.Rescaling,
    layers.Reshape,
)


def seconds_to_frames(model, layer, seconds):
    """Counts the frames that a layer makes of a sound.

    Args:
        model: `AudioModel` of waveforms, of convolutions, poolings and paddings along time.
        layer: str, a layer of `model`, such as `"pool5"`.
        seconds: float, of sound.

    Returns:
        int, 0 for a sound that is too short.

    Raises:
        InputError: if there is no such layer, or it lies behind a layer of another kind.
    """
    frames = round(seconds * model.sample_rate)
    for window, stride, padding in _windows(model, layer):
        frames = max((frames + 2 * padding - window) // stride + 1, 0)
    return frames


def frames_to_seconds(model, layer, frames):
    """Finds the shortest sound of which a layer makes so many frames.

    Args:
        model: `AudioModel`, as `seconds_to_frames` takes it.
        layer: str, a layer of `model`.
        frames: int, 1 or more.

    Returns:
        float, seconds.

    Raises:
        InputError: as `seconds_to_frames`, and if `frames` is less than 1.
    """
    if frames < 1:
        raise InputError(f"Expected at least 1 frame. Received: {frames}")
    for window, stride, padding in reversed(_windows(model, layer)):
        frames = max((frames - 1) * stride + window - 2 * padding, 1)
    return frames / model.sample_rate


def frame_times(model, layer, frames):
    """Finds when the sound is that each frame of a layer hears.

    Args:
        model: `AudioModel`, as `seconds_to_frames` takes it.
        layer: str, a layer of `model`.
        frames: int, how many.

    Returns:
        float64 `(frames, 2)`, seconds: the first sample that the frame depends on, and the one
        after its last. Before 0 and after the sound's end lie the zeros that are put around it.

    Raises:
        InputError: as `seconds_to_frames`.
    """
    first, jump, length = 0, 1, 1  # samples
    for window, stride, padding in _windows(model, layer):
        first -= padding * jump
        length += (window - 1) * jump
        jump *= stride
    starts = first + jump * np.arange(frames)
    return np.stack([starts, starts + length], axis=1) / model.sample_rate


def _windows(model, name):
    """The windows between the waveform and a layer: list of `(length, stride, padding)`."""
    found, padding = [], 0
    for layer in _path(model, name):
        if isinstance(layer, layers.ZeroPadding1D):
            padding = layer.padding[0]
        elif isinstance(layer, _WINDOWED) and layer.padding == "valid":
            length = getattr(layer, "kernel_size", None) or layer.pool_size
            found.append((length[0], layer.strides[0], padding))
            padding = 0
        elif not isinstance(layer, _POINTWISE):
            raise InputError(
                f"The frames of layer {name!r} of {model.name} cannot be told: before it is "
                f"{layer.name!r}, a {type(layer).__name__}."
            )
    return found


def _path(model, name):
    """The layers from the input to the one of a name."""
    names = [layer.name for layer in model.layers]
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4) or names[-3:]
        raise InputError(f"{model.name} has no layer {name!r}. Did you mean {' or '.join(near)}?")
    path = [model.get_layer(name)]
    while isinstance(path[0], (*_WINDOWED, *_POINTWISE, layers.ZeroPadding1D)):
        if isinstance(path[0], layers.InputLayer):
            break
        path.insert(0, path[0].input._keras_history.operation)
    return path
