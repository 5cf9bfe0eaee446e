"""Sounds of a corpus, one after the other in one array, with their labels."""

import dataclasses

import numpy as np

from keras_sounddream.audio.io import quantize
from keras_sounddream.errors import InputError


@dataclasses.dataclass(frozen=True)
class Sounds:
    """Sounds of a corpus at one rate, with their labels.

    Attributes:
        samples: int16 `(samples,)`, all sounds one after the other; mapped from a file, or not.
        starts: int64 `(sounds,)`, where in `samples` each begins.
        lengths: int64 `(sounds,)`, samples of each, one at least.
        names: tuple of str, one a sound.
        labels: dict from the name of a condition to a tuple of str, one a sound.
        sample_rate: int, Hz.
        dropped: tuple of `(name, reason)`, of sounds that are too short or cannot be read.
        frames: tuple of float32 `(frames, channels)`, one a sound, of a local condition, see
            `with_frames`; or `None`.
    """

    samples: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    names: tuple
    labels: dict
    sample_rate: int
    dropped: tuple = ()
    frames: tuple | None = None

    def __len__(self):
        return len(self.names)

    @property
    def conditions(self):
        """Dict from the name of a condition to its labels, sorted, as `WaveNet` takes them."""
        return {name: tuple(sorted(set(labels))) for name, labels in self.labels.items()}

    @property
    def seconds(self):
        """How long all sounds last together: float."""
        return float(self.lengths.sum()) / self.sample_rate

    def waveform(self, index):
        """Gives one sound.

        Args:
            index: int.

        Returns:
            float32 `(1, samples)`, in [-1, 1].
        """
        start = self.starts[index]
        samples = self.samples[start : start + self.lengths[index]]
        return samples[None].astype("float32") / 32768

    def with_frames(self, frames):
        """Puts what a local condition says beside each sound, such as its loudness or its melody.

        Args:
            frames: sequence of float arrays `(frames, channels)`, one a sound; the first frame is
                of the sound's first `local_hop` samples, the next of those behind them.

        Returns:
            `Sounds`, which share the samples.

        Raises:
            InputError: if there is not one array a sound, of as many channels each, and finite.
        """
        frames = tuple(np.asarray(each, "float32") for each in frames)
        shapes = [each.shape for each in frames]
        if len(frames) != len(self) or any(
            len(shape) != 2 or 0 in shape or shape[1] != shapes[0][1] for shape in shapes
        ):
            raise InputError(
                f"Expected frames (frames, channels) for each of {len(self)} sounds. "
                f"Received: {len(frames)}, of shapes {shapes[:3]}"
            )
        if not all(np.isfinite(each).all() for each in frames):
            raise InputError("Expected frames of finite numbers.")
        return dataclasses.replace(self, frames=frames)

    def part(self, keep):
        """Takes some of the sounds, such as those to train on.

        Args:
            keep: sequence of bool, one a sound.

        Returns:
            `Sounds`, which share the samples.

        Raises:
            InputError: if `keep` has another length, or keeps none.
        """
        keep = np.asarray(keep, bool)
        if keep.shape != (len(self),) or not keep.any():
            raise InputError(
                f"Expected True or False for each of {len(self)} sounds, and one True at least. "
                f"Received: {keep.shape} with {np.count_nonzero(keep)} True"
            )
        indices = np.flatnonzero(keep)
        return dataclasses.replace(
            self,
            starts=self.starts[indices],
            lengths=self.lengths[indices],
            names=tuple(self.names[index] for index in indices),
            labels={
                name: tuple(labels[index] for index in indices)
                for name, labels in self.labels.items()
            },
            frames=self.frames and tuple(self.frames[index] for index in indices),
        )


def hold_sounds(waveforms, sample_rate, labels=None):
    """Makes sounds of waveforms that are in memory.

    Args:
        waveforms: sequence of float32 `(samples,)` or `(1, samples)`, in [-1, 1], at `sample_rate`;
            they are rounded to 16 bits.
        sample_rate: int, Hz.
        labels: dict from the name of a condition to a sequence of str, one a sound; or `None`.

    Returns:
        `Sounds`.

    Raises:
        InputError: if there are none, one is empty or not one waveform, or labels are missing.
    """
    rounded = [quantize(np.atleast_2d(waveform)) for waveform in waveforms]
    for number, each in enumerate(rounded):
        if each.ndim != 2 or len(each) != 1 or not each.size:
            raise InputError(f"Expected waveforms (samples,). Sound {number} is {each.shape}.")
    if not rounded:
        raise InputError("Expected waveforms, at least one. Received: none")
    lengths = np.array([each.size for each in rounded])
    labels = {name: tuple(each) for name, each in (labels or {}).items()}
    check_labels(labels, len(rounded))
    names = tuple(f"sound {number}" for number in range(len(rounded)))
    starts = np.cumsum(lengths) - lengths
    return Sounds(np.concatenate(rounded, 1)[0], starts, lengths, names, labels, sample_rate)


def check_labels(labels, num_sounds):
    """Checks that there is one label a sound.

    Args:
        labels: dict from the name of a condition to a sequence of str.
        num_sounds: int.

    Raises:
        InputError: if not.
    """
    for name, each in labels.items():
        if len(each) != num_sounds or not all(isinstance(label, str) for label in each):
            raise InputError(
                f"Expected a label (str) of {name!r} for each of {num_sounds} sounds. "
                f"Received: {len(each)}, such as {each[:1]!r}"
            )
