"""Picture files, and the image networks of `keras.applications`."""

import pathlib

import keras
import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_MOST_PIXELS = 100_000_000
_JPEG = {"quality": 95, "subsampling": 0}
# Name: constructor, and the preprocessing that its weights were trained with.
NETWORKS = {
    "inception_v3": ("InceptionV3", "tf"),
    "mobilenet": ("MobileNet", "tf"),
    "vgg16": ("VGG16", "caffe"),
    "vgg19": ("VGG19", "caffe"),
}


def load_picture(path):
    """Reads a picture file.

    Args:
        path: str or path.

    Returns:
        float32 `(1, height, width, 3)` in [0, 255], upright as its camera says, and on white where
        the file is transparent.

    Raises:
        InputError: if there is no such file, or it is not a picture that Pillow reads.
    """
    from PIL import Image, ImageOps

    if pathlib.Path(path).is_dir():
        raise InputError(f"Expected a picture file, but {path} is a folder. Name a file in it.")
    try:
        with Image.open(path) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise InputError(f"{path} has more than {_MOST_PIXELS:,} pixels: make it smaller.")
            if image.mode == "F" or image.mode.startswith("I"):
                raise InputError(f"{path} has more than 8 bits a colour: convert it to 8 first.")
            upright = _on_white(ImageOps.exif_transpose(image))
            return np.asarray(upright, "float32")[np.newaxis]
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"Cannot read {path}: there is no such file.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Cannot read {path} as a picture: {reason}") from None


def is_picture(path):
    """Tells whether a file holds a picture that Pillow knows.

    Args:
        path: str or path.

    Returns:
        bool; `False` if it cannot be read.
    """
    from PIL import Image

    try:
        with Image.open(path):
            return True
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def save_picture(path, picture, overwrite=False):
    """Writes a picture to a file; the suffix chooses the format.

    Args:
        path: str or path.
        picture: float array `(height, width, 3)` or `(1, height, width, 3)` in [0, 255].
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: as `check_photo_output`.
    """
    from PIL import Image

    path = check_photo_output(path, overwrite)
    pixels = np.round(np.reshape(picture, np.shape(picture)[-3:])).astype("uint8")
    with written_beside(path, overwrite) as temporary:
        settings = _JPEG if path.suffix.lower() in (".jpg", ".jpeg") else {}
        Image.fromarray(pixels).save(temporary, **settings)


def check_photo_output(path, overwrite=False):
    """Checks that a picture can be written, before any work is done for it.

    Args:
        path: str or path.
        overwrite: bool, whether a file that exists may be replaced.

    Returns:
        `pathlib.Path`.

    Raises:
        InputError: as `files.check_output`, and if the suffix names no picture format.
    """
    path = check_output(path, overwrite)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"Expected a picture {', '.join(SUFFIXES)}. Received: {path.name}")
    return path


def load_network(name, weights, include_top=False):
    """Builds an image network; without its top, for pictures of any size.

    Args:
        name: str, key of `NETWORKS`.
        weights: str, path of a `.h5` file of the network with or without its top, or
            `"imagenet"`, which Keras downloads.
        include_top: bool, whether the network names classes; a file must then hold its top.

    Returns:
        `(model, preprocessing)`: `keras.Model` and a name in `picture.MODES`.

    Raises:
        InputError: if weights are not given, are not there or do not fit.
    """
    constructor, preprocessing = NETWORKS[name]
    build = getattr(keras.applications, constructor)
    if weights == "imagenet":
        try:
            return build(include_top=include_top, weights="imagenet"), preprocessing
        except Exception as error:  # Keras raises a bare one where there is no network
            reason = str(error).splitlines()[0]
            raise InputError(f"Cannot download the weights of {name}: {reason}") from None
    if weights is None:
        raise InputError(f"Expected --weights FILE, or --weights imagenet to download {name}'s.")
    if not pathlib.Path(weights).is_file():
        raise InputError(f"Cannot read the weights {weights}: there is no such file.")
    settings = {"alpha": _alpha(weights)} if name == "mobilenet" else {}
    model = build(include_top=include_top, weights=None, **settings)
    try:
        model.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        if include_top:
            reason = str(error).splitlines()[0]
            raise InputError(f"The weights {weights} do not fit {name}: {reason}") from None
        try:
            whole = build(include_top=True, weights=weights, **settings)
        except (ValueError, OSError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"The weights {weights} do not fit {name}: {reason}") from None
        model.set_weights(whole.get_weights()[: len(model.get_weights())])
    return model, preprocessing


def build_network(name):
    """Builds an image network without its top, with random weights: to look at its layers.

    Args:
        name: str, key of `NETWORKS`.

    Returns:
        `keras.Model`.
    """
    return getattr(keras.applications, NETWORKS[name][0])(include_top=False, weights=None)


def _on_white(image):
    """A Pillow image in RGB; what it hides behind transparency is not seen."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _alpha(path):
    """MobileNet's width, read off the filters of the first convolution in a file of weights."""
    import h5py

    found = []
    try:
        with h5py.File(path, "r") as file:
            file.visititems(
                lambda name, item: (
                    found.append(item.shape[-1])
                    if "conv1/" in name
                    and getattr(item, "ndim", 0) == 4
                    and item.shape[:2] == (3, 3)
                    else None
                )
            )
    except OSError as error:
        raise InputError(f"Cannot read the weights {path}: {error}") from None
    return found[0] / 32 if found else 1.0
