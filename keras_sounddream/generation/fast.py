"""Fast generation: each layer is computed once per sample, from a kept history.

The weights are fused so that a step has little to read and to add: biases between layers are
added up beforehand, and the products of all past samples are computed at once.
"""

import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.generation.random_numbers import NUMBERS
from keras_sounddream.generation.sampling import draw
from keras_sounddream.types import Array, Tensor

CHUNK = 4096  # the most samples that are made in one call
_ROWS = 16  # sounds whose beginning is read at once


def generated(
    model: Any,
    lead: Array,
    inputs: dict[str, Array],
    numbers: Any,
    num_samples: int,
    temperature: float,
    top_k: int | None,
    compiled: bool = True,
) -> Iterator[Array]:
    """Yields `num_samples` samples in pieces `(batch, samples)`, after `lead` `(batch, plan.lead)`.

    `inputs` are the conditions that the model takes, `numbers` gives random numbers (see
    `random_numbers`), and `compiled` says whether XLA compiles the loop.
    """
    plan, fused = model.plan, fold(model)
    frames = fused["added"][None, :, None]  # (frames, layers, batch, 2 D)
    for name, table in fused["conditions"].items():
        frames = frames + table[inputs[name]].swapaxes(0, 1)
    if plan.local_channels:
        local = np.einsum("bfc,lcw->flbw", inputs["local_condition"], fused["local"])
        frames = frames + local.astype("float32")
    frames, weights = frames[:, queued(plan)], laid_out(fused, plan)
    loop = _loop(plan, CHUNK, top_k, temperature == 0, compiled)
    state, done = start(model, lead, inputs, fused["carried"]), 0
    weights = keras.tree.map_structure(tf.constant, weights)
    heat = tf.constant(temperature, "float32")
    while done < num_samples:
        count = min(num_samples - done, CHUNK)
        given = np.zeros((CHUNK, len(lead), NUMBERS), "float32")
        given[:count] = numbers(count)
        first_frame, window = _window(frames, done, plan)
        steps = [tf.constant(number, "int32") for number in (done, first_frame, count)]
        state, samples = loop(weights, window, state, given, steps, heat)
        done += count
        yield samples.numpy().T[:, :count]


def _window(frames, first_step, plan):
    """The first frame of a piece, and as many as a piece may take: of one shape for all pieces."""
    if not plan.local_channels:
        return 0, tf.constant(frames)
    first_frame = max(first_step - 1, 0) // plan.local_hop
    rows = first_frame + np.arange((CHUNK - 1) // plan.local_hop + 2)
    return first_frame, tf.constant(frames[np.minimum(rows, len(frames) - 1)])


def start(model: Any, lead: Array, inputs: dict[str, Array], carried: Array) -> dict[str, Any]:
    """The state after `lead`, from the network itself: `history` and `queues`, as `step` takes.

    A few rows at once: all layers' outputs along the lead are much more than the state.
    """
    plan = model.plan
    names = ["causal"] + [f"layer{i}_residual" for i in range(len(plan.dilations) - 1)]
    reader = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
    parts = []
    for first in range(0, len(lead), _ROWS):
        rows = slice(first, first + _ROWS)
        given = {"waveform": lead[rows], **{name: a[rows] for name, a in inputs.items()}}
        parts.append(_queues(plan, reader, given, carried))
    history = lead[:, -plan.first_width :].T
    queues = [np.concatenate(each, axis=2) for each in zip(*parts, strict=True)]
    return {"history": np.asarray(incoming(history, plan)), "queues": queues}


def _queues(plan, reader, given, carried):
    """The queues of some rows, each `(length, layers, rows, R)`."""
    if plan.local_channels:
        frame = given["local_condition"][:, :1]
        given["local_condition"] = np.repeat(frame, plan.lead // plan.local_hop, axis=1)
    values = reader([given[tensor.name] for tensor in reader.inputs])
    taken = [np.asarray(value) for value in keras.tree.flatten(values)]
    queues = []
    for _, length, layers in tables(plan):
        queue = [np.zeros((length, *taken[0].shape[::2]), "float32") for _ in layers]
        for rows, i in zip(queue, layers, strict=True):
            reach = plan.reaches[i]
            before = taken[i][:, -1 - reach : -1] - carried[i]
            rows[length - reach :] = before.transpose(1, 0, 2)
        queues.append(np.stack(queue, axis=1))
    return queues


@functools.lru_cache(maxsize=8)
def _loop(plan, most, top_k, is_greedy, compiled):
    """A function that makes up to `most` samples, compiled once for any number of them."""

    @tf.function(jit_compile=compiled, autograph=False)
    def loop(weights, frames, state, numbers, steps, temperature):
        first_step, first_frame, count = steps
        temperature = None if is_greedy else temperature

        def body(i, history, queues, samples):
            number = first_step + i
            # Step 0 takes the last sample before the first frame, which lasts backwards, too.
            frame = tf.maximum(number - 1, 0) // plan.local_hop if plan.local_channels else 0
            added = tf.gather(frames, frame - first_frame)
            scores, rows = step(weights, added, history, queues, number, plan)
            queues = [
                ops.slice_update(queue, (number & (length - 1), 0, 0, 0), row)
                for queue, row, (_, length, _) in zip(queues, rows, tables(plan), strict=True)
            ]
            sample = draw(scores, numbers[i], plan, temperature, top_k)
            history = ops.concatenate([history[1:], incoming(sample, plan)[None]], 0)
            samples = ops.slice_update(samples, (i, 0), sample[None])
            return i + 1, history, queues, samples

        batch = state["history"].shape[1]
        begin = (0, state["history"], state["queues"], tf.zeros((most, batch)))
        _, *state, samples = tf.while_loop(lambda i, *_: i < count, body, begin)
        return dict(zip(("history", "queues"), state, strict=True)), samples

    return loop


def step(
    weights: Any, added: Tensor, history: Tensor, queues: list[Tensor], number: Tensor, plan: Any
) -> tuple[Tensor, list[Tensor]]:
    """One step: scores `(batch, outputs)` of the next sample, and the rows to put in the queues.

    `added`, `(layers, batch or 1, 2 D)`, are biases and conditions in the order of `queued`;
    `history`, `(first_width, batch)`, the last samples, of `incoming`; `queues`, `(length, layers,
    batch, R)` for each row of `tables`, the layers' inputs, that of step `i` at `i % length`.
    """
    batch, channels = history.shape[1], plan.dilation_channels
    past = _past(weights, queues, number, plan) + added
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


def _past(weights, queues, number, plan):
    """Terms `(layers, batch, 2 D)` of the samples before the last."""
    terms = []
    for queue, (dilation, length, _) in zip(queues, tables(plan), strict=True):
        rows = []
        for tap in range(plan.filter_width - 1):
            offset = (number - (plan.filter_width - 1 - tap) * dilation) % length
            rows.append(tf.gather(queue, offset))  # a slice would be compiled anew for each piece
        terms.append(tf.concat(rows, -1))  # (layers of this dilation, batch, taps * R)
    return tf.matmul(tf.concat(terms, 0), weights["past"]) if terms else 0.0


def _times(x, kernel):
    return tf.linalg.matvec(kernel, x, transpose_a=True) if len(x.shape) == 1 else x @ kernel


def first(kernel: Tensor, history: Tensor, plan: Any) -> Tensor:
    """The first layer's output `(batch, R)` from the last samples."""
    if plan.scalar_input:
        return tf.matmul(history, kernel[:, 0], transpose_a=True)
    return sum(tf.gather(kernel[tap], history[tap]) for tap in range(plan.first_width))


def incoming(samples: Tensor, plan: Any) -> Tensor:
    """Samples in the form that the first layer takes: int32 levels, or the samples themselves."""
    if plan.scalar_input:
        return samples
    return ops.cast(waveform_to_levels(samples, plan.levels), "int32")


def tables(plan: Any) -> list[tuple[int, int, list[int]]]:
    """`(dilation, length of the queue, a power of two, numbers of the layers)` per dilation."""
    if plan.filter_width == 1:
        return []
    rows = []
    for dilation in sorted(set(plan.dilations)):
        length = 1 << ((plan.filter_width - 1) * dilation - 1).bit_length()
        rows.append((dilation, length, [i for i, d in enumerate(plan.dilations) if d == dilation]))
    return rows


def queued(plan: Any) -> list[int]:
    """Numbers of the layers in the order of the queues."""
    in_queues = [i for _, _, layers in tables(plan) for i in layers]
    return in_queues or list(range(len(plan.dilations)))


def laid_out(fused: dict[str, Any], plan: Any) -> dict[str, Any]:
    """The weights of `fold` in the order in which a step reads them."""
    own = fused.keys() - {"added", "carried", "conditions", "local"}
    weights = {name: fused[name] for name in own} | {"past": fused["past"][queued(plan)]}
    # As lists, or each matrix would be copied out of the stack each time.
    return weights | {name: list(fused[name]) for name in ("current", "dense")}


def fold(model: Any) -> dict[str, Any]:
    """The fused weights, float32; R, D stand for residual and dilation channels.

    `first`: `(first_width, levels or 1, R)`; `past`: `(layers, (filter_width - 1) * R, 2 D)`,
    oldest tap first; `current`: `(layers, R, 2 D)`; `dense`: `(layers - 1, D, R)`; `added`:
    `(layers, 2 D)`, biases; `conditions`: dict from name to `(labels, layers, 2 D)`; `carried`:
    `(layers, R)`, biases left out of a layer's input; `local`: `(layers, local_channels, 2 D)`;
    `skip`, `post`, `predictions`: matrices, and `skip_bias` …: `(1, channels)`.
    """
    plan = model.plan
    w = {weight.path: np.asarray(weight.value, "float64") for weight in model.weights}
    count, width = len(plan.dilations), 2 * plan.dilation_channels

    def halves(ending):
        """A weight of filter and gate side by side, of all layers."""
        paths = [[f"layer{i}_{part}{ending}" for part in ("filter", "gate")] for i in range(count)]
        return np.stack([np.concatenate([w[path] for path in both], -1) for both in paths])

    kernels = halves("/kernel")  # (layers, filter_width, R, 2 D)
    dense = [w[f"layer{i}_dense/kernel"] for i in range(count - 1)]
    carried = np.zeros((count, plan.residual_channels))
    if plan.use_biases:
        biases = [w[f"layer{i}_dense/bias"] for i in range(count - 1)]
        carried[1:] = np.cumsum(np.reshape(biases, carried[1:].shape), 0)
    added = np.einsum("lr,ltrw->lw", carried, kernels)
    added += halves("/bias") if plan.use_biases else 0
    fused = {
        "first": w["causal/kernel"],
        "past": kernels[:, :-1].reshape(count, -1, width),
        "current": kernels[:, -1],
        "dense": np.reshape(dense, (count - 1, width // 2, plan.residual_channels)),
        "added": added,
        "carried": carried,
    }
    if plan.local_channels:
        fused["local"] = halves("_local/kernel")
    for path in ("skip", "post", "predictions"):
        fused[path] = w[f"{path}/kernel"]
        fused[f"{path}_bias"] = np.zeros((1, 1)) + w.get(f"{path}/bias", 0)
    fused = {name: np.asarray(value, "float32") for name, value in fused.items()}
    return {**fused, "conditions": _conditions(plan, w, halves)}


def _conditions(plan, w, halves):
    """Terms `(labels, layers, 2 D)` of each condition, by its name."""
    channels, terms = plan.condition_channels, {}
    for number, name in enumerate(plan.conditions):
        kernel = halves("_condition/kernel")[:, channels * number : channels * (number + 1)]
        table = np.einsum("nc,lcw->nlw", w[f"{name}_embedding/embeddings"], kernel)
        terms[name] = table.astype("float32")
    return terms
