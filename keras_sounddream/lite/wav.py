"""WAV files by the standard library and NumPy: every PCM there is, and floating point."""

import io
import struct
import wave

import numpy as np

from keras_sounddream.errors import InputError

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_KINDS = {  # (format, bits): what a value is, and what full scale is
    (_PCM, 8): ("u1", 2.0**7),
    (_PCM, 16): ("<i2", 2.0**15),
    (_PCM, 24): (None, 2.0**23),
    (_PCM, 32): ("<i4", 2.0**31),
    (_FLOAT, 32): ("<f4", 1.0),
    (_FLOAT, 64): ("<f8", 1.0),
}
_HEADER = struct.Struct("<HHIIHH")  # format, channels, Hz, bytes a second, bytes a frame, bits
_MOST_CHANNELS = 64
_UNKNOWN = (0, 2**32 - 1)  # sizes
_HZ = range(100, 1_000_001)


def is_wav(contents):
    """Tells whether bytes begin as a WAV file does."""
    return contents[:4] == b"RIFF" and contents[8:12] == b"WAVE"


def decode_wav(contents, source="the file"):
    """Decodes a WAV file, also one that was cut off: what is there of it.

    Args:
        contents: bytes of the whole file.
        source: str, where it was found, for the error.

    Returns:
        `(samples, sample_rate)`: float32 `(frames, channels)`, whole numbers as shares of full
        scale, and int, Hz.

    Raises:
        InputError: if it is no WAV file, holds no samples, or compressed ones.
    """
    if not is_wav(contents):
        raise InputError(f"{source} is no WAV file. It begins {contents[:12]!r}.")
    header, data = _find_chunks(contents)
    if header is None or len(header) < _HEADER.size or data is None:
        raise InputError(f"{source} is a WAV file without a header or without samples: cut off.")
    code, channels, rate, _, _, bits = _HEADER.unpack_from(header)
    if code == _EXTENSIBLE and len(header) >= 26:
        code = struct.unpack_from("<H", header, 24)[0]
    if (code, bits) not in _KINDS:
        raise InputError(
            f"{source} holds format {code} of {bits} bits. Expected a WAV file of PCM of 8, 16, 24 "
            "or 32 bits, or of floating point: convert it."
        )
    if not 1 <= channels <= _MOST_CHANNELS or rate not in _HZ:
        raise InputError(f"{source} is damaged: a WAV file of {channels} channels at {rate} Hz.")
    frame = channels * bits // 8
    data = data[: len(data) // frame * frame]
    if not len(data):
        raise InputError(f"{source} is a WAV file without samples.")
    return _to_float(data, code, bits).reshape(-1, channels), rate


def encode_wav(waveform, sample_rate):
    """Encodes a sound as a WAV file of 16 bits.

    Args:
        waveform: float32 `(samples,)` in [-1, 1].
        sample_rate: int, Hz.

    Returns:
        bytes of the file.
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.clip(np.round(waveform * 32768.0), -32768, 32767).astype("<i2").data)
    return buffer.getvalue()


def _find_chunks(contents):
    """Bodies of the chunks `fmt ` and `data`, or `None`; a chunk may say that it is longer."""
    view, place, header = memoryview(contents), 12, None
    streamed = struct.unpack_from("<I", view, 4)[0] in _UNKNOWN  # its writer could not go back
    while place + 8 <= len(view):
        name, size = struct.unpack_from("<4sI", view, place)
        body = view[place + 8 : place + 8 + size]
        if name == b"data":
            return header, view[place + 8 :] if streamed and size in _UNKNOWN else body
        if name == b"fmt ":
            header = body
        place += 8 + size + size % 2
    return header, None


def _to_float(data, code, bits):
    kind, scale = _KINDS[code, bits]
    if kind is None:  # three bytes become the upper three of four
        values = np.zeros((len(data) // 3, 4), "u1")
        values[:, 1:] = np.frombuffer(data, "u1").reshape(-1, 3)
        return values.view("<i4")[:, 0].astype("float32") / np.float32(2.0**31)
    values = np.frombuffer(data, kind).astype("float32")
    return (values - scale if kind == "u1" else values) / np.float32(scale)
