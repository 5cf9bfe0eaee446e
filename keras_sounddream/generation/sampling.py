"""Sampling of the next sample from a network's predictions, with given random numbers.

Nothing here is random: the same predictions and the same numbers give the same sample everywhere.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio.mu_law import levels_to_waveform
from keras_sounddream.types import Tensor

LEAST_LOG_SCALE = -7.0


def draw(
    scores: Tensor, numbers: Tensor, plan: Any, temperature: Any, top_k: int | None = None
) -> Tensor:
    """A sample in [-1, 1] per example, `(batch,)`, from `scores` `(batch, outputs)`.

    `scores` are logits, or weights, means and logarithms of scales; `numbers`, `(batch, NUMBERS)`,
    are in [0, 1); scores are divided by `temperature` and scales multiplied; `None` gives the
    likeliest. `top_k` is the number of likeliest levels to draw from; `None` means all.
    """
    if plan.output == "softmax":
        levels = _choose(scores, numbers[:, :1], temperature, top_k)
        return tf.gather(levels_to_waveform(np.arange(plan.levels), plan.levels), levels)
    weights, means, log_scales = tf.split(scores, 3, axis=-1)
    chosen = tf.one_hot(_choose(weights, numbers[:, :1], temperature, None), plan.mixtures)
    sample = tf.reduce_sum(chosen * means, -1)
    if temperature is not None:
        scale = tf.exp(tf.maximum(tf.reduce_sum(chosen * log_scales, -1), LEAST_LOG_SCALE))
        quantile = tf.clip_by_value(numbers[:, 1], 1e-5, 1 - 1e-5)
        sample += temperature * scale * (tf.math.log(quantile) - tf.math.log(1 - quantile))
    return tf.clip_by_value(sample, -1.0, 1.0)


def _choose(logits, number, temperature, top_k):
    """The first index whose summed probability exceeds a number, `(batch,)`."""
    if temperature is None:
        return tf.argmax(logits, -1, output_type="int32")
    if top_k is not None:
        least = tf.math.top_k(logits, top_k)[0][:, -1:]
        logits = tf.where(logits < least, -np.inf, logits)
    likely = tf.exp((logits - tf.reduce_max(logits, -1, keepdims=True)) / temperature)
    return _pick(likely, number)


def _pick(likely, number):
    """The first index whose running sum exceeds a share of the sum of all, `(batch,)`.

    The search has two steps, among rows and then within a row: one running sum over all would be a
    loop or a large product, two short ones are small products.
    """
    count = likely.shape[-1]
    width = math.ceil(math.sqrt(count))
    rows = tf.pad(likely, [[0, 0], [0, width * width - count]])
    rows = tf.reshape(rows, (-1, width, width))
    sums = tf.reduce_sum(rows, -1)
    until = _running(sums)
    target = number * until[:, -1:]
    row_index = _passed(until, target)
    chosen = tf.one_hot(row_index, width)
    row = tf.reduce_sum(rows * tf.expand_dims(chosen, -1), 1)
    before = tf.reduce_sum((until - sums) * chosen, -1, keepdims=True)
    possible = tf.reduce_max(tf.where(row > 0, tf.range(width), 0), -1)
    return row_index * width + tf.minimum(_passed(_running(row) + before, target), possible)


def _running(numbers):
    """Running sums along the last axis."""
    width = numbers.shape[-1]
    is_before = tf.constant(np.tril(np.ones((width, width), "float32")))
    return tf.reduce_sum(tf.expand_dims(numbers, -2) * is_before, -1)


def _passed(sums, target):
    """The number of sums that do not exceed the target."""
    return tf.reduce_sum(tf.cast(sums <= target, "int32"), -1)
