"""Layout of EfficientAT's weights in its authors' PyTorch files."""

import os
import pathlib
from typing import Any

import numpy as np

from keras_sounddream.applications.efficientat.network import BLOCKS, FIRST, VARIANTS, channels
from keras_sounddream.applications.weights import Foreign, Layout
from keras_sounddream.convert import read_arrays

TOPS = ("hidden/", "predictions/", "ignored/")
_NORM = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_KERAS_3 = ".weights.h5"  # whose tensors have numbers for names


def variant_of(weights: Any) -> str | None:
    """The variant of a file of weights, by its first kernel; `None` for anything else."""
    if not isinstance(weights, str | os.PathLike) or not pathlib.Path(weights).is_file():
        return None
    if os.fspath(weights).endswith(_KERAS_3):
        return None
    arrays = read_arrays(weights)
    kernel = arrays.get("block0_conv/kernel", arrays.get("features.0.0.weight", ()))
    filters = {channels(FIRST * width): variant for variant, width in VARIANTS.items()}
    return filters.get(max(np.shape(kernel), default=0))  # its other sizes are 1 and 3


def layout() -> Layout:
    """Places of all weights; tensors to leave out are under `ignored/`.

    Files have bands before frames, ours frames before bands.
    """
    rows = _convolution("block0", "features.0")
    for number, block in enumerate(BLOCKS, start=1):
        rows |= _residual(f"block{number}", f"features.{number}.block", block, number > 1)
    rows |= _convolution(f"block{len(BLOCKS) + 1}", f"features.{len(BLOCKS) + 1}")
    return rows | _dense("hidden", "classifier.2") | _dense("predictions", "classifier.5")


def _residual(ours, theirs, block, expands):
    """The rows of a block; the first one has no expansion, whatever the width."""
    parts = ["expand"] * expands + ["depthwise"] + ["gate"] * block.gated + ["project"]
    rows = {}
    for index, part in enumerate(parts):
        if part == "gate":
            gate = f"{theirs}.{index}.conc_se_layers.0"
            rows |= _dense(f"{ours}_squeeze", f"{gate}.fc1", _to_pointwise)
            rows |= _dense(f"{ours}_excite", f"{gate}.fc2", _to_pointwise)
        else:
            turn = _from_depthwise if part == "depthwise" else _from_torch
            rows |= _convolution(f"{ours}_{part}", f"{theirs}.{index}", turn)
    return rows


def _convolution(ours, theirs, turn=None):
    """A convolution, `.0`, and its normalisation, `.1`."""
    rows = {f"{ours}_norm/{kind}": Foreign(f"{theirs}.1.{name}") for kind, name in _NORM.items()}
    return rows | {
        f"{ours}_conv/kernel": Foreign(f"{theirs}.0.weight", turn or _from_torch),
        f"ignored/{ours}": Foreign(f"{theirs}.1.num_batches_tracked"),
    }


def _dense(ours, theirs, turn=None):
    return {
        f"{ours}/kernel": Foreign(f"{theirs}.weight", turn or _to_dense),
        f"{ours}/bias": Foreign(f"{theirs}.bias"),
    }


def _from_torch(kernel):
    """`(out, in, bands, frames)` to `(frames, bands, in, out)`."""
    return kernel.transpose(3, 2, 1, 0)


def _from_depthwise(kernel):
    """`(channels, 1, bands, frames)` to `(frames, bands, channels, 1)`."""
    return kernel.transpose(3, 2, 0, 1)


def _to_dense(matrix):
    return matrix.transpose(1, 0)


def _to_pointwise(matrix):
    """`(out, in)` to the kernel `(1, 1, in, out)` of a convolution."""
    return matrix.transpose(1, 0)[None, None]
