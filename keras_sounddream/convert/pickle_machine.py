"""State of a pickle interpreter: stack, memo, and an allow-list of what a pickle may name."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from keras_sounddream.convert.binary import Cursor, ReadingError

NOT_RUN = "Nothing of it was run. Save the tensors alone, as a dictionary of arrays or state_dict"
MARK = object()
_COPIES = 4  # of the file's size: a str becomes bytes, and bytes an array
_SPARE_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Global:
    """Stands for a function or class that a pickle names.

    Attributes:
        name: str, module and name with a dot between.
        make: function to call in its place; `None` if it is never called.
    """

    name: str
    make: Callable[..., Any] | None = None


class Buildable:
    """A stand-in that is given the state of what it stands for by `build(state)`."""


class Machine:
    """A pickle that is being read.

    Args:
        cursor: before the next instruction.
        known: dotted name → `Global`.
        outside: persistent identifier → the object that it names, if there may be any.
    """

    def __init__(
        self, cursor: Cursor, known: Mapping[str, Global], outside: Callable[[Any], Any] | None
    ):
        self.cursor = cursor
        self.known = known
        self.outside = outside
        self.memo: dict[int, Any] = {}
        self.stack: list[Any] = []
        self._left = _COPIES * cursor.size + _SPARE_BYTES

    def spend(self, values: Sequence[Any]) -> None:
        """Limits the total size of stand-ins' arguments: one long str cannot be copied often."""
        sized = (str, bytes, list, tuple, dict)
        self._left -= len(values) + sum(len(v) for v in values if isinstance(v, sized))
        if self._left < 0:
            raise ReadingError(f"its pickle makes too much of few bytes. {NOT_RUN}")

    def pop(self, kind: type = object) -> Any:
        """Removes and returns the last value, of class `kind`."""
        value = self.stack.pop()
        if value is MARK or not isinstance(value, kind):
            raise TypeError
        return value

    def top(self, *kinds: type) -> Any:
        """The last value, of one of the classes `kinds`, which stays on the stack."""
        value = self.stack[-1]
        if not isinstance(value, kinds):
            raise TypeError
        return value

    def pop_to_mark(self) -> list[Any]:
        """Removes and returns the values since the last mark."""
        values = []
        while self.stack[-1] is not MARK:
            values.append(self.stack.pop())
        self.stack.pop()
        return values[::-1]


def pairs_to_dict(pairs: Iterable[tuple[Any, Any]]) -> dict[str | int, Any]:
    """A dict with keys of str or 64-bit int, or TypeError: hostile keys can be slow to hash."""
    tree = {}
    for key, value in pairs:
        if not (isinstance(key, str) or (isinstance(key, int) and -(2**63) <= key < 2**64)):
            raise TypeError
        tree[key] = value
    return tree
