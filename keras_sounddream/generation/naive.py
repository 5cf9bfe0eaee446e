"""Generation by the network itself, which hears a whole receptive field for each sample."""

import numpy as np
import tensorflow as tf

from keras_sounddream.generation.sampling import draw


def generated(model, lead, inputs, numbers, num_samples, temperature, top_k):
    """Generates sound sample by sample: what the cached form has to equal.

    Args:
        model: as of `cached.generated`, as are the others.
        lead: likewise.
        inputs: likewise.
        numbers: likewise.
        num_samples: likewise.
        temperature: likewise.
        top_k: likewise.

    Yields:
        float32 `(batch, 1)`, `num_samples` times.
    """
    plan = model.plan
    hop = plan.local_hop if plan.local_channels else 1
    length = plan.receptive_field + hop - 1  # a window begins where a frame does
    frames = inputs.get("local_condition")
    if frames is not None:
        frames = np.concatenate([np.repeat(frames[:, :1], plan.lead // hop, axis=1), frames], 1)
    constants = {name: inputs[name] for name in plan.conditions}

    @tf.function(reduce_retracing=True)
    def step(given, place, number):
        scores = model(given if len(given) > 1 else given["waveform"], training=False)
        heat = None if temperature == 0 else temperature
        return draw(scores[:, place], number, plan, heat, top_k)

    sound = np.pad(lead, ((0, 0), (0, num_samples)))
    for end in range(plan.lead, plan.lead + num_samples):
        begin = (end - plan.receptive_field) // hop * hop
        window = np.zeros((len(sound), length), "float32")
        window[:, : end - begin] = sound[:, begin:end]
        given = {"waveform": window, **constants}
        if frames is not None:
            rows = np.arange(begin // hop, -(-(begin + length) // hop))
            given["local_condition"] = frames[:, np.minimum(rows, frames.shape[1] - 1)]
        place = end - begin - plan.receptive_field
        sound[:, end] = step(given, tf.constant(place), numbers(1)[0])
        yield sound[:, end : end + 1]
