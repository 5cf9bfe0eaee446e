"""A dream filter from an exported file: sound in, dreamed sound out, while it goes by."""

import collections
import itertools
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.export.litert.packing import read_packed
from keras_sounddream.export.metadata import NEXT
from keras_sounddream.lite.length_variants import check_waveform
from keras_sounddream.lite.model_file import summary
from keras_sounddream.lite.runtime import SharedInterpreter, one_line
from keras_sounddream.types import Array, PathLike

_TASK = "filter"
_LATENCY_CALLS = 1000  # the newest ones


class Filter:
    """Filters sounds with a file of `export_filter`; threads may share it, a stream each.

    Args:
        path: `.tflite` file.
        threads: how many a call may use.

    Attributes:
        metadata: `Metadata`.
        sample_rate: int, Hz.
        samples: int, per call.
        delay: int, samples by which what a call returns is earlier than what it is given.

    Raises:
        InputError: if it cannot be read, is damaged, or does something else.

    Example:
        dreamer = Filter("filter.tflite")
        save("dream.wav", dreamer.filter(load("rooster.wav", dreamer.sample_rate)), 24000)
    """

    def __init__(self, path: PathLike, threads: int = 1):
        self.path = pathlib.Path(path)
        flatbuffer, metadata = read_packed(self.path)
        if metadata is None or metadata.input != "stream":
            raise InputError(
                f"{self.path} filters no sounds: give a file of `sounddream export dream_filter`."
            )
        self.metadata, self.sample_rate = metadata, metadata.sample_rate
        try:
            self._task = SharedInterpreter(flatbuffer, threads).task(_TASK)
            self.samples = int(self._task.inputs["waveform"]["shape"][1])
            self.delay = int(metadata.settings["delay"])
        except (ValueError, RuntimeError, KeyError, IndexError) as error:
            raise InputError(f"LiteRT cannot prepare {self.path}: {one_line(error)}.") from None
        self._seconds: collections.deque[float] = collections.deque(maxlen=_LATENCY_CALLS)

    @property
    def latency(self) -> dict[str, Any]:
        """Seconds per call, without waiting: dict of `calls`, `median` and `longest`."""
        return summary(self._seconds)

    @property
    def seconds_behind(self) -> float:
        """Seconds from a sound that goes in to the same that comes out, with a call's own sound."""
        return (self.delay + self.samples) / self.sample_rate

    def warm_up(self) -> None:
        """Makes a call, which is not counted: the first one takes longer."""
        self._call(np.zeros(self.samples, "float32"), self._begin())
        self._seconds.clear()

    def filter(self, waveform: Array) -> Array:
        """Filters a sound.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.

        Returns:
            float32 `(samples,)` in [-1, 1], of the same length.

        Raises:
            InputError: if `waveform` is no such sound.
        """
        return np.concatenate(list(self.stream([check_waveform(waveform)])))

    def stream(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """Filters a stream, in constant memory; the joined result is that of the whole sound.

        Args:
            blocks: float32 `(any,)` in [-1, 1], at `sample_rate`.

        Yields:
            float32 `(any,)`, none empty: altogether as many samples as there are in the blocks.
            What comes in is given out `seconds_behind` later, and the rest at the end.

        Raises:
            InputError: if a block is no such sound, or LiteRT refuses the call.
        """
        state, given, made = self._begin(), _Counted(blocks), -self.delay
        behind = np.zeros(self.delay + self.samples, "float32")
        for chunk in chunks(itertools.chain(given, [behind]), self.samples):
            filtered, state = self._call(chunk, state)
            filtered, made = filtered[max(-made, 0) : given.samples - made], made + self.samples
            if len(filtered):
                yield filtered

    def _begin(self):
        return {
            name: np.zeros(tuple(one["shape"]), "float32")
            for name, one in self._task.inputs.items()
            if name != "waveform"
        }

    def _call(self, chunk, state):
        """What a call gives out, `(samples,)`, and the state for the next."""
        try:
            outputs, seconds = self._task(waveform=chunk[np.newaxis], **state)
        except (ValueError, RuntimeError) as error:
            raise InputError(f"LiteRT cannot run {self.path}: {one_line(error)}.") from None
        self._seconds.append(seconds)
        return outputs["filtered"][0], {name: outputs[NEXT + name] for name in state}


class _Counted:
    """Blocks of a stream, checked, with the number of samples that were taken so far."""

    def __init__(self, blocks):
        self._blocks, self.samples = blocks, 0

    def __iter__(self):
        for block in self._blocks:
            if len(block):
                block = check_waveform(block)
                self.samples += len(block)
                yield block


def chunks(blocks: Iterable[Array], samples: int) -> Iterator[Array]:
    """A stream in pieces of `samples`, whatever its blocks; an incomplete last one is left out."""
    left = np.zeros(0, "float32")
    for block in blocks:
        left = np.concatenate([left, block])
        whole = len(left) // samples * samples
        yield from left[:whole].reshape(-1, samples)
        left = left[whole:]
