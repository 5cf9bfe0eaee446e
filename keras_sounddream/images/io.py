"""Picture files, and networks for pictures with their weights."""

from __future__ import annotations

import contextlib
import pathlib
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.checks import OFFLINE, may_fetch
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.images.networks import NETWORKS, find_constructor
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import keras

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_MOST_PIXELS = 100_000_000
_UNFIT = Exception  # Keras and h5py raise anything for damaged weights, and for another network's
_JPEG: dict[str, Any] = {"quality": 95, "subsampling": 0}


def load_picture(path: PathLike) -> Array:
    """Reads a picture file.

    Args:
        path: of the file.

    Returns:
        float32 `(1, height, width, 3)` in [0, 255], upright by its camera's orientation, and on
        white where the file is transparent.

    Raises:
        InputError: if there is no such file, or it is not a picture that Pillow reads.

    Warns:
        InputWarning: if the file holds several pictures, of which the first is read.
    """
    from PIL import Image, ImageOps

    if pathlib.Path(path).is_dir():
        raise InputError(f"Expected a picture file, but {path} is a folder. Name a file in it.")
    try:
        with _opened(path) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise InputError(f"{path} has more than {_MOST_PIXELS:,} pixels: make it smaller.")
            if image.mode == "F" or image.mode.startswith("I"):
                raise InputError(f"{path} has more than 8 bits per colour: convert it to 8 first.")
            _warn_of_more(path, image)
            upright = _on_white(ImageOps.exif_transpose(image))
            return np.asarray(upright, "float32")[np.newaxis]
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"Cannot read {path}: there is no such file.") from None
    except MemoryError:
        raise InputError(f"{path} does not fit into memory: make it smaller.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"Cannot read {path} as a picture: {reason}") from None


def load_square(path: PathLike, size: int) -> Array:
    """The central square of a picture file, resized: uint8 `(size, size, 3)`.

    Raises:
        InputError: see `load_picture`.
    """
    from PIL import Image, ImageOps

    pixels = np.round(load_picture(path)[0]).astype("uint8")
    return np.asarray(ImageOps.fit(Image.fromarray(pixels), (size, size)))


def cut_square(picture: Array, corner: Sequence[int], side: int, size: int) -> Array:
    """A square of a picture, resized.

    Args:
        picture: pixels `(height, width, 3)` in [0, 255].
        corner: row and column of its first pixel.
        side: rows and columns of the square.
        size: rows and columns that it is resized to.

    Returns:
        uint8 `(size, size, 3)`.
    """
    from PIL import Image

    top, left = corner
    image = Image.fromarray(picture[top : top + side, left : left + side].astype("uint8"))
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))


def is_picture(path: PathLike) -> bool:
    """Whether a file can be read and holds a picture that Pillow knows."""
    from PIL import Image

    try:
        with _opened(path):
            return True
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def save_picture(path: PathLike, picture: Array, overwrite: bool = False) -> None:
    """Writes a picture to a file; the suffix chooses the format.

    Args:
        path: of the file.
        picture: float array `(height, width, 3)` or `(1, height, width, 3)` in [0, 255].
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file cannot be written, or the suffix names no picture format.
    """
    from PIL import Image

    path = check_photo_output(path, overwrite)
    pixels = np.round(np.reshape(picture, np.shape(picture)[-3:])).astype("uint8")
    with written_beside(path, overwrite) as temporary:
        settings = _JPEG if path.suffix.lower() in (".jpg", ".jpeg") else {}
        Image.fromarray(pixels).save(temporary, **settings)


def check_photo_output(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """The path, checked for writing a picture before any work is done for it."""
    path = check_output(path, overwrite)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"Expected a picture {', '.join(SUFFIXES)}. Received: {path.name}")
    return path


def load_network(
    name: str, weights: PathLike | None, include_top: bool = False
) -> tuple[keras.Model, str]:
    """Builds an image network; without its top, for pictures of any size.

    Args:
        name: key of `NETWORKS`.
        weights: path of a `.h5` file of the network with or without its top, or `"imagenet"`,
            which Keras downloads.
        include_top: whether the network scores classes; a file must then hold its top.

    Returns:
        `(model, preprocessing)`: `keras.Model` and a name in `front_end.MODES`.

    Raises:
        InputError: if weights are not given, are not there or do not fit.
    """
    preprocessing = NETWORKS[name].preprocessing
    check_weights(name, weights)
    build = find_constructor(name)
    if weights == "imagenet":
        try:
            return build(include_top=include_top, weights="imagenet"), preprocessing
        except Exception as error:  # Keras raises a bare one where there is no connection
            reason = str(error).splitlines()[0]
            raise InputError(f"Cannot download the weights of {name}: {reason}") from None
    settings = {"alpha": _alpha(weights)} if name == "mobilenet" else {}
    model = build(include_top=include_top, weights=None, **settings)
    try:
        try:
            model.load_weights(weights)
        except _UNFIT:
            if include_top:
                raise
            complete = build(include_top=True, weights=weights, **settings)  # a file with its top
            model.set_weights(complete.get_weights()[: len(model.get_weights())])
    except _UNFIT as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"The weights {weights} do not fit {name}: {reason}") from None
    return model, preprocessing


def check_weights(name: str, weights: PathLike | None) -> None:
    """Checks what the name of the weights of a network of `NETWORKS` reveals, without Keras.

    Raises:
        InputError: if they are not given, or are not there.
    """
    if not NETWORKS[name].weights and weights in (None, "imagenet"):
        raise InputError(f"Expected --weights FILE: no weights of {name} are published.")
    if weights is None:
        raise InputError(f"Expected --weights FILE, or --weights imagenet to download {name}'s.")
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise InputError(f"Cannot read the weights {weights}: there is no such file.")
    if weights == "imagenet" and not may_fetch():
        raise InputError(
            f"{OFFLINE} forbids Keras to download the weights of {name}. Give --weights FILE, such "
            "as that of an earlier download in ~/.keras/models."
        )


def build_network(name: str) -> keras.Model:
    """An image network without its top, with random weights: to look at its layers."""
    return find_constructor(name)(include_top=False, weights=None)


@contextlib.contextmanager
def _opened(path) -> Iterator[Any]:
    """A Pillow image, without its warning of many pixels: `_MOST_PIXELS` is our limit."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(path)
    with image:
        yield image


def _warn_of_more(path, image):
    """Warns of an animation, or of pages; what cameras add to a JPEG (MPO) is no such thing."""
    if getattr(image, "is_animated", False) and image.format != "MPO":
        text = f"{path} holds several pictures: the first is taken."
        warnings.warn(text, InputWarning, stacklevel=3)


def _on_white(image):
    """A Pillow image in RGB, with white behind transparent parts."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _alpha(path):
    """MobileNet's width, read off the filters of the first convolution in a file of weights."""
    import h5py

    filters = []

    def visit(name, item):
        if "conv1/" in name and getattr(item, "ndim", 0) == 4 and item.shape[:2] == (3, 3):
            filters.append(item.shape[-1])

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except _UNFIT as error:
        raise InputError(f"Cannot read the weights {path}: {error}") from None
    return filters[0] / 32 if filters else 1.0
