"""Causal operations on a stream, which comes call by call, and the state between two calls."""

from collections.abc import Callable

from keras import ops

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.spectral.stft import overlap_add
from keras_sounddream.types import Tensor

State = dict[str, Tensor]


class Stream:
    """A call's part of a stream: reads the state of the call before, and makes that of the next.

    Args:
        state: float32 `(batch, steps, channels)` by name: the last steps before this call.

    Attributes:
        after: the state after this call, by the names that were used.
    """

    def __init__(self, state: State):
        self._before, self.after = state, {}

    def extend(self, name: str, x: Tensor) -> Tensor:
        """What came before, and behind it `x`, `(batch, steps, channels)`."""
        before = self._before[name]
        whole = ops.concatenate([before, x], axis=1)
        self.after[name] = _last(whole, before.shape[1])
        return whole

    def delay(self, name: str, x: Tensor) -> Tensor:
        """`x`, later by the length of the state."""
        return _first(self.extend(name, x), ops.shape(x)[1])

    def window(self, name: str, x: Tensor, pool: Callable[..., Tensor]) -> Tensor:
        """`x` pooled over each step and those before it that the state holds."""
        size = self._before[name].shape[1] + 1
        return pool(self.extend(name, x), size, 1, "valid", data_format="channels_last")

    def overlap_add(self, name: str, framed: Tensor, analysis: Analysis) -> Tensor:
        """The part of the sum of frames `(batch, frames, length)` that no later frame adds to."""
        before = self._before[name]
        total = overlap_add(framed, analysis)[..., None]
        count = ops.shape(total)[1] - before.shape[1]
        total = total + ops.pad(before, [[0, 0], [0, count], [0, 0]])
        self.after[name] = _last(total, before.shape[1])
        return _first(total, count)[..., 0]


def _first(x, count):
    """The first `count` steps of `(batch, steps, channels)`."""
    return ops.slice(x, (0, 0, 0), (ops.shape(x)[0], count, x.shape[2]))


def _last(x, count):
    """The last `count` steps of `(batch, steps, channels)`."""
    start = (0, ops.shape(x)[1] - count, 0)
    return ops.slice(x, start, (ops.shape(x)[0], count, x.shape[2]))
