"""Layout of UrbanSoundCNN's weights in the original's checkpoints.

The original's spectrograms have frequency first, ours have time first.
"""

import functools
from collections.abc import Sequence

import numpy as np

from keras_sounddream.applications.base import TOP
from keras_sounddream.applications.urban_sound_cnn import power_spectrogram
from keras_sounddream.applications.weights import Foreign, Layout


def checkpoint_layout(blocks: Sequence[Sequence[int]], units: Sequence[int]) -> Layout:
    """Layout of the checkpoint for filters of each block and `units` of the dense layers."""
    layout = {}
    for i in range(1, sum(map(len, blocks)) + 1):
        turn = functools.partial(np.swapaxes, axis1=0, axis2=1)
        layout[f"conv{i}/kernel"] = Foreign(f"conv{i}/conv_kernel/kernel", turn)
        layout[f"conv{i}/bias"] = Foreign(f"conv{i}/conv_bias/conv_bias")
    turns = [functools.partial(_rows_by_time, num_blocks=len(blocks)), *[None] * len(units)]
    names = [*(f"fc{i}" for i in range(1, len(units) + 1)), TOP]
    for i, (name, turn) in enumerate(zip(names, turns, strict=True), start=1):
        layout[f"{name}/kernel"] = Foreign(f"fc{i}/fc_weights/weights", turn)
        layout[f"{name}/bias"] = Foreign(f"fc{i}/fc_bias/fc_bias")
    return layout


def _rows_by_time(kernel, num_blocks):
    """Kernel after a flattening of `(bands, frames, channels)` to one of `(frames, bands, …)`."""
    frames, bands = (-(-size // 2**num_blocks) for size in power_spectrogram.SPECTROGRAM)
    rows = kernel.reshape(bands, frames, -1, kernel.shape[1])
    return rows.swapaxes(0, 1).reshape(kernel.shape)
