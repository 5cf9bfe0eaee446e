"""Steps of ascent on the log-magnitude, with the gradient taken through the waveform."""

import tensorflow as tf

from keras_sounddream.audio.loudness import hold_level
from keras_sounddream.audio.phase import from_polar, to_polar
from keras_sounddream.audio.stft import istft, stft
from keras_sounddream.deepdream import transforms
from keras_sounddream.deepdream.octaves import coarsen

_LEVEL_ROUNDS = 4  # of the waveform that is given out; one is enough to find the way
_CUT_OFF = 2.0  # times the root mean square of the gradient
_TINY = 1e-12


def ascend(read, waveform, level, analysis, grid, first_step, count, most_nepers, max_shift, seed):
    """Takes the phase of waveforms and makes some steps of ascent on their magnitude.

    Args:
        read: function from waveforms to scores `(batch,)`.
        waveform: float32 `(batch, samples)`.
        level: float32 `(batch, 1)`, root mean square to hold.
        analysis: `Analysis`.
        grid: pair of float scalars, frames and bins a cell, as `octaves.coarsen` takes them.
        first_step: int scalar, number of the first step, which chooses the rolls.
        count: int scalar, how many steps.
        most_nepers: float, the most that a step changes any frame and bin.
        max_shift: int, samples, of the roll.
        seed: int, of the roll.

    Returns:
        `(waveform, scores)`: float32 `(batch, samples)` at `level` with peaks of at most 1, and
        float32 `(count, batch)`, read before each step.
    """
    num_samples = tf.shape(waveform)[1]
    log_magnitude, *phase = to_polar(*stft(waveform, analysis))

    def make(log_magnitude, level_rounds=1):
        whole = istft(*from_polar(log_magnitude, *phase), analysis, num_samples)
        return hold_level(whole, level, level_rounds)

    def step(i, log_magnitude, history):
        with tf.GradientTape() as tape:
            tape.watch(log_magnitude)
            moved = transforms.roll(make(log_magnitude), max_shift, seed, first_step + i)
            scores = read(moved)
        change = bounded(coarsen(tape.gradient(scores, log_magnitude), *grid))
        return i + 1, log_magnitude + most_nepers * change, history.write(i, scores)

    history = tf.TensorArray("float32", size=count, element_shape=(None,))
    start = (tf.constant(0), log_magnitude, history)
    _, log_magnitude, history = tf.while_loop(lambda i, *_: i < count, step, start)
    return make(log_magnitude, _LEVEL_ROUNDS), history.stack()


def bounded(gradient):
    """Brings a gradient to [-1, 1]: 1 where it reaches twice its root mean square.

    A gradient's few largest numbers are hundreds of times its typical ones: followed as they
    are, they make single bins shriek; with their signs alone, the noise floor rises as fast as
    the sound.

    Args:
        gradient: float32 `(batch, frames, bins)`; each example is measured by itself.

    Returns:
        float32 `(batch, frames, bins)` in [-1, 1].
    """
    size = tf.sqrt(tf.reduce_mean(tf.square(gradient), axis=(1, 2), keepdims=True))
    return tf.clip_by_value(gradient / (_CUT_OFF * size + _TINY), -1.0, 1.0)
