"""Objectives by name: from layers, channels, classes and files of guides."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence

import keras

from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.network.calls import layer_names
from keras_sounddream.deepdream.network.lookup import no_convolution
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.objectives.spelling import GUIDANCES, check_guides
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.classes import find_class
from keras_sounddream.workflows.media import files_of


def find_objective(
    model: keras.Model,
    layers: Sequence[str] = (),
    guides: Sequence[PathLike] = (),
    label: str | None = None,
    preprocessing: str | None = None,
    guidance: str = GUIDANCES[0],
) -> Objective:
    """Makes the objective that layers, guides and a class stand for.

    Args:
        model: takes waveforms or pictures.
        layers: each `"NAME"` or `"NAME:CHANNEL"`; by default a middle convolution.
        guides: sound or picture files whose features in `layers` are to be reached.
        label: a class whose logit is raised: a label, or a number; `"OUTPUT:NUMBER"` where a model
            has several outputs.
        preprocessing: a key of `deepdream.params.pixels.MODES` for guides that are pictures; by
            default `"tf"`, or `"none"` where the model preprocesses them itself.
        guidance: the objective of guides: `"guided"`, `"guided_locally"` or `"matched"`.

    Returns:
        `Objective`.

    Raises:
        InputError: if the model lacks a layer, channel or class, or a guide cannot be read.
    """
    terms = []
    files = files_of(model)
    check_guides(layers, guides, guidance)
    if label is not None:
        terms.append(objectives.logit(*find_class(model, label)))
    if guides:
        names = list(layers) or [middle_layer(model)]
        arrays = [files.guide(path, model, preprocessing) for path in guides]
        terms.append(_guided(guidance, model, names, arrays).named(_in_words(guides)))
    elif layers or not terms:
        terms += [objectives.parse(text) for text in layers or [middle_layer(model)]]
    return sum(terms)


def _guided(guidance, model, names, guides) -> Objective:
    """The objective of guides in layers; `matched` takes one layer at a time."""
    if guidance == "matched":
        return sum(objectives.matched(model, name, guides) for name in names)
    make: Callable[..., Objective] = getattr(objectives, guidance)
    return make(model, names, guides)


def _in_words(guides):
    """Guides by the names of their files."""
    names = " and ".join(pathlib.Path(path).name for path in guides)
    return f"{'guide' if len(guides) == 1 else 'guides'} {names}"


def middle_layer(model: keras.Model) -> str:
    """The name of a convolution two thirds of the way from the input to the output.

    Raises:
        InputError: if the model has no convolution.
    """
    kinds = (keras.layers.Conv1D, keras.layers.Conv2D)
    names = layer_names(model, kinds)
    if not names:
        raise InputError(no_convolution(model))
    return names[2 * len(names) // 3]
