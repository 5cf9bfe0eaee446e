"""Segments of sounds that a WaveNet is trained on: the batch of a step, by its number."""

import functools

import numpy as np
import tensorflow as tf

from keras_sounddream.applications.wavenet.config import LOCAL, WAVEFORM
from keras_sounddream.errors import InputError
from keras_sounddream.training.wavenet.local_conditions import check_frames, cut_frames


class Segments:
    """Batches of pieces of sounds; the same seed and step give the same batch.

    Before each sound there is silence, as long as the receptive field; the whole is cut into pieces
    whose targets follow each other without a gap, so that each sample is predicted once an epoch,
    from what came before it. Segments are shuffled anew for each epoch, and dealt evenly to its
    steps. What is left of a last piece, or of a batch, has weight 0.

    Args:
        sounds: `Sounds`, at the plan's rate, with the labels of the plan's conditions, and the
            frames of its local condition.
        plan: `WaveNetConfig` of the model, its attribute `plan`.
        piece_samples: int, targets of each piece, whole frames of a local condition;
            `cheapest_segment_length` finds one.
        batch_size: int, pieces of a batch.
        seed: int, of the order.
        shuffle: bool; `False` leaves the sounds in their order, to measure.
        starts: float from 0 to 1, share of the pieces before which there is silence in place of
            the sound, as if it began there; a network of long sounds, which seldom begin, so
            learns to begin.

    Raises:
        InputError: if sounds and plan do not fit, or a number is out of range.
    """

    def __init__(
        self, sounds, plan, piece_samples, batch_size, seed=0, *, shuffle=True, starts=0.0
    ):
        _check(sounds, plan, piece_samples, batch_size, seed)
        if not 0 <= starts <= 1:
            raise InputError(f"`starts` must be a share, from 0 to 1. Received: {starts!r}")
        self.sounds, self.plan = sounds, plan
        self.piece_samples, self.batch_size = piece_samples, batch_size
        self.seed, self.shuffle, self.starts = seed, shuffle, starts
        self._ids = plan.ids({name: sounds.labels[name] for name in plan.conditions})
        counts = -(-sounds.lengths // piece_samples)
        self._sound = np.repeat(np.arange(len(sounds)), counts)  # of each piece
        first = np.repeat(np.cumsum(counts) - counts, counts)
        self._offset = (np.arange(len(self._sound)) - first) * piece_samples
        self._order = functools.lru_cache(2)(self._order)

    def __len__(self):
        return len(self._sound)

    @property
    def steps_per_epoch(self):
        """Steps in which each sample is predicted once: int."""
        return -(-len(self) // self.batch_size)

    def batch(self, step):
        """Gives the batch of a step.

        Args:
            step: int, from 0, in all epochs.

        Returns:
            `(inputs, targets, weights)`: dict of `waveform`, float32 `(batch, lead - 1 +
            piece_samples)`, of which the plan's `lead` is the receptive field, or as many whole
            frames of a local condition as hold it; for each condition int32 `(batch,)`; and
            `local_condition`, float32 `(batch, frames, local_channels)`, if the model takes it;
            float32 `(batch, lead - receptive_field + piece_samples)`, the samples that the
            predictions are of, in [-1, 1]; and float32 of that shape, 1, or 0 where there is no
            sample, or it is of the piece before.
        """
        lead, extra = self.plan.lead, self.plan.lead - self.plan.receptive_field
        windows = np.zeros((self.batch_size, lead + self.piece_samples), "float32")
        weights = np.zeros((self.batch_size, extra + self.piece_samples), "float32")
        ids = {name: np.zeros(self.batch_size, "int32") for name in self._ids}
        begins, frames = self._begins(step), []
        for row, number in enumerate(self.members(step)):
            sound, offset = self._sound[number], self._offset[number]
            weights[row, extra : extra + self._cut(windows[row], sound, offset)] = 1
            for name, each in self._ids.items():
                ids[name][row] = each[sound]
            if self.plan.local_channels:
                start = offset if begins[row] else 0
                frames.append(cut_frames(self.sounds.frames[sound], self, offset, start))
        windows[begins, :lead] = 0
        inputs = {WAVEFORM: windows[:, :-1], **ids}
        if frames:  # rows without a piece take the first one's
            inputs[LOCAL] = np.stack(frames + frames[:1] * (self.batch_size - len(frames)))
        return inputs, windows[:, lead - extra :], weights

    def members(self, step):
        """Numbers of the pieces of a step: int64 `(pieces,)`, `batch_size` at most."""
        epoch, place = divmod(int(step), self.steps_per_epoch)
        ends = np.array([place, place + 1]) * len(self) // self.steps_per_epoch
        return self._order(epoch)[slice(*ends)]

    def dataset(self, first_step=0, num_steps=None):
        """Gives the batches one after the other, prepared while others are trained on.

        Args:
            first_step: int, to go on from.
            num_steps: int; `None` for no end.

        Returns:
            `tf.data.Dataset` of what `batch` gives.
        """
        last = tf.int64.max if num_steps is None else first_step + num_steps
        example = self.batch(first_step)
        types = [x.dtype for x in tf.nest.flatten(example)]

        def batch(step):
            flat = tf.numpy_function(lambda step: tf.nest.flatten(self.batch(step)), [step], types)
            for x, like in zip(flat, tf.nest.flatten(example), strict=True):
                x.set_shape(like.shape)
            return tf.nest.pack_sequence_as(example, flat)

        steps = tf.data.Dataset.range(first_step, last)
        return steps.map(batch, tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)

    def _order(self, epoch):
        if not self.shuffle:
            return np.arange(len(self))
        return np.random.default_rng([self.seed, epoch]).permutation(len(self))

    def _begins(self, step):
        """Which rows of a step's batch begin out of silence: bool `(batch_size,)`."""
        rng = np.random.default_rng([self.seed, int(step), 1])
        return rng.random(self.batch_size) < self.starts

    def _cut(self, window, sound, offset):
        """Fills a window with a sound; returns how many targets there are.

        The window's end is `piece_samples` behind `offset`; before the sound is silence.
        """
        start, length = self.sounds.starts[sound], self.sounds.lengths[sound]
        begin = max(0, offset - self.plan.lead)
        end = min(length, offset + self.piece_samples)
        samples = self.sounds.samples[start + begin : start + end]
        place = begin - (offset - self.plan.lead)
        np.divide(samples, 32768, out=window[place : place + len(samples)], dtype="float32")
        return end - offset


def cheapest_segment_length(sounds, plan, longest=16384):
    """Finds the length of pieces with which an epoch costs least.

    Short pieces repeat what their receptive fields have in common; long ones are silence behind the
    sounds' ends. Counted are multiplications, see `epoch_cost`.

    Args:
        sounds: `Sounds`.
        plan: `WaveNetConfig`.
        longest: int, samples, beyond which pieces shall not go.

    Returns:
        int, a multiple of 64 (or `longest`), and of the frames of a local condition.
    """
    hop = plan.local_hop if plan.local_channels else 1
    unit = -(-64 // hop) * hop
    lengths = [*range(unit, longest, unit), max(longest // hop, 1) * hop]
    return min(lengths, key=lambda length: epoch_cost(sounds, plan, length))


def epoch_cost(sounds, plan, piece_samples):
    """Counts the multiplications of a forward pass over all pieces, for each sample of sound.

    Args:
        sounds: `Sounds`.
        plan: `WaveNetConfig`.
        piece_samples: int.

    Returns:
        float.
    """
    num_pieces = (-(-sounds.lengths // piece_samples)).sum()
    piece_samples += plan.lead - plan.receptive_field
    gate = 2 * plan.filter_width * plan.residual_channels * plan.dilation_channels
    residual = plan.dilation_channels * plan.residual_channels
    skip = plan.dilation_channels * plan.skip_channels
    behind = np.cumsum(plan.reaches[::-1])[::-1] - plan.reaches  # samples layers behind need more
    stack = sum(
        (piece_samples + more) * (gate + residual) + piece_samples * skip for more in behind
    )
    top = piece_samples * plan.skip_channels * (plan.skip_channels + plan.outputs)
    return float(num_pieces * (stack + top) / sounds.lengths.sum())


def _check(sounds, plan, piece_samples, batch_size, seed):
    counts = {"piece_samples": (piece_samples, 1), "batch_size": (batch_size, 1), "seed": (seed, 0)}
    for name, (count, least) in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < least:
            raise InputError(f"`{name}` must be an int, {least} or more. Received: {count!r}")
    if sounds.sample_rate != plan.sample_rate:
        raise InputError(
            f"Expected sounds at the model's {plan.sample_rate} Hz. They are at "
            f"{sounds.sample_rate} Hz: store them at that rate."
        )
    check_frames(sounds, plan, piece_samples)
    missing = [name for name in plan.conditions if name not in sounds.labels]
    if missing:
        raise InputError(
            f"Expected sounds with labels of {missing[0]!r}, a condition of the model. They have "
            f"labels of: {', '.join(sounds.labels) or 'nothing'}."
        )
