"""Quality of `WaveNet(weights="fsdd")`: bits per sample, and accuracy of its digits.

    python benchmarks/wavenet_fsdd.py --data FSDD [--weights FILE] [--folder FOLDER]

Writes docs/benchmarks/models/wavenet_fsdd.md and the sounds in docs/sounds. The classifier that
names the digits is trained on real ones of the training takes and measured on the real ones of the
test takes.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from keras_sounddream import applications, audio, generate
from keras_sounddream.applications import weights
from keras_sounddream.training.recipes import fsdd
from keras_sounddream.training.wavenet.evaluation import compare_bits, table_of_bits

ROOT = pathlib.Path(__file__).parents[1]
TEMPERATURES = (1.0, 0.9)
SEEDS = range(2)
SECONDS = 1.2  # of each sound that is made
HEARD = 8192  # samples that the classifier hears
QUIET = 400  # exactly silent samples, after which a word has ended
LISTEN = 1.0  # temperature of the sounds of the page
PASSES = 20


def build_classifier():
    """A small network on log-mel spectrograms at 8 kHz, from waveforms to ten scores."""
    analysis = audio.Analysis(
        sample_rate=fsdd.SAMPLE_RATE,
        frame_seconds=0.032,
        step_seconds=0.01,
        fft_length=256,
        num_mel_bins=40,
        max_hz=4000.0,
    )
    inputs = keras.Input((HEARD,), name="waveform")
    x = audio.LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = layers.Reshape((-1, 40, 1))(x)
    x = layers.BatchNormalization()(x)
    for filters in (24, 48, 96):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dropout(0.3)(x)
    return keras.Model(inputs, layers.Dense(len(fsdd.DIGITS), activation="softmax")(x))


def heard(waveforms, places=None):
    """Sounds as loud as each other, in as much silence as makes them equally long."""
    found = np.zeros((len(waveforms), HEARD), "float32")
    for row, waveform in enumerate(waveforms):
        waveform = waveform[:HEARD]
        rest = HEARD - len(waveform)
        start = rest // 2 if places is None else int(places[row] * (rest + 1))
        loudness = max(np.sqrt(np.mean(waveform**2)), 1e-4)
        found[row, start : start + len(waveform)] = 0.1 * waveform / loudness
    return found


def train_classifier(sounds, seed=0):
    """A classifier of real words, each put at random places in silence, in noise of all levels."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_classifier()
    steps = PASSES * (len(sounds) // 64)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    waveforms = [sounds.waveform(i)[0] for i in range(len(sounds))]
    labels = np.array([fsdd.DIGITS.index(digit) for digit in sounds.labels["digit"]])
    for _ in range(PASSES):
        order = rng.permutation(len(sounds))
        x = heard([waveforms[i] for i in order], rng.random(len(order)))
        noise = 10 ** rng.uniform(-4.5, -1.5, (len(order), 1))
        x += (noise * rng.normal(size=x.shape)).astype("float32")
        model.fit(x, labels[order], batch_size=64, shuffle=False, verbose=0)
    return model


def find_classifier(sounds, path):
    """The classifier that an earlier run kept, or a new one, which is kept."""
    if not path.exists():
        train_classifier(sounds).save(path)
    return keras.models.load_model(path)


def named(model, waveforms):
    """Which digit each sound is heard as: int `(sounds,)`."""
    return model.predict(heard(waveforms), batch_size=64, verbose=0).argmax(axis=1)


def until_quiet(waveform):
    """A sound up to where it stays silent, and whether it does."""
    silent = np.abs(waveform) < 1e-4
    runs = np.convolve(silent, np.ones(QUIET), "valid")
    ends = np.flatnonzero(runs >= QUIET)
    ends = ends[ends > QUIET]
    return (waveform[: ends[0]], True) if len(ends) else (waveform, False)


def say(model, temperature, seed):
    """Every digit by every speaker: list of sounds, and how many of them ended."""
    pairs = [(digit, speaker) for digit in fsdd.DIGITS for speaker in fsdd.SPEAKERS]
    digits, speakers = zip(*pairs, strict=True)
    conditions = {"digit": list(digits), "speaker": list(speakers)}
    made = generate(model, SECONDS, conditions=conditions, seed=seed, temperature=temperature)
    cut = [until_quiet(waveform) for waveform in made]
    return [waveform for waveform, _ in cut], sum(ended for _, ended in cut)


def measure_words(model, classifier):
    """For each temperature: confusion of asked and heard, share that ended, seconds."""
    asked = np.repeat(np.arange(10), len(fsdd.SPEAKERS))
    rows = {}
    for temperature in TEMPERATURES:
        confusion, ended, seconds = np.zeros((10, 10), int), 0, []
        by_speaker = np.zeros(len(fsdd.SPEAKERS))
        for seed in SEEDS:
            sounds, done = say(model, temperature, seed)
            heard_as = named(classifier, sounds)
            np.add.at(confusion, (asked, heard_as), 1)
            by_speaker += (heard_as == asked).reshape(10, -1).sum(0)
            ended += done
            seconds += [len(sound) / fsdd.SAMPLE_RATE for sound in sounds]
        rows[temperature] = (confusion, ended / len(seconds), np.mean(seconds), by_speaker)
        print(temperature, np.trace(confusion) / confusion.sum(), flush=True)
    return rows


def write_sounds(model):
    """A file a speaker, with the ten digits one after the other."""
    sounds, _ = say(model, LISTEN, seed=0)
    for number, speaker in enumerate(fsdd.SPEAKERS):
        own = sounds[number :: len(fsdd.SPEAKERS)]
        joined = np.concatenate([np.pad(sound, (0, 1600)) for sound in own])
        path = ROOT / "docs" / "sounds" / f"wavenet_fsdd_{speaker}.flac"
        audio.save(path, joined[None], fsdd.SAMPLE_RATE, overwrite=True)


def page(found, rows, accuracy, num_test):
    """Lines of docs/benchmarks/models/wavenet_fsdd.md."""
    count = len(SEEDS) * 60
    best = max(rows, key=lambda temperature: np.trace(rows[temperature][0]))
    table = [
        f"| {temperature:g} | **{np.trace(c) / c.sum():.1%}** | {ended:.1%} | {seconds:.2f} |"
        for temperature, (c, ended, seconds, _) in rows.items()
    ]
    confusion, _, _, by_speaker = rows[best]
    each = [
        f"| {fsdd.DIGITS[i]} | " + " | ".join(map(str, row)) + " |"
        for i, row in enumerate(confusion)
    ]
    speakers = [
        f"| {speaker} | {right / count * 6:.1%} | [wavenet_fsdd_{speaker}.flac](../../sounds/wavenet_fsdd_{speaker}.flac) |"
        for speaker, right in zip(fsdd.SPEAKERS, by_speaker, strict=True)
    ]
    return [
        '# The digits of `WaveNet(weights="fsdd")`',
        "",
        f"Written by `benchmarks/wavenet_fsdd.py`. Test takes: 0 to 4 of each speaker and digit, {num_test} words, which nothing was trained on. All words were brought to a peak of 0.6, as the network knows them.",
        "",
        "## Bits per sample, of 256 levels, on the test takes",
        "",
        *table_of_bits(found),
        "",
        "## How its digits are named",
        "",
        f"A classifier trained on the real training takes names {accuracy:.1%} of the real test takes rightly. Of {count} words that the network makes (10 digits, 6 speakers, {len(SEEDS)} seeds; {SECONDS} s each, cut where silence begins) it names:",
        "",
        "| temperature | named rightly | ended by themselves | mean seconds |",
        "|---|---|---|---|",
        *table,
        "",
        f"At temperature {best:g}, asked for (rows) and classified as (columns):",
        "",
        "| | " + " | ".join(fsdd.DIGITS) + " |",
        "|---" * 11 + "|",
        *each,
        "",
        f"And by speaker; the sounds are of temperature {LISTEN:g} and seed 0, zero to nine, none left out:",
        "",
        "| speaker | named rightly | sounds |",
        "|---|---|---|",
        *speakers,
        "",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="FSDD, with the folder recordings")
    parser.add_argument("--weights", help="file of weights, instead of those that ship")
    parser.add_argument("--folder", help="to keep decoded sounds and the classifier in")
    parser.add_argument("--dry", action="store_true", help="print, and write nothing")
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp()
    train, test = (fsdd.read_words(options.data, folder, part) for part in (False, True))
    if options.weights:
        model = applications.WaveNet(**fsdd.NETWORK)
        weights.load(model, options.weights)
    else:
        model = applications.WaveNet(weights="fsdd")
    classifier = find_classifier(train, pathlib.Path(folder) / "classifier.keras")
    waveforms = [test.waveform(i)[0] for i in range(len(test))]
    right = named(classifier, waveforms) == [fsdd.DIGITS.index(d) for d in test.labels["digit"]]
    print("classifier", right.mean(), flush=True)
    found = compare_bits(model, train, test)
    print(found, flush=True)
    lines = page(found, measure_words(model, classifier), right.mean(), len(test))
    print("\n".join(lines))
    if not options.dry:
        write_sounds(model)
        (ROOT / "docs" / "benchmarks" / "models" / "wavenet_fsdd.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
