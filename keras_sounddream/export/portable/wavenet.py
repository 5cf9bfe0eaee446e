"""Generation by a WaveNet as one function of tensors alone, for files that other runtimes open.

The state goes in and comes out, so that the next call continues where this one ended. Before the
first call it is all zeros: at step 0 it becomes that of silence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.generation.fast import (
    first,
    fold,
    incoming,
    laid_out,
    queued,
    step,
    tables,
)
from keras_sounddream.generation.random_numbers import NUMBERS
from keras_sounddream.generation.sampling import draw
from keras_sounddream.types import Tensor

_COLDEST = 1e-6  # temperature in place of 0: only the likeliest level has a chance


def specs(plan: Any, count: int) -> dict[str, tf.TensorSpec]:
    """Returns the inputs of `make_generator`'s function for `count` samples, for a batch of one.

    These are `numbers`, float32 `(count, 1, 2)` in [0, 1); `temperature`, float32 `(1,)`; each
    condition by its name, int32 `(1,)`, the number of the label; and the state: `step`, int32
    `(1,)`, `history`, and `queue_1` …, one per dilation.
    """
    history = tf.float32 if plan.scalar_input else tf.int32
    shapes = {
        "numbers": ((count, 1, NUMBERS), tf.float32),
        "temperature": ((1,), tf.float32),
        **dict.fromkeys(plan.conditions, ((1,), tf.int32)),
        "step": ((1,), tf.int32),
        "history": ((plan.first_width, 1), history),
    }
    for dilation, length, layers in tables(plan):
        shape = (length, len(layers), 1, plan.residual_channels)
        shapes[f"queue_{dilation}"] = (shape, tf.float32)
    return {name: tf.TensorSpec(*row, name) for name, row in shapes.items()}


def make_generator(
    model: Any,
    count: int,
    top_k: int | None,
    put: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Callable[..., dict[str, Tensor]]:
    """Returns the function that generates `count` samples; a single one without a loop.

    It takes the inputs of `specs` as keyword arguments, and returns `samples`, float32
    `(1, count)`; `scores`, float32 `(1, outputs)`, of the last of them; and the state for the next
    call, as `next_step`, `next_history`, `next_queue_1` …. `put(queue, index, row)` returns the
    queue with a row replaced.
    """
    plan = model.plan
    if plan.local_channels:
        raise InputError(f"{model.name} has a local condition, which no file takes yet.")
    folded, names = fold(model), [f"queue_{dilation}" for dilation, _, _ in tables(plan)]

    def function(numbers, temperature, history, **given):
        weights = tf.nest.map_structure(tf.constant, laid_out(folded, plan))
        added = _added(folded, given)
        begin, queues = tf.reshape(given["step"], ()), [given[name] for name in names]
        history, *queues = tf.cond(
            tf.equal(begin, 0),
            lambda: _silence(weights, folded, added, history, queues, plan),
            lambda: [tf.identity(state) for state in (history, *queues)],
        )
        added = tf.gather(added, queued(plan))
        heat = tf.maximum(tf.reshape(temperature, ()), _COLDEST)

        def body(i, history, queues, samples, _):
            now = begin + i
            scores, rows = step(weights, added, history, queues, now, plan)
            sample = draw(scores, tf.gather(numbers, i), plan, heat, top_k)
            samples = put(samples, i, sample[None])
            history = tf.concat([history[1:], incoming(sample, plan)[None]], 0)
            lengths = [length for _, length, _ in tables(plan)]
            pairs = zip(queues, lengths, rows, strict=True)
            queues = [put(queue, now % length, row) for queue, length, row in pairs]
            return i + 1, history, queues, samples, scores

        start = (0, history, queues, tf.zeros((count, 1)), tf.zeros((1, plan.outputs)))
        end = body(*start) if count == 1 else tf.while_loop(lambda i, *_: i < count, body, start)
        _, history, queues, samples, scores = end
        state = {"step": given["step"] + count, "history": history}
        state |= dict(zip(names, queues, strict=True))
        state = {f"next_{name}": value for name, value in state.items()}
        return {"samples": tf.transpose(samples), "scores": scores, **state}

    return function


def _added(folded, given):
    """Biases plus the labels' contributions, float32 `(layers, 1, 2 * dilation_channels)`."""
    added = folded["added"][:, None]
    for name, table in folded["conditions"].items():
        added = added + tf.transpose(tf.gather(table, given[name]), (1, 0, 2))
    return added


def _silence(weights, folded, added, history, queues, plan):
    """The state after a long silence: history and queues."""
    history = incoming(tf.zeros(history.shape), plan)
    still = sum(tf.split(folded["past"], plan.filter_width - 1, 1)) if queues else 0.0
    kernels = folded["current"] + still
    x = first(weights["first"], history, plan)
    inputs, channels = [], plan.dilation_channels
    for i in range(len(plan.dilations)):
        inputs.append(x)
        y = x @ kernels[i] + added[i]
        z = tf.tanh(y[:, :channels]) * tf.sigmoid(y[:, channels:])
        if i < len(plan.dilations) - 1:
            x = x + z @ folded["dense"][i]
    full = [
        tf.tile(tf.stack([inputs[i] for i in layers])[None], (length, 1, 1, 1))
        for _, length, layers in tables(plan)
    ]
    return [history, *full]
