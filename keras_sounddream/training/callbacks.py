"""Keras callbacks of a training's steps: the learning rate's drop, and summaries of layers."""

import pathlib
import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_sounddream.errors import InputWarning
from keras_sounddream.files import written_beside
from keras_sounddream.training.step_batches import StepBatches

_WINDOW = 200  # steps
_ENOUGH = 0.7  # mean accuracy over the window
_EXAMPLES = 16  # of a batch, whose activations are summarised


class LearningRateDrop(keras.callbacks.Callback):
    """Lowers the learning rate once, when the mean accuracy of the last 200 steps exceeds 0.7.

    The accuracies are kept in `folder`, every `every` steps, by the worker that `writes`: an
    interrupted run goes on with the same window.
    """

    def __init__(self, folder: pathlib.Path, low: float, every: int) -> None:
        super().__init__()
        self.writes = True
        self.path, self.low, self.every = folder / "accuracies.npy", low, every
        self.accuracies: list[float] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self.accuracies is None:
            self.accuracies = self._read()[:epoch] if epoch else []

    def _read(self):
        """The accuracies so far; a warning if they are lost."""
        try:
            return [float(accuracy) for accuracy in np.load(self.path)]
        except (OSError, ValueError, TypeError, EOFError) as error:
            warnings.warn(
                f"{self.path} is damaged ({error}): the learning rate drops by accuracies from now "
                "on, perhaps later than it would have.",
                InputWarning,
                stacklevel=2,
            )
            return []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.accuracies.append(logs["accuracy"])
        optimizer = self.model.optimizer
        recent = self.accuracies[-_WINDOW:]
        if len(recent) == _WINDOW and np.mean(recent) > _ENOUGH:
            rate = ops.convert_to_numpy(optimizer.learning_rate)
            optimizer.learning_rate = min(self.low, float(rate))
        done = epoch + 1
        if self.writes and (done % self.every == 0 or done == self.params["epochs"]):
            with written_beside(self.path, True) as temporary:
                np.save(temporary, self.accuracies)


class LayerSummaries(keras.callbacks.Callback):
    """Writes scalars of every step and, now and then, weights and activations of every layer.

    Tags: `accuracy`, `cross_entropy`, `learning_rate`, and `validation_…` where there is any; of a
    convolution `conv1/conv_kernel`, `conv1/conv_bias` and `conv1/convolution` (before the bias), of
    a dense layer `fc1/fc_weights` and `fc1/fc_bias`, each with `/mean`, `/stddev`, `/max`, `/min`
    and `/histogram`; and histograms of the values before the activation,
    `conv1/pre_activations_conv` and `fc1/pre_activations_fc`.
    """

    def __init__(self, folder: pathlib.Path, batches: StepBatches, every: int) -> None:
        super().__init__()
        self.folder, self.batches, self.every = folder, batches, every

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._writer = tf.summary.create_file_writer(str(self.folder))
        self._layers = [
            layer for layer in self.model.layers if isinstance(layer, (layers.Conv2D, layers.Dense))
        ]
        self._inputs = keras.Model(self.model.input, [layer.input for layer in self._layers])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        with self._writer.as_default(step=epoch):
            rate = ops.convert_to_numpy(self.model.optimizer.learning_rate)
            tf.summary.scalar("learning_rate", rate)
            for name, value in (logs or {}).items():
                tag = name.replace("val_", "validation_").replace("loss", "cross_entropy")
                tf.summary.scalar(tag, value)
            if epoch % self.every == 0:
                self._summarize(self.batches.batch(epoch)[0][:_EXAMPLES])

    def on_train_end(self, logs: dict | None = None) -> None:
        self._writer.close()

    def _summarize(self, spectrograms):
        for layer, x in zip(self._layers, self._inputs(spectrograms), strict=True):
            x = ops.cast(x, "float32")  # under a mixed precision only the weights are
            convolves = isinstance(layer, layers.Conv2D)
            kind, kernel = ("conv", "kernel") if convolves else ("fc", "weights")
            product = layer.convolution_op(x, layer.kernel) if convolves else x @ layer.kernel
            _summaries(f"{layer.name}/{kind}_{kernel}", layer.kernel)
            _summaries(f"{layer.name}/{kind}_bias", layer.bias)
            if convolves:
                _summaries(f"{layer.name}/convolution", product)
            before = ops.convert_to_numpy(product + layer.bias)
            tf.summary.histogram(f"{layer.name}/pre_activations_{kind}", before)


def _summaries(name, values):
    values = ops.convert_to_numpy(values)
    for statistic in ("mean", "std", "max", "min"):
        tag = {"std": "stddev"}.get(statistic, statistic)
        tf.summary.scalar(f"{name}/{tag}", getattr(values, statistic)())
    tf.summary.histogram(f"{name}/histogram", values)
