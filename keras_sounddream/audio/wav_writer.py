"""A WAV file that is whole at any time while it grows."""

import pathlib
import struct

from keras_sounddream.audio.io import quantize
from keras_sounddream.errors import InputError

_SIZES = (4, 40)  # where in the file stand the sizes of all that follows and of the samples
_HEADER = 44


class GrowingWav:
    """Writes a waveform of 16 bits, mono, as it comes.

    New samples are put behind the old ones before the header counts them: a file that is cut off in
    between is one that can be played, to where it was whole. There is no file before the
    first samples. Use it in a `with` block, at whose end, also after an error, all is written.
    Where it cannot be written, an `InputError` says how much of it is there.

    Args:
        path: str or path of the file, which is replaced; `None` to write nothing.
        sample_rate: int, Hz.
        every: int, how many samples to collect before they are written.
    """

    def __init__(self, path, sample_rate, every):
        self._path = None if path is None else pathlib.Path(path)
        self._sample_rate = sample_rate
        self._every = every
        self._waiting = []
        self._written = 0  # bytes

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._write()

    def add(self, samples):
        """Takes more samples.

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
            whole = self._written / 2 / self._sample_rate
            raise InputError(
                f"Cannot write {self._path}: {error.strerror or error}. Its first {whole:.1f} s "
                "can be played."
            ) from None

    def _put(self, data):
        if not self._written:
            self._path.write_bytes(self._header())
        with self._path.open("r+b") as file:
            file.seek(_HEADER + self._written)
            file.write(data)
            file.flush()
            for place in _SIZES:
                file.seek(place)
                file.write(struct.pack("<I", _HEADER - place - 4 + self._written + len(data)))
        self._written += len(data)

    def _header(self):
        rate = self._sample_rate
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
        return struct.pack("<4sI4s", b"RIFF", 36, b"WAVE") + form + struct.pack("<4sI", b"data", 0)
