"""A process that trains a small network: alone, on two devices, or as one worker of two.

    python work_together.py KIND FOLDER [STEP_TO_DIE_AT]

KIND is `one`, `mirrored` (two processors of this process) or `multiworker` (by `TF_CONFIG`). Writes
`FOLDER/KIND-WORKER.npz`, and prints the steps that it made.
"""

import os
import pathlib
import signal
import sys

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.training import strategies
from keras_sounddream.training.balanced import BalancedBatches, in_batches
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.steps import LearningRateDrop

STEPS = 12


class Killer(keras.callbacks.Callback):
    """Ends the process, as an interruption would, at the begin of a step; counts the steps."""

    def __init__(self, at):
        super().__init__()
        self.at, self.steps, self.writes = at, [], True

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.steps.append(epoch)


def build():
    inputs = keras.Input((6, 4))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))


def main(kind, folder, die_at=-1):
    strategy = strategies.find("multiworker") if kind == "multiworker" else None
    if kind == "mirrored":
        processors = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], processors
        )
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    folder, rng, killer = pathlib.Path(folder), np.random.default_rng(0), Killer(int(die_at))
    state = folder / f"state-{kind}"
    drop = LearningRateDrop(state, 1e-4, 4)
    sounds = rng.normal(1, 2, (40, 6, 4)).astype("float32")
    labels = np.arange(40) % 2
    checked = in_batches((sounds[:9], np.eye(2)[labels[:9]]), 4)
    if strategy is None:
        checked = sounds[:9], np.eye(2)[labels[:9]]
    model = fit(
        build,
        BalancedBatches(sounds, labels, 2, STEPS, batch_size=8),
        state,
        seed=1,
        callbacks=[drop, killer],
        save_every=4,
        validation_data=checked,
        validation_freq=6,
        strategy=strategy,
    )
    name = f"{kind}-{strategies.worker(strategy)}"
    np.savez(folder / name, *model.get_weights(), accuracies=drop.accuracies)
    print("steps", killer.steps)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except InputError as error:
        sys.exit(f"InputError: {error}")
