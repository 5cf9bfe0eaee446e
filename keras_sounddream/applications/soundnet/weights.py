"""Layouts of SoundNet's weights in the original's files and those of its ports."""

from collections.abc import Sequence

import numpy as np

from keras_sounddream.applications.weights import Foreign, Layout

HEADS = {"objects": "", "scenes": "_2"}  # and the ports' ending of the last layer's name
TOPS = (*(f"{head}/" for head in HEADS), "predictions/", "ignored/")

# A head of one's own, which none of the files has.
_OWN_HEAD = {
    f"predictions/{weight}": Foreign(f"predictions/{weight}") for weight in ("kernel", "bias")
}
_NPY = {
    "kernel": "weights",
    "bias": "biases",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "mean",
    "moving_variance": "var",
}
_TORCH = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def layouts(pooled: Sequence[bool]) -> tuple[Layout, ...]:
    """Layouts of the ports' `.npy`, their `.pth` and the original's `.t7`.

    `pooled` says for each convolution before the heads whether it is pooled. Tensors to leave out
    are under `ignored/`.
    """
    return _npy_layout(len(pooled)), _pth_layout(len(pooled)), _t7_layout(pooled)


def _npy_layout(count):
    """`conv1/weights` …, kernels `(length, 1, in, out)`."""
    layout = {}
    for i in range(1, count + 1):
        layout |= _rows(f"conv{i}", f"conv{i}/", f"conv{i}/", _NPY, _from_npy)
    for head, ending in HEADS.items():
        layout |= _rows(head, f"conv{count + 1}{ending}/", None, _NPY, _from_npy)
    return layout | _OWN_HEAD


def _pth_layout(count):
    """`conv1.0.weight` …, kernels `(out, in, length, 1)`; `.0` convolves, `.1` normalises."""
    layout = {}
    for i in range(1, count + 1):
        layout |= _rows(f"conv{i}", f"conv{i}.0.", f"conv{i}.1.", _TORCH, _from_torch)
        layout[f"ignored/conv{i}"] = Foreign(f"conv{i}.1.num_batches_tracked")
    for head, ending in HEADS.items():
        layout |= _rows(head, f"conv{count + 1}{ending}.0.", None, _TORCH, _from_torch)
    return layout | _OWN_HEAD


def _t7_layout(pooled):
    """`modules/1/weight` …, kernels `(out, in, length, 1)`.

    The original's training script makes an `nn.Sequential` of convolution, normalisation, ReLU and,
    where there is one, pooling, and after these an `nn.ConcatTable` of the two heads. Names are
    taken to be paths in that tree, with Lua's indices, which begin at 1.
    """
    layout, index = {}, 1
    for i, has_pool in enumerate(pooled, start=1):
        after = f"modules/{index + 1}/"
        layout |= _rows(f"conv{i}", f"modules/{index}/", after, _TORCH, _from_torch)
        index += 3 + has_pool
    for number, head in enumerate(HEADS, start=1):
        module = f"modules/{index}/modules/{number}/"
        layout |= _rows(head, module, None, _TORCH, _from_torch)
    return layout | _OWN_HEAD


def _rows(ours, convolution, norm, names, turn):
    """The rows of a convolution and, if `norm` is not `None`, of its normalisation."""
    rows = {
        f"{ours}/kernel": Foreign(convolution + names["kernel"], turn),
        f"{ours}/bias": Foreign(convolution + names["bias"]),
    }
    if norm is None:
        return rows
    normed = {name: theirs for name, theirs in names.items() if name not in ("kernel", "bias")}
    return rows | {f"{ours}_norm/{name}": Foreign(norm + n) for name, n in normed.items()}


def _from_npy(kernel):
    return np.squeeze(kernel, 1)


def _from_torch(kernel):
    return np.squeeze(kernel, 3).transpose(2, 1, 0)
