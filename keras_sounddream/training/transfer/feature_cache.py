"""Features of clips, computed once and kept in files of plain numbers."""

import hashlib
import json
import pathlib
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.digests import file_digest, weights_digest
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside
from keras_sounddream.training.transfer.activations import activations, check_layers
from keras_sounddream.types import Array, PathLike


def stored_features(
    model: keras.Model,
    layers: Sequence[str],
    paths: Sequence[PathLike],
    pooling: str = "mean",
    *,
    folder: PathLike | None = None,
    **options: Any,
) -> dict[str, list[Array]]:
    """Computes activations of layers for sound files, or reads them where they are kept.

    Kept features are identified by the model's configuration and weights, the layer, the settings
    and the content of the files: if one of these changes, they are computed again.

    Args:
        model: see `activations`.
        layers: names of layers.
        paths: of sound files.
        pooling: see `activations`, but not `"none"`.
        folder: to keep them in, made if it is missing; `None` to keep nothing.
        **options: of `activations`.

    Returns:
        dict from layer to list of float32 `(rows, features)` per clip: one row, or one per window.

    Raises:
        InputError: see `activations`; or if `folder` cannot be made or a file in it is damaged.
    """
    check_layers(model, layers)
    if pooling == "none":
        raise InputError("Expected a `pooling` that gives rows of equal length. Received: 'none'")
    if folder is None:
        pooled = activations(model, layers, paths, pooling, **options)
        return {layer: _rows(features) for layer, features in pooled.items()}
    folder = keep_folder(folder)
    common = _digest_of_all(model, paths, pooling, options)
    files = {layer: folder / _name(layer, pooling, common) for layer in layers}
    missing = [layer for layer, path in files.items() if not path.exists()]
    if missing:
        for layer, features in activations(model, missing, paths, pooling, **options).items():
            _write(files[layer], _rows(features))
    return {layer: _read(path, len(paths)) for layer, path in files.items()}


def _rows(features):
    return [np.atleast_2d(clip) for clip in features]


def _name(layer, pooling, common):
    digest = hashlib.sha256(f"{common} {layer}".encode()).hexdigest()[:24]
    return re.sub(r"[^\w.+-]", "_", f"{layer}-{pooling}-{digest}.npz")


def _digest_of_all(model, paths, pooling, options):
    digest = hashlib.sha256(model.to_json().encode())
    digest.update(weights_digest(model).encode())
    family = options.get("family")
    settings = {
        "pooling": pooling,
        "family": family and family.__name__,
        "seconds": options.get("seconds"),
        "keep_bands": options.get("keep_bands", False),
    }
    digest.update(json.dumps(settings).encode())
    for path in paths:
        path = pathlib.Path(path)
        if not path.is_file():
            raise InputError(f"Expected a sound file, but there is no {path}. Check the path.")
        digest.update(file_digest(path).encode())
    return digest.hexdigest()


def _write(path, features):
    counts = np.array([len(rows) for rows in features])
    with written_beside(path, overwrite=True) as temporary, open(temporary, "wb") as file:
        np.savez(file, rows=np.concatenate(features).astype("float32"), counts=counts)


def _read(path, num_clips):
    try:
        with np.load(path, allow_pickle=False) as stored:
            rows, counts = stored["rows"], stored["counts"]
        fits = rows.ndim == 2 and counts.shape == (num_clips,) and counts.sum() == len(rows)
        fits = fits and rows.dtype == "float32" and bool(np.isfinite(rows).all())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        fits = False
    if not fits:
        raise InputError(f"{path} does not hold the features of {num_clips} clips. Delete it.")
    return np.split(rows, np.cumsum(counts)[:-1])
