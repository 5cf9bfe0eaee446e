"""The machine that a pickle is instructions for: a stack, a memo, and what it may name."""

import dataclasses
import typing

from keras_sounddream.convert._reading import ReadingError

NOT_RUN = "Nothing of it was run. Save the tensors alone, as a dictionary of arrays or state_dict"
MARK = object()
_MOST_COPIES = 4  # of the file; a word becomes bytes, and bytes an array
_LOOSE_COPIES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Global:
    """Stands for a function or class that a pickle names.

    Attributes:
        name: str, module and name with a dot between.
        make: function to call in its place; `None` if it is only ever named.
    """

    name: str
    make: typing.Callable | None = None


class Buildable:
    """A stand-in that takes the state of what it stands for by `build(state)`."""


class Machine:
    """The state of a pickle that is being read.

    Args:
        cursor: `Cursor`, before the next instruction.
        known: dict from dotted name to `Global`.
        outside: function from a persistent identifier to what it names, or `None`.
    """

    def __init__(self, cursor, known, outside):
        self.cursor = cursor
        self.known = known
        self.outside = outside
        self.memo = {}
        self.stack = []
        self._left = _MOST_COPIES * cursor.size + _LOOSE_COPIES

    def spend(self, values):
        """Counts what stand-ins are given, so that one long word cannot fill the memory many times.

        Args:
            values: sequence of what a stand-in is to be called with.

        Raises:
            ReadingError: if it is more in all than a file of this size may give.
        """
        sized = (str, bytes, list, tuple, dict)
        self._left -= len(values) + sum(len(v) for v in values if isinstance(v, sized))
        if self._left < 0:
            raise ReadingError(f"its pickle makes too much of few bytes. {NOT_RUN}")

    def pop(self, kind=object):
        """Takes the last value off the stack.

        Args:
            kind: class that it must be of.

        Returns:
            the value.
        """
        value = self.stack.pop()
        if value is MARK or not isinstance(value, kind):
            raise TypeError
        return value

    def top(self, *kinds):
        """Looks at the last value, which stays.

        Args:
            *kinds: classes, one of which it must be of.

        Returns:
            the value.
        """
        value = self.stack[-1]
        if not isinstance(value, kinds):
            raise TypeError
        return value

    def pop_to_mark(self):
        """Takes off the stack what was put there since the last mark.

        Returns:
            list of values.
        """
        values = []
        while self.stack[-1] is not MARK:
            values.append(self.stack.pop())
        self.stack.pop()
        return values[::-1]


def pairs_to_dict(pairs):
    """Makes a dictionary of plain keys, which hash in no time whoever chose them.

    Args:
        pairs: iterable of `(key, value)`.

    Returns:
        dict.

    Raises:
        TypeError: if a key is neither a word nor a number of 64 bits.
    """
    made = {}
    for key, value in pairs:
        if not (isinstance(key, str) or (isinstance(key, int) and -(2**63) <= key < 2**64)):
            raise TypeError
        made[key] = value
    return made
