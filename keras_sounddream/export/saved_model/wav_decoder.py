"""WAV decoder and encoder in a graph, by operations that every TensorFlow has.

Anything but a whole WAV file is a fault, a string that says what came: see `faults`.
"""

import tensorflow as tf

from keras_sounddream.audio.waveforms import CANCELLED
from keras_sounddream.export.saved_model.faults import (
    fault,
    first_fault,
    peak_fault,
    sample_faults,
)
from keras_sounddream.types import Tensor

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_KINDS = ((_PCM, 8), (_PCM, 16), (_PCM, 24), (_PCM, 32), (_FLOAT, 32), (_FLOAT, 64))  # and bits
_UNKNOWN_LENGTH = 0x7FFFFFFF  # and above: written by programs that could not seek back
_HEAD = "Expected the bytes of a WAV file"
_BROKEN = "Expected a whole WAV file. This one breaks off in a part: bytes"
_MAX_CHANNELS = 64
_RATES = (1000, 192_000)  # Hz; a small file at 1 Hz would become a sound that fills the memory
_MAX_CHUNKS = 256  # before the samples; each is a turn of a loop
_BLOCK = 2**16  # frames that are decoded at once


def decode_wav(
    contents: Tensor, max_seconds: float = float("inf")
) -> tuple[Tensor, Tensor, Tensor]:
    """Decodes PCM of 8 to 32 bits and floating point.

    Returns:
        `(waveform, rate, fault)`: the mean of the channels, float32 `(1, samples)`; Hz; "", or what
        is wrong, and then the waveform is a sample of silence.
    """
    form, data, broken = _find_chunks(contents)
    code, channels, rate, bits = _read_format(form)
    kinds = tf.constant([code * 256 + bits for code, bits in _KINDS])
    is_kind = tf.equal(kinds, code * 256 + bits)
    frame = tf.maximum(channels * bits // 8, 1)  # bytes
    frames = tf.strings.length(data) // frame
    seconds = tf.cast(frames, "float64") / tf.cast(tf.maximum(rate, 1), "float64")
    wrong = first_fault(
        broken,
        fault(
            tf.reduce_any(is_kind),
            "Expected a WAV file of PCM (8, 16, 24 or 32 bits) or floating point (32 or 64): "
            "convert it. Its format and bits",
            code,
            bits,
        ),
        fault(
            (channels > 0) & (channels <= _MAX_CHANNELS),
            f"Expected 1 to {_MAX_CHANNELS} channels",
            channels,
        ),
        fault(
            (rate >= _RATES[0]) & (rate <= _RATES[1]),
            "Expected a rate of 1 to 192 kHz, in Hz",
            rate,
        ),
        fault(frames > 0, "Expected samples in the WAV file", frames),
        fault(seconds <= max_seconds, f"Expected at most {max_seconds:g} s of sound", seconds),
    )
    waveform, heard = tf.cond(
        tf.equal(wrong, ""),
        lambda: _decode(data, is_kind, frame, frames, channels),
        lambda: (tf.zeros((1, 1)), tf.zeros(3)),
    )
    return waveform, tf.cast(rate, "int32"), first_fault(wrong, *_sound_faults(waveform, heard))


def _sound_faults(waveform, heard):
    """Faults of the samples, and of channels that leave hardly anything in their mean."""
    peak, apart, mixed = tf.unstack(heard)
    cancel = (
        "Expected channels that do not cancel in mono: invert one, or use one alone. Power left"
    )
    return (
        sample_faults(waveform)[0],
        peak_fault(peak),
        fault(mixed >= CANCELLED * apart, cancel, mixed / tf.maximum(apart, 1e-30)),
    )


def encode_wav(waveform: Tensor, sample_rate: int) -> Tensor:
    """Encodes float32 `(1, samples)` in [-1, 1] as the bytes of a 16-bit WAV file."""
    rounded = tf.round(waveform * 2.0**15) / 2.0**15  # halves to even, as `audio.save` does
    return tf.audio.encode_wav(tf.transpose(rounded), sample_rate)


def _find_chunks(contents):
    """The bodies of the chunks `fmt ` and `data`, string scalars, and the fault."""
    head = contents + tf.constant(bytes(12))  # or there may be no byte 8
    riff = tf.strings.substr(head, 0, 4) + tf.strings.substr(head, 8, 4)
    total = tf.strings.length(contents)
    wrong = fault(tf.equal(riff, b"RIFFWAVE"), f"{_HEAD}, and this is none, of bytes", total)

    def more(count, place, form, data_start, data_size, wrong):
        return (place + 8 <= total) & (data_start < 0) & tf.equal(wrong, "")

    def next_chunk(count, place, form, data_start, data_size, wrong):
        name = tf.strings.substr(contents, place, 4)
        size = _little_endian(tf.strings.substr(contents, place + 4, 4))
        start = place + 8
        left = tf.cast(total - start, "int64")
        is_data = tf.equal(name, b"data")
        size = tf.where(is_data & (size >= _UNKNOWN_LENGTH), left, size)
        wrong = first_fault(
            wrong,
            fault(size <= left, f"{_BROKEN} that it should have, and has", size, left),
            fault(count < _MAX_CHUNKS, f"Expected at most {_MAX_CHUNKS} parts of a file", count),
        )
        size = tf.cast(tf.minimum(size, left), "int32")
        body = tf.cond(
            tf.equal(name, b"fmt "),
            lambda: tf.strings.substr(contents, start, size),
            lambda: form,
        )
        after = tf.where(is_data, start, -1)
        return count + 1, start + size + size % 2, body, after, size, wrong

    start = (0, tf.constant(12), tf.constant(""), tf.constant(-1), tf.constant(0), wrong)
    _, _, form, data_start, data_size, wrong = tf.while_loop(more, next_chunk, start)
    found = (tf.strings.length(form) >= 16) & (data_start >= 0)
    message = f"{_HEAD} with a header and samples, and it lacks one of them, of bytes"
    wrong = first_fault(wrong, fault(found, message, total))
    data = tf.strings.substr(contents, tf.maximum(data_start, 0), data_size)
    return tf.where(found, form, bytes(16)), data, wrong


def _read_format(form):
    """Code, channels, Hz (int64) and bits, int32 scalars, of the chunk `fmt `."""

    def number(start, size):
        return _little_endian(tf.strings.substr(form, start, size))

    code = number(0, 2)
    is_long = tf.equal(code, _EXTENSIBLE) & (tf.strings.length(form) >= 26)
    code = tf.cond(is_long, lambda: number(24, 2), lambda: code)
    code, channels, bits = (tf.cast(each, "int32") for each in (code, number(2, 2), number(14, 2)))
    return code, channels, number(4, 4), bits


def _little_endian(text):
    """The number, int64, that up to four bytes stand for."""
    digits = tf.cast(tf.io.decode_raw(text, tf.uint8), "int64")
    return tf.reduce_sum(digits * 256 ** tf.range(tf.size(digits), dtype="int64"))


def _decode(data, is_kind, frame, frames, channels):
    """The mean of the channels, float32 `(1, frames)`, block by block; and what was heard.

    That is the peak of all channels, their mean power, and the power of their mean, not divided by
    the number of frames.
    """
    kind, count = tf.cast(tf.argmax(is_kind), "int32"), -(-frames // _BLOCK)

    def decode_block(i, waveform, heard):
        start = i * _BLOCK
        size = tf.minimum(frames - start, _BLOCK) * frame
        piece = tf.strings.substr(data, start * frame, size)
        samples = tf.switch_case(kind, [_decoder(piece, *each) for each in _KINDS])
        mono = tf.reduce_mean(tf.reshape(samples, tf.stack([-1, channels])), axis=1)
        apart = tf.reduce_sum(tf.square(samples)) / tf.cast(channels, "float32")
        mixed = tf.reduce_sum(tf.square(mono))
        peak = tf.maximum(heard[0], tf.reduce_max(tf.abs(samples)))
        return i + 1, waveform.write(i, mono), tf.stack([peak, heard[1] + apart, heard[2] + mixed])

    blocks = tf.TensorArray(tf.float32, count, infer_shape=False, element_shape=(None,))
    begin = (0, blocks, tf.zeros(3))
    _, blocks, heard = tf.while_loop(
        lambda i, *_: i < count, decode_block, begin, parallel_iterations=1
    )
    return blocks.concat()[tf.newaxis], heard


def _decoder(data, code, bits):
    """Function without arguments to float32 `(values,)` in [-1, 1]."""
    if code == _FLOAT:
        kind = {32: tf.float32, 64: tf.float64}[bits]
        return lambda: tf.cast(tf.io.decode_raw(data, kind), "float32")
    if bits == 8:
        return lambda: tf.cast(tf.io.decode_raw(data, tf.uint8), "float32") / 128 - 1
    if bits == 24:
        return lambda: _decode_24(data)
    kind = {16: tf.int16, 32: tf.int32}[bits]
    return lambda: tf.cast(tf.io.decode_raw(data, kind), "float32") / 2.0 ** (bits - 1)


def _decode_24(data):
    low, middle, high = tf.unstack(
        tf.cast(tf.reshape(tf.io.decode_raw(data, tf.uint8), (-1, 3)), "int32"), axis=1
    )
    number = low + 256 * middle + 65536 * high
    return tf.cast(number - tf.where(number >= 2**23, 2**24, 0), "float32") / 2.0**23
