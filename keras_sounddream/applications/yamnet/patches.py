"""Layers that cut a spectrogram into patches and put what is found in them together again."""

import keras
from keras import ops

from keras_sounddream.errors import InputError


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Patches(keras.layers.Layer):
    """Cuts spectrograms into overlapping patches, each an example of its own from here on.

    Frames after the last whole patch are left out. Reshapes, slices and a concatenation only, so
    that it runs wherever these do.

    Args:
        length: int, frames in a patch; a whole number of steps.
        step: int, frames from one patch to the next.

    Input shape:
        float32 `(batch, frames, bands)`, at least `length` frames.

    Output shape:
        float32 `(batch * patches, length, bands, 1)`, those of the first example first.

    Attributes:
        splits_examples: `True`: the first axis of what comes out is not that of the examples,
            which `DeepDream` wants to know.

    Raises:
        ValueError: if `length` is not a whole number of steps.
        InputError: when it is called with less than a patch.
    """

    splits_examples = True

    def __init__(self, length, step, **kwargs):
        super().__init__(**kwargs)
        if not (step > 0 and length > 0 and length % step == 0):
            raise ValueError(
                f"Expected patches of a whole number of steps. Received: length={length}, "
                f"step={step}"
            )
        self.length = length
        self.step = step

    def call(self, spectrogram):
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

    def compute_output_shape(self, input_shape):
        batch, num_frames, bands = input_shape
        if batch is not None and num_frames is not None:
            batch *= count_patches(num_frames, self.length, self.step)
        else:
            batch = None
        return (batch, self.length, bands, 1)

    def get_config(self):
        return {**super().get_config(), "length": self.length, "step": self.step}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class JoinPatches(keras.layers.Layer):
    """Gives each example the features of its patches back.

    Args:
        length: int, as of `Patches`.
        step: int, as of `Patches`.

    Input shape:
        float32 `(batch * patches, channels)`, and the spectrogram `(batch, frames, bands)` that
        was cut.

    Output shape:
        float32 `(batch, patches, channels)`.

    Attributes:
        splits_examples: `False`: the first axis of what comes out is that of the examples.
    """

    splits_examples = False

    def __init__(self, length, step, **kwargs):
        super().__init__(**kwargs)
        self.length = length
        self.step = step

    def call(self, features, spectrogram):
        num_patches = count_patches(ops.shape(spectrogram)[1], self.length, self.step)
        return ops.reshape(features, (-1, num_patches, features.shape[-1]))

    def compute_output_shape(self, features_shape, spectrogram_shape):
        batch, num_frames = spectrogram_shape[:2]
        patches = num_frames and count_patches(num_frames, self.length, self.step)
        return (batch, patches, features_shape[-1])

    def get_config(self):
        return {**super().get_config(), "length": self.length, "step": self.step}


def count_patches(num_frames, length, step):
    """Counts whole patches.

    Args:
        num_frames: int or int tensor.
        length: int, frames in a patch.
        step: int, frames from one patch to the next.

    Returns:
        int or int tensor; of an int of less than `length`, 0.
    """
    count = 1 + (num_frames - length) // step
    return max(count, 0) if isinstance(num_frames, int) else count
