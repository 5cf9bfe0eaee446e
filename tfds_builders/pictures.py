"""What the builders of pictures share: folders of classes, and JPEG."""

import io
import pathlib

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image, ImageOps

from keras_sounddream.errors import InputError
from keras_sounddream.images.io import SUFFIXES, load_picture
from tfds_builders import files

_QUALITY = {"quality": 95, "subsampling": 0}
_ORIENTATION = 274  # of EXIF


class PictureBuilder(files.FileBuilder, skip_registration=True):
    """Stores pictures with their class and file name, as JPEG."""

    def _describe_pictures(self, labels, **information):
        """Describes the data set: the picture, its class and its file."""
        features = {
            "image": picture_feature(),
            "label": tfds.features.ClassLabel(names=list(labels)),
            "filename": tfds.features.Text(),
        }
        return self._describe(features, ("image", "label"), **information)

    def _read(self, file):
        return {"image": read_jpeg(file.path)}


def picture_feature():
    """Describes a picture: uint8 `(height, width, 3)`, kept as JPEG.

    Returns:
        `tfds.features.Image`.
    """
    return tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg")


def read_jpeg(path):
    """Reads a picture file as JPEG: its own bytes if it is an upright one in colours.

    Others are turned upright, put on white and compressed with quality 95.

    Args:
        path: str or path.

    Returns:
        `io.BytesIO`.

    Raises:
        InputError: if it is no picture, naming it.
    """
    picture = load_picture(path)[0]
    with Image.open(path) as image:
        upright = image.getexif().get(_ORIENTATION, 1) == 1
        if image.format == "JPEG" and image.mode == "RGB" and upright:
            return io.BytesIO(pathlib.Path(path).read_bytes())
    return as_jpeg(picture)


def as_jpeg(picture):
    """Compresses a picture.

    Args:
        picture: array `(height, width, 3)` in [0, 255].

    Returns:
        `io.BytesIO` of a JPEG.
    """
    content = io.BytesIO()
    _image(picture).save(content, "JPEG", **_QUALITY)
    content.seek(0)
    return content


def fit_square(picture, size):
    """Crops a picture to the square in its middle, and brings that to a size.

    Args:
        picture: array `(height, width, 3)` in [0, 255].
        size: int, pixels.

    Returns:
        uint8 `(size, size, 3)`.
    """
    return np.asarray(ImageOps.fit(_image(picture), (size, size)))


def _image(picture):
    return Image.fromarray(np.clip(np.round(picture), 0, 255).astype("uint8"))


def list_classes(folder, names):
    """Lists the pictures of a folder with a folder a class.

    Args:
        folder: `pathlib.Path`.
        names: dict from a class to the names that its folders may have, a tuple.

    Returns:
        dict from each class to a list of `files.File`, sorted by folder and name.

    Raises:
        InputError: if a class has no picture.
    """
    found = {}
    for label, folders in names.items():
        paths = [path for name in folders for path in sorted((folder / name).glob("*"))]
        paths = [path for path in paths if path.suffix.lower() in SUFFIXES]
        if not paths:
            raise InputError(f"Expected pictures in {folder / folders[0]}. Found none.")
        found[label] = [
            files.File(
                f"{path.parent.name}/{path.name}", path, {"label": label, "filename": path.name}
            )
            for path in paths
        ]
    return found
