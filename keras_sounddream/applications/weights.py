"""Files of weights: found, checked against the model, loaded and saved."""

import dataclasses
import difflib
import hashlib
import json
import os
import pathlib
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from keras_sounddream.applications import keras_files
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Array, PathLike

_DIGITS = re.compile(r"-([0-9a-f]{8,64})\.pth?$")  # as PyTorch names its files
# Arrays of a file that `save` wrote, of UTF-8: one class per line, and JSON.
_LABELS, _SETTINGS = "labels", "settings"


def pretrained_path(key: Any, pretrained: Mapping[str, Any]) -> pathlib.Path:
    """Path of the file that a key of `PRETRAINED` with `urls`, or a path, names.

    A file that does not ship is fetched into Keras's cache folder if it is not there.

    Raises:
        InputError: if there is no such key or file, or it cannot be fetched.
    """
    if not isinstance(key, str | os.PathLike) or not os.fspath(key):
        raise InputError(
            f"`weights` must be None, one of {list(pretrained)}, or a file. Received: {key!r}."
        )
    if key in pretrained:
        from keras_sounddream.applications import fetching

        return fetching.fetch(pretrained[str(key)])
    path = pathlib.Path(key)
    if _convert().is_there(path):
        return path
    near = difflib.get_close_matches(str(key), pretrained, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise InputError(
        f"`weights` must be None, one of {list(pretrained)}, or a file. Received: {key!r}.{hint}"
    )


def is_tflite(weights: Any) -> bool:
    """Whether `weights` is the path of a TFLite file, by the file's content."""
    if not isinstance(weights, str | os.PathLike) or not pathlib.Path(weights).is_file():
        return False
    with open(weights, "rb") as file:
        return file.read(8)[4:] == b"TFL3"


@dataclasses.dataclass(frozen=True)
class Foreign:
    """Where a weight is found in a file of another system.

    Attributes:
        name: the tensor's name there.
        turn: function from the array there to the one of Keras, or `None` if they are alike.
        others: names of more tensors there that `turn` takes, after the array.
    """

    name: str
    turn: Callable[..., Array] | None = None
    others: tuple[str, ...] = ()


Layout = Mapping[str, Foreign]  # by the path of the weight in our model


def load(
    model: Any,
    path: PathLike,
    tops: Collection[str] = (),
    layouts: Sequence[Layout] = (),
    adapt: Callable[[dict[str, Array]], dict[str, Array]] | None = None,
) -> None:
    """Sets every weight of a model from a file; none may be missing, extra or misshapen.

    Args:
        model: `keras.Model`.
        path: of `.npz` (arrays named `layer/weight`, as `save` writes them), of Keras's
            `.weights.h5`, or of a file of another system, as `convert.read_arrays` reads it.
        tops: beginnings of the names of tensors that the file may hold beside the model's, such
            as those of a top that was left out.
        layouts: one per system; the one that shares the most names with the file is taken.
        adapt: function from the file's arrays to those that the layouts describe, or `None`.

    Raises:
        InputError: if the file cannot be read or does not fit, naming the tensor, or its hash is
            not the one that its name carries. If it only goes with other settings, an
            `InputWarning` names them.
    """
    _check_digits(path)
    if str(path).endswith(".weights.h5"):
        keras_files.load_weights(model, path)
        return
    arrays = dict(_convert().read_arrays(path))
    arrays.pop(_LABELS, None)
    _compare_settings(model, path, arrays.pop(_SETTINGS, None))
    arrays = adapt(arrays) if adapt else arrays
    weights = {weight.path: weight for weight in model.weights}
    layout = _fitting_layout(weights, layouts, arrays)
    _check_names(model, path, arrays, layout, weights, tops)
    values = {name: _turned(model, path, arrays, layout[name], weights[name]) for name in weights}
    for name, weight in weights.items():
        weight.assign(values[name].astype("float32"))


def _check_digits(path):
    """Checks a file against the beginning of its hash, where the name ends in it."""
    match = _DIGITS.search(pathlib.Path(path).name)
    digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() if match else ""
    if match and not digest.startswith(match[1]):
        raise InputError(
            f"{path} should have a SHA-256 that begins with {match[1]}, as its name says, but has "
            f"{digest[:8]}: it is damaged or another file. Fetch it again."
        )


def _fitting_layout(weights, layouts, arrays):
    """The layout that shares the most names with the file, completed by our own names."""
    ours = {name: Foreign(name) for name in weights}
    shared = [{row.name for row in names.values()} & set(arrays) for names in (ours, *layouts)]
    best = max(range(len(shared)), key=lambda i: len(shared[i]))
    return {**ours, **(ours, *layouts)[best]}


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
    """The array of a weight, turned to Keras's layout and checked for its shape."""
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


def stored_labels(path: Any) -> tuple[str, ...] | None:
    """The labels in a file of weights; `None` if it is no `.npz` or carries none."""
    text = _stored_text(path, _LABELS)
    return None if text is None else tuple(text.split("\n"))


def stored_settings(path: Any) -> dict[str, Any]:
    """The constructor's arguments that go with a file of weights; empty if it carries none."""
    text = _stored_text(path, _SETTINGS)
    return {} if text is None else _read_settings(path, text)


def _stored_text(path, name):
    if not isinstance(path, str | os.PathLike) or not os.fspath(path).endswith(".npz"):
        return None
    array = _convert().read_arrays(path).get(name) if pathlib.Path(path).is_file() else None
    return None if array is None else _decoded(path, name, array)


def _decoded(path, name, array):
    try:
        return array.astype("uint8").tobytes().decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"The {name} in {path} are damaged. Save the weights again.") from None


def _read_settings(path, text):
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise InputError(f"The settings in {path} are damaged. Save the weights again.")
    return settings


def _compare_settings(model, path, array):
    """Warns of settings of a file that are not the model's."""
    if array is None:
        return
    settings = _read_settings(path, _decoded(path, _SETTINGS, array))
    own = getattr(model, "weight_settings", None) or {}
    for name, value in settings.items():
        if own.get(name, value) != value:
            warnings.warn(
                f"{path} goes with {name}={value!r}, and {model.name} has {own[name]!r}: its "
                "scores are others.",
                InputWarning,
                stacklevel=4,
            )


def save(
    model: Any, path: PathLike, dtype: str = "float16", labels: Sequence[str] | None = None
) -> None:
    """Writes every weight of a model to `.npz` under the name `layer/weight`.

    The labels, and the settings that go with the weights, are written with them.
    """
    import keras

    arrays = {w.path: keras.ops.convert_to_numpy(w.value).astype(dtype) for w in model.weights}
    if labels is not None:
        arrays[_LABELS] = np.frombuffer("\n".join(labels).encode("utf-8"), "uint8")
    settings = getattr(model, "weight_settings", None)
    if settings:
        arrays[_SETTINGS] = np.frombuffer(json.dumps(settings).encode("utf-8"), "uint8")
    np.savez_compressed(path, **arrays)


def _convert():
    """The package that reads files of other systems: imported only for a file."""
    from keras_sounddream import convert

    return convert
