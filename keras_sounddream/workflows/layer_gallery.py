"""One dream for each layer of a network, in a folder."""

import hashlib
import json
import pathlib
import re

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import load, open_sound, save
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.network.checks import check_network, takes_pictures
from keras_sounddream.deepdream.network.lookup import no_convolution
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.images.io import load_picture, save_picture
from keras_sounddream.reports.dream.gallery import write_gallery
from keras_sounddream.workflows.dream import MAX_SECONDS, dream_file
from keras_sounddream.workflows.objective_from_files import check_kind

_RECORD = "gallery.json"
_OF_SOUND, _OF_PICTURE = (".wav", ".png"), (".png",)  # suffixes of a dream's files


def dream_layers(input_path, folder, model, layers=(), overwrite=False, progress=True, **settings):
    """Dreams a sound or picture once for each layer, and makes a page of all the dreams.

    Writes a sound and its spectrogram a layer, or a picture; `input.wav` or `input.png`;
    `index.html`; and `gallery.json` with the figures. A dream that is there already is not made
    again; the page is whole after each layer, so that the work can be interrupted and taken up.

    Args:
        input_path: str or path of a sound file, or of a picture if the model takes pictures.
        folder: str or path, made if it is not there.
        model: `keras.Model` that takes waveforms or pictures.
        layers: sequence of str, each `"NAME"` or `"NAME:CHANNEL"`; by default all convolutions.
        overwrite: bool, whether to make dreams again, and replace files, that are there.
        progress: bool, whether to show a progress bar.
        **settings: of `DeepDream`.

    Returns:
        dict of the figures of each layer in the gallery, in the order of `layers`.

    Raises:
        InputError: if the input cannot be dreamed on or lasts more than a minute, a layer is not
            there, or the folder cannot be written to, holds other files of those names, or dreams
            of another sound, model or settings.
    """
    check_network(model)
    layers = list(dict.fromkeys(layers)) or convolutions(model)
    for text in layers:
        objectives.parse(text).check(model)
    check_kind(input_path, model)
    save_input = _reader(input_path, model)
    suffixes = _OF_PICTURE if takes_pictures(model) else _OF_SOUND
    folder = pathlib.Path(folder)
    kind = _fingerprint(input_path, model, settings)
    made = _make_folder(folder)
    try:
        done = _read_record(folder, kind, overwrite)
        names = _file_names(layers, done)
        there = {text: one for text, one in done.items() if _finished(folder, one, suffixes)}
        waiting = [text for text in layers if overwrite or text not in there]
        _check_files(folder, [names[text] for text in waiting], suffixes, overwrite or bool(done))
        done = {text: one for text, one in there.items() if text not in waiting}
        for text in tqdm(waiting, desc="gallery", unit="layer", disable=not progress):
            output, *plot = (folder / f"{names[text]}{suffix}" for suffix in suffixes)
            kept = {"plot": plot[0] if plot else None, "overwrite": True, "progress": False}
            result = dream_file(input_path, output, model, [text], **kept, **settings)
            if not done:
                save_input(folder / f"input{suffixes[0]}")
            done[text] = {"file": names[text], **result.figures()}
            _write(folder, kind, done)
    finally:
        if made and not any(folder.iterdir()):
            folder.rmdir()
    return {text: done[text] for text in layers}


def convolutions(model):
    """Names the convolutions of a model.

    Args:
        model: `keras.Model`.

    Returns:
        list of str, names of layers.

    Raises:
        InputError: if it has none.
    """
    kinds = tuple(
        getattr(keras.layers, f"{kind}{rank}D")
        for kind in ("Conv", "DepthwiseConv", "SeparableConv")
        for rank in (1, 2)
    )
    names = [layer.name for layer in model.layers if isinstance(layer, kinds)]
    if not names:
        raise InputError(no_convolution(model))
    return names


def _reader(path, model):
    """Reads the input; gives a function that writes it to a file."""
    if takes_pictures(model):
        picture = load_picture(path)
        return lambda path: save_picture(path, picture, overwrite=True)
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(
            f"The sample rate of {model.name} is not known. Begin it with a LogMelSpectrogram."
        )
    _check_length(path)
    waveform = np.clip(load(path, rate), -1, 1)
    return lambda path: save(path, waveform, rate, overwrite=True)


def _check_length(path):
    with open_sound(path) as sound:
        seconds = sound.frames / sound.samplerate
    if seconds > MAX_SECONDS:
        raise InputError(
            f"Expected at most {MAX_SECONDS:.0f} s for a gallery. {path} lasts {seconds:.0f} s: "
            "cut a piece out."
        )


def _fingerprint(input_path, model, settings):
    """What dreams of one gallery have in common."""
    weights = hashlib.sha256()
    for values in model.get_weights():
        weights.update(np.ascontiguousarray(values).tobytes())
    return {
        "input": hashlib.sha256(pathlib.Path(input_path).read_bytes()).hexdigest(),
        "model": model.name,
        "weights": weights.hexdigest(),
        "settings": json.loads(json.dumps(settings, default=repr)),
    }


def _read_record(folder, kind, overwrite):
    """Figures of the layers that are there, if the folder holds a gallery of this kind."""
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
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Expected a folder. Received: {folder} ({error.strerror})") from None
    return made


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
