"""Conditions of `WaveNet(weights="fsdd")` that are fitted to words: bits per sample, and what comes.

    python benchmarks/wavenet_conditions.py --data FSDD [--words 6] [--steps 30]

Words are of the takes 0 and 1, which the network has not learned. Writes
docs/benchmarks/models/wavenet_conditions.md and docs/sounds/wavenet_condition_*.flac.
"""

import argparse
import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_sounddream import applications, audio, generate, processor
from keras_sounddream.applications.wavenet import condition_vectors, with_label
from keras_sounddream.training.recipes import fsdd
from keras_sounddream.training.wavenet import condition_bits, fit_condition

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "models" / "wavenet_conditions.md"
SECONDS, MIXTURE = 0.6, {"three": 0.5, "five": 0.5}
TEXT = """# Conditions of a WaveNet, fitted to words

Written by `benchmarks/wavenet_conditions.py`. Keras {keras}, {processor}. `WaveNet(weights="fsdd")`, {count}
words of the takes 0, which it has not learned, each of another digit, by speakers in turn. The speaker is
known; the digit is left to `fit_condition`, {steps} steps, once as shares of the ten labels and once as any
point of the {channels} numbers that a label is embedded in. *Another take* is take 1 of the same digit and speaker,
which the fit has not seen.

| bits per sample of | the take that is fitted | another take |
|---|---|---|
{rows}

A fit takes {seconds:.1f} s per word, on a machine that was busy with other work.

| word | likeliest of the ten labels | largest share | shares of the three largest | nearest label of the free point |
|---|---|---|---|---|
{words}

{verdict}

## Between two labels

Words of `with_label(model, "between", digit={mixture})`, by each speaker, seed 0, one after the other:
[wavenet_condition_between.flac](../../sounds/wavenet_condition_between.flac). And the first word above, as it was made under its own
label, under the fitted shares and under the free point, with the same random numbers:
[wavenet_condition_fitted.flac](../../sounds/wavenet_condition_fitted.flac).
"""


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--words", type=int, default=6)
    parser.add_argument("--steps", type=int, default=30)
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
    """Bits of a word under labels and fits, and the fits."""
    digit, speaker, first, second = word
    known = {"speaker": speaker}
    by_label = {
        one: float(condition_bits(model, first, {"digit": one, **known})[0]) for one in fsdd.DIGITS
    }
    likeliest = min(by_label, key=by_label.get)
    start = time.perf_counter()
    fits = [
        fit_condition(model, first, labels=known, shares=shares, steps=steps)
        for shares in (True, False)
    ]
    seconds = (time.perf_counter() - start) / 2
    rows = {
        "its own label": (by_label[digit], bits(model, second, digit, speaker)),
        "the likeliest label": (by_label[likeliest], bits(model, second, likeliest, speaker)),
    }
    for name, fit in zip(("shares of the labels", "a free point"), fits, strict=True):
        other = with_label(model, "fitted", **fit.points)
        rows[name] = (float(fit.bits[-1]), bits(other, second, "fitted", speaker))
    rows["the middle of all labels"] = (float(fits[0].bits[0]), middle(model, second, speaker))
    return {"rows": rows, "likeliest": likeliest, "fits": fits, "seconds": seconds}


def bits(model, waveform, digit, speaker):
    return float(condition_bits(model, waveform, {"digit": digit, "speaker": speaker})[0])


def middle(model, waveform, speaker):
    """Bits under equal shares of all digits."""
    shares = dict.fromkeys(fsdd.DIGITS, 1 / len(fsdd.DIGITS))
    return bits(with_label(model, "middle", digit=shares), waveform, "middle", speaker)


def row_of_word(model, word, found):
    """A row of the second table."""
    shares = found["fits"][0].points["digit"]
    largest = sorted(shares, key=shares.get, reverse=True)[:3]
    distances = np.linalg.norm(
        condition_vectors(model, "digit") - found["fits"][1].points["digit"], axis=1
    )
    named = ", ".join(f"{name} {shares[name]:.2f}" for name in largest)
    nearest = fsdd.DIGITS[int(distances.argmin())]
    label = f"{word[0]}, {word[1]}"
    return f"| {label} | {found['likeliest']} | {largest[0]} | {named} | {nearest} |", largest[0]


def verdict_of(words, results, largest):
    """What the tables come to, in numbers."""
    count = len(words)
    right = sum(word[0] == found["likeliest"] for word, found in zip(words, results, strict=True))
    shares = sum(word[0] == name for word, name in zip(words, largest, strict=True))
    means = {
        name: [np.mean([found["rows"][name][take] for found in results]) for take in (0, 1)]
        for name in ("its own label", "a free point")
    }
    gained, kept = (means["its own label"][take] - means["a free point"][take] for take in (0, 1))
    return (
        f"Of {count} words, the likeliest label is the one that was said {right} times, and the "
        f"largest share {shares} times. A free point saves {gained:.3f} bits per sample of the "
        f"fitted take beside its own label, and of the other take {kept:.3f}: what is over in the "
        "first is of that recording alone."
    )


def write_sounds(model, word, found):
    """The two files of sounds."""
    between = with_label(model, "between", digit=MIXTURE)
    conditions = {"digit": ["between"] * 6, "speaker": list(fsdd.SPEAKERS)}
    save("between", generate(between, SECONDS, conditions=conditions))
    digit, speaker, *_ = word
    made = [generate(model, SECONDS, conditions={"digit": [digit], "speaker": [speaker]})]
    for fit in found["fits"]:
        other = with_label(model, "fitted", **fit.points)
        asked = {"digit": ["fitted"], "speaker": [speaker]}
        made.append(generate(other, SECONDS, conditions=asked))
    save("fitted", np.concatenate(made))


def save(name, waveforms):
    joined = np.concatenate([np.pad(waveform, (0, 1600)) for waveform in waveforms])
    path = ROOT / "docs" / "sounds" / f"wavenet_condition_{name}.flac"
    audio.save(path, joined[np.newaxis], fsdd.SAMPLE_RATE, overwrite=True)


def main():
    options = parse()
    model = applications.WaveNet(weights="fsdd")
    with tempfile.TemporaryDirectory() as folder:
        words = find_words(fsdd.read_words(options.data, folder, test=True), options.words)
        results = []
        for word in words:
            results.append(measure(model, word, options.steps))
            print(word[:2], results[-1]["likeliest"], results[-1]["rows"], flush=True)
    lines, largest = zip(
        *(row_of_word(model, *pair) for pair in zip(words, results, strict=True)), strict=True
    )
    rows = [
        f"| {name} | "
        + " | ".join(f"{np.mean([r['rows'][name][take] for r in results]):.3f}" for take in (0, 1))
        + " |"
        for name in results[0]["rows"]
    ]
    write_sounds(model, words[0], results[0])
    text = TEXT.format(
        keras=keras.__version__,
        processor=processor.describe(),
        count=len(words),
        steps=options.steps,
        channels=model.plan.condition_channels,
        rows="\n".join(rows),
        seconds=np.mean([found["seconds"] for found in results]),
        words="\n".join(lines),
        verdict=verdict_of(words, results, largest),
        mixture=MIXTURE,
    )
    PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
