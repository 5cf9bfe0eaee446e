"""TensorFlow checkpoints."""

import pathlib
import re

import tensorflow as tf

from keras_sounddream.convert.binary import ReadingError
from keras_sounddream.types import Array

_SLOT = re.compile(r"(.+)/(Adam|RMSProp|Momentum|Adagrad|Adadelta|Ftrl)(_\d+)?")
_COUNTERS = re.compile(r"(.*/)?(global_step|beta[12]_power(_\d+)?|save_counter/.*)")


def read(path: pathlib.Path) -> dict[str, Array]:
    """Variables by name, of the checkpoint with the prefix `path`.

    Slots of optimizers and step counters are left out.
    """
    try:
        reader = tf.train.load_checkpoint(str(path))
        kinds = reader.get_variable_to_dtype_map()
        names = [name for name in sorted(kinds) if _is_weight(name, kinds)]
        arrays = {name: reader.get_tensor(name) for name in names}
    except (tf.errors.OpError, ValueError, LookupError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ReadingError(
            f"it is no complete TensorFlow checkpoint ({reason}). Put its .index and .data files "
            "side by side"
        ) from None
    if not arrays:
        raise ReadingError("it holds no variables of numbers")
    return arrays


def _is_weight(name, kinds):
    slot = _SLOT.fullmatch(name)
    if _COUNTERS.fullmatch(name) or (slot and slot[1] in kinds):
        return False
    return kinds[name].is_floating or kinds[name].is_integer or kinds[name].is_bool
