"""Conditions of `WaveNet(weights="fsdd")` that are fitted to words: bits per sample.

    python benchmarks/wavenet_conditions.py --data FSDD [--words 2] [--steps 20]

Words are of the takes 0 and 1, which the network has not learned. Writes
docs/benchmarks/models/wavenet_conditions.md.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_sounddream import applications, processor
from keras_sounddream.applications.wavenet import with_label
from keras_sounddream.training.recipes import fsdd
from keras_sounddream.training.wavenet import condition_bits, fit_condition

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "models" / "wavenet_conditions.md"
KINDS = ("its own label", "the likeliest label", "shares of the labels", "a free point")
TEXT = """# Conditions of a WaveNet, fitted to words

Written by `benchmarks/wavenet_conditions.py`. Keras {keras}, {processor}. `WaveNet(weights="fsdd")`, and
{count} words that it has not learned (takes 0), each of another digit and speaker. The speaker is
given; the digit is left to `fit_condition`, {steps} steps, once as shares of the ten labels and once as any
point of the {channels} numbers that a label is embedded in. *Take 1* is another recording of the same digit and
speaker, which the fit has not seen.

Bits per sample, of take 0 and of take 1:

| word | {kinds} | the middle of all | likeliest of the ten |
|---|{lines}---|---|
{rows}

{verdict}
"""


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--words", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    return parser.parse_args()


def find_words(sounds, count):
    """Pairs of takes of one word, with digit and speaker: `[(digit, speaker, first, second)]`."""
    takes = {}
    for number, key in enumerate(
        zip(sounds.labels["digit"], sounds.labels["speaker"], strict=True)
    ):
        takes.setdefault(key, []).append(number)
    words = []
    for number in range(count):
        digit = fsdd.DIGITS[(3 * number + 3) % 10]
        speaker = fsdd.SPEAKERS[number % len(fsdd.SPEAKERS)]
        first, second = takes[digit, speaker][:2]
        words.append((digit, speaker, sounds.waveform(first), sounds.waveform(second)))
    return words


def measure(model, word, steps):
    """The likeliest label of a word, and bits under labels and fits: pairs of both takes."""
    digit, speaker, first, second = word
    known = {"speaker": speaker}
    by_label = {
        one: float(condition_bits(model, first, {"digit": one, **known})[0]) for one in fsdd.DIGITS
    }
    likeliest = min(by_label, key=by_label.get)
    fits = [
        fit_condition(model, first, labels=known, shares=shares, steps=steps)
        for shares in (True, False)
    ]
    rows = {
        "its own label": (by_label[digit], bits(model, second, digit, speaker)),
        "the likeliest label": (by_label[likeliest], bits(model, second, likeliest, speaker)),
    }
    for name, fit in zip(("shares of the labels", "a free point"), fits, strict=True):
        other = with_label(model, "fitted", **fit.points)
        rows[name] = (float(fit.bits[-1]), bits(other, second, "fitted", speaker))
    rows["the middle of all labels"] = (float(fits[0].bits[0]), middle(model, second, speaker))
    return likeliest, rows


def bits(model, waveform, digit, speaker):
    return float(condition_bits(model, waveform, {"digit": digit, "speaker": speaker})[0])


def middle(model, waveform, speaker):
    """Bits under equal shares of all digits."""
    shares = dict.fromkeys(fsdd.DIGITS, 1 / len(fsdd.DIGITS))
    return bits(with_label(model, "middle", digit=shares), waveform, "middle", speaker)


def row_of_word(name, likeliest, rows):
    """A row of the table; each number of take 0, then of take 1."""
    pairs = [f"{first:.3f}, {second:.3f}" for first, second in rows.values()]
    return f"| {name} | {' | '.join(pairs)} | {likeliest} |"


def verdict_of(results):
    """Sentences on what the table comes to, in numbers."""
    rows = [rows for _, _, rows in results]
    right = sum(name.split(",")[0] == likeliest for name, likeliest, _ in results)
    saved = {
        kind: [np.mean([one[KINDS[0]][take] - one[kind][take] for one in rows]) for take in (0, 1)]
        for kind in KINDS[2:]
    }
    parts = [f"{kind} {first:+.3f} and {second:+.3f}" for kind, (first, second) in saved.items()]
    return (
        f"Of {len(results)} words, the likeliest label is the one that was said {right} times. Bits per sample "
        f"saved beside the word's own label, of the take that was fitted and of the other: {'; '.join(parts)}. "
        "What is saved of the first alone is of that recording, not of the word."
    )


def write_page(results, steps, channels):
    """Writes the page of `(word, likeliest label, rows)` each."""
    text = TEXT.format(
        keras=keras.__version__,
        processor=processor.describe(),
        count=len(results),
        steps=steps,
        channels=channels,
        kinds=" | ".join(KINDS),
        lines="---|" * len(KINDS),
        rows="\n".join(row_of_word(*result) for result in results),
        verdict=verdict_of(results),
    )
    PAGE.write_text(text)
    print(text)


def main():
    options = parse()
    model = applications.WaveNet(weights="fsdd")
    with tempfile.TemporaryDirectory() as folder:
        words = find_words(fsdd.read_words(options.data, folder, test=True), options.words)
        results = []
        for word in words:
            likeliest, rows = measure(model, word, options.steps)
            results.append((f"{word[0]}, {word[1]}", likeliest, rows))
            print(*results[-1], flush=True)
    write_page(results, options.steps, model.plan.condition_channels)


if __name__ == "__main__":
    main()
