"""Labelled pictures in folds: any folder with one folder per class, or a data set of TFDS."""

import pathlib

from keras_sounddream.datasets.clip_sets import ClipSet, check_clip_set, from_archive, from_folders
from keras_sounddream.datasets.tfds import archives
from keras_sounddream.errors import InputError
from keras_sounddream.images.io import SUFFIXES
from keras_sounddream.types import PathLike


def read_picture_set(data: PathLike, seed: int = 0) -> ClipSet:
    """Lists the pictures of a folder, or of a TFDS data set.

    Each folder is a class; its pictures are dealt into five folds at random, stratified by class.
    Each split of a data set is a fold; the pictures of a single split are dealt, too.

    Args:
        data: path of a folder, or the name of a data set of TFDS or `tfds_builders` that is built,
            such as `"artificial_imagenet/all"`.
        seed: of the folds that are drawn.

    Returns:
        the pictures with their labels and folds.

    Raises:
        InputError: if the folder holds no pictures in folders, a single class, or too few pictures
            of a class for every fold to have one, or the data set is not there.
    """
    picture_set = _read(data, seed)
    check_clip_set(picture_set, data)
    return picture_set


def _read(data, seed) -> ClipSet:
    if archives.is_data_set(data):
        return from_archive(archives.unpack(data, medium="image"), seed)
    folder = pathlib.Path(data)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of pictures, but there is no folder {folder}.")
    return from_folders(folder, seed, SUFFIXES)
