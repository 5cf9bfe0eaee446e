"""Sound corpora: concatenated in one array, with their labels."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from keras_sounddream.audio.io import quantize
from keras_sounddream.audio.waveforms import check_audible
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


@dataclasses.dataclass(frozen=True)
class Sounds:
    """Sounds of a corpus at one rate, with their labels.

    Attributes:
        samples: int16 `(samples,)`, all sounds concatenated; in memory or mapped from a file.
        starts: int64 `(sounds,)`, first sample of each.
        lengths: int64 `(sounds,)`, samples of each, at least 1.
        names: one per sound.
        labels: condition → one label per sound.
        sample_rate: Hz.
        dropped: `(name, reason)` of sounds that are too short or cannot be read.
        frames: one float32 `(frames, channels)` per sound, the values of a local condition, see
            `with_frames`; or `None`.
    """

    samples: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    names: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]
    sample_rate: int
    dropped: tuple[tuple[str, str], ...] = ()
    frames: tuple[np.ndarray, ...] | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def conditions(self) -> dict[str, tuple[str, ...]]:
        """Condition → its labels, sorted: the argument `conditions` of `WaveNet`."""
        return {name: tuple(sorted(set(labels))) for name, labels in self.labels.items()}

    @property
    def seconds(self) -> float:
        """Total duration of all sounds."""
        return float(self.lengths.sum()) / self.sample_rate

    def waveform(self, index: int) -> Array:
        """One sound: float32 `(1, samples)`, in [-1, 1]."""
        start = self.starts[index]
        samples = self.samples[start : start + self.lengths[index]]
        return samples[None].astype("float32") / 32768

    def check_audible(self) -> None:
        """Raises an `InputError` if all sounds are digital silence; reads to the first other."""
        for start, length in zip(self.starts, self.lengths, strict=True):
            samples = self.samples[start : start + length]
            if max(samples.max(), -int(samples.min())) > 1:
                return
        check_audible([0.0] * len(self))

    def with_frames(self, frames: Sequence[Array]) -> "Sounds":
        """Adds the values of a local condition to each sound, such as its loudness or its melody.

        Args:
            frames: one float array `(frames, channels)` per sound, each frame for the next
                `local_hop` samples.

        Returns:
            the same sounds, which share the samples.

        Raises:
            InputError: if there is not one array per sound, with equal channels and finite values.
        """
        frames = tuple(np.asarray(values, "float32") for values in frames)
        shapes = [values.shape for values in frames]
        if len(frames) != len(self) or any(
            len(shape) != 2 or 0 in shape or shape[1] != shapes[0][1] for shape in shapes
        ):
            raise InputError(
                f"Expected frames (frames, channels) for each of {len(self)} sounds. "
                f"Received: {len(frames)}, of shapes {shapes[:3]}"
            )
        if not all(np.isfinite(values).all() for values in frames):
            raise InputError("Expected frames of finite numbers.")
        return dataclasses.replace(self, frames=frames)

    def part(self, keep: Array) -> "Sounds":
        """Selects some of the sounds, such as those to train on.

        Args:
            keep: one bool per sound.

        Returns:
            the selected sounds, which share the samples.

        Raises:
            InputError: if `keep` has another length, or selects none.
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


def hold_sounds(
    waveforms: Sequence[Array],
    sample_rate: int,
    labels: Mapping[str, Sequence[str]] | None = None,
) -> Sounds:
    """Makes a corpus of waveforms in memory.

    Args:
        waveforms: float32 `(samples,)` or `(1, samples)` each, in [-1, 1], at `sample_rate`; they
            are rounded to 16 bits.
        sample_rate: Hz.
        labels: condition → one label per sound.

    Returns:
        the sounds, named `sound 0` and so on.

    Raises:
        InputError: if there are none, one is empty or not one waveform, or labels are missing.
    """
    rounded = [quantize(np.atleast_2d(waveform)) for waveform in waveforms]
    for number, waveform in enumerate(rounded):
        if waveform.ndim != 2 or len(waveform) != 1 or not waveform.size:
            raise InputError(f"Expected waveforms (samples,). Sound {number} is {waveform.shape}.")
    if not rounded:
        raise InputError("Expected waveforms, at least one. Received: none")
    lengths = np.array([waveform.size for waveform in rounded])
    columns = {name: tuple(column) for name, column in (labels or {}).items()}
    check_labels(columns, len(rounded))
    names = tuple(f"sound {number}" for number in range(len(rounded)))
    starts = np.cumsum(lengths) - lengths
    return Sounds(np.concatenate(rounded, 1)[0], starts, lengths, names, columns, sample_rate)


def check_labels(labels: Mapping[str, Sequence[str]], num_sounds: int) -> None:
    """Refuses labels that are not one str per sound."""
    for name, column in labels.items():
        if len(column) != num_sounds or not all(isinstance(label, str) for label in column):
            raise InputError(
                f"Expected a label (str) of {name!r} for each of {num_sounds} sounds. "
                f"Received: {len(column)}, such as {column[:1]!r}"
            )
