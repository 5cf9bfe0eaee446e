"""Models that `sounddream export` takes by a name: of the zoo, generators, dream filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from keras_sounddream.applications.pretrained import weights_path
from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import given, load_any, quietly
from keras_sounddream.cli.options.generator_model import (
    check_generator,
    check_no_weights,
    is_weights,
    load_generator,
)
from keras_sounddream.deepdream.settings import FIELDS
from keras_sounddream.errors import InputError
from keras_sounddream.filters import pretrained as filters

if TYPE_CHECKING:
    import keras

_FILTERS = {  # name: kind, and keys of weights
    filters.NAME: ("sound", filters.PRETRAINED),
    filters.PICTURE_NAME: ("picture", filters.PICTURES),
}


def known_model(model_name: str, weights: str | None) -> early.Known:
    """Facts that names reveal of a model, a generator or a dream filter, and of its weights.

    Raises:
        InputError: if there is no such model, or no such weights.
    """
    if is_weights(model_name):
        check_generator(model_name)
        check_no_weights(model_name, weights)
        return early.Known(model_name)
    if model_name not in _FILTERS:
        return early.check_any(model_name, weights)
    kind, pretrained = _FILTERS[model_name]
    if weights is not None:
        weights_path(weights, pretrained)
    return early.Known(model_name, kind)


def check_takes(model_name: str, names: Iterable[str]) -> None:
    """Checks that a generator or a dream filter gets no layer, settings of a dream or sounds.

    Raises:
        InputError: with the option of the first of `names`, those of arguments, that it gets.
    """
    useless = {"layer", "sounds", "layers", "label", "guides", "guidance", "preset", *FIELDS}
    if model_name == filters.PICTURE_NAME:
        useless.remove("sounds")
    elif model_name not in _FILTERS and not is_weights(model_name):
        return
    for name in names:
        if name in useless:
            raise InputError(f"{model_name} is exported without {option_of(name)}: leave it out.")


def option_of(name: str) -> str:
    """The option of an argument of the command."""
    names = {"layer": "embedding", "layers": "layer", "label": "class", "sounds": "sound"}
    names |= {"guides": "guide"}
    return f"--{names.get(name, name).replace('_', '-')}"


def load_exported(model_name: str, weights: str | None) -> tuple[keras.Model, dict[str, Any]]:
    """A model, a generator or a dream filter, and settings of a dream that it requires."""
    if is_weights(model_name):
        return load_generator(model_name), {}
    if model_name not in _FILTERS:
        return load_any(model_name, weights)
    with quietly():
        from keras_sounddream.filters import DreamFilter, PictureFilter
    build = DreamFilter if model_name == filters.NAME else PictureFilter
    return build(**given({"weights": weights})), {}
