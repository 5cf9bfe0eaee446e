"""Sonification of a file: a folder of sounds, activations, pictures and a page."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import folder_beside
from keras_sounddream.reports.sonification import PAGE, Sound, write_page
from keras_sounddream.sonification import inverse_fft
from keras_sounddream.sonification.activations import read_activations
from keras_sounddream.sonification.checks import check_size
from keras_sounddream.sonification.methods import check_request, output_rate
from keras_sounddream.sonification.random_weights import shuffle_weights
from keras_sounddream.types import Array, PathLike
from keras_sounddream.workflows.media import files_of
from keras_sounddream.workflows.sonify.input_files import name_source, read_source, resize
from keras_sounddream.workflows.sonify.layer_files import LONGEST_MIX, LayerFiles
from keras_sounddream.workflows.sonify.request import Request

if TYPE_CHECKING:
    import keras

IMAGE_SIZE = 256  # pixels of the short edge

_RANDOM = "random_"  # before the names of the baseline's files
_SHOWN_PIXELS = 512  # short edge of the input's picture


def sonify_file(
    input_path: PathLike,
    folder: PathLike,
    model: keras.Model,
    layers: Sequence[str],
    names: Mapping[str, str] | None = None,
    image_size: int = IMAGE_SIZE,
    random_weights: bool = False,
    overwrite: bool = False,
    progress: bool = True,
    **request: Any,
) -> list[Sound]:
    """Makes the activations of layers on a file audible, in a folder with a page to listen to.

    Each layer has `activations-<name>_<label>.npz` and `.png`, its feature maps as numbers and as
    a grid of pictures, and for each way to combine a sound
    `activations-<name>_<label>_<combine>.wav` (a folder of them for `"separate"`) and its plot
    `graph_activations-….png`; several layers have `all-<combine>_<label>.wav`, their mix
    (`all-<combine>_tuned_…` of a product). Files of another method than `"ifft"` have its name
    before `<combine>`. The label is the likeliest class, or the file's own name if the model has
    no classes.

    Args:
        input_path: a sound or picture file.
        folder: the folder to make.
        model: takes sounds or pictures.
        layers: names of layers.
        names: from a layer to its name in files; by default its own name.
        image_size: pixels that a picture's short edge is resized to; 0 for no change.
        random_weights: whether the same is made with weights in random order, too, in files that
            begin with `random_`.
        overwrite: whether such a folder that exists may be replaced.
        progress: whether to show a progress bar.
        **request: fields of `Request`.

    Returns:
        list of `reports.sonification.Sound`, the sounds that were made.

    Raises:
        InputError: if the file is not for the model, a layer or setting is wrong, or the folder may
            not be written.
    """
    chosen = Request(**request)
    check = (model, layers, chosen.method, chosen.combines, chosen.mix)
    check_request(*check, chosen.sample_rate, chosen.level_db, chosen.settings)
    source = read_source(model, input_path, image_size)
    check_size(model, layers, source[np.newaxis])
    label = name_source(model, source, input_path, chosen.preprocessing)
    called = {name: plain_name((names or {}).get(name, name)) for name in layers}
    models = {"": model}
    if random_weights:
        models[_RANDOM] = shuffle_weights(model, chosen.seed)
    sounds = []
    with folder_beside(folder, overwrite, holds=PAGE) as temporary:
        shown = _write_source(temporary, source, model)
        for prefix, network in models.items():
            writer = LayerFiles(temporary, prefix, label, called, model, source, chosen)
            work = _inverted if chosen.method == "invert" else _sonified
            sounds += work(writer, network, progress)
        write_page(temporary / PAGE, f"What {model.name} makes of {label}", shown, sounds)
    return sounds


def _sonified(writer, model, progress):
    """The `Sound`s of layers and of their mixes, which are written."""
    request = writer.request
    with tqdm(desc=f"{writer.prefix}layers", unit="strip", disable=not progress) as bar:
        (activations,) = read_activations(
            model,
            writer.source,
            list(writer.called),
            request.legacy,
            request.preprocessing,
            tell=lambda done, _: bar.update(),
        )
    return write_layers(writer, activations, progress)


def write_layers(
    writer: LayerFiles,
    activations: Mapping[str, Sequence[Array]],
    progress: bool,
    mixing: bool = True,
) -> list[Sound]:
    """The `Sound`s of planes by their layers, and, if `mixing`, of their mixes: written."""
    sounds: list[Sound] = []
    to_mix: dict[str, list[Any]] = {combine: [] for combine in writer.request.combines}
    for layer, planes in tqdm(activations.items(), "sounds", unit="layer", disable=not progress):
        combined, blocks = writer.combined(layer, planes, writer.planes(layer, planes))
        sounds += combined
        for combine, signal in blocks.items():
            to_mix[combine].append(signal)
    for combine, signals in to_mix.items():
        if mixing and len(signals) > 1:
            sounds += _mixed(writer, combine, signals)
    return sounds


def _mixed(writer, combine, layers):
    if any(blocks is None for blocks in layers):
        text = f"The layers are not mixed by {combine}: they are longer than {LONGEST_MIX} samples."
        warnings.warn(text, InputWarning, stacklevel=2)
        return []
    mixed = inverse_fft.mix([np.concatenate(blocks) for blocks in layers], writer.request.mix)
    if writer.request.level_db is not None:
        mixed = inverse_fft.bring_to_level(mixed, writer.request.level_db)
    tuned = "_tuned" if writer.request.mix == "product" else ""
    name = f"{writer.prefix}all-{writer.ending(combine)}{tuned}_{writer.label}"
    return [writer.whole(name, f"all, {combine}{tuned.replace('_', ', ')}", mixed)]


def _inverted(writer, model, progress):
    from keras_sounddream.sonification.feature_inversion import invert

    request, sounds = writer.request, []
    for layer in writer.called:
        settings = {"seed": request.seed, "progress": progress, **request.settings}
        waveform = invert(model, writer.source, [layer], **settings).waveform[0]
        if request.level_db is not None:
            waveform = inverse_fft.bring_to_level(waveform, request.level_db)
        sounds.append(writer.whole(f"{writer.name(layer)}_invert", layer, np.asarray(waveform)))
    return sounds


def _write_source(folder, source, model):
    """The name of the input's file, which is written beside the rest."""
    files = files_of(model)
    name = f"input{files.gallery_suffixes[0]}"
    is_picture = source.ndim == 3
    shown = resize(source, min(_SHOWN_PIXELS, *source.shape[:2])) if is_picture else source
    shown = shown if is_picture else np.clip(shown, -1, 1)
    files.save(folder / name, shown[np.newaxis], output_rate(model, "mask", None), False)
    return name


def plain_name(name: str) -> str:
    """A name for files: letters, digits, hyphens and underscores."""
    text = "".join(c if c.isalnum() or c in "-_." else "-" for c in str(name))
    if not text.strip("-_."):
        raise InputError(f"Expected a name of letters or digits for files. Received: {name!r}")
    return text
