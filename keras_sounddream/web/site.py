"""The folder of the page: its files, networks, ONNX Runtime and examples, ready to be served."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_sounddream.export.formats import package
from keras_sounddream.export.writer import export_model
from keras_sounddream.files import folder_beside, keep_folder
from keras_sounddream.types import PathLike
from keras_sounddream.web import choices
from keras_sounddream.web.filters import SHIPPED, load_filters, write_filters
from keras_sounddream.web.graph import verify_step, write_step
from keras_sounddream.web.precision import halve_weights
from keras_sounddream.web.runtime import runtime_files
from keras_sounddream.web.static import SETTINGS, examples_of, settings, write_static
from keras_sounddream.web.steering import make_dream


def write_page(
    folder: PathLike,
    model: keras.Model,
    layers: Sequence[str] = (),
    classes: Sequence[str] = (),
    *,
    filters: Sequence[PathLike] = SHIPPED,
    overwrite: bool = False,
) -> dict[str, int]:
    """Writes the page that classifies and dreams sounds with a model, in a visitor's browser.

    The folder is static: any server of files can serve it, under any address. It asks no other
    host for anything.

    Args:
        folder: to write.
        model: takes waveforms of any length.
        layers: layers that are offered, each `"NAME"` or `"NAME:CHANNEL"`.
        classes: classes that are offered, labels or numbers. Without `layers` and `classes`, up
            to eight convolutions, and all classes if there are at most 20.
        filters: dream filters that are offered, for dreams in one pass: keys of
            `filters.PRETRAINED`, or `.npz` files that `sounddream train filter` wrote; by default
            those that ship. They do not depend on `model`.
        overwrite: whether a page in the folder may be replaced.

    Returns:
        Bytes of each file, by its path in the folder.

    Raises:
        InputError: if the model cannot be dreamed on, there is no such filter, the folder may not
            be written, or ONNX Runtime's files cannot be had.
        MissingPackageError: if a package that writes ONNX files is not installed.
    """
    for name in ("tf2onnx", "onnx", "onnxruntime"):
        package(name, "A page that dreams")
    runtime = runtime_files()
    dream_filters = load_filters(filters)
    terms = choices.find_terms(model, layers, classes)
    with folder_beside(folder, overwrite, SETTINGS) as temporary:
        dream = _write_networks(model, terms, temporary / "models")
        (temporary / "ort").mkdir()
        for name, content in runtime.items():
            (temporary / "ort" / name).write_bytes(content)
        network = choices.describe(model, terms) | {"bins": dream.analysis.num_bins}
        instant = write_filters(dream_filters, temporary / "models")
        write_static(temporary, settings([network], examples_of(temporary), instant))
        return {
            path.relative_to(temporary).as_posix(): path.stat().st_size
            for path in sorted(temporary.rglob("*"))
            if path.is_file()
        }


def _write_networks(model, terms, folder):
    """Writes the classifier and the dream, each compared with the model."""
    dream, path = make_dream(model, terms), keep_folder(folder) / "dream.onnx"
    write_step(dream, path)
    halve_weights(path)
    verify_step(path, dream, terms)
    if choices.flat_labels(model):
        path = folder / "classify.onnx"
        export_model(model, path, "onnx", ["classify"])
        path.with_name(f"{path.name}.json").unlink()
        halve_weights(path)
    return dream
