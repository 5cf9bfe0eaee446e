"""YAMNet's own scores of dreams, patch by patch, made in patches or as a whole.

    python benchmarks/yamnet_dream.py --data ESC-10 --weights yamnet.h5

Writes docs/benchmarks/dreams/yamnet_dream.md.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import DeepDream, objectives
from keras_sounddream.applications import YAMNet, yamnet
from keras_sounddream.audio import load
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
RATE = yamnet.ANALYSIS.sample_rate
LAYERS = tuple(f"layer{number}_pointwise_relu" for number in (3, 6, 9, 12, 14))
CLASSES = ("Cat", "Church bell")
SETTINGS = {"octaves": 2, "steps": 10}


def dreams_of(model, objective, sounds):
    """Dreams as they sound once they are written: float32 `(1, samples)` each."""
    dream = DeepDream(model, objective, **SETTINGS)
    return [dream.run(sound, progress=False).waveform for sound in sounds]


def reader(network):
    return tf.function(network, input_signature=[tf.TensorSpec((1, None))])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--weights", required=True, help="yamnet.h5, or .npz")
    arguments = parser.parse_args()
    clips = [clip for clip in esc10.read_clips(arguments.data) if clip.fold == 5][::8]
    sounds = [load(clip.path, RATE)[:, : 5 * RATE] for clip in clips]
    model = YAMNet(weights=arguments.weights)
    ways = {"patches": model, "whole": YAMNet(weights=arguments.weights, patches=False)}
    rows = []
    for layer in LAYERS:
        read = reader(keras.Model(model.input, model.get_layer(layer).output))

        def heard(sounds, read=read):
            return np.array([np.mean(np.square(read(sound))) for sound in sounds])

        found = {k: heard(dreams_of(v, objectives.layer(layer), sounds)) for k, v in ways.items()}
        gains = {name: np.median(value / heard(sounds)) for name, value in found.items()}
        rows.append(f"| `{layer}` | {gains['patches']:.1f} | {gains['whole']:.1f} |")
        print(rows[-1], flush=True)
    scores = []
    read = reader(model)
    for label in CLASSES:
        index = objectives.find_label(model, label)
        named = {k: dreams_of(v, objectives.logit(index), sounds) for k, v in ways.items()}
        found = [
            np.mean([float(read(sound)[0, index]) for sound in each])
            for each in (sounds, *named.values())
        ]
        scores.append(f"| {label} | " + " | ".join(f"{score:.4f}" for score in found) + " |")
        print(scores[-1], flush=True)
    lines = [
        "# Dreams of YAMNet, in patches and whole",
        "",
        f"Written by `benchmarks/yamnet_dream.py` with TensorFlow {tf.__version__}, Keras {keras.__version__}:"
        f" {len(sounds)} clips of 5 s, one a class of ESC-10's fold 5, {SETTINGS['octaves']} octaves of"
        f" {SETTINGS['steps']} steps, weights `{pathlib.Path(arguments.weights).name}`. Whatever way a sound was"
        " dreamed, `YAMNet()` then hears it as it was trained to, in patches.",
        "",
        "How many times as high the mean square of a layer is as before the dream, median:",
        "",
        "| layer | dreamed in patches: `YAMNet()` | whole: `YAMNet(patches=False)` |",
        "|---|---|---|",
        *rows,
        "",
        "A class's score, mean:",
        "",
        "| class | before | dreamed in patches | whole |",
        "|---|---|---|---|",
        *scores,
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "yamnet_dream.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
