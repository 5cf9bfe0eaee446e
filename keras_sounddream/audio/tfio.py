"""Decoding of sound files inside a `tf.data` pipeline, by tensorflow-io."""

import io

import numpy as np
import soundfile
import tensorflow as tf

from keras_sounddream.audio.io import resample
from keras_sounddream.errors import InputError, MissingPackageError
from keras_sounddream.types import Tensor

_KINDS = ("wav8", "wav16", "wav24", "wavfloat", "flac16", "flac24", "mp3", "vorbis")
_BITS = {"PCM_U8": "8", "PCM_16": "16", "PCM_24": "24", "FLOAT": "float"}


def decode(contents: Tensor, sample_rate: int) -> Tensor:
    """Decodes the bytes of a sound file in a graph, to the same waveform as `load`.

    Takes WAV of 8, 16 and 24 bits and floating point, FLAC, MP3 and Ogg Vorbis, at any rate and
    channel count. Needs the `io` extra (tensorflow-io, which needs TensorFlow 2.16).

    Args:
        contents: string scalar, a file's bytes, such as `tf.io.read_file` returns.
        sample_rate: Hz, of the waveform to return.

    Returns:
        float32 `(1, samples)`, the mean of the channels.

    Raises:
        MissingPackageError: if tensorflow-io is not installed.

    Example:
        files.map(tf.io.read_file).map(lambda contents: audio.decode(contents, 24000))
    """
    try:
        import tensorflow_io as tfio
    except ImportError:
        purpose = "`audio.decode` (unlike `audio.load`)"
        raise MissingPackageError("tensorflow-io", purpose, "io") from None
    kind, rate = tf.numpy_function(_header, [contents], (tf.int64, tf.int64), stateful=False)
    kind.set_shape(())
    decoders = (
        lambda: _scaled(tfio.audio.decode_wav(contents, dtype=tf.uint8), 128.0) - 1.0,
        lambda: _scaled(tfio.audio.decode_wav(contents, dtype=tf.int16), 2.0**15),
        lambda: _scaled(tfio.audio.decode_wav(contents, dtype=tf.int32), 2.0**31),
        lambda: tfio.audio.decode_wav(contents, dtype=tf.float32),
        lambda: _scaled(tfio.audio.decode_flac(contents, dtype=tf.int16), 2.0**15),
        lambda: _scaled(tfio.audio.decode_flac(contents, dtype=tf.int32), 2.0**31),
        lambda: tfio.audio.decode_mp3(contents),
        lambda: tfio.audio.decode_vorbis(contents),
    )
    waveform = tf.reduce_mean(tf.switch_case(tf.cast(kind, "int32"), decoders), axis=1)[tf.newaxis]
    waveform = tf.numpy_function(
        lambda samples, rate: resample(samples, int(rate), sample_rate),
        [waveform, rate],
        tf.float32,
        stateful=False,
    )
    return tf.ensure_shape(waveform, (1, None))


def _scaled(samples, scale):
    return tf.cast(samples, "float32") / scale


def _header(contents):
    """Kind, as an index of `_KINDS`, and sample rate of a file."""
    try:
        info = soundfile.info(io.BytesIO(contents))
    except soundfile.SoundFileError as error:
        raise InputError(f"Cannot decode {len(contents)} bytes as sound: {error}") from None
    bits = _BITS.get(info.subtype, "")
    kind = {"WAV": f"wav{bits}", "WAVEX": f"wav{bits}", "FLAC": f"flac{bits}", "MP3": "mp3"}.get(
        info.format, info.subtype.lower()
    )
    if kind not in _KINDS:
        raise InputError(
            f"`audio.decode` takes no {info.format} {info.subtype}. "
            "Use `audio.load`, or convert it."
        )
    return np.int64(_KINDS.index(kind)), np.int64(info.samplerate)
