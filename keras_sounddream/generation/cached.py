"""Generation that computes each layer once a sample, from what is kept of the samples before."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.generation.drawing import draw
from keras_sounddream.generation.folding import fold

_CHUNK = 4096  # samples that are made in one call


def generated(model, lead, inputs, numbers, num_samples, temperature, top_k, compiled=True):
    """Generates sound, piece by piece.

    Args:
        model: `AudioModel`, of `WaveNet`.
        lead: float32 `(batch, plan.lead)`, the sound before the first sample.
        inputs: dict of arrays, the conditions that the model takes; frames of a local condition
            are those of the samples that are generated.
        numbers: function, of `drawing.random_numbers`.
        num_samples: int.
        temperature: float; 0 for the likeliest.
        top_k: int or `None`.
        compiled: bool, whether XLA compiles the loop.

    Yields:
        float32 `(batch, samples)`, `num_samples` in all.
    """
    plan = model.plan
    weights = fold(model, inputs)
    frames = weights["added"][None]
    if plan.local_channels:
        local = np.einsum("bfc,lcw->flbw", inputs["local_condition"], weights.pop("local"))
        frames = frames + local.astype("float32")  # (frames, layers, batch, W)
    del weights["added"]
    order = _order(plan)
    frames, weights["past"] = frames[:, order], weights["past"][order]
    weights["next"] = list(weights["next"])  # or each would be copied out of the stack each time
    chunk = min(num_samples, _CHUNK)
    loop = _loop(plan, chunk, top_k, temperature == 0, compiled)
    state, done = start(model, lead, inputs), 0
    weights, frames = keras.tree.map_structure(tf.constant, (weights, frames))
    while done < num_samples:
        step = tf.constant(done, "int32")
        state, samples = loop(
            weights, frames, state, numbers(chunk), step, tf.constant(temperature, "float32")
        )
        samples = samples.numpy().T[:, : num_samples - done]
        done += samples.shape[1]
        yield samples


def start(model, lead, inputs):
    """Reads off the network what is kept of the sound before the first sample.

    Args:
        model: `AudioModel`, of `WaveNet`.
        lead: float32 `(batch, plan.lead)`.
        inputs: dict of arrays, of `generated`.

    Returns:
        dict of arrays: `history`, `(first_width, batch)`, the last samples as they come in, and
        `queues`, a list of float32 `(length, layers, batch, residual_channels)`, one for each
        dilation, of what its layers took in at the samples before the last. In place `i % length`
        is what came in at step `i`; the first step, 0, takes the last sample of `lead`.
    """
    plan = model.plan
    names = ["causal"] + [f"layer{i}_residual" for i in range(len(plan.dilations) - 1)]
    outputs = [model.get_layer(name).output for name in names]
    given = {"waveform": lead, **inputs}
    if plan.local_channels:
        first = inputs["local_condition"][:, :1]
        given["local_condition"] = np.repeat(first, plan.lead // plan.local_hop, axis=1)
    reader = keras.Model(model.inputs, outputs)
    values = reader([given[tensor.name] for tensor in model.inputs])
    taken = [np.asarray(value) for value in keras.tree.flatten(values)]
    queues = []
    for _, length, layers in tables(plan):
        queue = [np.zeros((length, *taken[0].shape[::2]), "float32") for _ in layers]
        for each, i in zip(queue, layers, strict=True):
            reach = plan.reaches[i]
            each[length - reach :] = taken[i][:, -1 - reach : -1].transpose(1, 0, 2)
        queues.append(np.stack(queue, axis=1))
    history = lead[:, -plan.first_width :].T
    return {"history": np.asarray(incoming(history, plan)), "queues": queues}


def tables(plan):
    """Groups layers by their dilation.

    Args:
        plan: `Plan`.

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


def incoming(samples, plan):
    """Turns samples into what the first layer looks up: int32 levels, or the samples themselves."""
    if plan.scalar_input:
        return samples
    return ops.cast(waveform_to_levels(samples, plan.levels), "int32")


@functools.lru_cache(maxsize=8)
def _loop(plan, count, top_k, is_greedy, compiled):
    """A function that makes `count` samples; of one kind there is one, compiled once."""

    @tf.function(jit_compile=compiled)
    def loop(weights, frames, state, numbers, first, temperature):
        temperature = None if is_greedy else temperature

        def body(i, history, queues, samples):
            scores, queues = _step(weights, frames, history, queues, first + i, plan)
            sample = draw(scores, numbers[i], plan, temperature, top_k)
            history = ops.concatenate([history[1:], incoming(sample, plan)[None]], 0)
            samples = _put(samples, sample[None], (i, 0))
            return i + 1, history, queues, samples

        batch = state["history"].shape[1]
        begin = (0, state["history"], state["queues"], tf.zeros((count, batch)))
        _, *kept, samples = tf.while_loop(lambda i, *_: i < count, body, begin)
        return dict(zip(("history", "queues"), kept, strict=True)), samples

    return loop


def _step(weights, frames, history, queues, step, plan):
    """Scores `(batch, outputs)` of the next sample, and the queues after it."""
    residual, channels = plan.residual_channels, plan.dilation_channels
    # Step 0 takes the last sample before the first frame, which lasts backwards, too.
    frame = tf.maximum(step - 1, 0) // plan.local_hop if plan.local_channels else 0
    added = tf.gather(frames, frame) + _past(weights, queues, step, plan)  # (layers, batch, W)
    added = [added[_order(plan).index(i)] for i in range(len(plan.dilations))]
    y = _first(weights["first"], history, plan) + added[0]
    is_taken = tf.constant(np.arange(residual + channels) < residual)
    taken, gated = [], []
    for i in range(len(plan.dilations)):
        # x, and what the gate lets through, in one kernel: a split and a concatenation are three
        on = y[:, : residual + channels]
        v = tf.where(is_taken, on, tf.tanh(on) * tf.sigmoid(y[:, channels:]))
        taken.append(v[:, :residual])
        gated.append(v[:, residual:])
        if i < len(plan.dilations) - 1:
            y = tf.matmul(v, weights["next"][i]) + added[i + 1]
    x = tf.concat(gated, -1)
    for path in ("skip", "post"):
        x = tf.nn.relu(tf.matmul(x, weights[path]) + weights[f"{path}_bias"])
    scores = tf.matmul(x, weights["predictions"]) + weights["predictions_bias"]
    return scores, [
        _put(queue, tf.stack([taken[i] for i in layers])[None], (step & (length - 1), 0, 0, 0))
        for queue, (_, length, layers) in zip(queues, tables(plan), strict=True)
    ]


def _first(kernel, history, plan):
    """What the last samples give to the first layer, `(batch, W)`."""
    if plan.scalar_input:
        return tf.matmul(history, kernel[:, 0], transpose_a=True)
    return sum(tf.gather(kernel[tap], history[tap]) for tap in range(plan.first_width))


def _past(weights, queues, step, plan):
    """What the samples before the last give to each layer, `(layers, batch, W)`, in `_order`."""
    found = []
    for queue, (dilation, length, _) in zip(queues, tables(plan), strict=True):
        rows = []
        for tap in range(plan.filter_width - 1):
            place = (step - (plan.filter_width - 1 - tap) * dilation) & (length - 1)
            rows.append(tf.gather(queue, place))  # a slice would be compiled anew for each piece
        found.append(tf.concat(rows, -1))  # (layers of this dilation, batch, taps * R)
    return tf.matmul(tf.concat(found, 0), weights["past"]) if found else 0.0


def _order(plan):
    """Numbers of the layers as the queues, one after another, have them."""
    in_queues = [i for _, _, layers in tables(plan) for i in layers]
    return in_queues or list(range(len(plan.dilations)))


def _put(array, part, start):
    return ops.slice_update(array, start, part)
