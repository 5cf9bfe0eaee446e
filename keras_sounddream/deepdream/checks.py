"""What a dream's settings must be; each check names what came."""

import math

from keras_sounddream.deepdream.objectives import Objective
from keras_sounddream.errors import InputError


def check_model(model, objective):
    """Checks that a model takes waveforms and has what an objective reads.

    Args:
        model: `keras.Model`, functional.
        objective: `Objective`.

    Raises:
        InputError: if not.
    """
    shape = model.inputs[0].shape
    if len(model.inputs) != 1 or not (len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1)):
        raise InputError(
            "Expected a model with one input, (batch, samples) or (batch, samples, 1). "
            f"{model.name} takes: {', '.join(str(tensor.shape) for tensor in model.inputs)}"
        )
    if not isinstance(objective, Objective):
        raise InputError(f"Expected an objective, such as layer('conv1'). Got: {objective!r}")
    objective.check(model)


def check_counts(**counts):
    """Checks that settings are whole numbers from 1 to 10000.

    Args:
        **counts: the settings, by name.

    Raises:
        InputError: if one is not.
    """
    for name, value in counts.items():
        if isinstance(value, bool) or not (isinstance(value, int) and 1 <= value <= 10_000):
            raise InputError(f"`{name}` must be an int from 1 to 10000. Received: {value!r}")


def check_range(name, value, most, least=-math.inf, above=-math.inf):
    """Checks that a setting is a number in a range.

    Args:
        name: str.
        value: the setting.
        most: float.
        least: float, the smallest allowed.
        above: float, the largest that is too small.

    Raises:
        InputError: if it is not.
    """
    if not (isinstance(value, int | float) and above < value <= most and value >= least):
        lower = f"above {above:g}" if above > -math.inf else f"at least {least:g}"
        raise InputError(f"`{name}` must be {lower} and at most {most:g}. Received: {value!r}")


def check_seed(seed):
    """Checks that a seed is an int of 32 bits.

    Args:
        seed: the setting.

    Raises:
        InputError: if it is not.
    """
    if not (isinstance(seed, int) and abs(seed) < 2**31):
        raise InputError(f"`seed` must be an int below 2 ** 31. Received: {seed!r}")
