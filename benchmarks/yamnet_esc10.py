"""Accuracy and speed of YAMNet on ESC-10, without training on it.

    python benchmarks/yamnet_esc10.py --data ESC-10 --weights yamnet.h5 [--tflite FILE]

Writes docs/benchmarks/models/yamnet_esc10.md. Nothing is trained: a clip is of the class whose best
AudioSet class scores highest, means over the patches.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.applications import YAMNet, yamnet
from keras_sounddream.applications.base import read_labels
from keras_sounddream.audio import load
from keras_sounddream.processor import describe
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
LABELS = read_labels("audioset.txt")
MATCHES = {  # ESC-10's classes in their order, each with AudioSet's that mean it
    "dog": ["Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)"],
    "rain": ["Rain", "Raindrop", "Rain on surface"],
    "sea waves": ["Ocean", "Waves, surf"],
    "crying baby": ["Crying, sobbing", "Baby cry, infant cry"],
    "clock tick": ["Clock", "Tick", "Tick-tock"],
    "sneezing": ["Sneeze"],
    "helicopter": ["Helicopter"],
    "chainsaw": ["Chainsaw"],
    "rooster": ["Chicken, rooster", "Crowing, cock-a-doodle-doo"],
    "crackling fire": ["Fire", "Crackle"],
}
RATE, LEAST = yamnet.ANALYSIS.sample_rate, round(yamnet.MIN_SECONDS * yamnet.ANALYSIS.sample_rate)
STEP = round(yamnet.STEP_SECONDS * RATE)
CUTS = (0.4, 0.7, 1.4)
REPEATS = 5


def right_of(score, sounds, truth):
    """Whether each sound is named rightly: bool array. `score` takes one, as `(1, samples)`."""
    matched = [[LABELS.index(name) for name in names] for names in MATCHES.values()]
    scores = [np.asarray(score(sound))[0] for sound in sounds]
    best = [[one[indices].max() for indices in matched] for one in scores]
    return np.argmax(best, axis=1) == truth


def scorer(model):
    """A model as a function of one sound that is traced once."""
    traced = tf.function(model, input_signature=[tf.TensorSpec((1, None))])
    return lambda sound: traced(tf.constant(sound))


def interpreted(path):
    """The TFLite file itself, patch by patch."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=os.cpu_count())
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]

    def score_patch(patch):
        interpreter.set_tensor(source, patch)
        interpreter.invoke()
        return interpreter.get_tensor(target)[0]

    def score(sound):
        starts = range(0, sound.shape[1] - LEAST + 1, STEP)
        return np.mean([score_patch(sound[0, i : i + LEAST]) for i in starts], axis=0)[None]

    return score


def loudest(sound, seconds):
    """The loudest cut of a sound of so many seconds."""
    length = round(seconds * RATE)
    energy = np.concatenate([[0], np.cumsum(np.square(sound, dtype="float64"))])
    start = int(np.argmax(energy[length:] - energy[:-length]))
    return sound[start : start + length]


def dropped(sound):
    return np.pad(sound, (0, max(LEAST - len(sound), 0)))[None]


def silenced(sound):
    steps = -(-max(len(sound) - LEAST, 0) // STEP)
    return np.pad(sound, (0, LEAST + steps * STEP - len(sound)))[None]


def begun_again(sound):
    return yamnet.preprocess_input(sound, RATE)


ENDS = {"left out": dropped, "filled with silence": silenced, "**begun again**": begun_again}


def seconds_of(score, sound):
    """Median time of a call, in seconds, after the first."""
    score(sound)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        np.asarray(score(sound))
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def accuracies(ways, sounds, truth):
    """Rows of each way's share of right names, of all clips and of each class."""
    whole = [begun_again(sound) for sound in sounds]
    for name, score in ways.items():
        right = right_of(score, whole, truth)
        each = " | ".join(f"{right[truth == i].mean():.0%}" for i in range(len(MATCHES)))
        yield f"| {name} | **{right.mean():.1%}** | {each} |"


def endings(score, sounds, truth):
    """Rows of the share of right names by what is done where a sound ends."""
    cuts = [[loudest(sound, cut) for sound in sounds] for cut in CUTS] + [sounds]
    for name, end in ENDS.items():
        shares = [right_of(score, map(end, cut), truth).mean() for cut in cuts]
        yield f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"


def times(model, ways):
    """Rows of milliseconds per second of sound."""
    noise = np.random.default_rng(0).normal(0, 0.1, (8, 60 * RATE)).astype("float32")
    ways = {"`YAMNet().predict`": lambda sound: model.predict(sound, verbose=0), **ways}
    for name, score in ways.items():
        found = [1000 * seconds_of(score, noise[:1, : s * RATE]) / s for s in (10, 60)]
        yield f"| {name} | {found[0]:.2f} | {found[1]:.2f} |"
    batch = seconds_of(ways["`YAMNet().predict`"], noise[:, : 10 * RATE]) / 80
    yield f"| `YAMNet().predict`, 8 sounds of 10 s in a batch | {1000 * batch:.2f} | |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--weights", required=True, help="yamnet.h5, or .npz")
    parser.add_argument("--tflite", help="the official TFLite classifier")
    arguments = parser.parse_args()
    clips = esc10.read_clips(arguments.data)
    truth = np.array([clip.label for clip in clips])
    sounds = [load(clip.path, RATE)[0] for clip in clips]
    model = YAMNet(weights=arguments.weights)
    ways = {
        "**`YAMNet()`**": scorer(model),
        "`YAMNet(patches=False)`": scorer(YAMNet(weights=arguments.weights, patches=False)),
    }
    if arguments.tflite:
        ways["the TFLite file's network in Keras"] = scorer(YAMNet(weights=arguments.tflite))
        ways["the TFLite file itself, 8 bits"] = interpreted(arguments.tflite)
    write(
        pathlib.Path(arguments.weights).name,
        list(accuracies(ways, sounds, truth)),
        list(endings(ways["**`YAMNet()`**"], sounds, truth)),
        list(times(model, ways)),
    )


def write(weights, rows, ends, speeds):
    """Writes the page."""
    matches = [f"| {name} | {'; '.join(theirs)} |" for name, theirs in MATCHES.items()]
    lines = [
        "# YAMNet on ESC-10",
        "",
        f"Written by `benchmarks/yamnet_esc10.py` on {describe()}, TensorFlow {tf.__version__},"
        f" Keras {keras.__version__}. All 400 clips; nothing is trained. A clip's scores are the means over its"
        " patches; it is of the class whose best AudioSet class, by the second table, scores highest.",
        "",
        "| | all | " + " | ".join(MATCHES) + " |",
        "|---|---|" + "---|" * len(MATCHES),
        *rows,
        "",
        f"Weights: `{weights}`; those of the TFLite file were trained apart from them, with ReLU6. A sound of 5 s"
        " read whole (`patches=False`) is nothing that the network was trained on: its scores are not to be"
        " relied on.",
        "",
        "| ESC-10 | AudioSet |",
        "|---|---|",
        *matches,
        "",
        "## Where a sound ends before the last patch does",
        "",
        "Share of clips that `YAMNet()` names rightly, of the loudest cut of each and of whole clips. *Left out*"
        " fills cuts shorter than a patch with silence, and so does the original, to the end of the last patch."
        " `preprocess_input` lets the sound begin again.",
        "",
        "| the end is | " + " | ".join(f"{cut:g} s" for cut in CUTS) + " | whole |",
        "|---|" + "---|" * (len(CUTS) + 1),
        *ends,
        "",
        "## Time",
        "",
        f"Milliseconds per second of sound, medians of {REPEATS} calls after the first; where not `predict`, in a"
        " `tf.function`, or in the LiteRT interpreter with as many threads as cores.",
        "",
        "| | 10 s | 60 s |",
        "|---|---|---|",
        *speeds,
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "models" / "yamnet_esc10.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
