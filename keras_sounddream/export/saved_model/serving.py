"""Folders that TensorFlow Serving serves: numbered versions, configurations, a client."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import keras

from keras_sounddream import checks
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.export.saved_model.model_list import with_model
from keras_sounddream.export.saved_model.templates import BATCHING, COMPOSE
from keras_sounddream.export.writer import export_model
from keras_sounddream.files import written_beside
from keras_sounddream.locks import locked
from keras_sounddream.types import PathLike

_CLIENT = pathlib.Path(__file__).parent / "serving_client.py"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def export_serving(
    model: keras.Model | DeepDream,
    folder: PathLike,
    name: str | None = None,
    version: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Adds a version of a model to a folder that TensorFlow Serving serves.

    The folder holds `models/NAME/VERSION`, each version a SavedModel with its own verification
    and the requests to warm up with; `models.config` and `batching.config` for the server;
    `compose.yaml` to run it; `serving_client.py` to ask it. A version is written beside
    and renamed, so that a running server sees it whole, and never replaced. The other files are
    written once, so that they can be edited; only an entry for the model is put into
    `models.config`, whose other text stays as it is.

    Args:
        model: see `export_model`.
        folder: made if it is missing.
        name: of the model in the server; by default the model's own.
        version: by default one more than the highest in the folder.
        **options: further arguments of `export_model`: `tasks`, `layer`, `min_seconds`,
            `max_seconds`, `preprocessing`, `sounds` and `verify`.

    Returns:
        The report of `export_model`, with `name` and `served_version`.

    Raises:
        InputError: if the version exists, the name is none, `models.config` cannot be read, or
            another process exports to the folder.
        ExportError: see `export_model`.

    Example:
        export_serving(applications.LogMelCNN(), "served")
    """
    require_tensorflow("Export")
    folder = pathlib.Path(folder)
    own_name = model.model.name if isinstance(model, DeepDream) else model.name
    name = own_name if name is None else name
    if not _NAME.fullmatch(name):
        raise InputError(f"`name` must be letters, digits, '_', '.' and '-'. Received: {name!r}")
    with locked(folder / "models.config", "export"):
        version = _settle_version(folder, name, version)
        listed = _listed(folder, name)
        path = folder / "models" / name / str(version)
        report: Any = export_model(model, path, "saved_model", serving_name=name, **options)
        _write_around(folder, listed)
    return {**report, "name": name, "served_version": version}


def _settle_version(folder, name, version):
    versions = _versions(folder / "models" / name)
    if version is None:
        version = max(versions, default=0) + 1
    version = checks.check("version", version, checks.integer(1))
    if version in versions:
        raise InputError(
            f"Version {version} of {name} exists in {folder}. Versions are never replaced: leave "
            f"`version` out for {max(versions) + 1}."
        )
    return version


def _versions(folder):
    if not folder.is_dir():
        return set()
    return {int(path.name) for path in folder.iterdir() if path.name.isdigit()}


def _listed(folder, name):
    """The text of models.config with the model in it."""
    config = folder / "models.config"
    try:
        text = config.read_text("utf-8") if config.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {config}: {error}. Mend it first.") from error
    return with_model(text, name, str(config))


def _write_around(folder, listed):
    """Writes the files beside the models, where they are missing, and the list of models."""
    config = folder / "models.config"
    if not config.exists() or config.read_text("utf-8") != listed:
        with written_beside(config, overwrite=True) as temporary:
            temporary.write_text(listed, "utf-8")
    for file, text in (("batching.config", BATCHING), ("compose.yaml", COMPOSE)):
        _write(folder / file, text)
    _write(folder / _CLIENT.name, _CLIENT.read_text("utf-8"))


def _write(path, text):
    if not path.exists():
        with written_beside(path) as temporary:
            temporary.write_text(text, "utf-8")
