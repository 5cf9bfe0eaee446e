"""`sounddream train filter`: a network learns to dream in one pass."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    SEED,
    FiniteRange,
    check_outputs,
    force_option,
    given,
    load_any,
    model_options,
    quietly,
    table_options,
)
from keras_sounddream.cli.options.dream import (
    class_option,
    layer_option,
    read_style_layer,
    style_layer_option,
)
from keras_sounddream.cli.options.model_output import (
    check_model_output,
    folder_option,
    model_output_option,
    write_model,
)
from keras_sounddream.cli.options.sounds import leave_out_option
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder
from keras_sounddream.training.filters.settings import Settings

_STYLE_LEVEL_DB = -25.0
_STORED_PIXELS = 512  # height and width at which pictures are kept
_TRAINING = {
    "--steps": (COUNT, "Training steps.  [default: 2000]"),
    "--batch-size": (COUNT, "Crops per step.  [default: 4]"),
    "--crop-seconds": (POSITIVE, "Length of a crop of sounds, s.  [default: 2.5]"),
    "--crop-pixels": (COUNT, "Height and width of a crop of pictures.  [default: 160]"),
    "--smallest": (
        POSITIVE,
        "Pictures: smallest scale at which the dream is read.  [default: 0.6, of a style 1]",
    ),
    "--learning-rate": (POSITIVE, "Highest learning rate.  [default: 0.002]"),
    "--keep": (NOT_NEGATIVE, "Weight of what is lost, or changed.  [default: 0.2]"),
    "--strength": (
        FiniteRange(0, 1),
        "Sounds: strength of the dream to learn.  [default: 0.5]",
    ),
    "--seed": (SEED, "Seed of weights and crops.  [default: 0]"),
}
_OF_KIND = {"sound": ("crop_seconds", "strength"), "picture": ("crop_pixels", "smallest")}
_OF_STYLES = {"sound": {"level_db": _STYLE_LEVEL_DB}, "picture": {"smallest": 1.0}}


@click.command("filter")
@model_options
@layer_option("Layer, or channel of a layer, to dream on; can be repeated.")
@class_option
@click.option(
    "--style",
    "styles",
    multiple=True,
    metavar="FILE",
    help="Sound or picture whose style the filter gives to others, in place of a dream; can be "
    "repeated.",
)
@style_layer_option
@click.option(
    "--data",
    "folders",
    required=True,
    multiple=True,
    metavar="FOLDER",
    help="Folder of sounds, or of pictures; can be repeated.",
)
@leave_out_option
@table_options(_TRAINING)
@folder_option("filter_training", "Folder of the decoded files and of the training state")
@model_output_option
@force_option()
def command(
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    label: str | None,
    styles: tuple[str, ...],
    style_layers: tuple[str, ...],
    folders: tuple[str, ...],
    leave_out: tuple[str, ...],
    folder: str,
    output: str,
    force: bool,
    **settings: Any,
) -> None:
    """Trains a filter to do in one pass what a dream finds step by step.

    A filter of sounds is causal and small: `sounddream export` makes it a file for `sounddream
    live`. A filter of pictures takes any size.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    known = early.check_any(model_name, weights)
    early.check_dream(known, {"layers": layers, "label": label})
    read_layers = _check_styles(known, styles, style_layers, layers or label is not None)
    paths = _found(known.kind, folders, leave_out)
    settings = given(settings)
    _check_settings(known.kind, settings)
    dream_settings = {n: settings.pop(n) for n in ("strength",) if n in settings}
    Settings(**settings)  # refuses what is out of range
    model, required = load_any(model_name, weights, include_top=label is not None)
    with quietly():
        from keras_sounddream.training import filters
    objective = {"layers": layers, "label": label, "styles": styles, "style_layers": read_layers}
    dream = _dream(model, **objective, **dream_settings, **required)
    if known.kind is None:  # a file, whose kind is known now
        _check_settings(dream.kind, {**settings, **dream_settings})
        paths = _found(dream.kind, folders, leave_out)
    own = _OF_STYLES[dream.kind] if styles else {}
    chosen = Settings(**{**own, **settings})
    data = _stored(paths, folder, dream, chosen.crop_pixels)
    trained = filters.train(dream, data, folder, chosen)
    write_model(trained, output, force)
    click.echo(f"{output}: {trained.count_params():,} weights, {chosen.steps} steps")


def _check_settings(kind, settings):
    """Refuses settings of the other kind of filter."""
    if kind is not None:
        for name in settings.keys() & set(_OF_KIND["picture" if kind == "sound" else "sound"]):
            raise InputError(f"--{name.replace('_', '-')} does not go with {kind}s. Leave it out.")


def _check_styles(known, styles, style_layers, dreams):
    """The layers of a style, read, after a check that its options and files can be."""
    if style_layers and not styles:
        raise InputError("--style-layer needs a --style, a sound or a picture.")
    if styles and dreams:
        raise InputError("A filter learns a --style or a dream of --layer or --class, not both.")
    rows = [read_style_layer(text) for text in style_layers]
    early.check_layers(known, [row[0] for row in rows])
    early.check_inputs(known, styles, "take a style of", long=False)
    return rows


def _dream(model, layers, label, styles, style_layers, **settings):
    """The dream, or the style, that is learnt."""
    with quietly():
        from keras_sounddream.deepdream.model import DeepDream
        from keras_sounddream.workflows.objective_from_files import find_objective
        from keras_sounddream.workflows.style import filter_dream
    if styles:
        return filter_dream(model, styles, _STYLE_LEVEL_DB, style_layers or None, **settings)
    return DeepDream(model, find_objective(model, layers, label=label), **settings)


def _found(kind, folders, leave_out):
    """Sound or picture files of some folders, whose names match no pattern; of no kind, either."""
    from keras_sounddream.datasets.file_lists import find_pictures, find_sounds, without

    pictures = [] if kind == "sound" else [p for f in folders for p in find_pictures(f)]
    if kind == "picture" and not pictures:
        raise InputError(f"Expected pictures in {', '.join(folders)}. Found none.")
    return without(pictures or [p for f in folders for p in find_sounds(f)], leave_out)


def _stored(paths, folder, dream, pixels):
    """Sounds or pictures to train on, decoded once into a file of the training's folder."""
    if dream.kind == "picture":
        from keras_sounddream.training.transfer.picture_batches import StoredPictures

        size = max(_STORED_PIXELS, pixels)
        return StoredPictures(paths, size, keep_folder(folder), broken="skip")
    from keras_sounddream.datasets.corpus_cache import store_sounds
    from keras_sounddream.datasets.file_lists import SoundFiles

    return store_sounds(SoundFiles(tuple(paths), {}), folder, dream.sample_rate)
