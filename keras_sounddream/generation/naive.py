"""Generation by the network itself, with a whole receptive field for each sample."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.generation.sampling import draw
from keras_sounddream.types import Array


def generated(
    model: Any,
    lead: Array,
    inputs: dict[str, Array],
    numbers: Any,
    num_samples: int,
    temperature: float,
    top_k: int | None,
) -> Iterator[Array]:
    """Yields `num_samples` times `(batch, 1)`: the reference for `fast.generated`."""
    plan = model.plan
    hop = plan.local_hop if plan.local_channels else 1
    length = plan.receptive_field + hop - 1  # a window begins where a frame does
    frames = inputs.get("local_condition")
    if frames is not None:
        frames = np.concatenate([np.repeat(frames[:, :1], plan.lead // hop, axis=1), frames], 1)
    constants = {name: inputs[name] for name in plan.conditions}

    @tf.function(reduce_retracing=True, autograph=False)
    def step(given, index, number):
        scores = model(given if len(given) > 1 else given["waveform"], training=False)
        heat = None if temperature == 0 else temperature
        return draw(scores[:, index], number, plan, heat, top_k)

    sound = np.pad(lead, ((0, 0), (0, num_samples)))
    for end in range(plan.lead, plan.lead + num_samples):
        begin = (end - plan.receptive_field) // hop * hop
        window = np.zeros((len(sound), length), "float32")
        window[:, : end - begin] = sound[:, begin:end]
        given = {"waveform": window, **constants}
        if frames is not None:
            rows = np.arange(begin // hop, -(-(begin + length) // hop))
            given["local_condition"] = frames[:, np.minimum(rows, frames.shape[1] - 1)]
        index = end - begin - plan.receptive_field
        sound[:, end] = step(given, tf.constant(index), numbers(1)[0])
        yield sound[:, end : end + 1]
