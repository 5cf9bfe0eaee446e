"""WaveNet's weights: those that ship, and the layout of ibab/tensorflow-wavenet's checkpoints."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.applications.weights import Foreign, Layout
from keras_sounddream.types import Array

# A bug there lost the biases' names: they are known by their order alone.
_BIASES = {"filter": "Variable", "gate": "Variable_1", "dense": "Variable_2", "skip": "Variable_3"}
TOPS = ("predictions/", "ignored/")


def layout(plan: WaveNetConfig) -> Layout:
    """Layout of a checkpoint; the last layer's unread residual is under `ignored/`."""
    rows = {"causal/kernel": Foreign("wavenet/causal_layer/filter")}
    for name in plan.conditions:
        rows[f"{name}_embedding/embeddings"] = Foreign("wavenet/embeddings/gc_embedding")
    count = len(plan.dilations)
    for i in range(count):
        folder = f"wavenet/dilated_stack/layer{i}/"
        for part in ("filter", "gate"):
            rows[f"layer{i}_{part}/kernel"] = Foreign(folder + part)
            rows[f"layer{i}_{part}/bias"] = Foreign(folder + _BIASES[part])
            rows[f"layer{i}_{part}_condition/kernel"] = Foreign(f"{folder}gc_{part}", _matrix)
        ours = f"layer{i}_dense" if i < count - 1 else "ignored/dense"
        rows[f"{ours}/kernel"] = Foreign(f"{folder}dense", _matrix)
        rows[f"{ours}/bias"] = Foreign(folder + _BIASES["dense"])
    for path, number in (("post", 1), ("predictions", 2)):
        folder = "wavenet/postprocessing/"
        rows[f"{path}/kernel"] = Foreign(f"{folder}postprocess{number}", _matrix)
        rows[f"{path}/bias"] = Foreign(f"{folder}Variable{'_1' * (number - 1)}")
    return rows | {
        "skip/kernel": _joined(count, "skip", lambda *each: np.concatenate(each, 1)[0]),
        "skip/bias": _joined(count, _BIASES["skip"], lambda *each: np.sum(each, 0)),
    }


def read_settings(arrays: Mapping[str, Array]) -> tuple[dict[str, Any], int, int]:
    """Settings that the shapes in a checkpoint tell: `(settings, num_layers, num_labels)`.

    `settings` are arguments of `WaveNet`, without dilations, rate and labels, which no shape
    tells. All is empty if the tensors have other names.
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


def _joined(count, name, turn):
    """A weight of ours that is made from one of each layer there."""
    first, *others = (f"wavenet/dilated_stack/layer{i}/{name}" for i in range(count))
    return Foreign(first, turn, tuple(others))


def _matrix(kernel):
    return np.squeeze(kernel, 0)
