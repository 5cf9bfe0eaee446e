"""Generation that computes each layer once a sample, from what is kept of the samples before."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_sounddream.generation.cell import incoming, laid_out, queued, step, tables
from keras_sounddream.generation.fused_weights import fold
from keras_sounddream.generation.sampling import draw

CHUNK = 4096  # samples that are made in one call


def generated(model, lead, inputs, numbers, num_samples, temperature, top_k, compiled=True):
    """Generates sound, piece by piece.

    Args:
        model: `AudioModel`, of `WaveNet`.
        lead: float32 `(batch, plan.lead)`, the sound before the first sample.
        inputs: dict of arrays, the conditions that the model takes; frames of a local condition
            are those of the samples that are generated.
        numbers: function, of `numbers.random_numbers`.
        num_samples: int.
        temperature: float; 0 for the likeliest.
        top_k: int or `None`.
        compiled: bool, whether XLA compiles the loop.

    Yields:
        float32 `(batch, samples)`, `num_samples` in all.
    """
    plan, folded = model.plan, fold(model)
    frames = folded["added"][None, :, None]  # (frames, layers, batch, 2 D)
    for name, table in folded["conditions"].items():
        frames = frames + table[inputs[name]].swapaxes(0, 1)
    if plan.local_channels:
        local = np.einsum("bfc,lcw->flbw", inputs["local_condition"], folded["local"])
        frames = frames + local.astype("float32")
    frames, weights = frames[:, queued(plan)], laid_out(folded, plan)
    chunk = min(num_samples, CHUNK)
    loop = _loop(plan, chunk, top_k, temperature == 0, compiled)
    state, done = start(model, lead, inputs, folded["carried"]), 0
    weights, frames = keras.tree.map_structure(tf.constant, (weights, frames))
    while done < num_samples:
        place = tf.constant(done, "int32")
        state, samples = loop(
            weights, frames, state, numbers(chunk), place, tf.constant(temperature, "float32")
        )
        samples = samples.numpy().T[:, : num_samples - done]
        done += samples.shape[1]
        yield samples


def start(model, lead, inputs, carried):
    """Reads off the network what is kept of the sound before the first sample.

    Args:
        model: `AudioModel`, of `WaveNet`.
        lead: float32 `(batch, plan.lead)`.
        inputs: dict of arrays, of `generated`.
        carried: float32 `(layers, residual_channels)`, of `folding.fold`.

    Returns:
        dict of arrays: `history` and `queues`, as `stepping.step` takes them. The first step, 0,
        takes the last sample of `lead`.
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
            before = taken[i][:, -1 - reach : -1] - carried[i]
            each[length - reach :] = before.transpose(1, 0, 2)
        queues.append(np.stack(queue, axis=1))
    history = lead[:, -plan.first_width :].T
    return {"history": np.asarray(incoming(history, plan)), "queues": queues}


@functools.lru_cache(maxsize=8)
def _loop(plan, count, top_k, is_greedy, compiled):
    """A function that makes `count` samples; of one kind there is one, compiled once."""

    @tf.function(jit_compile=compiled)
    def loop(weights, frames, state, numbers, first, temperature):
        temperature = None if is_greedy else temperature

        def body(i, history, queues, samples):
            place = first + i
            # Step 0 takes the last sample before the first frame, which lasts backwards, too.
            frame = tf.maximum(place - 1, 0) // plan.local_hop if plan.local_channels else 0
            added = tf.gather(frames, frame)
            scores, rows = step(weights, added, history, queues, place, plan)
            queues = put(queues, rows, place, plan)
            sample = draw(scores, numbers[i], plan, temperature, top_k)
            history = ops.concatenate([history[1:], incoming(sample, plan)[None]], 0)
            samples = ops.slice_update(samples, (i, 0), sample[None])
            return i + 1, history, queues, samples

        batch = state["history"].shape[1]
        begin = (0, state["history"], state["queues"], tf.zeros((count, batch)))
        _, *kept, samples = tf.while_loop(lambda i, *_: i < count, body, begin)
        return dict(zip(("history", "queues"), kept, strict=True)), samples

    return loop


def put(queues, rows, place, plan):
    """Puts what layers took in into their queues, in place.

    Args:
        queues: as of `stepping.step`.
        rows: list of tensors that it gives.
        place: int32 scalar, number of the step.
        plan: `WaveNetConfig`.

    Returns:
        list of tensors, the queues after the step.
    """
    return [
        ops.slice_update(queue, (place & (length - 1), 0, 0, 0), row)
        for queue, row, (_, length, _) in zip(queues, rows, tables(plan), strict=True)
    ]
