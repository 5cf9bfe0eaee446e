"""Layers that cut spectrograms into patches and regroup the features of the patches."""

from typing import Any

import keras
from keras import ops

from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Patches(keras.layers.Layer):
    """Cuts spectrograms into overlapping patches, each a separate example from here on.

    Frames after the last whole patch are left out. The layer uses only reshapes, slices and a
    concatenation, so that it runs wherever these do.

    Args:
        length: frames per patch; a whole number of steps.
        step: frames from one patch to the next.

    Input shape:
        float32 `(batch, frames, bands)`, at least `length` frames.

    Output shape:
        float32 `(batch * patches, length, bands, 1)`, those of the first example first.

    Attributes:
        splits_examples: `True`: the first axis of the output is not that of the examples, which
            `DeepDream` takes into account.

    Raises:
        InputError: if `length` is not a whole number of steps.
        InputError: when it is called with less than a patch.
    """

    splits_examples = True

    def __init__(self, length: int, step: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not (step > 0 and length > 0 and length % step == 0):
            raise InputError(
                f"Expected patches of a whole number of steps. Received: length={length}, "
                f"step={step}"
            )
        self.length = length
        self.step = step

    def call(self, spectrogram: Tensor) -> Tensor:
        num_frames, bands = spectrogram.shape[1], spectrogram.shape[2]
        if isinstance(num_frames, int) and num_frames < self.length:
            raise InputError(f"Expected at least {self.length} frames, a patch. Got: {num_frames}")
        batch, count = ops.shape(spectrogram)[0], self.length // self.step
        num_patches = count_patches(ops.shape(spectrogram)[1], self.length, self.step)
        num_steps = num_patches + count - 1
        used = ops.slice(spectrogram, (0, 0, 0), (batch, num_steps * self.step, bands))
        steps = ops.reshape(used, (-1, num_steps, self.step * bands))
        size = batch, num_patches, self.step * bands
        pieces = [ops.slice(steps, (0, i, 0), size) for i in range(count)]
        return ops.reshape(ops.concatenate(pieces, axis=-1), (-1, self.length, bands, 1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, num_frames, bands = input_shape
        if batch is not None and num_frames is not None:
            batch *= count_patches(num_frames, self.length, self.step)
        else:
            batch = None
        return (batch, self.length, bands, 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length, "step": self.step}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class JoinPatches(keras.layers.Layer):
    """Regroups the features of patches by example.

    Args:
        length: frames per patch.
        step: frames from one patch to the next.

    Input shape:
        float32 `(batch * patches, channels)`, and the spectrogram `(batch, frames, bands)`
        before `Patches`.

    Output shape:
        float32 `(batch, patches, channels)`.

    Attributes:
        splits_examples: `False`: the first axis of the output is that of the examples.
    """

    splits_examples = False

    def __init__(self, length: int, step: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length
        self.step = step

    def call(self, features: Tensor, spectrogram: Tensor) -> Tensor:
        num_patches = count_patches(ops.shape(spectrogram)[1], self.length, self.step)
        return ops.reshape(features, (-1, num_patches, features.shape[-1]))

    def compute_output_shape(self, features_shape: Any, spectrogram_shape: Any) -> Any:
        batch, num_frames = spectrogram_shape[:2]
        patches = num_frames and count_patches(num_frames, self.length, self.step)
        return (batch, patches, features_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length, "step": self.step}


def count_patches(num_frames: Any, length: int, step: int) -> Any:
    """Whole patches in `num_frames`, an int or an int tensor; an int below `length` gives 0."""
    count = 1 + (num_frames - length) // step
    return max(count, 0) if isinstance(num_frames, int) else count
