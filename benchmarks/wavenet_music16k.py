"""Quality of a WaveNet of six genres: bits per sample on the tracks' ends; and its sounds.

    python benchmarks/wavenet_music16k.py --data MUSIC16K --weights FILE [--folder FOLDER]

Writes docs/benchmarks/models/wavenet_music16k.md and a sound a genre in docs/sounds.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_sounddream import applications, audio, generate
from keras_sounddream.applications import weights
from keras_sounddream.training.recipes import music16k
from keras_sounddream.training.wavenet.evaluation import compare_bits, table_of_bits

ROOT = pathlib.Path(__file__).parents[1]
SECONDS = 4.0
TEMPERATURE = 1.0
HOP = 0.01  # s, of onsets
PERIODS = (0.2, 1.5)  # s, that count as a beat
NEAR = 0.03
BEAT_SOUNDS, BEAT_SECONDS = 4, 8.0  # of each genre


def write_sounds(model, test):
    """A file a genre out of silence, and one that goes on from a track; lines of Markdown."""
    genres = list(music16k.GENRES)
    firsts = [test.waveform(test.labels["genre"].index(genre))[0] for genre in genres]
    prime = np.stack([waveform[: music16k.SAMPLE_RATE] for waveform in firsts])
    settings = {"conditions": {"genre": genres}, "seed": 0, "temperature": TEMPERATURE}
    made = generate(model, SECONDS, **settings)
    going_on = generate(model, SECONDS, prime=prime, **settings)
    yield "| genre | tracks, dB | made, dB | out of silence | going on from a track |"
    yield "|---|---|---|---|---|"
    for number, genre in enumerate(genres):
        whole = [
            test.waveform(i)[0] for i, each in enumerate(test.labels["genre"]) if each == genre
        ]
        links = []
        for name, sounds in (("", made), ("_on", going_on)):
            path = ROOT / "docs" / "sounds" / f"wavenet_music16k_{genre}{name}.flac"
            audio.save(path, sounds[number][None], music16k.SAMPLE_RATE, overwrite=True)
            links.append(f"[listen](../../sounds/{path.name})")
        loud = [level(np.concatenate(whole)), level(made[number])]
        yield f"| {genre} | {loud[0]:.1f} | {loud[1]:.1f} | {' | '.join(links)} |"


def period(waveform):
    """Seconds of the strongest repetition of a sound's onsets, between a fifth and 1.5 s."""
    analysis = audio.Analysis(sample_rate=music16k.SAMPLE_RATE, step_seconds=HOP, num_mel_bins=40)
    front_end = audio.LogMelSpectrogram(analysis, log_offset=1e-4)
    bands = np.asarray(front_end(waveform[None].astype("float32")))[0]
    onsets = np.maximum(np.diff(bands, axis=0), 0).sum(1)
    onsets -= onsets.mean()
    lags = np.arange(round(PERIODS[0] / HOP), round(PERIODS[1] / HOP) + 1)
    similar = [np.mean(onsets[lag:] * onsets[:-lag]) for lag in lags]
    return lags[int(np.argmax(similar))] * HOP


def beats(model, test):
    """Lines of Markdown: how many sounds repeat as a track of their genre does, and by chance."""
    genres = [genre for genre in music16k.GENRES for _ in range(BEAT_SOUNDS)]
    prime = np.stack([_start(test, genre, n) for n, genre in enumerate(genres)])
    made = generate(model, BEAT_SECONDS, prime=prime, conditions={"genre": genres}, seed=1)
    known = {genre: _periods(test, genre) for genre in music16k.GENRES}
    near = [
        _is_near(period(sound), known[genre]) for sound, genre in zip(made, genres, strict=True)
    ]
    lags = np.arange(PERIODS[0], PERIODS[1], HOP)
    chance = np.mean([[_is_near(lag, known[genre]) for lag in lags] for genre in genres])
    yield (
        f"Beat: the onsets of {np.sum(near)} of {len(near)} sounds of {BEAT_SECONDS:g} s that go on from a"
        f" track repeat within {NEAR:.0%} of a period of their genre's tracks; by chance it would be"
        f" {chance * len(near):.0f}. The network looks back {model.plan.receptive_field / music16k.SAMPLE_RATE:.2f} s,"
        " less than one beat. Two beats want a second or more: a dilation up to 8192 (4 to 6 times the layers'"
        " history in training, and segments of 2 s in place of 0.26), or a first network of frames, 50 a second,"
        " whose loudness in bands is this one's `local_condition`. Neither was trained: each wants hours."
    )


def _start(test, genre, number):
    """A second of a held-out end of a genre, of one track after the other."""
    own = [i for i, each in enumerate(test.labels["genre"]) if each == genre]
    return test.waveform(own[number % len(own)])[0][: music16k.SAMPLE_RATE]


def _periods(test, genre):
    labels = test.labels["genre"]
    return [period(test.waveform(i)[0]) for i, each in enumerate(labels) if each == genre]


def _is_near(seconds, periods):
    return any(abs(seconds / each - 1) < NEAR for each in periods)


def level(waveform):
    """Root mean square, dB of full scale."""
    return 10 * np.log10(np.mean(np.square(waveform)) + 1e-12)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the set, with tracks.csv")
    parser.add_argument("--weights", required=True, help="file of weights")
    parser.add_argument("--folder", help="to keep decoded tracks in")
    options = parser.parse_args()
    train, test = music16k.read_music(options.data, options.folder or tempfile.mkdtemp())
    model = applications.WaveNet(**music16k.NETWORK)
    weights.load(model, options.weights)
    lines = [
        "# A WaveNet of six genres",
        "",
        f"Written by `benchmarks/wavenet_music16k.py`. The last tenth of each track,"
        f" {test.seconds:.0f} s in all, was held out; trained on was the rest, {train.seconds:.0f} s.",
        "",
        *table_of_bits(compare_bits(model, train, test)),
        "",
        f"Sounds of temperature {TEMPERATURE:g} and seed 0, {SECONDS:g} s: out of silence, and going on from the"
        " first second of a track's held-out end, which is not in them. Levels are of all held-out ends, and of"
        " what was made out of silence:",
        "",
        *write_sounds(model, test),
        "",
        *beats(model, test),
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "models" / "wavenet_music16k.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
