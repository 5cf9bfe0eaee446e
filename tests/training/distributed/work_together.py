"""A process that trains two small networks: alone, on two devices, or as one worker of two.

    python work_together.py KIND FOLDER [RUN STEP_TO_DIE_AT]

KIND is `one`, `mirrored` (two processors of this process) or `multiworker` (by `TF_CONFIG`); RUN is
one of `RUNS`. Writes `FOLDER/RUN-KIND-WORKER.npz` of each run that was not finished before, and
prints the steps that it made of each.
"""

import json
import os
import pathlib
import signal
import sys
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import applications
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.errors import InputError
from keras_sounddream.training import wavenet
from keras_sounddream.training.balanced_batches import BalancedBatches, in_batches
from keras_sounddream.training.callbacks import LearningRateDrop
from keras_sounddream.training.classifier import TrainingState, fit
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.wavenet.segments import Segments

STEPS = 12
TONES = ["high", "low"]


def build():
    inputs = keras.Input((6, 4))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))


def classifier(folder, strategy):
    """Weights of a network with batch normalisation, and the accuracy of each step."""
    rng = np.random.default_rng(0)
    drop = LearningRateDrop(folder, 1e-4, 4)
    sounds = rng.normal(1, 2, (40, 6, 4)).astype("float32")
    labels = np.arange(40) % 2
    checked = in_batches((sounds[:9], np.eye(2)[labels[:9]]), 4)
    if strategy is None:
        checked = sounds[:9], np.eye(2)[labels[:9]]
    model = fit(
        build,
        BalancedBatches(sounds, labels, 2, STEPS, batch_size=8),
        folder,
        seed=1,
        callbacks=[drop],
        save_every=4,
        validation_data=checked,
        validation_freq=6,
        strategy=strategy,
    )
    return [*model.get_weights(), drop.accuracies]


def small_wavenet():
    return applications.WaveNet(
        sample_rate=8000,
        dilations=(1, 2),
        residual_channels=8,
        dilation_channels=8,
        skip_channels=12,
        conditions={"tone": TONES},
    )


def digits(folder, strategy):
    """Weights of a WaveNet, their running mean; half of some devices' samples are none."""
    rng = np.random.default_rng(0)
    lengths = (150, 70, 190)
    sounds = [np.sin(np.arange(length) / 3) + rng.normal(0, 0.1, length) for length in lengths]
    sounds = hold_sounds([0.5 * sound for sound in sounds], 8000, {"tone": [*TONES, "low"]})
    settings = wavenet.Settings(
        STEPS,
        optimizer="sgd",
        learning_rate=0.1,
        clip_norm=0.1,
        l2=0.01,
        average=0.8,
        seed=1,
        jit_compile=folder.name.endswith("mirrored"),
        checkpoint_steps=4,
        sound_steps=9 if folder.name.endswith("multiworker") else None,
    )
    pieces = Segments(sounds, small_wavenet().plan, 64, 4, seed=1)
    return wavenet.train(small_wavenet, pieces, folder, settings, strategy=strategy).get_weights()


RUNS = {"classifier": classifier, "wavenet": digits}


def watched(made, die_at):
    """A context that notes the steps made; one ends the process, as an interruption would."""
    begin = TrainingState.on_epoch_begin

    def noted(self, epoch, logs=None):
        run = self.folder.name.split("-")[0]
        if (run, epoch) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        made[run].append(epoch)
        begin(self, epoch, logs)

    return mock.patch.object(TrainingState, "on_epoch_begin", noted)


def main(kind, folder, die_in=None, die_at=-1):
    strategy = strategies.find("multiworker") if kind == "multiworker" else None
    if kind == "mirrored":
        processors = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], processors
        )
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    made = {run: [] for run in RUNS}
    try:
        with watched(made, (die_in, int(die_at))):
            for run, train in RUNS.items():
                state = pathlib.Path(folder) / f"{run}-{kind}"
                found = train(state, strategy)
                if made[run]:
                    np.savez(f"{state}-{strategies.worker(strategy)}", *found)
    finally:
        print(json.dumps(made))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except InputError as error:
        sys.exit(f"InputError: {error}")
