"""Losses of a WaveNet: the negative log-likelihood of the samples that followed, in nats."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.errors import InputError
from keras_sounddream.generation.sampling import LEAST_LOG_SCALE
from keras_sounddream.types import Array, Tensor

_BEYOND = 1e4  # stands for infinity, where a difference must not be NaN
_LEAST_SHARE = 1e-12  # of a mixture, in a level


@keras.saving.register_keras_serializable(package="keras_sounddream")
class NextSample(keras.losses.Loss):
    """Mean of `nats` over the samples whose weight is not 0; for `compile`.

    Args:
        levels: of mu-law, those of the model's plan.
        output: `"softmax"` or `"mixture_of_logistics"`, that of the model's plan.
        reduction: see `keras.Loss`. By default the mean of samples by their weights; for batches
            shared out by rows, `"sum_over_batch_size"` with weights whose mean is 1, since in the
            rows of one device there may be more silence than in another's.
        name: of the loss.

    Raises:
        InputError: if there is no such `output`.
    """

    def __init__(
        self,
        levels: int = 256,
        output: str = "softmax",
        reduction: str = "mean_with_sample_weight",
        name: str = "next_sample",
    ) -> None:
        super().__init__(name=name, reduction=reduction)
        if output not in _NATS:
            raise InputError(f"`output` must be one of {list(_NATS)}. Received: {output!r}")
        self.levels, self.output = levels, output

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return nats(y_true, y_pred, self.levels, self.output)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels, "output": self.output}


def nats(waveform: Tensor, scores: Tensor, levels: int = 256, output: str = "softmax") -> Tensor:
    """Computes minus the logarithm of the probability of each sample's level.

    In a mixture, a level's probability is the mixture's mass between the amplitudes that are
    rounded to it; so both outputs are measured alike.

    Args:
        waveform: float32 `(batch, samples)` in [-1, 1], the samples that are predicted.
        scores: float `(batch, samples, outputs)`, the model's output, without activation.
        levels: of mu-law.
        output: `"softmax"` or `"mixture_of_logistics"`.

    Returns:
        float32 `(batch, samples)`.
    """
    chosen = ops.cast(waveform_to_levels(waveform, levels), "int32")
    return _NATS[output](chosen, ops.cast(scores, "float32"), levels)


def level_edges(levels: int) -> Array:
    """Amplitudes between levels, rising: float64 `(levels + 1,)`, the outer ones for infinity."""
    position = 2 * (np.arange(levels + 1) - 0.5) / (levels - 1) - 1
    edges = np.sign(position) * (float(levels) ** np.abs(position) - 1) / (levels - 1)
    edges[[0, -1]] = -_BEYOND, _BEYOND
    return edges


def _softmax_nats(chosen, scores, levels):
    return keras.losses.sparse_categorical_crossentropy(chosen, scores, from_logits=True)


def _mixture_nats(chosen, scores, levels):
    """The probability of an interval is `sigmoid(high) * sigmoid(-low) * (1 - exp(low - high))`."""
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


_NATS = {"softmax": _softmax_nats, "mixture_of_logistics": _mixture_nats}
