"""Bits per sample of a WaveNet on held-out sounds, beside predictions that need no network."""

import keras

from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.training.wavenet.baselines import (
    bits,
    level_pairs,
    marginal_nats,
    markov_nats,
)
from keras_sounddream.training.wavenet.fit import measure
from keras_sounddream.training.wavenet.segments import Segments, cheapest_segment_length

_BATCH = 4
_LONGEST = 16384  # samples of a piece


def compare_bits(model: keras.Model, trained: Sounds, measured: Sounds) -> dict[str, float]:
    """Computes the bits per sample of a WaveNet and of simpler predictions.

    Args:
        model: model of `applications.WaveNet`.
        trained: that it was trained on, and that the simpler predictions count.
        measured: that are predicted.

    Returns:
        dict from the name of a prediction to bits per sample.
    """
    plan = model.plan
    piece = cheapest_segment_length(measured, plan, _LONGEST)
    pieces = Segments(measured, plan, piece, _BATCH, shuffle=False)
    learned, aims = (level_pairs(sounds, plan.levels) for sounds in (trained, measured))
    return {
        "the network": bits(measure(model, pieces)),
        "a Markov chain of order 1": bits(markov_nats(learned, aims)),
        "how often each level is in the training set": bits(marginal_nats(learned, aims)),
        "the same of the held-out set itself: its entropy": bits(marginal_nats(aims)),
    }


def table_of_bits(comparison: dict[str, float]) -> list[str]:
    """Lines of a Markdown table of `compare_bits`, whose first row is bold."""
    rows = [f"| {name} | {value:.3f} |" for name, value in comparison.items()]
    rows[0] = f"| **{next(iter(comparison))}** | **{next(iter(comparison.values())):.3f}** |"
    return ["| predicted by | bits per sample |", "|---|---|", *rows]
