"""Builders of TensorFlow Datasets and of `tfds_builders`, by name."""

import difflib
import glob
import importlib
import lzma
import pathlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import extractor
from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

from keras_sounddream.errors import InputError
from keras_sounddream.files import why_full
from keras_sounddream.leftovers import remove
from keras_sounddream.locks import locked
from keras_sounddream.types import Array, PathLike

_FAULTS = (  # of archives, the network and the user's folder, as TFDS passes them on
    *(OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(tfds.download.DownloadError, extractor.ExtractError, extractor.UnsafeArchiveError),
    NonMatchingChecksumError,
)


def find_builder(name: str, data_dir: PathLike | None = None) -> tfds.core.DatasetBuilder:
    """Finds the builder of a data set.

    Args:
        name: of a data set of TFDS or `tfds_builders`, such as `"esc50/esc10"`.
        data_dir: folder of TFDS's data sets; `None` for its default.

    Returns:
        the builder.

    Raises:
        InputError: if there is no such data set, with the nearest names.
    """
    importlib.import_module("tfds_builders")  # by name, as it stands above: registers its builders
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError) as error:
        raise InputError(f"There is no data set {name!r} of TFDS: {_why(name, error)}.") from None


def _why(name, error):
    """The reason why a name is not known, with the nearest names."""
    base, _, config = name.split(":")[0].partition("/")
    known = tfds.list_builders(with_community_datasets=False)
    if base not in known:
        near = difflib.get_close_matches(base, known, 3)
        return f"it has {', '.join(near)}" if near else "none has a name like it"
    configs = list(tfds.builder_cls(base).builder_configs)
    if config and config not in configs:
        return f"{base} has the configs {', '.join(configs[:20])}"
    return str(error).strip().splitlines()[0].split('}": ')[-1].rstrip(".")


def find_prepared(name: str, data_dir: PathLike | None = None) -> tfds.core.DatasetBuilder:
    """Finds the builder of a data set that is built already.

    Args:
        name: of a data set of TFDS or `tfds_builders`, such as `"esc50/esc10"`.
        data_dir: folder of TFDS's data sets; `None` for its default.

    Returns:
        the builder.

    Raises:
        InputError: if there is no such data set, or it is not built.
    """
    builder = find_builder(name, data_dir)
    if not builder.is_prepared():
        raise InputError(
            f"{name} is not prepared in {builder.data_path}. Build it first: "
            f"sounddream data build {name}."
        )
    return builder


def prepare(builder: tfds.core.DatasetBuilder, manual_dir: PathLike | None = None) -> None:
    """Builds a data set, unless it is built; what an interrupted build left is removed.

    Files come from `manual_dir`, or TFDS's default folder; an `InputError` if they are not there,
    their archive is damaged, the disk is full, or another process builds the data set.
    """
    if builder.is_prepared():
        return
    if manual_dir is not None and not pathlib.Path(manual_dir).is_dir():
        raise InputError(f"Expected a folder with the data, but there is no folder {manual_dir}.")
    path = pathlib.Path(builder.data_path)
    with locked(path, "data build"):
        for left in path.parent.glob(f"incomplete.??????_{glob.escape(path.name)}"):
            remove(left)
        try:
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
            )
        except Exception as error:
            reason = why_full(error) or _fault(error)
            if reason is None:
                raise
            raise InputError(f"Cannot build {builder.name} in {path}: {reason}.") from error


def _fault(error):
    """What is wrong with data or system, in words; `None` for a fault of a program."""
    no_folder = isinstance(error, AssertionError) and "anual" in str(error)  # TFDS's way to say it
    if isinstance(error, InputError) or not (no_folder or isinstance(error, _FAULTS)):
        return None
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.strip().splitlines()[0].rstrip(".")


def read_in_order(
    builder: tfds.core.DatasetBuilder, split: str, features: Iterable[str]
) -> Iterable[dict[str, Any]]:
    """Some features of every example as NumPy arrays, in stored order; an image as its file."""
    chosen = dict.fromkeys(features, True)
    raw = {"image": tfds.decode.SkipDecoding()} if "image" in chosen else None
    decoders = tfds.decode.PartialDecoding(chosen, raw)
    config = tfds.ReadConfig(interleave_cycle_length=1)
    return tfds.as_numpy(builder.as_dataset(split, decoders=decoders, read_config=config))


def as_waveform(samples: Array) -> Array:
    """Float32 `(samples,)`, the mean of the channels, of int16 or float `(samples[, channels])`."""
    samples = np.asarray(samples)
    scale = 1 / 32768 if np.issubdtype(samples.dtype, np.integer) else 1
    scaled = (samples * np.float32(scale)).astype("float32")
    return scaled if scaled.ndim == 1 else scaled.mean(axis=1)


def rate_of(builder: tfds.core.DatasetBuilder, feature: str = "audio") -> int | None:
    """Sample rate of an `Audio` feature in Hz; `None` where each example has its own."""
    return getattr(builder.info.features[feature], "sample_rate", None)
