"""Distance of an inverted sound from the sound whose features it was made of.

    python benchmarks/inversion.py --data ESC-10 [--clips 10] [--seconds 2] [--steps 100]

Writes docs/benchmarks/dreams/inversion.md.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_sounddream import applications, audio
from keras_sounddream.audio.io import quantize
from keras_sounddream.sonification.feature_inversion import RATE_NEPERS, invert
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
LAYERS = (
    "front_end",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
    "block3_conv2",
    "block4_conv1",
    "block4_conv2",
    "pooled",
)
LOUD = 1e-3  # root mean square of the part of a clip that is taken


def find_clips(data, count, seconds, rate):
    """Beginnings of clips of fold 5, as many of each class: names and float32 `(1, samples)`."""
    found = {}
    for clip in esc10.read_clips(data):
        if clip.fold != 5:
            continue
        waveform = audio.load(clip.path, rate)[:, : round(seconds * rate)]
        if waveform.std() > LOUD:
            found.setdefault(clip.label, []).append((clip.label, waveform))
    rounds = [
        each[i]
        for i in range(max(map(len, found.values())))
        for each in found.values()
        if i < len(each)
    ]
    return rounds[:count]


def error(network, found, wanted):
    """Relative error of activations: the norm of the difference, ÷ that of those wanted."""
    found, wanted = (network.predict(one, verbose=0) for one in (found, wanted))
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def measure(model, layer, clips, steps):
    """A row of the table."""
    network, front_end = (
        keras.Model(model.inputs[0], model.get_layer(name).output) for name in (layer, "front_end")
    )
    figures = {name: [] for name in ("error", "noise", "other", "front end", "seconds", "same")}
    for index, (_, waveform) in enumerate(clips):
        start = time.perf_counter()
        result = invert(model, waveform, [layer], steps=steps)
        figures["seconds"].append(time.perf_counter() - start)
        heard = quantize(result.waveform).astype("float32") / 32768
        figures["error"].append(error(network, heard, waveform))
        figures["noise"].append(error(network, np.asarray(result.source), waveform))
        figures["other"].append(error(network, clips[index - 1][1], waveform))
        figures["front end"].append(error(front_end, heard, waveform))
        classes = [np.argmax(model.predict(one, verbose=0)) for one in (heard, waveform)]
        figures["same"].append(classes[0] == classes[1])
    return (
        f"| `{layer}` | {middle(figures['error'])} ({np.min(figures['error']):.3f} … {np.max(figures['error']):.3f}) | "
        f"{middle(figures['noise'])} | {middle(figures['other'])} | {middle(figures['front end'])} | "
        f"{np.mean(figures['same']):.0%} | {np.median(figures['seconds']):.1f} |"
    )


def middle(values):
    """The median, in words."""
    return f"{np.median(values):.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--remark", help="a sentence about this run, for the page")
    arguments = parser.parse_args()
    model = applications.LogMelCNN(weights="esc10")
    clips = find_clips(arguments.data, arguments.clips, arguments.seconds, model.sample_rate)
    rows = []
    for layer in LAYERS:
        rows.append(measure(model, layer, clips, arguments.steps))
        print(rows[-1], flush=True)
    lines = [
        "# Feature inversion: error",
        "",
        f"Written by `benchmarks/inversion.py`: the first {arguments.seconds:g} s of {len(clips)} clips of fold 5 of ESC-10, one of each class in",
        "turn (clips that begin with silence are passed over), through LogMelCNN, which was not trained on them. `invert` begins",
        f"with white noise as loud as the clip and makes {arguments.steps} steps of Adam ({RATE_NEPERS:g} nepers) on the log-magnitude, its gradient taken",
        "through the waveform. Everything is read off the sound in 16 bits.",
        *([arguments.remark] if arguments.remark else []),
        "",
        "| layer | relative error, median (range) | of the noise | of another clip | front end | same class | s |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "*Relative error*: the norm of the difference between the layer's activations to the inverted sound and to the clip,",
        "÷ the norm of those to the clip; beside it that of the noise before, and of the clip of the class before. *Front end*: the",
        "same error at the log-mel spectrogram, which says how much of the sound itself is back: the deeper the layer, the",
        "more the network has let go. *Same class*: how often the network takes both for the same.",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "inversion.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
