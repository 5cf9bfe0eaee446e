"""Batches of short sounds, each whole, for a WaveNet that starts from silence at no cost."""

import functools
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_sounddream.applications.wavenet.config import WAVEFORM, WaveNetConfig
from keras_sounddream.applications.wavenet.layers import DilatedConv1D
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.errors import InputError
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array


class WholeSounds(StepBatches):
    """Batches of whole sounds of similar length; the same seed and step give the same batch.

    For a model of `from_silence`. Where sounds are about as long as the receptive field, half of
    what a network computes of `Segments` is silence.

    Args:
        sounds: at the plan's rate, with the labels of the plan's conditions.
        plan: `WaveNetConfig` of the model.
        lengths: samples that sounds are filled up to with silence, each to the shortest of them
            that will do; longer sounds are cut. XLA compiles for each.
        batch_size: sounds of a batch.
        seed: of the order.
        tail: samples of the silence behind a sound that are predicted too.

    Raises:
        InputError: if sounds and plan do not fit.
    """

    def __init__(
        self,
        sounds: Sounds,
        plan: WaveNetConfig,
        lengths: Sequence[int],
        batch_size: int,
        seed: int = 0,
        tail: int = 0,
    ) -> None:
        super().__init__(seed=seed)
        if sounds.sample_rate != plan.sample_rate or plan.local_channels:
            raise InputError(
                f"Expected sounds at the model's {plan.sample_rate} Hz, and no local condition. "
                f"Received: {sounds.sample_rate} Hz, {plan.local_channels} local channels"
            )
        self.sounds, self.plan, self.tail = sounds, plan, tail
        self.lengths, self.batch_size = tuple(sorted(lengths)), batch_size
        self._ids = plan.ids({name: sounds.labels[name] for name in plan.conditions})
        needed = np.minimum(sounds.lengths + tail, self.lengths[-1])
        self._class = np.searchsorted(self.lengths, needed)
        self._epoch = functools.lru_cache(2)(self._epoch)

    @property
    def piece_samples(self) -> int:
        """The longest of `lengths`."""
        return self.lengths[-1]

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which each sound comes once."""
        counts = np.bincount(self._class, minlength=len(self.lengths))
        return int((-(-counts // self.batch_size)).sum())

    def batch(self, step: int) -> tuple[dict[str, Array], Array, Array]:
        """Gives the batch of a step.

        Args:
            step: from 0, counted through all epochs.

        Returns:
            `(inputs, targets, weights)`: dict of `waveform`, float32 `(batch, samples)`, and for
            each condition int32 `(batch,)`; the same waveforms, which are to be predicted; and
            float32 of that shape, 0 where nothing is to be learned.
        """
        epoch, index = self.position(step)
        length, members = self._epoch(epoch)[index]
        waveforms = np.zeros((self.batch_size, length), "float32")
        weights = np.zeros_like(waveforms)
        ids = {name: np.zeros(self.batch_size, "int32") for name in self._ids}
        for row, sound in enumerate(members):
            waveform = self.sounds.waveform(sound)[0, :length]
            waveforms[row, : len(waveform)] = waveform
            weights[row, : len(waveform) + self.tail] = 1
            for name, values in self._ids.items():
                ids[name][row] = values[sound]
        return {WAVEFORM: waveforms, **ids}, waveforms, weights

    def _static_shape(self, array):
        return (self.batch_size, None) if array.ndim == 2 else array.shape

    def _epoch(self, epoch):
        """The batches of an epoch in their order: list of `(length, sounds)`."""
        rng = np.random.default_rng([self.seed, epoch])
        batches = []
        for number, length in enumerate(self.lengths):
            members = rng.permutation(np.flatnonzero(self._class == number))
            starts = range(0, len(members), self.batch_size)
            batches += [(length, members[start : start + self.batch_size]) for start in starts]
        return [batches[index] for index in rng.permutation(len(batches))]


def from_silence(model: keras.Model) -> keras.Model:
    """Makes a model that predicts each sample of sounds that begin out of silence.

    Its layers, and so its weights, are the model's. In silence nothing changes, so that a layer's
    past is its first sample again and again.

    Args:
        model: model of `applications.WaveNet`.

    Returns:
        Model from the same inputs to `(batch, samples, outputs)`: the scores that `model` gives of
        `receptive_field` zeros and the sound, without the last.
    """
    plan = model.plan
    first = "add_channel" if plan.scalar_input else "front_end"

    def called(layer, *inputs, **more):
        if isinstance(layer, keras.layers.Cropping1D):
            return inputs[0]
        if layer.name == first:
            inputs = (_Delay(plan.first_width)(inputs[0]), *inputs[1:])
        elif isinstance(layer, DilatedConv1D) and layer.name != "causal":
            reach = (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
            inputs = (_RepeatFirst(reach)(inputs[0]), *inputs[1:]) if reach else inputs
        return layer(*inputs, **more)

    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=called)


class _Delay(keras.layers.Layer):
    """Silence of `width` samples, then a waveform without its last sample."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def call(self, waveform):
        return ops.pad(waveform[:, :-1], ((0, 0), (self.width, 0)))


class _RepeatFirst(keras.layers.Layer):
    """The first sample `reach` times, then all samples."""

    def __init__(self, reach, **kwargs):
        super().__init__(**kwargs)
        self.reach = reach

    def call(self, inputs):
        return ops.concatenate([ops.repeat(inputs[:, :1], self.reach, axis=1), inputs], axis=1)
