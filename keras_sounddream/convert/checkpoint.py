"""TensorFlow's checkpoints."""

import re

import tensorflow as tf

from keras_sounddream.convert._reading import ReadingError

_SLOT = re.compile(r"(.+)/(Adam|RMSProp|Momentum|Adagrad|Adadelta|Ftrl)(_\d+)?")
_COUNTERS = re.compile(r"(.*/)?(global_step|beta[12]_power(_\d+)?|save_counter/.*)")


def read(path):
    """Reads the variables of a checkpoint.

    Args:
        path: `pathlib.Path` that its files begin with, such as `model.ckpt-100`.

    Returns:
        dict from the variable's name to array. What an optimizer keeps of a variable, and counters
        of steps, are left out.

    Raises:
        ReadingError: if it is broken, or a part of it is missing.
    """
    try:
        reader = tf.train.load_checkpoint(str(path))
        kinds = reader.get_variable_to_dtype_map()
        names = [name for name in sorted(kinds) if _is_weight(name, kinds)]
        found = {name: reader.get_tensor(name) for name in names}
    except (tf.errors.OpError, ValueError, LookupError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ReadingError(
            f"it is no whole TensorFlow checkpoint ({reason}). Put its .index and .data files "
            "side by side"
        ) from None
    if not found:
        raise ReadingError("it holds no variables of numbers")
    return found


def _is_weight(name, kinds):
    slot = _SLOT.fullmatch(name)
    if _COUNTERS.fullmatch(name) or (slot and slot[1] in kinds):
        return False
    return kinds[name].is_floating or kinds[name].is_integer or kinds[name].is_bool
