"""Short sounds that a WaveNet is trained on whole, out of silence that costs nothing."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_sounddream.applications.wavenet.config import WAVEFORM
from keras_sounddream.applications.wavenet.layers import DilatedConv1D
from keras_sounddream.errors import InputError


class WholeSounds:
    """Batches of whole sounds of like length; the same seed and step give the same batch.

    For a model of `from_silence`. Where sounds are about as long as the receptive field, half of
    what `Segments` has a network compute is silence.

    Args:
        sounds: `Sounds`, at the plan's rate, with the labels of the plan's conditions.
        plan: `WaveNetConfig` of the model.
        lengths: sequence of int, samples that sounds are filled up to with silence, each to the
            shortest of them that will do; longer sounds are cut. XLA compiles for each.
        batch_size: int, sounds of a batch.
        seed: int, of the order.
        tail: int, samples of the silence behind a sound that are predicted too.

    Raises:
        InputError: if sounds and plan do not fit.
    """

    def __init__(self, sounds, plan, lengths, batch_size, seed=0, tail=0):
        if sounds.sample_rate != plan.sample_rate or plan.local_channels:
            raise InputError(
                f"Expected sounds at the model's {plan.sample_rate} Hz, and no local condition. "
                f"Received: {sounds.sample_rate} Hz, {plan.local_channels} local channels"
            )
        self.sounds, self.plan, self.seed, self.tail = sounds, plan, seed, tail
        self.lengths, self.batch_size = tuple(sorted(lengths)), batch_size
        self._ids = plan.ids({name: sounds.labels[name] for name in plan.conditions})
        wanted = np.minimum(sounds.lengths + tail, self.lengths[-1])
        self._class = np.searchsorted(self.lengths, wanted)
        self._order = functools.lru_cache(2)(self._order)

    @property
    def piece_samples(self):
        """The longest of `lengths`: int."""
        return self.lengths[-1]

    @property
    def steps_per_epoch(self):
        """Steps in which each sound is heard once: int."""
        counts = np.bincount(self._class, minlength=len(self.lengths))
        return int((-(-counts // self.batch_size)).sum())

    def batch(self, step):
        """Gives the batch of a step.

        Args:
            step: int, from 0, in all epochs.

        Returns:
            `(inputs, targets, weights)`: dict of `waveform`, float32 `(batch, samples)`, and for
            each condition int32 `(batch,)`; the same waveforms, which are what is predicted; and
            float32 of that shape, 0 where nothing is to be learned.
        """
        epoch, place = divmod(int(step), self.steps_per_epoch)
        length, members = self._order(epoch)[place]
        waveforms = np.zeros((self.batch_size, length), "float32")
        weights = np.zeros_like(waveforms)
        ids = {name: np.zeros(self.batch_size, "int32") for name in self._ids}
        for row, sound in enumerate(members):
            waveform = self.sounds.waveform(sound)[0, :length]
            waveforms[row, : len(waveform)] = waveform
            weights[row, : len(waveform) + self.tail] = 1
            for name, each in self._ids.items():
                ids[name][row] = each[sound]
        return {WAVEFORM: waveforms, **ids}, waveforms, weights

    def dataset(self, first_step=0):
        """Gives the batches one after the other: `tf.data.Dataset` without end.

        Args:
            first_step: int, to go on from.
        """
        shape = tf.TensorSpec((self.batch_size, None), "float32")
        ids = {name: tf.TensorSpec((self.batch_size,), "int32") for name in self._ids}
        signature = ({WAVEFORM: shape, **ids}, shape, shape)

        def batches():
            step = first_step
            while True:
                yield self.batch(step)
                step += 1

        return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(4)

    def _order(self, epoch):
        """List of `(length, sounds)`, a batch each."""
        rng = np.random.default_rng([self.seed, epoch])
        found = []
        for number, length in enumerate(self.lengths):
            own = rng.permutation(np.flatnonzero(self._class == number))
            starts = range(0, len(own), self.batch_size)
            found += [(length, own[start : start + self.batch_size]) for start in starts]
        return [found[place] for place in rng.permutation(len(found))]


def from_silence(model):
    """Makes a model that predicts each sample of sounds which silence is before.

    Its layers, and so its weights, are the model's. In silence nothing changes, so that what a
    layer needs of the time before is its first sample again and again.

    Args:
        model: model of `applications.WaveNet`.

    Returns:
        `keras.Model` from what the model takes to `(batch, samples, outputs)`: the scores that the
        model gives of `receptive_field` zeros and the sound, but for the last.
    """
    plan = model.plan
    first = "add_channel" if plan.scalar_input else "front_end"

    def called(layer, *inputs, **more):
        if isinstance(layer, keras.layers.Cropping1D):
            return inputs[0]
        if layer.name == first:
            inputs = (_Later(plan.first_width)(inputs[0]), *inputs[1:])
        elif isinstance(layer, DilatedConv1D) and layer.name != "causal":
            reach = (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
            inputs = (_Before(reach)(inputs[0]), *inputs[1:]) if reach else inputs
        return layer(*inputs, **more)

    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=called)


class _Later(keras.layers.Layer):
    """Silence, and then a waveform without its last sample."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def call(self, waveform):
        return ops.pad(waveform[:, :-1], ((0, 0), (self.width, 0)))


class _Before(keras.layers.Layer):
    """The first sample again and again, and then all of them."""

    def __init__(self, reach, **kwargs):
        super().__init__(**kwargs)
        self.reach = reach

    def call(self, inputs):
        return ops.concatenate([ops.repeat(inputs[:, :1], self.reach, axis=1), inputs], axis=1)
