"""What a dream must survive."""

import tensorflow as tf

_DITHER_SAMPLES = 2**16  # after which the dither is repeated


def roll(image, most, seed, step):
    """Moves sounds or pictures by random numbers of samples or pixels; what leaves comes round.

    Args:
        image: float32 `(batch, samples)` or `(batch, height, width, channels)`.
        most: int, samples or pixels, either way; 0 leaves the image as it is.
        seed: int.
        step: int scalar; the same seed and step give the same shift.

    Returns:
        float32, the same shape.
    """
    if not most:
        return image
    axes = [1] if len(image.shape) == 2 else [1, 2]
    return tf.roll(image, draw_shift(len(axes), most, seed, step), axis=axes)


def draw_shift(axes, most, seed, step):
    """Draws what `roll` moves by.

    Args:
        axes: int, how many.
        most: int, as of `roll`.
        seed: int.
        step: int scalar.

    Returns:
        int32 `(axes,)`.
    """
    return tf.random.stateless_uniform((axes,), tf.stack([seed, step]), -most, most + 1, "int32")


def zoom(image, most, seed, step):
    """Stretches sounds along time, or pictures, by a random factor.

    Args:
        image: float32 `(batch, samples)` or `(batch, height, width, channels)`.
        most: float, 0.1 for 0.9 to 1.1 times the size; 0 leaves the image as it is.
        seed: int.
        step: int scalar; the same seed and step give the same factor.

    Returns:
        float32, of another length or size.
    """
    if not most:
        return image
    factor = tf.random.stateless_uniform((), tf.stack([seed, step + 1]), 1 - most, 1 + most)
    flat = len(image.shape) == 2
    picture = image[:, :, tf.newaxis, tf.newaxis] if flat else image
    size = tf.cast(tf.shape(picture)[1:3], "float32") * factor
    size = tf.maximum(tf.cast(tf.round(size), "int32"), 1)
    zoomed = tf.image.resize(picture, size, "bilinear")
    return zoomed[:, :, 0, 0] if flat else zoomed


def dither(waveform, seed):
    """Adds noise at the level of the last bit of 16-bit sound, as `draw_dither` draws it.

    Digital silence has no phase: raised by a dream, its rounding errors would make the result
    depend on the order of additions. Under this noise it has one.

    Args:
        waveform: float32 `(batch, samples)`.
        seed: int; the same noise is added to every example.

    Returns:
        float32 `(batch, samples)`.
    """
    return waveform + repeat(draw_dither(seed), tf.shape(waveform)[1])


def draw_dither(seed):
    """Draws the noise that `dither` repeats: a table, so that graphs of any length can hold it.

    Args:
        seed: int.

    Returns:
        float32 `(1, 65536)`.
    """
    return tf.random.stateless_normal((1, _DITHER_SAMPLES), (seed, 0), stddev=2.0**-15)


def repeat(noise, num_samples):
    """Repeats noise along time.

    Args:
        noise: float32 `(1, samples)`.
        num_samples: int, of the result.

    Returns:
        float32 `(1, num_samples)`.
    """
    times = (num_samples + noise.shape[1] - 1) // noise.shape[1]
    return tf.slice(tf.tile(noise, [1, times]), [0, 0], [1, num_samples])
