"""What a WaveNet's training writes down as it goes: a line a step, and sounds for TensorBoard."""

import json
import math
import os
import time

import keras
import numpy as np
import tensorflow as tf

_SOUND_SECONDS = 1.0


class StepLog(keras.callbacks.Callback):
    """Writes a JSON object a step to a file, which is never cut but for a line that was torn off.

    Args:
        path: path of the file, to go on with or to make.
        first_step: int, how many steps were made before.
        marginal_bits: float, entropy of the levels without regard to what comes before.
    """

    def __init__(self, path, first_step, marginal_bits):
        super().__init__()
        self.path, self.first_step, self.marginal_bits = path, first_step, marginal_bits

    def on_train_begin(self, logs=None):
        begun = self.path.exists() and self.path.stat().st_size > 0
        if begun:
            _mend(self.path)
        self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115
        if begun:
            self._write({"restart": True, "step": self.first_step})
        self._time = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        row = {
            "step": epoch + 1,
            "loss": float(logs["nats"]),
            "bits_per_sample": float(logs["nats"]) / math.log(2),
            "marginal_bits": self.marginal_bits,
            "seconds": round(now - self._time, 4),
        }
        self._time = now
        self._write(row)

    def on_train_end(self, logs=None):
        self._file.close()

    def _write(self, row):
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


class Summaries(keras.callbacks.Callback):
    """Writes scalars and, now and then, a sound that the network makes, for TensorBoard.

    Args:
        folder: path of TensorBoard's logs.
        settings: `wavenet.Settings`; `summary_steps` and `sound_steps` say how often.
        plan: `WaveNetConfig` of the network.
        marginal_bits: float, as of `StepLog`.
        listen: function that takes what `generate` takes, but for the model, and makes sound.
    """

    def __init__(self, folder, settings, plan, marginal_bits, listen):
        super().__init__()
        self.folder, self.settings, self.plan = folder, settings, plan
        self.marginal_bits, self.listen = marginal_bits, listen

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_epoch_end(self, epoch, logs=None):
        done = epoch + 1
        with self._writer.as_default(step=done):
            if done % self.settings.summary_steps == 0:
                for name in ("loss", "nats"):
                    tf.summary.scalar(name, logs[name])
                tf.summary.scalar("bits_per_sample", logs["nats"] / math.log(2))
                tf.summary.scalar("marginal_bits", self.marginal_bits)
                rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
                tf.summary.scalar("learning_rate", rate)
            if self.settings.sound_steps and done % self.settings.sound_steps == 0:
                self._sound(done)

    def on_train_end(self, logs=None):
        self._writer.close()

    def _sound(self, done):
        """One of the labels after the other, a sound each time."""
        plan = self.plan
        turn = done // self.settings.sound_steps - 1
        labels = {name: [each[turn % len(each)]] for name, each in plan.conditions.items()}
        waveform = self.listen(_SOUND_SECONDS, conditions=labels, seed=done)
        tag = " ".join(["sound", *(each[0] for each in labels.values())])
        tf.summary.audio(tag, np.expand_dims(waveform, -1), plan.sample_rate, encoding="wav")


def _mend(path):
    """Cuts off the end of a line that a run did not come to write."""
    with open(path, "rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        file.flush()
        os.fsync(file.fileno())
