"""Generation as one function of numbers alone, for files that other runtimes open.

All that is kept from sample to sample goes in and comes out, so that the next call goes on where
this one ended. Before the first call all of it is zeros: at step 0 silence is put in its place.
"""

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

_COLDEST = 1e-6  # temperature that stands for 0: only the likeliest has a chance


def specs(plan, count):
    """Describes what the function of `make_generator` takes, for a batch of one.

    Args:
        plan: `WaveNetConfig`.
        count: int, samples a call.

    Returns:
        dict from name to `tf.TensorSpec`: `numbers`, float32 `(count, 1, 2)` in [0, 1);
        `temperature`, float32 `(1,)`; each condition by its name, int32 `(1,)`, the number of the
        label; and what is kept: `step`, int32 `(1,)`, `history`, and `queue_1` …, one a dilation.
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


def make_generator(model, count, top_k, put):
    """Makes the function that generates.

    Args:
        model: `AudioModel`, of `WaveNet`.
        count: int, samples a call; one is made without a loop.
        top_k: int, how many of the likeliest levels to draw from; `None` for all.
        put: function from a queue, the place in it and the row that goes there to the queue then.

    Returns:
        function from what `specs` says, as keyword arguments, to a dict: `samples`, float32
        `(1, count)`; `scores`, float32 `(1, outputs)`, of the last of them; and what is to be given
        to the next call, as `next_step`, `next_history`, `next_queue_1` ….

    Raises:
        InputError: if the network has a local condition.
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
            lambda: [tf.identity(kept) for kept in (history, *queues)],
        )
        added = tf.gather(added, queued(plan))
        heat = tf.maximum(tf.reshape(temperature, ()), _COLDEST)

        def body(i, history, queues, samples, _):
            place = begin + i
            scores, rows = step(weights, added, history, queues, place, plan)
            sample = draw(scores, tf.gather(numbers, i), plan, heat, top_k)
            samples = put(samples, i, sample[None])
            history = tf.concat([history[1:], incoming(sample, plan)[None]], 0)
            lengths = [length for _, length, _ in tables(plan)]
            pairs = zip(queues, lengths, rows, strict=True)
            queues = [put(queue, place % length, row) for queue, length, row in pairs]
            return i + 1, history, queues, samples, scores

        made = (0, history, queues, tf.zeros((count, 1)), tf.zeros((1, plan.outputs)))
        made = body(*made) if count == 1 else tf.while_loop(lambda i, *_: i < count, body, made)
        _, history, queues, samples, scores = made
        kept = {"step": given["step"] + count, "history": history}
        kept |= dict(zip(names, queues, strict=True))
        kept = {f"next_{name}": value for name, value in kept.items()}
        return {"samples": tf.transpose(samples), "scores": scores, **kept}

    return function


def _added(folded, given):
    """Biases and what the labels add, float32 `(layers, 1, 2 * dilation_channels)`."""
    added = folded["added"][:, None]
    for name, table in folded["conditions"].items():
        added = added + tf.transpose(tf.gather(table, given[name]), (1, 0, 2))
    return added


def _silence(weights, folded, added, history, queues, plan):
    """What is kept of a long silence: history and queues."""
    history = incoming(tf.zeros(history.shape), plan)
    still = sum(tf.split(folded["past"], plan.filter_width - 1, 1)) if queues else 0.0
    kernels = folded["current"] + still
    x = first(weights["first"], history, plan)
    taken, channels = [], plan.dilation_channels
    for i in range(len(plan.dilations)):
        taken.append(x)
        y = x @ kernels[i] + added[i]
        z = tf.tanh(y[:, :channels]) * tf.sigmoid(y[:, channels:])
        if i < len(plan.dilations) - 1:
            x = x + z @ folded["dense"][i]
    full = [
        tf.tile(tf.stack([taken[i] for i in layers])[None], (length, 1, 1, 1))
        for _, length, layers in tables(plan)
    ]
    return [history, *full]
