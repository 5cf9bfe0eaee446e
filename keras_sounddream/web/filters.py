"""Dream filters that the page offers: their files, and what the page must know to run them."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_sounddream.applications.pretrained import weights_path
from keras_sounddream.errors import InputError
from keras_sounddream.filters.pretrained import PRETRAINED
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import keras

SHIPPED = tuple(PRETRAINED)
_SECONDS = 0.5  # of sound per call


def find_filters(filters: Sequence[PathLike]) -> dict[str, pathlib.Path]:
    """Paths of weights by the names that visitors see, keys or names of files.

    Raises:
        InputError: if there is no such key or file, or two have one name.
    """
    found: dict[str, pathlib.Path] = {}
    for weights in filters:
        path = weights_path(weights, PRETRAINED)
        name = str(weights) if weights in PRETRAINED else path.stem
        if name in found:
            raise InputError(f"Expected filters of different names. Received {name!r} twice.")
        found[name] = path
    return found


def load_filters(filters: Sequence[PathLike]) -> dict[str, keras.Model]:
    """The models of some filters, by the names of `find_filters`."""
    from keras_sounddream.filters.model import DreamFilter

    return {name: DreamFilter(path) for name, path in find_filters(filters).items()}


def write_filters(models: dict[str, keras.Model], folder: pathlib.Path) -> list[dict[str, Any]]:
    """Writes `filter_NUMBER.onnx` for each filter; their descriptions for the page, for JSON.

    Each file is a call of the filter's stream, and is compared with the filter.
    """
    return [
        _write(name, model, folder / f"filter_{number}.onnx")
        for number, (name, model) in enumerate(models.items())
    ]


def _write(name, model, path):
    from keras_sounddream.export.filter_writer import export_filter, find_mask
    from keras_sounddream.web.precision import halve_weights

    report, mask = export_filter(model, path, "onnx", seconds=_SECONDS), find_mask(model)
    halve_weights(path)
    return {
        "name": f"filter:{name}",
        "shown": name.replace("_", " "),
        "file": path.stem,
        "rate": model.sample_rate,
        "samples": report["samples"],
        "delay": report["delay"],
        "state": {each: [1, *shape] for each, shape in mask.contexts.items()},
    }
