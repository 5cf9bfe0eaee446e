"""Data sets of TensorFlow Datasets and of `tfds_builders`, by name."""

import difflib
import importlib
import pathlib

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.errors import InputError


def find_builder(name, data_dir=None):
    """Finds the builder of a data set.

    Args:
        name: str, of TFDS's or of `tfds_builders`', such as `"esc50/esc10"`.
        data_dir: str or path that TFDS keeps data sets in; `None` for its own.

    Returns:
        `tfds.core.DatasetBuilder`.

    Raises:
        InputError: if there is no such data set, with the nearest names.
    """
    importlib.import_module("tfds_builders")  # registers its names
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError) as error:
        raise InputError(f"There is no data set {name!r} of TFDS: {_why(name, error)}.") from None


def _why(name, error):
    """What of a name is wrong, and what comes near it."""
    base, _, config = name.split(":")[0].partition("/")
    known = tfds.list_builders(with_community_datasets=False)
    if base not in known:
        near = difflib.get_close_matches(base, known, 3)
        return f"it has {', '.join(near)}" if near else "none has a name like it"
    configs = list(tfds.builder_cls(base).builder_configs)
    if config and config not in configs:
        return f"{base} has the configs {', '.join(configs[:20])}"
    return str(error).strip().splitlines()[0].split('}": ')[-1].rstrip(".")


def find_prepared(name, data_dir=None):
    """Finds the builder of a data set that is built already.

    Args:
        name: as of `find_builder`.
        data_dir: as of `find_builder`.

    Returns:
        `tfds.core.DatasetBuilder`.

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


def prepare(builder, manual_dir=None):
    """Builds a data set, unless it is built. What a build that breaks off has made is no data set.

    Args:
        builder: `tfds.core.DatasetBuilder`.
        manual_dir: str or path of the folder that it is built from; `None` for TFDS's own.

    Raises:
        InputError: if there is no such folder, the data is not in it, or the data set cannot be
            written.
    """
    if builder.is_prepared():
        return
    if manual_dir is not None and not pathlib.Path(manual_dir).is_dir():
        raise InputError(f"Expected a folder with the data, but there is no folder {manual_dir}.")
    try:
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
        )
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputError(
            f"Cannot build {builder.name} in {builder.data_path}: {reason}."
        ) from error


def read_in_order(builder, split, features):
    """Reads some features of every example, one after the other as they are stored.

    Args:
        builder: `tfds.core.DatasetBuilder` that is built.
        split: str.
        features: iterable of str.

    Returns:
        iterable of dict of NumPy arrays.
    """
    decoders = tfds.decode.PartialDecoding(dict.fromkeys(features, True))
    config = tfds.ReadConfig(interleave_cycle_length=1)
    return tfds.as_numpy(builder.as_dataset(split, decoders=decoders, read_config=config))


def as_waveform(samples):
    """Brings stored samples to what the package calls a waveform.

    Args:
        samples: int array, of 16 bits, or float array in [-1, 1]; `(samples,)` or
            `(samples, channels)`.

    Returns:
        float32 `(samples,)`, the mean of the channels, in [-1, 1].
    """
    samples = np.asarray(samples)
    scale = 1 / 32768 if np.issubdtype(samples.dtype, np.integer) else 1
    scaled = (samples * np.float32(scale)).astype("float32")
    return scaled if scaled.ndim == 1 else scaled.mean(axis=1)


def rate_of(builder, feature="audio"):
    """Gives the rate that an `Audio` feature has for all its sounds.

    Args:
        builder: `tfds.core.DatasetBuilder`.
        feature: str.

    Returns:
        int, Hz; `None` where each example says its own, as those of `tfds_builders` do.
    """
    return getattr(builder.info.features[feature], "sample_rate", None)
