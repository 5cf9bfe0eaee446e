"""How good a WaveNet of the six genres is: bits per sample on the tracks' ends; and its sounds.

    python benchmarks/wavenet_music16k.py --data MUSIC16K --weights FILE [--folder FOLDER]

Writes docs/wavenet_music16k.md and a sound a genre in docs/sounds.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_sounddream import applications, audio, generate
from keras_sounddream.applications import _weights
from keras_sounddream.training import music16k
from keras_sounddream.training.wavenet_evaluation import compare_bits, table_of_bits

ROOT = pathlib.Path(__file__).parents[1]
SECONDS = 4.0
TEMPERATURE = 1.0


def write_sounds(model, test):
    """A file a genre; links to them, lines of Markdown."""
    genres = list(music16k.GENRES)
    firsts = [test.waveform(test.labels["genre"].index(genre))[0] for genre in genres]
    prime = np.stack([waveform[: music16k.SAMPLE_RATE] for waveform in firsts])
    settings = {"prime": prime, "seed": 0, "temperature": TEMPERATURE}
    made = generate(model, SECONDS, conditions={"genre": genres}, **settings)
    for genre, waveform in zip(genres, made, strict=True):
        path = ROOT / "docs" / "sounds" / f"wavenet_music16k_{genre}.flac"
        audio.save(path, waveform[None], music16k.SAMPLE_RATE, overwrite=True)
        yield f"- [{genre}](sounds/{path.name})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the set, with tracks.csv")
    parser.add_argument("--weights", required=True, help="file of weights")
    parser.add_argument("--folder", help="to keep decoded tracks in")
    options = parser.parse_args()
    train, test = music16k.read_music(options.data, options.folder or tempfile.mkdtemp())
    model = applications.WaveNet(**music16k.NETWORK)
    _weights.load(model, options.weights)
    lines = [
        "# A WaveNet of six genres",
        "",
        f"Written by `benchmarks/wavenet_music16k.py`. The last tenth of each track,"
        f" {test.seconds:.0f} s in all, was held out; trained on was the rest, {train.seconds:.0f} s.",
        "",
        *table_of_bits(compare_bits(model, train, test)),
        "",
        f"Sounds of temperature {TEMPERATURE:g} and seed 0, {SECONDS:g} s that go on from the first second of a"
        " track's end, which is not in them. Out of silence it mostly stays silent, as tracks do that begin so:",
        "",
        *write_sounds(model, test),
        "",
    ]
    (ROOT / "docs" / "wavenet_music16k.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
