"""The loss of a picture filter: the dream's objective at any scale, and how much is changed."""

import tensorflow as tf
from keras import ops

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.params.pixels import octave_size, resize
from keras_sounddream.types import Tensor

_ALLOWED = 12.0  # root mean square of the change that costs as much as `keep`, levels
_LOGIT = 1.0  # natural scale of an objective of logits; of others it is their own value
_TINY = 1e-9


class PictureLoss:
    """Loss of filtered pictures beside their sources.

    The objective is read at a scale and after a shift that are drawn for each batch, by the batch:
    what it rewards must be seen at any scale and place, as in the octaves of a dream, or a filter
    finds patterns of two pixels that nothing but the network sees. Its rise is measured place by
    place in units of the mean before, logarithmically where it is large, so that the dream spreads
    over the picture: the mean of `-asinh(rise / mean)`. Added is `keep` times the mean square of
    the change, in squares of 12 levels.

    Args:
        dream: `DeepDream` of pictures.
        keep: 0 or more.
        smallest: the smallest scale, 0 to 1; at 1 the pictures are read as they are.
    """

    def __init__(self, dream: DeepDream, keep: float, smallest: float = 0.6):
        self.dream, self.keep, self.smallest = dream, keep, smallest
        self._floor = _LOGIT if dream.objective.logit_layers else _TINY

    def __call__(self, source: Tensor, filtered: Tensor) -> Tensor:
        """Losses float32 `(batch,)` of pictures `(batch, height, width, 3)` in [0, 255]."""
        number = tf.reduce_sum(tf.cast(source, "int32"))
        before, after = (self._scaled(picture, number) for picture in (source, filtered))
        changed = ops.mean(ops.square((filtered - source) / _ALLOWED), (1, 2, 3))
        return self.keep * changed - self.rise(before, after, number)

    def rise(self, source: Tensor, filtered: Tensor, number: Tensor) -> Tensor:
        """The objective's rise, `(batch,)`, after the dream's random shift of that number."""
        ascent = self.dream.ascent
        source, filtered = (ascent.move(picture, number) for picture in (source, filtered))
        kernels = ascent.extractor.kernels()
        before, after = (
            ascent.extractor.score_maps(picture, source, kernels) for picture in (source, filtered)
        )
        factors = ascent.factors(None)
        terms = zip(factors, before, after, strict=True)
        return sum(factor * self._term_rise(one, two) for factor, one, two in terms)

    def _term_rise(self, before, after):
        """The rise of a term's map `(batch, …)`, `(batch,)`."""
        before, axes = tf.stop_gradient(before), list(range(1, len(before.shape)))
        mean = tf.reduce_mean(tf.abs(before), axes, keepdims=True)
        return tf.reduce_mean(tf.asinh((after - before) / (mean + self._floor)), axes)

    def _scaled(self, picture, number):
        """Pictures at the scale of a number."""
        drawn = tf.random.stateless_uniform((), (number, 1))
        times = tf.pow(1 / self.smallest, drawn)
        return resize(picture, octave_size(tf.shape(picture)[1:3], times, times))
