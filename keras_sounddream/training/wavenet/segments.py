"""Segments of sounds that a WaveNet is trained on: the batch of a step, by its number."""

import functools

import numpy as np

from keras_sounddream import checks
from keras_sounddream.applications.wavenet.config import LOCAL, WAVEFORM, WaveNetConfig
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.errors import InputError
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.training.wavenet.local_conditions import check_frames, cut_frames
from keras_sounddream.types import Array

_ALLOWED = {
    "piece_samples": checks.integer(1),
    "batch_size": checks.integer(1),
    "seed": checks.seed(negative=False),
    "starts": checks.number(0, 1),
}


class Segments(StepBatches):
    """Batches of pieces of sounds; the same seed and step give the same batch.

    Before each sound there is silence, as long as the receptive field; the whole is cut into pieces
    whose targets follow each other without a gap, so that each sample is predicted once per epoch,
    from what came before it. The pieces are shuffled anew for each epoch, and dealt evenly to its
    steps. What is left of a last piece, or of a batch, has weight 0.

    Args:
        sounds: at the plan's rate, with the labels of the plan's conditions, and the frames of its
            local condition.
        plan: `WaveNetConfig` of the model, its attribute `plan`.
        piece_samples: targets of each piece, whole frames of a local condition;
            `cheapest_segment_length` finds one.
        batch_size: pieces of a batch.
        seed: of the order, 0 or more.
        shuffle: `False` leaves the sounds in their order, to measure.
        starts: from 0 to 1, share of the pieces before which there is silence in place of the
            sound, as if it began there; a network of long sounds, which seldom begin, so learns to
            begin.

    Raises:
        InputError: if sounds and plan do not fit, or a number is out of range.
    """

    def __init__(
        self,
        sounds: Sounds,
        plan: WaveNetConfig,
        piece_samples: int,
        batch_size: int,
        seed: int = 0,
        *,
        shuffle: bool = True,
        starts: float = 0.0,
    ) -> None:
        super().__init__(seed=seed)
        self.sounds, self.plan, self.shuffle, self.starts = sounds, plan, shuffle, starts
        self.piece_samples, self.batch_size = piece_samples, batch_size
        checks.check_fields(self, _ALLOWED)
        _check_sounds(sounds, plan, piece_samples)
        self._ids = plan.ids({name: sounds.labels[name] for name in plan.conditions})
        counts = -(-sounds.lengths // piece_samples)
        self._sound = np.repeat(np.arange(len(sounds)), counts)  # of each piece
        first = np.repeat(np.cumsum(counts) - counts, counts)
        self._offset = (np.arange(len(self._sound)) - first) * piece_samples
        self._pieces = functools.lru_cache(2)(self._pieces)

    @property
    def num_pieces(self) -> int:
        """Pieces of all sounds."""
        return len(self._sound)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which each sample is predicted once."""
        return -(-self.num_pieces // self.batch_size)

    def batch(self, step: int) -> tuple[dict[str, Array], Array, Array]:
        """Gives the batch of a step.

        Args:
            step: from 0, counted through all epochs.

        Returns:
            `(inputs, targets, weights)`: dict of `waveform`, float32 `(batch, lead - 1 +
            piece_samples)`, where the plan's `lead` is the receptive field, or as many whole
            frames of a local condition as hold it; for each condition int32 `(batch,)`; and
            `local_condition`, float32 `(batch, frames, local_channels)`, if the model takes it;
            float32 `(batch, lead - receptive_field + piece_samples)`, the samples that are
            predicted, in [-1, 1]; and float32 of that shape, 1, or 0 where there is no sample, or
            it is of the piece before.
        """
        lead, extra = self.plan.lead, self.plan.lead - self.plan.receptive_field
        windows = np.zeros((self.batch_size, lead + self.piece_samples), "float32")
        weights = np.zeros((self.batch_size, extra + self.piece_samples), "float32")
        ids = {name: np.zeros(self.batch_size, "int32") for name in self._ids}
        begins, frames = self._begins(step), []
        for row, number in enumerate(self.members(step)):
            sound, offset = self._sound[number], self._offset[number]
            weights[row, extra : extra + self._cut(windows[row], sound, offset)] = 1
            for name, values in self._ids.items():
                ids[name][row] = values[sound]
            if self.plan.local_channels:
                start = offset if begins[row] else 0
                local = self.sounds.frames[sound]
                frames.append(cut_frames(local, self.plan, self.piece_samples, offset, start))
        windows[begins, :lead] = 0
        inputs = {WAVEFORM: windows[:, :-1], **ids}
        if frames:  # rows without a piece take the first one's
            inputs[LOCAL] = np.stack(frames + frames[:1] * (self.batch_size - len(frames)))
        return inputs, windows[:, lead - extra :], weights

    def members(self, step: int) -> Array:
        """Numbers of the pieces of a step: int64 `(pieces,)`, `batch_size` at most."""
        epoch, index = self.position(step)
        ends = np.array([index, index + 1]) * self.num_pieces // self.steps_per_epoch
        return self._pieces(epoch)[slice(*ends)]

    def _pieces(self, epoch):
        """Numbers of all pieces in the order of an epoch."""
        return self.order(epoch, self.num_pieces) if self.shuffle else np.arange(self.num_pieces)

    def _begins(self, step):
        """Whether each row of a step's batch begins out of silence: bool `(batch_size,)`."""
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


def cheapest_segment_length(sounds: Sounds, plan: WaveNetConfig, longest: int = 16384) -> int:
    """Finds the length of pieces with which an epoch costs least.

    Short pieces repeat what their receptive fields have in common; long ones are silence behind the
    sounds' ends. The cost is the number of multiplications.

    Args:
        sounds: to be cut into pieces.
        plan: `WaveNetConfig` of the model.
        longest: samples of a piece, at most.

    Returns:
        Samples, a multiple of 64 (or `longest`), and of the frames of a local condition.
    """
    hop = plan.local_hop if plan.local_channels else 1
    unit = -(-64 // hop) * hop
    lengths = [*range(unit, longest, unit), max(longest // hop, 1) * hop]
    return min(lengths, key=lambda length: epoch_cost(sounds, plan, length))


def epoch_cost(sounds: Sounds, plan: WaveNetConfig, piece_samples: int) -> float:
    """Multiplications of a forward pass over all pieces, per sample of sound."""
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


def _check_sounds(sounds, plan, piece_samples):
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
