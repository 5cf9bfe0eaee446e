"""`sounddream train filter`: a network learns to dream in one pass."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    WHOLE,
    check_outputs,
    force_option,
    given,
    load_model,
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

_STYLE_LEVEL_DB = -25.0
_TRAINING = {
    "--steps": (COUNT, "Training steps.  [default: 2000]"),
    "--batch-size": (COUNT, "Crops per step.  [default: 4]"),
    "--crop-seconds": (POSITIVE, "Length of a crop, s.  [default: 2.5]"),
    "--learning-rate": (POSITIVE, "Highest learning rate.  [default: 0.002]"),
    "--keep": (NOT_NEGATIVE, "Weight of what is lost of the sound.  [default: 0.2]"),
    "--strength": (NOT_NEGATIVE, "Strength of the dream that is learnt.  [default: 0.5]"),
    "--seed": (WHOLE, "Seed of weights and crops.  [default: 0]"),
}


@click.command("filter")
@model_options
@layer_option("Layer, or channel of a layer, to dream on; can be repeated.")
@class_option
@click.option(
    "--style",
    "styles",
    multiple=True,
    metavar="FILE",
    help="Sound whose style the filter gives to others, in place of a dream; can be repeated.",
)
@style_layer_option
@click.option(
    "--data",
    "folders",
    required=True,
    multiple=True,
    metavar="FOLDER",
    help="Folder of sounds; can be repeated.",
)
@leave_out_option
@table_options(_TRAINING)
@folder_option("filter_training", "Folder of the decoded sounds and of the training state")
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

    The filter is causal and small: `sounddream export` makes it a file for `sounddream live`.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    known = early.check_model(model_name, weights)
    early.check_dream(known, {"layers": layers, "label": label})
    read_layers = _check_styles(known, styles, style_layers, layers or label is not None)
    listed = _listed(folders, leave_out)
    settings = given(settings)
    strength = {name: settings.pop(name) for name in ("strength",) if name in settings}
    model, _ = load_model(model_name, weights)
    with quietly():
        from keras_sounddream.datasets.corpus_cache import store_sounds
        from keras_sounddream.deepdream.model import DeepDream
        from keras_sounddream.training import filters
        from keras_sounddream.workflows.objective_from_files import find_objective
        from keras_sounddream.workflows.style import filter_dream
    level = {"level_db": _STYLE_LEVEL_DB} if styles else {}
    chosen = filters.Settings(**settings, **level)
    if styles:
        dream = filter_dream(model, styles, _STYLE_LEVEL_DB, read_layers or None, **strength)
    else:
        dream = DeepDream(model, find_objective(model, layers, label=label), **strength)
    sounds = store_sounds(listed, folder, dream.sample_rate)
    trained = filters.train(dream, sounds, folder, chosen)
    write_model(trained, output, force)
    click.echo(f"{output}: {trained.count_params():,} weights, {chosen.steps} steps")


def _check_styles(known, styles, style_layers, dreams):
    """The layers of a style, read, after a check that its options and files can be."""
    if style_layers and not styles:
        raise InputError("--style-layer needs a --style, a sound.")
    if styles and dreams:
        raise InputError("A filter learns a --style or a dream of --layer or --class, not both.")
    rows = [read_style_layer(text) for text in style_layers]
    early.check_layers(known, [row[0] for row in rows])
    early.check_inputs(known, styles, "take a style of", long=False)
    return rows


def _listed(folders, leave_out):
    """The sounds of some folders whose names match none of the patterns."""
    from keras_sounddream.datasets.file_lists import SoundFiles, find_sounds, without

    paths = [path for folder in folders for path in find_sounds(folder)]
    return SoundFiles(tuple(without(paths, leave_out)), {})
