"""Times of a layer's frames, in networks of windows on a waveform."""

import difflib
from typing import Any

import numpy as np
from keras import layers

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_WINDOWED = (layers.Conv1D, layers.MaxPooling1D)
_ENDS = (layers.ZeroPadding1D, layers.Cropping1D)
_POINTWISE = (
    layers.Activation,
    layers.BatchNormalization,
    layers.Identity,
    layers.InputLayer,
    layers.ReLU,
    layers.Rescaling,
    layers.Reshape,
)


def seconds_to_frames(model: Any, layer: str, seconds: float) -> int:
    """Counts the frames that a layer outputs for a sound.

    Args:
        model: `AudioModel` of waveforms, of convolutions, poolings and paddings along time.
        layer: name of a layer of `model`, such as `"pool5"`.
        seconds: length of the sound.

    Returns:
        Number of frames, 0 for a sound that is too short.

    Raises:
        InputError: if there is no such layer, or it lies behind a layer of another kind.
    """
    frames = round(seconds * model.sample_rate)
    for window, stride, before, after in _windows(model, layer):
        frames = max((frames + before + after - window) // stride + 1, 0)
    return frames


def frames_to_seconds(model: Any, layer: str, frames: int) -> float:
    """Finds the length of the shortest sound for which a layer outputs so many frames.

    Args:
        model: `AudioModel` of waveforms.
        layer: name of a layer of `model`.
        frames: 1 or more.

    Returns:
        Seconds.

    Raises:
        InputError: if `frames` is less than 1, there is no such layer, or it lies behind a layer
            of another kind.
    """
    if frames < 1:
        raise InputError(f"Expected at least 1 frame. Received: {frames}")
    for window, stride, before, after in reversed(_windows(model, layer)):
        frames = max((frames - 1) * stride + window - before - after, 1)
    return frames / model.sample_rate


def frame_times(model: Any, layer: str, frames: int) -> Array:
    """Finds the span of sound that each frame of a layer depends on.

    Args:
        model: `AudioModel` of waveforms.
        layer: name of a layer of `model`.
        frames: how many.

    Returns:
        float64 `(frames, 2)`, seconds: the first sample that the frame depends on, and the one
        after its last. Before 0 and after the sound's end lie the zeros that are put around it.

    Raises:
        InputError: if there is no such layer, or it lies behind a layer of another kind.
    """
    first, jump, length = 0, 1, 1  # samples
    for window, stride, before, _ in _windows(model, layer):
        first -= before * jump
        length += (window - 1) * jump
        jump *= stride
    starts = first + jump * np.arange(frames)
    return np.stack([starts, starts + length], axis=1) / model.sample_rate


def _windows(model, name):
    """The windows between the waveform and a layer: list of `(length, stride, before, after)`.

    `before` and `after` are zeros that are put around what the window moves over; negative, frames
    that are cut off.
    """
    windows = []
    for layer in _path(model, name):
        if isinstance(layer, layers.ZeroPadding1D):
            windows.append((1, 1, *layer.padding))
        elif isinstance(layer, layers.Cropping1D):
            windows.append((1, 1, *(-frames for frames in layer.cropping)))
        elif isinstance(layer, _WINDOWED) and layer.padding == "valid":
            length = getattr(layer, "kernel_size", None) or layer.pool_size
            windows.append((length[0], layer.strides[0], 0, 0))
        elif not isinstance(layer, _POINTWISE):
            raise InputError(
                f"The frames of layer {name!r} of {model.name} cannot be told: before it is "
                f"{layer.name!r}, a {type(layer).__name__}."
            )
    return windows


def _path(model, name):
    """The layers from the input to the one of a name."""
    names = [layer.name for layer in model.layers]
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4) or names[-3:]
        raise InputError(f"{model.name} has no layer {name!r}. Did you mean {' or '.join(near)}?")
    path = [model.get_layer(name)]
    while isinstance(path[0], (*_WINDOWED, *_POINTWISE, *_ENDS)):
        if isinstance(path[0], layers.InputLayer):
            break
        path.insert(0, path[0].input._keras_history.operation)
    return path
