"""Errors and a warning for bad input, each of one line."""

import difflib
import re
from collections.abc import Sequence

_MOST_NAMES = 30  # in an error
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class InputError(ValueError):
    """Bad input: one line that says what was expected, what was received and what to do.

    The command line prints it on standard error and exits with 2.
    """

    __init__ = Exception.__init__  # or a graph that is traced raises a StagingError instead
    _keras_call_info_injected = True  # or Keras adds lines about the layer that was called


class ExportError(InputError):
    """A model that a format cannot represent, or an exported file that differs from its model.

    Nothing of the export is left behind.
    """


class MissingPackageError(InputError, ImportError):
    """An optional package that is not installed: the line says how to install it."""

    def __init__(self, package: str, purpose: str, extra: str):
        super().__init__(
            f"{purpose} needs the package {package}. Install it: "
            f"pip install 'keras-sounddream[{extra}]'"
        )


class InputWarning(UserWarning):
    """Usable but unsuitable input: one line that says what would be better.

    The command line prints it on standard error.
    """


def fault_of(file: object, error: Exception) -> InputError:
    """Whatever reading a file raised, as the error of that file: loops over many go on."""
    if isinstance(error, InputError):
        return error
    reason = next((line for line in str(error).splitlines() if line.strip()), "")[:200]
    return InputError(f"{file} cannot be read ({type(error).__name__}: {reason}).")


def visible(text: object, keep: str = "") -> str:
    """A name or line as text that sends a terminal no commands: control characters as escapes.

    Example:
        >>> visible("a\\x1b[2Jb.wav")
        'a\\\\x1b[2Jb.wav'
    """

    def escape(match):
        letter = match[0]
        return letter if letter in keep else letter.encode("unicode_escape").decode("ascii")

    return _CONTROL.sub(escape, str(text))


def unknown_name(owner: str, what: str, name: object, names: Sequence[str]) -> str:
    """Text of an error: `f"{owner} no {what} {name!r}."` and the nearest of `names`, or all."""
    by_lower = {one.lower(): one for one in reversed(names)}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=3, cutoff=0.4)
    if near:
        near = [by_lower[one] for one in near]
        return f"{owner} no {what} {name!r}. Did you mean {' or '.join(near)}?"
    more = ", …" if len(names) > _MOST_NAMES else ""
    return f"{owner} no {what} {name!r}. It has: {', '.join(names[:_MOST_NAMES])}{more}."
