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
    ]
    (ROOT / "docs" / "benchmarks" / "models" / "wavenet_music16k.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
