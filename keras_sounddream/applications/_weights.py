"""Finds, checks and loads weights."""

import difflib
import hashlib
import pathlib
import zipfile

import keras
import numpy as np

from keras_sounddream.errors import InputError

_PACKAGE = pathlib.Path(__file__).parents[1]


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
    """Path of the weights that a key of `PRETRAINED` or a path names, checked against its hash.

    Args:
        key: str, key of `pretrained` or path of a `.npz` or `.weights.h5` file.
        pretrained: dict, a family's `PRETRAINED`.

    Returns:
        `pathlib.Path`.

    Raises:
        InputError: if there is neither such a key nor such a file, or the file that ships is not
            the one that the hash is of.
    """
    if key not in pretrained:
        path = pathlib.Path(key)
        if path.is_file():
            return path
        near = difflib.get_close_matches(str(key), pretrained, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"`weights` must be None, one of {list(pretrained)}, or a file. "
            f"Received: {key!r}.{hint}"
        )
    path = shipped_path(pretrained[key]["file"])
    if not path.is_file():
        raise InputError(f"The weights {path.name} are missing from {path.parent}. Install again.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != pretrained[key]["sha256"]:
        raise InputError(f"{path} has SHA-256 {digest}, not the expected one. Install again.")
    return path


def load(model, path, skip_prefix=None):
    """Sets every weight of a model from a file; none may be missing, extra or misshapen.

    Args:
        model: `keras.Model`.
        path: path of `.npz` (arrays named `layer/weight`, as `save` writes them) or of
            Keras' `.weights.h5`.
        skip_prefix: str, beginning of the names of tensors that the file may hold beside the
            model's, such as those of a top that was left out.

    Raises:
        InputError: if the file cannot be read or does not fit, naming the tensor.
    """
    if str(path).endswith(".weights.h5"):
        try:
            model.load_weights(path)
        except (OSError, KeyError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{path} does not fit {model.name}: {reason}") from None
        return
    arrays = _read(path)
    expected = {weight.path: weight for weight in model.weights}
    for name in sorted(set(expected) - set(arrays)):
        raise InputError(f"{path} lacks the tensor {name!r} that {model.name} has.")
    for name in sorted(set(arrays) - set(expected)):
        if not (skip_prefix and name.startswith(skip_prefix)):
            raise InputError(f"{path} holds the tensor {name!r} that {model.name} lacks.")
    for name, weight in expected.items():
        if arrays[name].shape != tuple(weight.shape):
            raise InputError(
                f"The tensor {name!r} of {path} has shape {arrays[name].shape}, but "
                f"{model.name} expects {tuple(weight.shape)}."
            )
    for name, weight in expected.items():
        weight.assign(arrays[name].astype("float32"))


def save(model, path, dtype="float16"):
    """Writes every weight of a model under the name `layer/weight`.

    Args:
        model: `keras.Model`.
        path: str or path, ending in `.npz`.
        dtype: str, of the numbers on disk.
    """
    arrays = {w.path: keras.ops.convert_to_numpy(w.value).astype(dtype) for w in model.weights}
    np.savez_compressed(path, **arrays)


def _read(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, TypeError, zipfile.BadZipFile, AttributeError) as error:
        raise InputError(
            f"Expected weights as .npz or .weights.h5, of numbers alone. {path} is not: "
            f"{type(error).__name__}."
        ) from None
