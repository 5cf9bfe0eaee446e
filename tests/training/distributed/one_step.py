"""One training step by one device and by two, compared with the effect of rounding alone.

    python one_step.py ACTIVATION DTYPE

Prints JSON: for each of `two_devices` and `last_bits` (one device whose first weights differ at
random in the last bit), the largest difference of Adam's momentum, which after one step is a tenth
of the gradient, relative to its largest value.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.distributed.train_step import SharedSteps

BATCH, FRAMES, BANDS, CLASSES = 8, 40, 32, 5


def build(activation):
    """Convolutions, each with a batch normalisation; with rectifiers a max-pool, too."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((FRAMES, BANDS, 1))
    x = layers.BatchNormalization(axis=2)(inputs)
    for filters in (8, 16, 16):
        x = layers.Conv2D(filters, 3, use_bias=False, activation=activation)(x)
        x = layers.BatchNormalization()(x)
    if activation == "relu":
        x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def batch():
    rng = np.random.default_rng(0)
    inputs = rng.normal(-3, 2, (BATCH, FRAMES, BANDS, 1))
    return inputs, np.eye(CLASSES)[rng.integers(0, CLASSES, BATCH)]


def momentum(activation, devices, last_bits=False):
    """Adam's momentum after one step, an array per weight."""
    strategy = tf.distribute.MirroredStrategy(devices)
    with strategy.scope():
        model = build(activation)
        if last_bits:
            model.set_weights([_with_other_last_bits(w) for w in model.get_weights()])
        strategies.prepare(model, strategy)
        model.compile(optimizer="adam", loss="categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
    SharedSteps(model, strategy).train([batch()])
    variables = model.optimizer.variables
    return [np.asarray(v.value) for v in variables if v.path.endswith("momentum")]


def _with_other_last_bits(weights):
    towards = np.random.default_rng(1).choice([-9.0, 9.0], weights.shape)
    return np.nextafter(weights, towards.astype(weights.dtype))


def largest_difference(one, other):
    one, other = (np.concatenate([part.ravel() for part in parts]) for parts in (one, other))
    return float(np.abs(one - other).max() / np.abs(one).max())


def main(activation, dtype):
    keras.config.set_floatx(dtype)
    processor = tf.config.list_physical_devices("CPU")[0]
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, halves)
    one = momentum(activation, ["CPU:0"])
    others = {
        "two_devices": momentum(activation, ["CPU:0", "CPU:1"]),
        "last_bits": momentum(activation, ["CPU:0"], last_bits=True),
    }
    print(json.dumps({name: largest_difference(one, other) for name, other in others.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
