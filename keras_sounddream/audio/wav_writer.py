"""A WAV writer whose file can be played at any time while it grows."""

import pathlib
import struct
from typing import Any

from keras_sounddream.audio.io import quantize
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

_SIZE_FIELDS = (4, 40)  # offsets of the RIFF size and of the data size
_HEADER = 44


class GrowingWav:
    """Writes a mono waveform of 16 bits piece by piece.

    New samples are appended before the header counts them: a file that is cut off in between can
    still be played up to there. There is no file before the first samples. Use it in a `with`
    block, at whose end, also after an error, everything is written. If writing fails, an
    `InputError` says how much can be played.

    Args:
        path: file, which is replaced; `None` to write nothing.
        sample_rate: Hz.
        every: number of samples to collect before they are written.
    """

    def __init__(self, path: PathLike | None, sample_rate: int, every: int):
        self._path = None if path is None else pathlib.Path(path)
        self._sample_rate = sample_rate
        self._every = every
        self._waiting: list[bytes] = []
        self._written = 0  # bytes

    def __enter__(self) -> "GrowingWav":
        return self

    def __exit__(self, *error: Any) -> None:
        self._write()

    def add(self, samples: Array) -> None:
        """Appends samples.

        Args:
            samples: float32 `(samples,)` in [-1, 1].
        """
        if self._path is not None:
            self._waiting.append(quantize(samples).astype("<i2").tobytes())
            if sum(map(len, self._waiting)) >= 2 * self._every:
                self._write()

    def _write(self):
        data, self._waiting = b"".join(self._waiting), []
        if not data:
            return
        try:
            self._put(data)
        except OSError as error:
            seconds = self._written / 2 / self._sample_rate
            raise InputError(
                f"Cannot write {self._path}: {error.strerror or error}. Its first {seconds:.1f} s "
                "can be played."
            ) from None

    def _put(self, data):
        if not self._written:
            self._path.write_bytes(self._header())
        with self._path.open("r+b") as file:
            file.seek(_HEADER + self._written)
            file.write(data)
            file.flush()
            for offset in _SIZE_FIELDS:
                file.seek(offset)
                file.write(struct.pack("<I", _HEADER - offset - 4 + self._written + len(data)))
        self._written += len(data)

    def _header(self):
        rate = self._sample_rate
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
        return struct.pack("<4sI4s", b"RIFF", 36, b"WAVE") + form + struct.pack("<4sI", b"data", 0)
