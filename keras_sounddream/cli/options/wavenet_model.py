"""Loading of the WaveNet that a command is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keras_sounddream.applications import keras_files
from keras_sounddream.applications.wavenet.pretrained import PRETRAINED
from keras_sounddream.cli.options.common import quietly
from keras_sounddream.errors import InputError

if TYPE_CHECKING:
    import keras


def load_wavenet(weights: str) -> keras.Model:
    """The WaveNet of a key of pretrained weights, or of a `.keras` file.

    Raises:
        InputError: if there is none.
    """
    if not weights.endswith(".keras") and weights not in PRETRAINED:
        raise InputError(
            f"Expected a .keras file, as model.save writes it, or pretrained weights "
            f"({', '.join(PRETRAINED)}). Received: {weights}. `sounddream convert wavenet` makes "
            ".keras files of weights alone."
        )
    if weights not in PRETRAINED:
        keras_files.check_file(weights)
    with quietly():
        from keras_sounddream.applications import wavenet
        from keras_sounddream.applications.registry import read_model

        if weights in PRETRAINED:
            return wavenet.WaveNet(weights=weights)
        model = read_model(weights)
    if not hasattr(model, "plan"):
        raise InputError(f"Expected a WaveNet. {weights} holds another model, {model.name}.")
    return model


def known_conditions(weights: str) -> Mapping[str, Sequence[str]] | None:
    """The labels of each condition of pretrained weights, known without Keras; else `None`."""
    row = PRETRAINED.get(weights)
    return None if row is None else row["plan"].get("conditions", {})
