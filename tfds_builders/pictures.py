"""Base of the builders of pictures: folders of classes, and JPEG."""

import io
import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image, ImageOps

from keras_sounddream.errors import InputError
from keras_sounddream.images.io import SUFFIXES, load_picture
from keras_sounddream.types import Array, PathLike
from tfds_builders import files

_QUALITY = {"quality": 95, "subsampling": 0}
_ORIENTATION = 274  # tag of EXIF


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


def picture_feature() -> tfds.features.Image:
    """The feature of a picture: uint8 `(height, width, 3)`, stored as JPEG."""
    return tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg")


def read_jpeg(path: PathLike) -> io.BytesIO:
    """A picture file as JPEG: its own bytes if it is an upright RGB JPEG.

    Others are rotated upright, put on white and compressed with quality 95.
    """
    picture = load_picture(path)[0]
    with Image.open(path) as image:
        upright = image.getexif().get(_ORIENTATION, 1) == 1
        if image.format == "JPEG" and image.mode == "RGB" and upright:
            return io.BytesIO(pathlib.Path(path).read_bytes())
    return as_jpeg(picture)


def as_jpeg(picture: Array) -> io.BytesIO:
    """A picture `(height, width, 3)` in [0, 255] as JPEG."""
    content = io.BytesIO()
    _image(picture).save(content, "JPEG", **_QUALITY)
    content.seek(0)
    return content


def fit_square(picture: Array, size: int) -> Array:
    """The central square of a picture, resized: uint8 `(size, size, 3)`."""
    return np.asarray(ImageOps.fit(_image(picture), (size, size)))


def _image(picture):
    return Image.fromarray(np.clip(np.round(picture), 0, 255).astype("uint8"))


def list_classes(
    folder: pathlib.Path, names: Mapping[str, tuple[str, ...]]
) -> dict[str, list[files.File]]:
    """Pictures of each class, sorted; `names` are the possible names of a class's folder."""
    classes = {}
    for label, folders in names.items():
        paths = [path for name in folders for path in sorted((folder / name).glob("*"))]
        paths = [path for path in paths if path.suffix.lower() in SUFFIXES]
        if not paths:
            raise InputError(f"Expected pictures in {folder / folders[0]}. Found none.")
        classes[label] = [
            files.File(
                f"{path.parent.name}/{path.name}", path, {"label": label, "filename": path.name}
            )
            for path in paths
        ]
    return classes
