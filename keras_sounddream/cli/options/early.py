"""Checks of a command line before TensorFlow is imported: models, inputs, objectives."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import pathlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from keras_sounddream.applications import pretrained
from keras_sounddream.deepdream import settings as dream_settings
from keras_sounddream.deepdream.network.class_labels import every_label, find_in_labels
from keras_sounddream.deepdream.objectives.spelling import GUIDANCES, check_guides, read_layer
from keras_sounddream.errors import InputError, InputWarning, unknown_name
from keras_sounddream.files import is_stream


@dataclasses.dataclass(frozen=True)
class Known:
    """Facts that the names of a model and of its weights reveal.

    Attributes:
        name: of the model, as it was given.
        kind: of its inputs, `"sound"` or `"picture"`; `None` for a file.
        find_labels: function that gives the labels of its classes, by the output if it has
            several; or `None` if they are not known.
        layers: names of its layers; `None` if they are not known.
    """

    name: str
    kind: str | None = None
    find_labels: Any = lambda: None
    layers: tuple[str, ...] | None = None

    @functools.cached_property
    def labels(self) -> pretrained.KnownLabels:
        """The labels of its classes; `None` if they are not known."""
        return self.find_labels()


def check_any(model_name: str, weights: str | None, to_look_at: bool = False) -> Known:
    """Checks a model of the zoo, a `.keras` file, or a network for pictures, and its weights.

    `to_look_at`: random weights are enough.

    Raises:
        InputError: if there is no such model, or no such weights.
    """
    from keras_sounddream.images import io

    if model_name in io.NETWORKS:
        if not to_look_at:
            io.check_weights(model_name, weights)
        return Known(
            model_name, "picture", functools.partial(pretrained.read_labels, "imagenet.txt")
        )
    if not model_name.endswith(".keras"):
        try:
            pretrained.find_constructor(model_name)
        except InputError as error:
            raise InputError(f"{error}{_near_pictures(model_name, io.NETWORKS)}") from None
    return check_model(model_name, weights, trained=not to_look_at)


def _near_pictures(name, networks):
    """The nearest networks for pictures, as words behind an error."""
    near = difflib.get_close_matches(name, networks, n=4) or ["inception_v3", "mobilenet", "vgg19"]
    return f" For pictures: {', '.join(near)}; docs/guides/pictures.md lists all."


def check_tuned(model_name: str, weights: str | None, output: str) -> Known:
    """Checks a model to fine-tune, its weights, and the suffix of the file to write.

    Raises:
        InputError: if there is no such model, no such weights, or the file cannot hold the model.
    """
    from keras_sounddream.images import io

    if model_name not in io.NETWORKS:
        return check_model(model_name, weights)
    if not output.endswith(".keras"):
        raise InputError(f"Expected a .keras file for a network of pictures. Received: {output}")
    if weights not in (None, "random") or (weights is None and io.NETWORKS[model_name].weights):
        io.check_weights(model_name, weights)
    return Known(model_name, "picture")


def check_model(model_name: str, weights: str | None, trained: bool = True) -> Known:
    """Checks a model of the zoo or a `.keras` file, and its weights if it is to have some."""
    from keras_sounddream.applications import keras_files
    from keras_sounddream.applications.weights import pretrained_path

    if model_name.endswith(".keras"):
        keras_files.check_file(model_name)
        if weights is not None:
            pretrained_path(weights, {})
        return Known(model_name)
    constructor, _ = pretrained.find_constructor(model_name)
    kind = "picture" if constructor in pretrained.OF_PICTURES else "sound"
    layers = pretrained.layer_names(constructor)
    if not trained:
        return Known(model_name, kind, layers=layers)
    pretrained.check_weights(constructor, weights)
    labels = functools.partial(pretrained.known_labels, constructor, weights)
    return Known(model_name, kind, labels, layers)


def check_sound_model(model_name: str, weights: str | None, who: str) -> Known:
    """As `check_model`, of models that take sounds; `who` begins the error, such as `"A page"`."""
    if not model_name.endswith(".keras"):
        constructor, _ = pretrained.find_constructor(model_name)
        if constructor in pretrained.OF_PICTURES:
            raise InputError(f"{who} dreams sounds, and {model_name} takes pictures.")
    return check_model(model_name, weights)


def check_inputs(
    known: Known, paths: Iterable[str], purpose: str | None = None, long: bool = True
) -> None:
    """Checks that files can be read as what a model takes.

    Pipes, which can be read only once, are passed over; of long sounds the beginning is read.

    Args:
        known: the model.
        paths: of sounds or pictures.
        purpose: completes "Expected sound to …", of silence; `None` where it is allowed.
        long: whether sounds may last longer than what is dreamed at once.

    Raises:
        InputError: if one cannot be used.
    """
    from keras_sounddream.images.io import is_picture
    from keras_sounddream.workflows.media import PICTURE_FILES, SOUND_FILES, too_long

    for path in paths:
        if is_stream(path):
            continue
        with warnings.catch_warnings(record=True) as caught:  # they are given when it is used
            warnings.simplefilter("always", InputWarning)
            if known.kind == "picture" or (known.kind is None and is_picture(path)):
                PICTURE_FILES.read(path, known)
                continue
            source = SOUND_FILES.read(path, known)
        if source.is_long and not long:
            raise too_long(path)
        if purpose and not source.is_long and not source.data.any():
            for warning in caught:
                warnings.warn(warning.message, stacklevel=2)
            raise InputError(f"Expected sound to {purpose}, but {path} is silent.")


def list_clips(read: Callable[[str], Any], data: str) -> Any:
    """The list that `read` makes of a folder; `None` for a data set's name, which needs TFDS."""
    from keras_sounddream.datasets.tfds.archives import is_data_set

    return None if is_data_set(data) else read(data)


def check_folder(folder: str) -> None:
    """Checks that a folder to write to is one, if there is something of that name."""
    if pathlib.Path(folder).exists() and not pathlib.Path(folder).is_dir():
        raise InputError(f"Expected a folder. Received: {folder} (a file is there).")


def check_output(known: Known, output: str, force: bool) -> None:
    """Checks that an output's suffix is of a format of the model's kind."""
    from keras_sounddream.workflows.media import PICTURE_FILES, SOUND_FILES

    if known.kind is not None:
        files = SOUND_FILES if known.kind == "sound" else PICTURE_FILES
        files.check_output(output, force)


def check_dream(known: Known, options: Mapping[str, Any]) -> None:
    """Checks spelled layers, a class where the labels are known, guides, and names of settings.

    Args:
        known: the model.
        options: of the command, by name, `None` or empty where they were not given.

    Raises:
        InputError: if they cannot be, or do not go together.
    """
    layers, guides = options.get("layers", ()), options.get("guides", ())
    guidance, label = options.get("guidance"), options.get("label")
    if guidance and not guides:
        raise InputError(f"--guidance {guidance} needs a --guide, a sound or a picture.")
    check_layers(known, layers)
    check_guides(layers, guides, guidance or GUIDANCES[0])
    if label is not None and known.labels is not None:
        _check_label(known, label)
    if known.kind is not None:
        given = {name for name, value in options.items() if value not in (None, ())}
        dream_settings.check_names(known.kind, given & set(dream_settings.FIELDS))


def check_layers(known: Known, layers: Iterable[str]) -> None:
    """Checks layers, each perhaps with a channel behind a colon, by the names that are known."""
    for text in layers:
        name, _ = read_layer(text)
        if known.layers is not None and name not in known.layers:
            raise InputError(unknown_name(f"{known.name} has", "layer", name, known.layers))


def _check_label(known, label):
    labels = every_label(known.labels)
    if label in labels or not label.rpartition(":")[2].isdecimal():
        find_in_labels(known.name, known.labels, label)
    elif label.isdecimal() and not isinstance(known.labels, Mapping) and int(label) >= len(labels):
        raise InputError(f"{known.name} has classes 0 to {len(labels) - 1}. Received: {label!r}")
