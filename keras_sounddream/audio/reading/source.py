"""Files of sounds, opened: what is no file, such as a pipe, is read into memory."""

import io
import os
import pathlib
import stat
from typing import BinaryIO

from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

_BLOCK = 2**20  # bytes
_MOST_PIPED = 2**30  # bytes, of what has no length


def open_file(path: PathLike) -> BinaryIO:
    """The open file, or what a pipe holds, checked as far as its name and size tell."""
    try:
        path = pathlib.Path(path)
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null in the name
        raise InputError(
            f"Expected a sound file, but there is no {_shown(path)}. Check the path."
        ) from None
    except TypeError:
        raise InputError(
            f"Expected the path of a sound file. Received: {type(path).__name__}"
        ) from None
    if stat.S_ISDIR(state.st_mode):
        raise InputError(f"Expected a sound file, but {path} is a folder. Name a file in it.")
    if stat.S_ISREG(state.st_mode):
        if not state.st_size:
            raise InputError(f"Expected a sound file, but {path} is empty (0 bytes).")
        return path.open("rb")
    data = bytearray()
    with path.open("rb") as pipe:
        while len(data) <= _MOST_PIPED and (block := pipe.read(_BLOCK)):
            data += block
    if not data or len(data) > _MOST_PIPED:
        size = "is empty" if not data else f"has more than {_MOST_PIPED // 2**20} MiB"
        raise InputError(f"Expected a sound file, but {path} {size}. Write it to a file first.")
    return io.BytesIO(data)


def name_of(path: PathLike) -> str | bytes:
    """A name that libsndfile can open, also one that is no text."""
    text = os.fspath(path)
    return os.fsencode(text) if any("\udc80" <= letter <= "\udcff" for letter in text) else text


def _shown(path):
    return str(path).replace("\0", "\\0")
