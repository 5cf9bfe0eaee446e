"""How unlikely a WaveNet held the samples that followed, in nats."""

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.errors import InputError
from keras_sounddream.generation.sampling import LEAST_LOG_SCALE

_BEYOND = 1e4  # stands for infinity, where a difference must not be NaN
_LEAST_SHARE = 1e-12  # of a mixture, in a level


@keras.saving.register_keras_serializable(package="keras_sounddream")
class NextSample(keras.losses.Loss):
    """Mean of `nats` over the samples whose weight is not 0; for `compile`.

    Args:
        levels: int, as of the model's plan.
        output: str, as of the model's plan.
        reduction: str, as of `keras.Loss`. The mean of samples by their weights; of batches of
            which each device has some rows, `"sum_over_batch_size"` of weights whose mean is 1,
            since in the rows of one device there may be more silence than in another's.
        name: str.

    Raises:
        InputError: if there is no such `output`.
    """

    def __init__(
        self,
        levels=256,
        output="softmax",
        reduction="mean_with_sample_weight",
        name="next_sample",
    ):
        super().__init__(name=name, reduction=reduction)
        if output not in _KINDS:
            raise InputError(f"`output` must be one of {list(_KINDS)}. Received: {output!r}")
        self.levels, self.output = levels, output

    def call(self, y_true, y_pred):
        return nats(y_true, y_pred, self.levels, self.output)

    def get_config(self):
        return {**super().get_config(), "levels": self.levels, "output": self.output}


def nats(waveform, scores, levels=256, output="softmax"):
    """Gives minus the logarithm of the chance of each sample's level.

    Of a mixture, a level's chance is what of the mixture lies between the amplitudes that are
    rounded to it; so both outputs are measured alike.

    Args:
        waveform: float32 `(batch, samples)` in [-1, 1], the samples that are predicted.
        scores: float `(batch, samples, outputs)`, what the model gives, without activation.
        levels: int, of mu-law.
        output: `"softmax"` or `"mixture_of_logistics"`.

    Returns:
        float32 `(batch, samples)`.
    """
    chosen = ops.cast(waveform_to_levels(waveform, levels), "int32")
    return _KINDS[output](chosen, ops.cast(scores, "float32"), levels)


def level_edges(levels):
    """Gives the amplitudes at which one level ends and the next begins.

    Args:
        levels: int.

    Returns:
        float64 `(levels + 1,)`, rising; the first and last stand for minus and plus infinity.
    """
    place = 2 * (np.arange(levels + 1) - 0.5) / (levels - 1) - 1
    edges = np.sign(place) * (float(levels) ** np.abs(place) - 1) / (levels - 1)
    edges[[0, -1]] = -_BEYOND, _BEYOND
    return edges


def _of_softmax(chosen, scores, levels):
    return keras.losses.sparse_categorical_crossentropy(chosen, scores, from_logits=True)


def _of_mixture(chosen, scores, levels):
    """The chance of an interval is `sigmoid(high) * sigmoid(-low) * (1 - exp(low - high))`."""
    weights, means, log_scales = ops.split(scores, 3, axis=-1)
    log_scales = ops.maximum(log_scales, LEAST_LOG_SCALE)
    edges = ops.convert_to_tensor(level_edges(levels), dtype="float32")
    low, high = (
        (ops.expand_dims(ops.take(edges, chosen + more), -1) - means) * ops.exp(-log_scales)
        for more in (0, 1)
    )
    width = ops.maximum(-ops.expm1(low - high), _LEAST_SHARE)
    inside = ops.log_sigmoid(high) + ops.log_sigmoid(-low) + ops.log(width)
    return -ops.logsumexp(ops.log_softmax(weights, axis=-1) + inside, axis=-1)


_KINDS = {"softmax": _of_softmax, "mixture_of_logistics": _of_mixture}
