"""The WaveNet that a command is given."""

from keras_sounddream.cli.options.common import quietly
from keras_sounddream.errors import InputError


def load_wavenet(weights):
    """Builds or reads the model that a key or a file is of.

    Args:
        weights: str, key of pretrained weights, or path of a `.keras` file.

    Returns:
        `AudioModel`, a WaveNet.

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
