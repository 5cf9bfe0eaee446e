"""Training steps shared by several devices: each computes the gradient of some rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_sounddream.errors import InputError


class SharedSteps:
    """Makes the steps of one device with all the devices of a strategy.

    Each device computes the gradient of its rows; the sum is clipped and goes to the optimizer, to
    its running mean of the weights, and to the loss's scale, as one device's gradient would.
    (Keras's own `train_step` clips the parts before they are added.) The model's losses must be
    means over rows, or over elements that have equal weight in every row. `jit_compile` has XLA
    compile the work of a device: not for layers that communicate with other devices, as batch
    normalisations do.
    """

    def __init__(
        self, model: keras.Model, strategy: tf.distribute.Strategy, jit_compile: bool = False
    ) -> None:
        self.model, self.strategy, self._built = model, strategy, False
        if jit_compile:
            self._row_gradients = tf.function(self._row_gradients, jit_compile=True)
        self._step = tf.function(self._step, autograph=False)
        self._test = tf.function(lambda data: strategy.run(model.test_step, args=(data,)))

    def train(self, batches: Iterable[tuple[Any, ...]]) -> dict[str, float]:
        """Metrics over a step with each batch, `(inputs, targets)` or with weights too."""
        self.model.reset_metrics()
        for data in batches:
            shared = self._shared(data)
            self._build(shared)
            self._step(shared)
        return self._logs()

    def measure(self, batches: Sequence[tuple[Any, ...]]) -> dict[str, float]:
        """Metrics over batches of any number of rows, each measured whole by every worker."""
        self.model.reset_metrics()
        for number in range(len(batches)):
            whole = keras.tree.map_structure(tf.convert_to_tensor, batches[number])
            self._build(whole)
            self._test(whole)
        return self._logs()

    def _step(self, data):
        parts = self.strategy.run(self._summed_gradients, args=(data,))
        gradients = [self.strategy.experimental_local_results(part)[0] for part in parts]
        self.model.optimizer.apply(gradients, self.model.trainable_variables)

    def _summed_gradients(self, data):
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, self._row_gradients(data))

    def _row_gradients(self, data):
        """Gradients of a device's rows, which also count in the metrics."""
        model, (inputs, targets, weights) = self.model, keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            scores = model(inputs, training=True)
            loss = model.compute_loss(inputs, targets, scores, weights, training=True)
            scaled = model.optimizer.scale_loss(loss)
        rows = tf.shape(keras.tree.flatten(inputs)[0])[0]
        tracker = next(metric for metric in model.metrics if metric.name == "loss")
        tracker.update_state(loss * self.strategy.num_replicas_in_sync, rows)
        model.compute_metrics(inputs, targets, scores, weights)
        variables = [variable.value for variable in model.trainable_variables]
        return tape.gradient(scaled, variables, unconnected_gradients="zero")

    def _logs(self):
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}

    def _build(self, data):
        """Makes the metrics' variables outside the graph: in one, a strategy cannot."""
        if not self._built:
            logger = tf.get_logger()  # would warn that this is slow: once it may be
            level = logger.level
            logger.setLevel("ERROR")
            self.strategy.run(self.model.test_step, args=(data,))
            logger.setLevel(level)
            self.model.reset_metrics()
            self._built = True

    def _shared(self, data):
        """A batch whose rows are shared out to the devices."""
        rows = rows_each(self.strategy, len(keras.tree.flatten(data)[0]))

        def share(array):
            def of_replica(context):
                start = context.replica_id_in_sync_group * rows
                return tf.convert_to_tensor(array[start : start + rows])

            return self.strategy.experimental_distribute_values_from_function(of_replica)

        return keras.tree.map_structure(share, data)


def rows_each(strategy: tf.distribute.Strategy | None, batch_size: int) -> int:
    """Rows of a batch for each device; an `InputError` if they cannot be shared out evenly."""
    devices = strategy.num_replicas_in_sync if strategy else 1
    rows, left = divmod(batch_size, devices)
    if left or not rows:
        raise InputError(
            f"Expected batches that {devices} devices share evenly. Received: {batch_size} "
            "examples. Give another batch size."
        )
    return rows
