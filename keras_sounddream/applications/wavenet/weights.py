"""WaveNet's weights as ibab/tensorflow-wavenet names them."""

import re

import numpy as np

from keras_sounddream.applications.weights import Foreign

# A bug there took the biases' names for something else: they are known by their order alone.
_BIASES = {"filter": "Variable", "gate": "Variable_1", "dense": "Variable_2", "skip": "Variable_3"}
TOPS = ("predictions/", "ignored/")


def layout(plan):
    """Finds the weights in a checkpoint.

    Args:
        plan: `WaveNetConfig`.

    Returns:
        dict from a weight's path to its `Foreign`. What is to be passed over, the last layer's
        unread residual, is under `ignored/`.
    """
    rows = {"causal/kernel": Foreign("wavenet/causal_layer/filter")}
    for name in plan.conditions:
        rows[f"{name}_embedding/embeddings"] = Foreign("wavenet/embeddings/gc_embedding")
    count = len(plan.dilations)
    for i in range(count):
        there = f"wavenet/dilated_stack/layer{i}/"
        for part in ("filter", "gate"):
            rows[f"layer{i}_{part}/kernel"] = Foreign(there + part)
            rows[f"layer{i}_{part}/bias"] = Foreign(there + _BIASES[part])
            rows[f"layer{i}_{part}_condition/kernel"] = Foreign(f"{there}gc_{part}", _matrix)
        ours = f"layer{i}_dense" if i < count - 1 else "ignored/dense"
        rows[f"{ours}/kernel"] = Foreign(f"{there}dense", _matrix)
        rows[f"{ours}/bias"] = Foreign(there + _BIASES["dense"])
    for path, number in (("post", 1), ("predictions", 2)):
        there = "wavenet/postprocessing/"
        rows[f"{path}/kernel"] = Foreign(f"{there}postprocess{number}", _matrix)
        rows[f"{path}/bias"] = Foreign(f"{there}Variable{'_1' * (number - 1)}")
    return rows | {
        "skip/kernel": _of_all(count, "skip", lambda *each: np.concatenate(each, 1)[0]),
        "skip/bias": _of_all(count, _BIASES["skip"], lambda *each: np.sum(each, 0)),
    }


def read_settings(arrays):
    """Reads off the shapes in a checkpoint what network it is of.

    Args:
        arrays: dict from a tensor's name to array.

    Returns:
        `(settings, num_layers, num_labels)`: dict of arguments of `WaveNet`, without dilations,
        rate and labels, which no shape tells; and int. All is empty where the names are others.
    """
    first, layer = "wavenet/causal_layer/filter", "wavenet/dilated_stack/layer0/"
    last = "wavenet/postprocessing/postprocess2"
    names = (first, f"{layer}filter", f"{layer}skip", last)
    if any(name not in arrays or arrays[name].ndim != 3 for name in names):
        return {}, 0, 0
    width, residual, dilation = arrays[f"{layer}filter"].shape
    settings = {
        "filter_width": width,
        "residual_channels": residual,
        "dilation_channels": dilation,
        "skip_channels": arrays[f"{layer}skip"].shape[2],
        "classes": arrays[last].shape[2],
        "use_biases": layer + _BIASES["filter"] in arrays,
        "scalar_input": arrays[first].shape[1] == 1,
    }
    if settings["scalar_input"]:
        settings["initial_filter_width"] = len(arrays[first])
    labels = arrays.get("wavenet/embeddings/gc_embedding", np.zeros((0, 0)))
    if labels.size:
        settings["condition_channels"] = labels.shape[-1]
    pattern = re.compile(r"wavenet/dilated_stack/layer\d+/filter")
    return settings, sum(bool(pattern.fullmatch(name)) for name in arrays), len(labels)


def _of_all(count, name, turn):
    """A weight of ours that takes one of each layer there."""
    first, *others = (f"wavenet/dilated_stack/layer{i}/{name}" for i in range(count))
    return Foreign(first, turn, tuple(others))


def _matrix(kernel):
    return np.squeeze(kernel, 0)
