"""WAV decoder and encoder in a graph, by operations that every TensorFlow has.

Anything but a whole WAV file raises `InvalidArgumentError`, which says what came.
"""

import tensorflow as tf

from keras_sounddream.types import Tensor

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_KINDS = ((_PCM, 8), (_PCM, 16), (_PCM, 24), (_PCM, 32), (_FLOAT, 32), (_FLOAT, 64))  # and bits
_UNKNOWN_LENGTH = 0x7FFFFFFF  # and above: written by programs that could not seek back
_HEAD = "Expected the bytes of a WAV file"
_MAX_CHANNELS = 64
_RATES = (1000, 1_000_000)  # Hz; a small file at 1 Hz would become a sound that fills the memory


def decode_wav(contents: Tensor) -> tuple[Tensor, Tensor]:
    """Decodes PCM of 8 to 32 bits and floating point: mean of channels `(1, samples)`, and Hz."""
    head = contents + tf.constant(bytes(12))  # or there may be no byte 8
    riff = tf.strings.substr(head, 0, 4) + tf.strings.substr(head, 8, 4)
    size = tf.strings.length(contents)
    checks = [_require(tf.equal(riff, b"RIFFWAVE"), f"{_HEAD}: this is none. Bytes:", size)]
    with tf.control_dependencies(checks):
        form, data = _find_chunks(tf.identity(contents))
    code, channels, rate, bits = _read_format(form)
    kinds = tf.constant([code * 256 + bits for code, bits in _KINDS])
    is_kind = tf.equal(kinds, code * 256 + bits)
    fits = (channels > 0) & (channels <= _MAX_CHANNELS) & (rate >= _RATES[0]) & (rate <= _RATES[1])
    checks = [
        _require(
            tf.reduce_any(is_kind),
            "This WAV file holds neither PCM of 8, 16, 24 or 32 bits nor floating point: convert "
            "it. Its format and bits:",
            [code, bits],
        ),
        _require(
            fits, "Expected 1 to 64 channels and 1 to 1000 kHz. Channels and Hz:", [channels, rate]
        ),
    ]
    with tf.control_dependencies(checks):
        frame = tf.identity(channels * bits // 8)  # bytes
    whole = tf.strings.length(data) // tf.maximum(frame, 1) * frame
    with tf.control_dependencies(
        [_require(whole > 0, "This WAV file holds no samples. Hz:", rate)]
    ):
        data = tf.strings.substr(data, 0, whole)
    samples = tf.switch_case(
        tf.cast(tf.argmax(is_kind), "int32"), [_decoder(data, *kind) for kind in _KINDS]
    )
    waveform = tf.reduce_mean(tf.reshape(samples, (-1, channels)), axis=1)[tf.newaxis]
    finite = tf.reduce_all(tf.math.is_finite(waveform))
    with tf.control_dependencies(
        [_require(finite, "This WAV file holds no finite sound. Hz:", rate)]
    ):
        return tf.identity(waveform), rate


def encode_wav(waveform: Tensor, sample_rate: int) -> Tensor:
    """Encodes float32 `(1, samples)` in [-1, 1] as the bytes of a 16-bit WAV file."""
    rounded = tf.round(waveform * 2.0**15) / 2.0**15  # halves to even, as `audio.save` does
    return tf.audio.encode_wav(tf.transpose(rounded), sample_rate)


def _find_chunks(contents):
    """The bodies of the chunks `fmt ` and `data`, string scalars."""
    total = tf.strings.length(contents)

    def more(place, form, data_start, data_size):
        return (place + 8 <= total) & (data_start < 0)

    def next_chunk(place, form, data_start, data_size):
        name = tf.strings.substr(contents, place, 4)
        size = _little_endian(tf.strings.substr(contents, place + 4, 4))
        start = place + 8
        left = tf.cast(total - start, "int64")
        is_data = tf.equal(name, b"data")
        size = tf.where(is_data & (size >= _UNKNOWN_LENGTH), left, size)
        message = "This WAV file breaks off. Bytes of a part, and of it there:"
        with tf.control_dependencies([_require(size <= left, message, [size, left])]):
            size = tf.cast(tf.identity(size), "int32")
        body = tf.cond(
            tf.equal(name, b"fmt "),
            lambda: tf.strings.substr(contents, start, size),
            lambda: form,
        )
        after = tf.where(is_data, start, -1)
        return start + size + size % 2, body, after, size

    start = (tf.constant(12), tf.constant(""), tf.constant(-1), tf.constant(0))
    _, form, data_start, data_size = tf.while_loop(more, next_chunk, start)
    message = "This WAV file lacks its header or its samples. Bytes:"
    found = (tf.strings.length(form) >= 16) & (data_start >= 0)
    with tf.control_dependencies([_require(found, message, total)]):
        return tf.identity(form), tf.strings.substr(contents, data_start, data_size)


def _read_format(form):
    """Code, channels, Hz and bits, int32 scalars, of the chunk `fmt `."""

    def number(start, size):
        return tf.cast(_little_endian(tf.strings.substr(form, start, size)), "int32")

    code = number(0, 2)
    is_long = tf.equal(code, _EXTENSIBLE) & (tf.strings.length(form) >= 26)
    code = tf.cond(is_long, lambda: number(24, 2), lambda: code)
    return code, number(2, 2), number(4, 4), number(14, 2)


def _little_endian(text):
    """The number, int64, that up to four bytes stand for."""
    digits = tf.cast(tf.io.decode_raw(text, tf.uint8), "int64")
    return tf.reduce_sum(digits * 256 ** tf.range(tf.size(digits), dtype="int64"))


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


def _require(condition, message, values):
    return tf.debugging.Assert(condition, [message, values], summarize=8)
