"""A dream filter from a file to another: a sound at its own rate, a picture, or a video."""

from __future__ import annotations

import pathlib

import numpy as np

from keras_sounddream.applications import keras_files
from keras_sounddream.applications.pretrained import weights_path
from keras_sounddream.audio import io as sound_io
from keras_sounddream.audio.reading.reader import open_sound
from keras_sounddream.audio.streaming import check_writable
from keras_sounddream.audio.waveforms import check_overshoot
from keras_sounddream.datasets import videos
from keras_sounddream.errors import InputError
from keras_sounddream.filters.pretrained import PICTURES, PRETRAINED
from keras_sounddream.images import io as picture_io
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.video.encoding import check_video_output
from keras_sounddream.workflows.video.source import VideoSource

MAX_SECONDS = 600.0  # of a sound, which is filtered at once


def filter_file(
    input_path: PathLike,
    output_path: PathLike,
    weights: PathLike | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> None:
    """Dreams a sound, a picture or the pictures of a video in one pass, by a filter.

    A sound keeps its rate, channels, length, loudness and bits; a video its sound and the times of
    its frames. For more of videos, give a `PictureFilter` to `dream_video`.

    Args:
        input_path: a sound of up to 10 minutes, a picture, or a video of any length.
        output_path: the file to write, of the same kind.
        weights: key of `filters.PRETRAINED` for a sound, of `filters.PICTURES` for pictures; or a
            file that `sounddream train filter` wrote. By default `"block3_conv2"` or `"fire8"`.
        overwrite: whether an existing file may be replaced.
        progress: whether to show a progress bar, of videos.

    Raises:
        InputError: if a file cannot be read or written, a sound is silent, too long or far over
            full scale, a video has no pictures, or there are no such weights.
    """
    check(input_path, output_path, weights, overwrite)
    _FILTERS[kind_of(input_path)](input_path, output_path, weights, overwrite, progress)


def kind_of(path: PathLike) -> str:
    """The kind of a file, by its suffix or content: `"picture"`, `"video"` or else `"sound"`."""
    suffix = pathlib.Path(path).suffix.lower()
    if suffix in videos.SUFFIXES:
        return "video"
    is_picture = suffix in picture_io.SUFFIXES or picture_io.is_picture(path)
    return "picture" if is_picture else "sound"


def check(
    input_path: PathLike, output_path: PathLike, weights: PathLike | None, overwrite: bool
) -> None:
    """Checks the arguments of `filter_file` by names and headers, without TensorFlow.

    Raises:
        InputError: see `filter_file`.
    """
    _check_file(pathlib.Path(input_path))
    kind = kind_of(input_path)
    _CHECKS[kind](input_path, output_path, overwrite)
    if weights is not None:
        _check_weights(weights, kind, input_path)


def _check_weights(weights, kind, input_path):
    if str(weights).endswith(".keras"):
        layer, takes = ("DreamMask", "sounds") if kind == "sound" else ("PictureChange", "pictures")
        if not keras_files.names_class(weights, layer):
            raise InputError(f"Expected a filter of {takes}, but {weights} holds another model.")
        return
    own, other = (PRETRAINED, PICTURES) if kind == "sound" else (PICTURES, PRETRAINED)
    if isinstance(weights, str) and weights in other:
        made_for = "pictures" if kind == "sound" else "sounds"
        raise InputError(
            f"{weights} is a filter of {made_for}, and {pathlib.Path(input_path).name} is a "
            f"{kind}. Take one of {', '.join(own)}."
        )
    weights_path(weights, own)


def _check_file(path):
    if path.is_dir():
        raise InputError(f"Expected a file to filter, but {path} is a folder. Name a file in it.")
    if not path.exists():
        raise InputError(f"Expected a file to filter, but there is none: {path}.")
    if not path.is_file():
        raise InputError(
            f"Expected a file to filter, but {path} is a pipe or a device. Name a file."
        )


def _check_picture(input_path, output_path, overwrite):
    picture_io.check_photo_output(output_path, overwrite)


def _check_sound(input_path, output_path, overwrite):
    sound_io.check_sound_output(output_path, overwrite)
    if sound_io.seconds_of(input_path) > MAX_SECONDS:
        raise InputError(
            f"{input_path} is longer than {MAX_SECONDS:g} s. Export the filter, and use "
            "`sounddream-lite filter`."
        )
    with open_sound(input_path) as sound:
        rate, channels, coding = sound.sample_rate, sound.channels, sound.coding
    bits = sound_io.bits_like(coding, output_path)
    check_writable(output_path, rate, overwrite, channels, bits, converts=False)


def _check_video(input_path, output_path, overwrite):
    check_video_output(output_path, overwrite)
    if VideoSource(input_path).pictures is None:
        raise InputError(
            f"Expected pictures to filter, but {input_path} holds sound alone. Filter that as a "
            "sound file, such as .wav."
        )


def _opened(build, weights):
    """The filter of a key or a file; by default the one that ships."""
    if str(weights).endswith(".keras"):
        return keras_files.read_model(weights)
    return build() if weights is None else build(weights)


def _filter_picture(input_path, output_path, weights, overwrite, progress):
    from keras_sounddream.filters import PictureFilter

    model = _opened(PictureFilter, weights)
    filtered = np.asarray(model(picture_io.load_picture(input_path)))
    picture_io.save_picture(output_path, filtered, overwrite)


def _filter_video(input_path, output_path, weights, overwrite, progress):
    from keras_sounddream.filters import PictureFilter
    from keras_sounddream.workflows.video.workflow import dream_video

    how = {"overwrite": overwrite, "progress": progress}
    dream_video(input_path, output_path, _opened(PictureFilter, weights), **how)


def _filter_sound(input_path, output_path, weights, overwrite, progress):
    from keras_sounddream.audio.loudness import is_silent
    from keras_sounddream.deepdream.full_rate.transfer import apply
    from keras_sounddream.filters import DreamFilter

    original, rate, coding = sound_io.read_channels(input_path)
    mono = original.mean(0, keepdims=True)
    check_overshoot(np.abs(mono).max())
    if is_silent(mono).any():
        raise InputError(f"Expected sound to filter, but {input_path} is silent.")
    model = _opened(DreamFilter, weights)
    source = sound_io.resample(mono, rate, model.sample_rate)
    filtered = np.asarray(model(source))
    analysis = model.get_layer("mask").analysis
    dreamed = apply(source, filtered, analysis, original, rate)
    bits = sound_io.bits_like(coding, output_path)
    sound_io.save(output_path, dreamed, rate, bits, overwrite, channels=True)


_FILTERS = {"picture": _filter_picture, "sound": _filter_sound, "video": _filter_video}
_CHECKS = {"picture": _check_picture, "sound": _check_sound, "video": _check_video}
