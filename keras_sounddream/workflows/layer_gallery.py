"""A gallery: one dream for each layer of a network, in a folder with a page."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import keras

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.network.calls import layer_names
from keras_sounddream.deepdream.network.lookup import no_convolution
from keras_sounddream.deepdream.validation import find_kind
from keras_sounddream.digests import file_digest, weights_digest
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.progress import TracingBar
from keras_sounddream.reports.dream.gallery import write_gallery
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.dream import dream_file
from keras_sounddream.workflows.media import files_of, too_long

_RECORD = "gallery.json"


def dream_layers(
    input_path: PathLike,
    folder: PathLike,
    model: keras.Model,
    layers: Sequence[str] = (),
    overwrite: bool = False,
    progress: bool = True,
    **settings: Any,
) -> dict[str, dict[str, Any]]:
    """Dreams a sound or picture once for each layer, and makes a page of all the dreams.

    Writes a sound and its spectrogram per layer, or a picture; `input.wav` or `input.png`;
    `index.html`; and `gallery.json` with the figures. A dream that exists is not made again; the
    page is complete after each layer, so that the work can be interrupted and resumed.

    Args:
        input_path: a sound file, or a picture if the model takes pictures.
        folder: made if it does not exist.
        model: takes waveforms or pictures.
        layers: each `"NAME"` or `"NAME:CHANNEL"`; by default all convolutions.
        overwrite: whether to make dreams again, and replace files, that exist.
        progress: whether to show a progress bar.
        **settings: arguments of `DeepDream`.

    Returns:
        dict of the figures of each layer in the gallery, in the order of `layers`.

    Raises:
        InputError: if the input cannot be dreamed on or lasts more than a minute, a layer does
            not exist, or the folder cannot be written to, holds other files of those names, or
            dreams of another sound, model or settings.
    """
    find_kind(model)
    layers = list(dict.fromkeys(layers)) or convolutions(model)
    for text in layers:
        objectives.parse(text).check(model)
    files = files_of(model)
    suffixes = files.gallery_suffixes
    source = _read_input(files, input_path, model)
    folder = pathlib.Path(folder)
    kind = _fingerprint(input_path, model, settings)
    is_new = _make_folder(folder)
    try:
        done = _read_record(folder, kind, overwrite)
        names = _file_names(layers, done)
        finished = {text: row for text, row in done.items() if _finished(folder, row, suffixes)}
        waiting = [text for text in layers if overwrite or text not in finished]
        _check_files(folder, [names[text] for text in waiting], suffixes, overwrite or bool(done))
        done = {text: row for text, row in finished.items() if text not in waiting}
        with TracingBar("gallery", total=len(waiting), unit="layer", disable=not progress) as bar:
            for text in waiting:
                bar.wait()
                output, *plot = (folder / f"{names[text]}{suffix}" for suffix in suffixes)
                options: dict[str, Any] = {"overwrite": True, "progress": bar}
                options["plot"] = plot[0] if plot else None
                result = dream_file(input_path, output, model, [text], **options, **settings)
                if not done:
                    files.copy(folder / f"input{suffixes[0]}", source, overwrite=True)
                done[text] = {"file": names[text], **result.figures()}
                _write(folder, kind, done)
                bar.update()
    finally:
        if is_new and not any(folder.iterdir()):
            folder.rmdir()
    return {text: done[text] for text in layers}


def convolutions(model: keras.Model) -> list[str]:
    """The names of a model's convolutions.

    Raises:
        InputError: if it has none.
    """
    kinds = tuple(
        getattr(keras.layers, f"{kind}{rank}D")
        for kind in ("Conv", "DepthwiseConv", "SeparableConv")
        for rank in (1, 2)
    )
    names = layer_names(model, kinds)
    if not names:
        raise InputError(no_convolution(model))
    return names


def _read_input(files, path, model):
    """The input, if it can be dreamed on whole."""
    source = files.read(path, model)
    if source.sample_rate is not None and find_sample_rate(model) is None:
        raise InputError(
            f"The sample rate of {model.name} is not known. Begin it with a LogMelSpectrogram."
        )
    if source.is_long:
        raise too_long(path)
    return source


def _fingerprint(input_path, model, settings):
    """Digests of input, model and settings: what dreams of one gallery share."""
    return {
        "input": file_digest(input_path),
        "model": model.name,
        "weights": weights_digest(model),
        "settings": json.loads(json.dumps(settings, default=repr)),
    }


def _read_record(folder, kind, overwrite):
    """The figures of layers that are done, if the folder holds a gallery of this kind."""
    try:
        record = json.loads((folder / _RECORD).read_text())
        other = [name for name, value in kind.items() if record["kind"].get(name) != value]
        layers = dict(record["layers"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        other, layers = list(kind), {}  # damaged, or not ours
    if overwrite:
        return {} if other else layers
    if other:
        raise InputError(
            f"{folder} holds dreams of another {', '.join(other)}. Choose another folder, or "
            "replace them with --force (overwrite=True)."
        )
    return layers


def _finished(folder, figures, suffixes):
    needed = [f"input{suffixes[0]}", *(f"{figures['file']}{suffix}" for suffix in suffixes)]
    return all((folder / name).is_file() for name in needed)


def _file_names(layers, done):
    """A file name for each layer, without slashes and colons, none given twice."""
    names = {text: figures["file"] for text, figures in done.items()}
    for text in layers:
        plain = name = re.sub(r"[^\w.-]+", "_", text)
        number = 2
        while text not in names and name in {"input", "index", "gallery", *names.values()}:
            name, number = f"{plain}_{number}", number + 1
        names.setdefault(text, name)
    return names


def _make_folder(folder):
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Expected a folder. Received: {folder} ({error.strerror})") from None
    return is_new


def _check_files(folder, names, suffixes, overwrite):
    for name in names:
        for suffix in suffixes:
            check_output(folder / f"{name}{suffix}", overwrite)
    for name in ("index.html", _RECORD, f"input{suffixes[0]}"):
        check_output(folder / name, overwrite)


def _write(folder, kind, done):
    record = {"kind": kind, "layers": done}
    with written_beside(folder / _RECORD, overwrite=True) as temporary:
        temporary.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n")
    write_gallery(folder, done, title=f"What {kind['model']} dreams", overwrite=True)
