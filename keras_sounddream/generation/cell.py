"""One step of generation: what the next sample may be, from what is kept of those before."""

import tensorflow as tf
from keras import ops

from keras_sounddream.audio.mu_law import waveform_to_levels


def step(weights, added, history, queues, place, plan):
    """Computes each layer once.

    Args:
        weights: dict of tensors, of `laid_out`.
        added: float32 `(layers, batch or 1, 2 * dilation_channels)`, of biases and conditions, in
            the order of the queues.
        history: `(first_width, batch)`, the last samples, of `incoming`.
        queues: list of float32 `(length, layers, batch, residual_channels)`, one for each row of
            `tables`: what its layers took in at the samples before the last, less `carried`. In
            place `i % length` is what came in at step `i`.
        place: int32 scalar, number of this step.
        plan: `WaveNetConfig`.

    Returns:
        `(scores, taken)`: float32 `(batch, outputs)`, and a list of float32 `(1, layers, batch,
        residual_channels)`, what is to be put in each queue in place `place % length`.
    """
    batch, channels = history.shape[1], plan.dilation_channels
    past = _past(weights, queues, place, plan) + added
    x = first(weights["first"], history, plan)
    if batch == 1:  # without a batch axis XLA makes of each layer three kernels, with it five
        past, x = past[:, 0], x[0]
    taken, gated, order = [], [], queued(plan)
    for i in range(len(plan.dilations)):
        y, more = _times(x, weights["current"][i]), past[order.index(i)]
        z = tf.tanh(y[..., :channels] + more[..., :channels])
        z *= 0.5 * tf.tanh(0.5 * (y[..., channels:] + more[..., channels:])) + 0.5  # the sigmoid
        taken.append(x)
        gated.append(z)
        if i < len(plan.dilations) - 1:
            x = x + _times(z, weights["dense"][i])
    x = tf.reshape(tf.concat(gated, -1), (batch, -1))
    for path in ("skip", "post"):
        x = tf.nn.relu(tf.matmul(x, weights[path]) + weights[f"{path}_bias"])
    scores = tf.matmul(x, weights["predictions"]) + weights["predictions_bias"]
    rows = [tf.stack([taken[i] for i in layers]) for _, _, layers in tables(plan)]
    return scores, [tf.reshape(row, (1, -1, batch, plan.residual_channels)) for row in rows]


def tables(plan):
    """Groups layers by their dilation.

    Args:
        plan: `WaveNetConfig`.

    Returns:
        list of `(dilation, length, layers)`: length of the queue, a power of two, and numbers of
        the layers.
    """
    if plan.filter_width == 1:
        return []
    found = []
    for dilation in sorted(set(plan.dilations)):
        length = 1 << ((plan.filter_width - 1) * dilation - 1).bit_length()
        layers = [i for i, each in enumerate(plan.dilations) if each == dilation]
        found.append((dilation, length, layers))
    return found


def queued(plan):
    """Numbers of the layers as the queues, one after another, have them: list of int."""
    in_queues = [i for _, _, layers in tables(plan) for i in layers]
    return in_queues or list(range(len(plan.dilations)))


def laid_out(weights, plan):
    """Brings weights into the order in which a step reads them.

    Args:
        weights: dict of arrays, of `folding.fold`.
        plan: `WaveNetConfig`.

    Returns:
        dict of the arrays that `step` takes; `current` and `dense` as lists, or each matrix would
        be copied out of the stack each time.
    """
    found = {**weights, "past": weights["past"][queued(plan)]}
    found |= {name: list(weights[name]) for name in ("current", "dense")}
    return {
        name: found[name] for name in found.keys() - {"added", "carried", "conditions", "local"}
    }


def incoming(samples, plan):
    """Turns samples into what the first layer looks up: int32 levels, or the samples themselves."""
    if plan.scalar_input:
        return samples
    return ops.cast(waveform_to_levels(samples, plan.levels), "int32")


def first(kernel, history, plan):
    """Computes what the last samples give to the first layer.

    Args:
        kernel: float32 `(first_width, levels or 1, residual_channels)`.
        history: as of `step`.
        plan: `WaveNetConfig`.

    Returns:
        float32 `(batch, residual_channels)`.
    """
    if plan.scalar_input:
        return tf.matmul(history, kernel[:, 0], transpose_a=True)
    return sum(tf.gather(kernel[tap], history[tap]) for tap in range(plan.first_width))


def _past(weights, queues, place, plan):
    """What the samples before the last give to each layer, `(layers, batch, 2 D)`."""
    found = []
    for queue, (dilation, length, _) in zip(queues, tables(plan), strict=True):
        rows = []
        for tap in range(plan.filter_width - 1):
            there = (place - (plan.filter_width - 1 - tap) * dilation) % length
            rows.append(tf.gather(queue, there))  # a slice would be compiled anew for each piece
        found.append(tf.concat(rows, -1))  # (layers of this dilation, batch, taps * R)
    return tf.matmul(tf.concat(found, 0), weights["past"]) if found else 0.0


def _times(x, kernel):
    return tf.linalg.matvec(kernel, x, transpose_a=True) if len(x.shape) == 1 else x @ kernel
