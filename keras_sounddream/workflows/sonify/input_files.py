"""Input files of sonification: the sound or picture in a file, and a name for it."""

from __future__ import annotations

import math
import pathlib
from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream import checks
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.errors import InputError
from keras_sounddream.sonification.inputs import model_input
from keras_sounddream.types import Array, PathLike
from keras_sounddream.workflows.media import PICTURE_FILES, files_of
from keras_sounddream.workflows.scores import class_scores

if TYPE_CHECKING:
    import keras

_NAMED_PIXELS = 256  # short edge of the picture that is classified for its name
_NAMED_SECONDS = 60.0
_MOST_PIXELS = 32768  # of a short edge
_IMAGE_SIZE = checks.Allowed(
    f"a whole number up to {_MOST_PIXELS}", checks.integer(-(2**63), _MOST_PIXELS).fits
)


def read_source(model: keras.Model, path: PathLike, image_size: int) -> Array:
    """The content of a file as a model takes it, a picture's short edge resized.

    Returns:
        float32 `(samples,)` at the model's rate, or `(height, width, 3)` in [0, 255].

    Raises:
        InputError: if it cannot be read, is of the other kind, silent or not finite.
    """
    files = files_of(model)
    source = files.read(path, model, whole=True)
    if files.kind == "picture":
        return model_input(model).check(resize(source.data[0], image_size))[0]
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(f"The sample rate of {model.name} is not known: set its `sample_rate`.")
    return model_input(model).check(source.at(rate))[0]


def resize(picture: Array, short_edge: int) -> Array:
    """A picture `(height, width, 3)` resized as netsounds does: bilinear, the long edge rounded
    down; unchanged where `short_edge`, in pixels, is 0 or less.
    """
    short_edge = checks.check("image_size", short_edge, _IMAGE_SIZE)
    height, width = picture.shape[:2]
    if short_edge <= 0 or short_edge == min(height, width):
        return picture
    from PIL import Image

    factor = short_edge / min(height, width)
    size = [short_edge if n == min(height, width) else int(n * factor) for n in (width, height)]
    pixels = Image.fromarray(np.round(picture).astype("uint8"))
    return np.asarray(pixels.resize(size, Image.Resampling.BILINEAR), "float32")


def name_source(
    model: keras.Model, source: Array, path: PathLike, preprocessing: str | None = None
) -> str:
    """The likeliest class of a source, or the file's name if the model has no classes."""
    scores = None
    if getattr(model, "labels", None) and not isinstance(model.labels, dict):
        excerpt = _excerpt(model, source, preprocessing)
        if _fits(model, excerpt):
            scores = class_scores(model, excerpt, excerpt, top=1)
    name = scores[0][0].split(", ")[0] if scores else pathlib.Path(path).stem
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "-".join(words) or "input"


def _fits(model, excerpt):
    """Whether an input of that size is large enough for every layer of a model."""
    shape = excerpt.shape
    shape = (*shape, 1) if len(model.inputs[0].shape) > len(shape) else shape
    try:
        model.compute_output_shape(shape)
    except ValueError:
        return False
    return True


def _excerpt(model, source, preprocessing):
    """The part of a source that is classified, with a batch axis."""
    if source.ndim == 1:
        return source[np.newaxis, : math.ceil(_NAMED_SECONDS * find_sample_rate(model))]
    small = resize(source, min(_NAMED_PIXELS, *source.shape[:2]))[np.newaxis]
    return np.asarray(PICTURE_FILES.model_input(small, model, preprocessing))
