"""Finds, checks and loads weights."""

import dataclasses
import difflib
import hashlib
import os
import pathlib
import re
import typing

import keras
import numpy as np

from keras_sounddream.convert import is_there, read_arrays
from keras_sounddream.errors import InputError

_DIGITS = re.compile(r"-([0-9a-f]{8,64})\.pth?$")  # as PyTorch names its files
_PACKAGE = pathlib.Path(__file__).parents[1]
_LABELS = "labels"  # an array of a file that `save` wrote: UTF-8, one class a line


def shipped_path(name):
    """Path of a file of `saved_models/`, in an installed package or in a checkout.

    Args:
        name: str, file name.

    Returns:
        `pathlib.Path`.
    """
    installed = _PACKAGE / "saved_models" / name
    return installed if installed.exists() else _PACKAGE.parent / "saved_models" / name


def pretrained_path(key, pretrained):
    """Path of the weights that a key of `PRETRAINED` or a path names.

    What ships is checked against its hash. What may not ship (a row with a `url`) is looked for in
    Keras's cache folder, where its user puts it: without a known hash nothing is downloaded.

    Args:
        key: str, key of `pretrained` or path of a file of weights, or of a checkpoint of
            TensorFlow.
        pretrained: dict, a family's `PRETRAINED`.

    Returns:
        `pathlib.Path`.

    Raises:
        InputError: if there is neither such a key nor such a file, or the file that ships is not
            the one that the hash is of.
    """
    if not isinstance(key, str | os.PathLike) or not os.fspath(key):
        raise InputError(
            f"`weights` must be None, one of {list(pretrained)}, or a file. Received: {key!r}."
        )
    if key not in pretrained:
        path = pathlib.Path(key)
        if is_there(path):
            return path
        near = difflib.get_close_matches(str(key), pretrained, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"`weights` must be None, one of {list(pretrained)}, or a file. "
            f"Received: {key!r}.{hint}"
        )
    row = pretrained[key]
    return _cached_path(row) if "url" in row else _checked_path(row)


def is_tflite(weights):
    """Tells whether `weights` is the path of a TFLite file, by what the file holds.

    Args:
        weights: as of a constructor.

    Returns:
        bool.
    """
    if not isinstance(weights, str | os.PathLike) or not pathlib.Path(weights).is_file():
        return False
    with open(weights, "rb") as file:
        return file.read(8)[4:] == b"TFL3"


def _cached_path(row):
    path = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
    path /= row["file"]
    if not path.is_file():
        raise InputError(
            f"These weights do not ship with the package. Fetch {row['url']} and put it at {path}."
        )
    return path


def _checked_path(row):
    path = shipped_path(row["file"])
    if not path.is_file():
        raise InputError(f"The weights {path.name} are missing from {path.parent}. Install again.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != row["sha256"]:
        raise InputError(f"{path} has SHA-256 {digest}, not the expected one. Install again.")
    return path


@dataclasses.dataclass(frozen=True)
class Foreign:
    """Where a weight is found in a file of another system.

    Attributes:
        name: str, the tensor's name there.
        turn: function from the array there to the one of Keras, or `None` if they are alike.
        others: sequence of str, more tensors there that `turn` takes, after the array.
    """

    name: str
    turn: typing.Callable | None = None
    others: tuple = ()


def load(model, path, tops=(), layouts=(), adapt=None):
    """Sets every weight of a model from a file; none may be missing, extra or misshapen.

    Args:
        model: `keras.Model`.
        path: path of `.npz` (arrays named `layer/weight`, as `save` writes them), of Keras's
            `.weights.h5`, or of what another system wrote, as `convert.read_arrays` reads it.
        tops: sequence of str, beginnings of the names of tensors that the file may hold beside
            the model's, such as those of a top that was left out.
        layouts: sequence of dicts from a weight's path to its `Foreign`, one a system; the one
            that shares the most names with the file is taken.
        adapt: function from the file's arrays to those that the layouts are of, or `None`.

    Raises:
        InputError: if the file cannot be read or does not fit, naming the tensor, or is not the
            one whose hash its name carries.
    """
    _check_digits(path)
    if str(path).endswith(".weights.h5"):
        try:
            model.load_weights(path)
        except (OSError, KeyError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{path} does not fit {model.name}: {reason}") from None
        return
    arrays = {name: array for name, array in read_arrays(path).items() if name != _LABELS}
    arrays = adapt(arrays) if adapt else arrays
    ours = {weight.path: Foreign(weight.path) for weight in model.weights}
    layout = max(
        [ours, *layouts], key=lambda names: len({row.name for row in names.values()} & set(arrays))
    )
    layout = {**ours, **layout}  # what a layout lacks is looked for, and missed, under our name
    weights = {weight.path: weight for weight in model.weights}
    _check_names(model, path, arrays, layout, weights, tops)
    found = {name: _turned(model, path, arrays, layout[name], weights[name]) for name in weights}
    for name, weight in weights.items():
        weight.assign(found[name].astype("float32"))


def _check_digits(path):
    """Checks a file against the beginning of its hash, where the name ends in it."""
    found = _DIGITS.search(pathlib.Path(path).name)
    digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() if found else ""
    if found and not digest.startswith(found[1]):
        raise InputError(
            f"{path} should have a SHA-256 that begins with {found[1]}, as its name says, but has "
            f"{digest[:8]}: it is damaged or another file. Fetch it again."
        )


def _check_names(model, path, arrays, layout, weights, tops):
    rows = [layout[name] for name in weights]
    expected = {name for row in rows for name in (row.name, *row.others)}
    for name in sorted(expected - set(arrays)):
        raise InputError(f"{path} lacks the tensor {name!r} that {model.name} has.")
    spare = {row.name for key, row in layout.items() if key.startswith(tuple(tops))}
    for name in sorted(set(arrays) - expected - spare):
        if not name.startswith(tuple(tops)):
            raise InputError(f"{path} holds the tensor {name!r} that {model.name} lacks.")


def _turned(model, path, arrays, row, weight):
    array = arrays[row.name]
    try:
        others = [arrays[name] for name in row.others]
        turned = array if row.turn is None else row.turn(array, *others)
    except (ValueError, IndexError):  # of another rank
        turned = array
    if turned.shape != tuple(weight.shape):
        as_ours = "" if turned.shape == array.shape else f", {turned.shape} in Keras"
        raise InputError(
            f"The tensor {row.name!r} of {path} has shape {array.shape}{as_ours}, but "
            f"{model.name} expects {tuple(weight.shape)}."
        )
    return turned


def stored_labels(path):
    """Reads the labels that a file of weights carries.

    Args:
        path: `None`, or str or path of a file of weights.

    Returns:
        tuple of str, one a class; `None` if the file is no `.npz` or carries none.

    Raises:
        InputError: if the file cannot be read.
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path).endswith(".npz"):
        return None
    array = read_arrays(path).get(_LABELS) if pathlib.Path(path).is_file() else None
    if array is None:
        return None
    try:
        return tuple(array.astype("uint8").tobytes().decode("utf-8").split("\n"))
    except UnicodeDecodeError:
        raise InputError(f"The labels in {path} are damaged. Save the weights again.") from None


def save(model, path, dtype="float16", labels=None):
    """Writes every weight of a model under the name `layer/weight`.

    Args:
        model: `keras.Model`.
        path: str or path, ending in `.npz`.
        dtype: str, of the numbers on disk.
        labels: sequence of str, one a class, that the file is to carry; `None` for none.
    """
    arrays = {w.path: keras.ops.convert_to_numpy(w.value).astype(dtype) for w in model.weights}
    if labels is not None:
        arrays[_LABELS] = np.frombuffer("\n".join(labels).encode("utf-8"), "uint8")
    np.savez_compressed(path, **arrays)
