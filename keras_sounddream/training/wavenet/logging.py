"""Logs of a WaveNet's training: a line per step, and scalars and sounds for TensorBoard."""

import json
import math
import os
import pathlib
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.training.wavenet.settings import Settings
from keras_sounddream.types import Array

_SOUND_SECONDS = 1.0


class StepLog(keras.callbacks.Callback):
    """Appends a JSON object per step to a file; only a line that was torn off is cut."""

    def __init__(self, path: pathlib.Path, first_step: int, marginal_bits: float) -> None:
        super().__init__()
        self.path, self.first_step, self.marginal_bits = path, first_step, marginal_bits

    def on_train_begin(self, logs: dict | None = None) -> None:
        begun = self.path.exists() and self.path.stat().st_size > 0
        if begun:
            _mend(self.path)
        self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115
        if begun:
            self._write({"restart": True, "step": self.first_step})
        self._time = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
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

    def on_train_end(self, logs: dict | None = None) -> None:
        self._file.close()

    def _write(self, row):
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


class Summaries(keras.callbacks.Callback):
    """Writes scalars and, now and then, a sound that the network makes, for TensorBoard.
    `generate` is `generation.generate` with the model bound.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        settings: Settings,
        plan: WaveNetConfig,
        marginal_bits: float,
        generate: Callable[..., Array],
    ) -> None:
        super().__init__()
        self.folder, self.settings, self.plan = folder, settings, plan
        self.marginal_bits, self.generate = marginal_bits, generate

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
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

    def on_train_end(self, logs: dict | None = None) -> None:
        self._writer.close()

    def _sound(self, done):
        """Writes a sound with the next of the labels."""
        plan = self.plan
        turn = done // self.settings.sound_steps - 1
        labels = {name: [values[turn % len(values)]] for name, values in plan.conditions.items()}
        waveform = self.generate(_SOUND_SECONDS, conditions=labels, seed=done)
        tag = " ".join(["sound", *(chosen[0] for chosen in labels.values())])
        tf.summary.audio(tag, np.expand_dims(waveform, -1), plan.sample_rate, encoding="wav")


def _mend(path):
    """Cuts off an unfinished last line."""
    with open(path, "rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        file.flush()
        os.fsync(file.fileno())
