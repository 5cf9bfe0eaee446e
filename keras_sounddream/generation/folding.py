"""A WaveNet's weights, put together so that a step of generation is few and large products.

Of each layer a step needs one product: of what goes on (`x`) and what the gate let through (`z`),
side by side, with a matrix that gives both the next layer's `x` and its filter and gate. The
products of the past samples do not wait for one another and are made all at once, before.
"""

import numpy as np


def fold(model, ids):
    """Puts the weights together.

    Args:
        model: `AudioModel`, of `WaveNet`.
        ids: dict from the name of each global condition to int `(batch,)`.

    Returns:
        dict of float32 arrays; R, D, S stand for residual, dilation and skip channels and W for
        R + 2 D:
        `first`: `(first_width, levels or 1, W)`, what a sample gives to the first layer;
        `past`: `(layers, (filter_width - 1) * R, W)`, what the earlier samples do, oldest first;
        `added`: `(layers, batch or 1, W)`, biases and global conditions;
        `next`: `(layers - 1, R + D, W)`, from a layer to the next;
        `local`: `(layers, local_channels, W)`, what a frame does, if there are any;
        `skip`, `post`, `predictions`: matrices, and `skip_bias` …: `(1, channels)`.
    """
    plan = model.plan
    w = {weight.path: np.asarray(weight.value, "float64") for weight in model.weights}
    count, residual = len(plan.dilations), plan.residual_channels

    def halves(i, ending, default=0.0):
        both = [w.get(f"layer{i}_{part}{ending}") for part in ("filter", "gate")]
        return default if both[0] is None else np.concatenate(both, -1)

    kernels = [halves(i, "/kernel") for i in range(count)]  # (filter_width, R, 2 D)
    named = [w[f"{name}_embedding/embeddings"][ids[name]] for name in plan.conditions]
    condition = np.concatenate(named, -1) if named else np.zeros((1, 1))  # (batch, channels)
    nothing = np.zeros((1, residual))
    found = {"past": [], "added": [], "next": []}
    through, carried = np.eye(residual), nothing
    for i, kernel in enumerate(kernels):
        current = kernel[-1]
        added = halves(i, "/bias") + condition @ halves(i, "_condition/kernel", nothing[:, :1])
        added = added + carried @ current
        wide = np.broadcast_to(carried, (len(added), residual))
        found["added"].append(np.concatenate([wide, added], -1))
        earlier = kernel[:-1].reshape(-1, kernel.shape[-1])
        found["past"].append(np.pad(earlier, ((0, 0), (residual, 0))))
        onward = np.concatenate([through, through @ current], -1)
        if i == 0:
            found["first"] = w["causal/kernel"] @ onward
        else:
            found["next"].append(onward)
        if i < count - 1:
            through = np.concatenate([np.eye(residual), w[f"layer{i}_dense/kernel"]])
            carried = nothing + w.get(f"layer{i}_dense/bias", 0)
    if plan.local_channels:
        local = [halves(i, "_local/kernel") for i in range(count)]
        found["local"] = [np.pad(each, ((0, 0), (residual, 0))) for each in local]
    for path in ("skip", "post", "predictions"):
        found[path] = w[f"{path}/kernel"]
        found[f"{path}_bias"] = nothing[:, :1] + w.get(f"{path}/bias", 0)
    return {name: np.asarray(value, "float32") for name, value in found.items()}
