"""The sound or picture that a file holds, and what it is called."""

import math
import pathlib

import numpy as np

from keras_sounddream.audio.io import load
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.network.checks import takes_pictures
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.errors import InputError
from keras_sounddream.images import io
from keras_sounddream.sonification.inputs import model_input
from keras_sounddream.workflows.objective_from_files import check_kind
from keras_sounddream.workflows.scores import class_scores

_NAMED_PIXELS = 256  # of the short edge of the picture that is named
_NAMED_SECONDS = 60.0
_MOST_PIXELS = 32768  # of a short edge


def read_source(model, path, image_size):
    """Reads a file as a model takes it.

    Args:
        model: `keras.Model` that takes sounds or pictures.
        path: str or path.
        image_size: int, pixels of a picture's short edge; 0 for as it is.

    Returns:
        float32 `(samples,)` at the model's rate, or `(height, width, 3)` in [0, 255].

    Raises:
        InputError: if it cannot be read, is of the other kind, silent or not finite.
    """
    check_kind(path, model)
    if takes_pictures(model):
        return model_input(model).check(resize(io.load_picture(path)[0], image_size))[0]
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(f"The sample rate of {model.name} is not known: set its `sample_rate`.")
    return model_input(model).check(load(path, rate))[0]


def resize(picture, short_edge):
    """Resizes a picture as netsounds does: bilinear, the long edge rounded down.

    Args:
        picture: float32 `(height, width, 3)` in [0, 255].
        short_edge: int, pixels; 0 or less for as it is.

    Returns:
        float32 `(height, width, 3)`, of whole numbers where the size changes.

    Raises:
        InputError: if `short_edge` is no whole number, or far too large.
    """
    whole = isinstance(short_edge, int | np.integer) and not isinstance(short_edge, bool)
    if not whole or short_edge > _MOST_PIXELS:
        raise InputError(
            f"`image_size` must be a whole number up to {_MOST_PIXELS}. Received: {short_edge!r}"
        )
    height, width = picture.shape[:2]
    if short_edge <= 0 or short_edge == min(height, width):
        return picture
    from PIL import Image

    factor = short_edge / min(height, width)
    size = [short_edge if n == min(height, width) else int(n * factor) for n in (width, height)]
    pixels = Image.fromarray(np.round(picture).astype("uint8"))
    return np.asarray(pixels.resize(size, Image.BILINEAR), "float32")


def name_source(model, source, path, preprocessing=None):
    """Names what is in a file: its likeliest class, or, of a model without, the file's own name.

    Args:
        model: `keras.Model`; its `labels` name classes.
        source: float32, as `read_source` gives it.
        path: str or path.
        preprocessing: str, of pictures, as `reading.read_activations` takes it.

    Returns:
        str, the first of a label's names, with hyphens for what is neither letter nor digit.
    """
    found = None
    if getattr(model, "labels", None) and not isinstance(model.labels, dict):
        excerpt = _excerpt(model, source, preprocessing)
        if _fits(model, excerpt):
            found = class_scores(model, excerpt, excerpt, top=1)
    name = found[0][0].split(", ")[0] if found else pathlib.Path(path).stem
    words = "".join(one if one.isalnum() else " " for one in name).split()
    return "-".join(words) or "input"


def _fits(model, excerpt):
    """Whether something so small goes all the way through a model."""
    shape = excerpt.shape
    shape = (*shape, 1) if len(model.inputs[0].shape) > len(shape) else shape
    try:
        model.compute_output_shape(shape)
    except ValueError:
        return False
    return True


def _excerpt(model, source, preprocessing):
    """What of a source the model names, with a batch axis."""
    if source.ndim == 1:
        return source[np.newaxis, : math.ceil(_NAMED_SECONDS * find_sample_rate(model))]
    small = resize(source, min(_NAMED_PIXELS, *source.shape[:2]))[np.newaxis]
    ready = "front_end" in (layer.name for layer in model.layers)
    mode = preprocessing or ("none" if ready else "tf")
    return np.asarray(preprocess(small, mode))
