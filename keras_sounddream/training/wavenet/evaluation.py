"""How good a WaveNet is at sounds that it was not trained on, beside what needs no network."""

from keras_sounddream.training.wavenet import measure
from keras_sounddream.training.wavenet.baselines import (
    bits,
    level_pairs,
    marginal_nats,
    markov_nats,
)
from keras_sounddream.training.wavenet.pieces import Segments, cheapest_segment_length

_BATCH = 4
_LONGEST = 16384  # samples of a piece


def compare_bits(model, trained, measured):
    """Gives the bits a sample of a WaveNet and of simpler predictions.

    Args:
        model: model of `applications.WaveNet`.
        trained: `Sounds` that it was trained on, and that the simpler ones count.
        measured: `Sounds` that are predicted.

    Returns:
        dict from what predicts (str) to bits a sample, float.
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


def table_of_bits(found):
    """Lines of a Markdown table.

    Args:
        found: dict of `compare_bits`.

    Returns:
        list of str.
    """
    rows = [f"| {name} | {value:.3f} |" for name, value in found.items()]
    rows[0] = f"| **{next(iter(found))}** | **{next(iter(found.values())):.3f}** |"
    return ["| predicted by | bits per sample |", "|---|---|", *rows]
