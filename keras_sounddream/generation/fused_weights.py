"""A WaveNet's weights, put together so that a step of generation has little to read and to add.

The biases of what goes from layer to layer are added up beforehand: a step, and what it keeps,
leaves them out. The products of the past samples do not wait for one another and are made all at
once.
"""

import numpy as np


def fold(model):
    """Puts the weights together.

    Args:
        model: `AudioModel`, of `WaveNet`.

    Returns:
        dict of float32 arrays; R, D stand for residual and dilation channels:
        `first`: `(first_width, levels or 1, R)`, what a sample gives to the first layer;
        `past`: `(layers, (filter_width - 1) * R, 2 D)`, what earlier samples do, oldest first;
        `current`: `(layers, R, 2 D)`, what the last one does to filter and gate;
        `dense`: `(layers - 1, D, R)`, from a layer to the next;
        `added`: `(layers, 2 D)`, biases;
        `conditions`: dict from the name of each to `(labels, layers, 2 D)`, what a label adds;
        `carried`: `(layers, R)`, by how much more a layer takes in than a step says;
        `local`: `(layers, local_channels, 2 D)`, what a frame does, if there are any;
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
    found = {
        "first": w["causal/kernel"],
        "past": kernels[:, :-1].reshape(count, -1, width),
        "current": kernels[:, -1],
        "dense": np.reshape(dense, (count - 1, width // 2, plan.residual_channels)),
        "added": added,
        "carried": carried,
    }
    if plan.local_channels:
        found["local"] = halves("_local/kernel")
    for path in ("skip", "post", "predictions"):
        found[path] = w[f"{path}/kernel"]
        found[f"{path}_bias"] = np.zeros((1, 1)) + w.get(f"{path}/bias", 0)
    found = {name: np.asarray(value, "float32") for name, value in found.items()}
    return {**found, "conditions": _conditions(plan, w, halves)}


def _conditions(plan, w, halves):
    """What each label of each condition adds to filter and gate of each layer."""
    channels, found = plan.condition_channels, {}
    for place, name in enumerate(plan.conditions):
        kernel = halves("_condition/kernel")[:, channels * place : channels * (place + 1)]
        table = np.einsum("nc,lcw->nlw", w[f"{name}_embedding/embeddings"], kernel)
        found[name] = table.astype("float32")
    return found
