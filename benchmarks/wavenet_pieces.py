"""Cost of an epoch of WaveNet training with segments of each length, and of making them.

    python benchmarks/wavenet_pieces.py --fsdd FOLDER --music FOLDER

Writes docs/benchmarks/training/wavenet_pieces.md. FSDD's recordings are
`recordings/DIGIT_SPEAKER_TAKE.flac`, the music is named in `tracks.csv`.
"""

import argparse
import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_sounddream.applications.wavenet import DILATIONS
from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.datasets.corpus_cache import store_sounds
from keras_sounddream.datasets.file_lists import SoundFiles, list_folder, list_table
from keras_sounddream.processor import describe
from keras_sounddream.training.wavenet.segments import Segments, cheapest_segment_length, epoch_cost

ROOT = pathlib.Path(__file__).parents[1]
LENGTHS = (500, 1000, 2000, 4000, 8000, 16000)
NETWORKS = {
    "18 layers, skip 256": {"dilations": DILATIONS[:9] * 2, "skip_channels": 256},
    "30 layers, skip 256": {"dilations": DILATIONS[:30], "skip_channels": 256},
    "50 layers, skip 512": {},
}
BATCH = 32
STEPS = 200


def read_fsdd(folder):
    """The digits of takes 5 to 49, the training set."""
    paths = list_folder(folder / "recordings").paths
    words = [path.stem.split("_") for path in paths]
    kept = [number for number, (_, _, take) in enumerate(words) if int(take) >= 5]
    labels = {
        "digit": tuple(words[number][0] for number in kept),
        "speaker": tuple(words[number][1] for number in kept),
    }
    return SoundFiles(tuple(paths[number] for number in kept), labels)


def rate_of_storing(listed, sample_rate):
    """The sounds, and seconds until they are there, the first time and the second."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            sounds = store_sounds(listed, folder, sample_rate, progress=False)
            seconds.append(time.perf_counter() - start)
        samples = np.array(sounds.samples)
    mapped = sounds.__class__(
        samples, sounds.starts, sounds.lengths, sounds.names, sounds.labels, sample_rate
    )
    return mapped, seconds


def batches_per_second(sounds, plan, piece):
    """Of `Segments.dataset`, the median of three runs."""
    pieces, rates = Segments(sounds, plan, piece, BATCH), []
    for first in range(3):
        batches = iter(pieces.dataset(first * STEPS, STEPS + 1))
        next(batches)
        start = time.perf_counter()
        for _ in batches:
            pass
        rates.append(STEPS / (time.perf_counter() - start))
    return sorted(rates)[1]


def packed_cost(sounds, plan):
    """What rows of several sounds would cost, with silence as long as the field between them."""
    lengths = sounds.lengths + plan.receptive_field
    rows = hold_sounds([np.zeros(lengths.sum(), "float32")], plan.sample_rate)
    return epoch_cost(rows, plan, 16384) * lengths.sum() / sounds.lengths.sum()


def row(name, sounds, title, settings):
    plan = WaveNetConfig(sample_rate=sounds.sample_rate, conditions=sounds.conditions, **settings)
    best = cheapest_segment_length(sounds, plan)
    endless = hold_sounds([np.zeros(2**24, "float32")], plan.sample_rate)
    least = epoch_cost(endless, plan, 2**24)  # a field's share of it is next to nothing
    shares = [epoch_cost(sounds, plan, length) / least for length in LENGTHS]
    at_best = epoch_cost(sounds, plan, best) / least
    made = batches_per_second(sounds, plan, best)
    return (
        f"| {name} | {title} | {plan.receptive_field} | **{best}** | **{at_best:.2f}** | "
        + " | ".join(f"{share:.2f}" for share in shares)
        + f" | {packed_cost(sounds, plan) / least:.2f} | {made * BATCH * best:,.0f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fsdd", type=pathlib.Path, required=True)
    parser.add_argument("--music", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    listed = {
        "FSDD": (read_fsdd(arguments.fsdd), 8000),
        "music": (list_table(arguments.music / "tracks.csv", ["genre"]), 16000),
    }
    rows, stored = [], []
    for name, (files, rate) in listed.items():
        sounds, (first, second) = rate_of_storing(files, rate)
        stored.append(
            f"- {name}: {len(sounds):,} sounds, {sounds.seconds:,.0f} s at {rate} Hz: decoded and"
            f" stored in {first:.2f} s, opened again in {second:.3f} s."
        )
        rows += [row(name, sounds, *network) for network in NETWORKS.items()]
    lines = [
        "# Segment length of a WaveNet",
        "",
        f"Written by `benchmarks/wavenet_pieces.py` on {describe()}. How to use them:"
        " [data](../../models/wavenet_data.md).",
        "",
        "Multiplications of a forward pass over an epoch, against those of a sound without end: what is more is spent"
        " on receptive fields that pieces have in common, and on silence behind the ends of sounds. *Thrifty* is what"
        " `cheapest_segment_length` finds. *Joined*: what it would cost to put several sounds into one row of 16,384 samples,"
        " with the receptive field's silence between them; only sounds with the same labels could share a row.",
        "",
        "| sounds | network | receptive field | thrifty | cost | "
        + " | ".join(f"{length:,}" for length in LENGTHS)
        + " | joined | targets made a second |",
        "|---" * (7 + len(LENGTHS)) + "|",
        *rows,
        "",
        f"*Targets made a second*: by `Segments.dataset`, batches of {BATCH}, median of 3 times {STEPS} batches,"
        " on a machine that was busy with other work.",
        "",
        *stored,
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "training" / "wavenet_pieces.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
