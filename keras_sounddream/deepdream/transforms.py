"""What a dream must survive."""

import tensorflow as tf


def roll(waveform, max_shift, seed, step):
    """Moves a waveform along time by a random number of samples; its end comes round.

    Args:
        waveform: float32 `(batch, samples)`.
        max_shift: int, samples, either way; 0 leaves the waveform as it is.
        seed: int.
        step: int scalar; the same seed and step give the same shift.

    Returns:
        float32 `(batch, samples)`.
    """
    if not max_shift:
        return waveform
    shift = tf.random.stateless_uniform(
        (), tf.stack([seed, step]), -max_shift, max_shift + 1, "int32"
    )
    return tf.roll(waveform, shift, axis=1)


def dither(waveform, seed):
    """Adds noise at the level of the last bit of 16-bit sound.

    Digital silence has no phase: raised by a dream, its rounding errors would make the result
    depend on the order of additions. Under this noise it has one.

    Args:
        waveform: float32 `(batch, samples)`.
        seed: int; the same noise is added to every example.

    Returns:
        float32 `(batch, samples)`.
    """
    shape = (1, tf.shape(waveform)[1])
    return waveform + tf.random.stateless_normal(shape, (seed, 0), stddev=2.0**-15)
