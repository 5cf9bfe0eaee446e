"""Loading of the WaveNet that a command is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_sounddream.cli.options.common import quietly
from keras_sounddream.errors import InputError

if TYPE_CHECKING:
    import keras


def load_wavenet(weights: str) -> keras.Model:
    """The WaveNet of a key of pretrained weights, or of a `.keras` file.

    Raises:
        InputError: if there is none.
    """
    with quietly():
        from keras_sounddream.applications import wavenet
        from keras_sounddream.applications.registry import read_model

        if not weights.endswith(".keras"):
            if weights not in wavenet.PRETRAINED:
                known = ", ".join(wavenet.PRETRAINED) or "none yet"
                raise InputError(
                    f"Expected a .keras file, as model.save writes it, or pretrained weights "
                    f"({known}). Received: {weights}. `sounddream convert wavenet` makes .keras "
                    "files of weights alone."
                )
            return wavenet.WaveNet(weights=weights)
        model = read_model(weights)
    if not hasattr(model, "plan"):
        raise InputError(f"Expected a WaveNet. {weights} holds another model, {model.name}.")
    return model
