"""Counts right exported dreams that the check refuses, and wrong ones that it lets pass.

    python benchmarks/export_acceptance.py [--data ESC-10] [--clips 2] [--work FOLDER]
        [--models LogMelCNN …] [--settings step …] [--formats litert …] [--rules Conv2D …]

Without --data the sounds are synthetic. Every gradient rule is scaled by 1.01 in turn, which must
be found; and files of every model, setting and format are compared with the model on every clip,
none of which may be refused. Rows are kept in FOLDER, and an interrupted run goes on from them;
those of an earlier run are measured again once they are deleted there. Writes
docs/benchmarks/export/export_acceptance.md of all rows there.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.append(
    str(pathlib.Path(__file__).parents[1] / "tests")
)  # where there is a function for every rule

import keras
import numpy as np
import tensorflow as tf
from export.portable import test_gradients as functions

from keras_sounddream import DeepDream, ExportError, applications, audio, objectives
from keras_sounddream.export import arithmetic
from keras_sounddream.export.formats import writer_of
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.portable.gradients import arithmetic as rules
from keras_sounddream.export.portable.gradients import backward
from keras_sounddream.export.portable.gradients.rule_checks import RuleChecks
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.export.verify import compare

SCALE = 1.01
SECONDS = 2.0
POINTS = 3


def crnn():
    """Convolutions, then a recurrent layer over the frames that are left."""
    inputs = keras.Input((None,), name="waveform")
    x = audio.LogMelSpectrogram(audio.Analysis(8000, step_seconds=0.02, num_mel_bins=16))(inputs)
    x = keras.layers.Reshape((-1, 16, 1))(x)
    x = keras.layers.Conv2D(8, 3, strides=(4, 2), padding="same", activation="relu")(x)
    x = keras.layers.Reshape((-1, 64))(x)
    x = keras.layers.GRU(16, return_sequences=True, name="recurrent")(x)
    return keras.Model(inputs, x, name="crnn")


MODELS = {
    "LogMelCNN": (lambda: applications.LogMelCNN(), "block3_conv2"),
    "UrbanSoundCNN": (lambda: applications.UrbanSoundCNN(), "conv3"),
    "CRNN": (crnn, "recurrent"),
}
SETTINGS = {
    "step": ("dream_step", {}),
    "short": ("dream", {"octaves": 1, "steps": 2}),
    "three octaves": ("dream", {"octaves": 3, "steps": 5}),
    "default": ("dream", {}),
}


class Rows:
    """Results by key, kept in a file line by line."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = {tuple(key): row for key, row in map(json.loads, lines)}
        self._path = path

    def add(self, key, row):
        self.rows[key] = row
        with open(self._path, "a") as file:
            file.write(json.dumps([key, row]) + "\n")


def measure_rules(rows, only):
    """Scales each rule in turn, and tells whether the check finds it."""
    stand_ins = set(rules.STAND_INS)
    places = _places(only)
    for kind in sorted(set(backward.RULES) & set(only or backward.RULES)):
        if ("rule", kind) in rows.rows or kind not in places:
            continue
        table = rules.DERIVATIVES if kind in stand_ins else backward.RULES
        right = table[kind]
        table[kind] = _scaled_slope(right) if kind in stand_ins else _scaled_rule(right)
        try:
            found = _error_of(*places[kind])
        finally:
            table[kind] = right
        rows.add(("rule", kind), {"error": found, "right": _error_of(*places[kind])})
        print(kind, rows.rows["rule", kind], flush=True)


def _places(only):
    """A function, and the shape that it takes, for each rule."""
    places = {}
    for name in functions.IN_TENSORFLOW:
        function, shape = functions.TABLE[name]
        checks = RuleChecks()

        def gradient(x, function=function, checks=checks):
            return backward.portable_gradient(functions.score(function), x, checks=checks)

        tf.function(gradient, autograph=False).get_concrete_function(tf.TensorSpec(shape))
        for op, _ in checks.places:
            if not only or op.type in only:
                places.setdefault(op.type, (function, shape))
    return places


def _scaled_slope(slope):
    return lambda x, y: SCALE * slope(x, y)


def _scaled_rule(rule):
    def scaled(part):
        if callable(part):
            return lambda: SCALE * part()
        return None if part is None else SCALE * part

    return lambda op, *upstream: [scaled(part) for part in rule(op, *upstream)]


def _error_of(function, shape):
    """The largest of what the check judges, as a multiple of what it allows."""
    checks = RuleChecks()

    def both(x):
        checks.clear()
        _, own = backward.portable_gradient(functions.score(function), x, checks=checks)
        wanted = tf.gradients(functions.score(function)(x), x)[0]
        return own, wanted, tf.stack(checks.squares)

    traced = tf.function(both, autograph=False)
    rng = np.random.default_rng(0)
    found = [traced(tf.constant(rng.normal(size=shape), tf.float32)) for _ in range(POINTS)]
    worst = max(error for _, error in checks.errors([one[2].numpy() for one in found]))
    whole = min(arithmetic.relative(own.numpy(), wanted.numpy()) for own, wanted, _ in found)
    return max(worst / arithmetic.RULE_LIMIT, whole / arithmetic.WHOLE_LIMIT)


def measure_clips(rows, options):
    """Compares files with their models, clip by clip."""
    for name in options.models:
        make, layer = MODELS[name]
        keras.utils.set_random_seed(0)
        model = make()
        for setting in options.settings:
            task_name, settings = SETTINGS[setting]
            dream = DeepDream(model, objectives.layer(layer), **settings)
            sounds = clips(options, dream.sample_rate)
            for format in options.formats:
                keys = [("clip", name, setting, format, i) for i in range(len(sounds))]
                wanted = [key for key in keys if key not in rows.rows]
                if wanted:
                    _measure(rows, wanted, dream, task_name, format, sounds)


def _measure(rows, keys, dream, task_name, format, sounds):
    (task,) = find_tasks(dream, [task_name])
    writer, metadata = writer_of(format), Metadata("model", (task_name,), task.sample_rate, 0)
    fixed, began = {"seconds": SECONDS}, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "file"
        (written,) = writer.write([task], metadata, path, **fixed)
        runner = writer.read(path, [written])
    converted = time.perf_counter() - began
    check = arithmetic.GradientCheck(written, writer, metadata, fixed)
    for key in keys:
        began, row = time.perf_counter(), {"converted_seconds": converted, "refused": ""}
        try:
            row |= check(sounds[key[-1]])
            row["gradient_seconds"] = time.perf_counter() - began
            figures = compare(written, runner, [sounds[key[-1]]], repeats=0)
            row |= {name: value for name, value in figures.items() if "seconds" not in name}
            row["refused"] = "differs" if figures["excess"] > 1 else ""
        except ExportError as error:
            row["refused"] = str(error)
        row["seconds"] = time.perf_counter() - began
        rows.add(key, row)
        print(key, row, flush=True)


def clips(options, rate):
    """Sounds of `SECONDS` at a rate: float32 `(1, samples)`."""
    count = round(SECONDS * rate)
    if options.data is None:
        return [speech_like(count, rate, seed) for seed in range(options.clips)]
    from dream_fidelity import first_clips

    paths = [clip.path for clip in first_clips(options.data, options.clips)][: options.clips]
    return [np.resize(np.clip(audio.load(path, rate), -1, 1), (1, count)) for path in paths]


def page(rows):
    """The page's lines."""
    rules = {key[1]: row for key, row in rows.items() if key[0] == "rule"}
    missed = [kind for kind, row in rules.items() if row["error"] <= 1]
    wrong = [kind for kind, row in rules.items() if row["right"] > 1]
    groups = {}
    for key, row in rows.items():
        if key[0] == "clip":
            groups.setdefault(key[1:4], []).append(row)
    lines = [
        "# Right and wrong exports, told apart",
        "",
        "Written by `benchmarks/export_acceptance.py`. A dream that is exported is compared with the "
        "model: the arithmetic of its gradient, one step, and what the dream reaches.",
        "",
        f"Each of {len(rules)} gradient rules was scaled by {SCALE} in turn. Not found: "
        f"{', '.join(missed) or 'none'}; the nearest was "
        f"{min(row['error'] for row in rules.values()):.1f} times over the limit. Refused as they "
        f"are: {', '.join(wrong) or 'none'}; the nearest was at "
        f"{max(row['right'] for row in rules.values()):.2g} of it.",
        "",
        "Files of each network on clips of ESC-10's fold 5. *Difference*: the largest of a file, as a "
        "share of what is allowed.",
        "",
        "| network | dream | format | clips | refused | difference, median | largest | s until it is known |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (name, setting, format), found in groups.items():
        shares = [row["excess"] for row in found if "excess" in row]
        refused = sum(bool(row["refused"]) for row in found)
        seconds = np.median([row["seconds"] for row in found])
        lines.append(
            f"| {name} | {setting} | {format} | {len(found)} | {refused} | {np.median(shares):.2g} | "
            f"{np.max(shares):.2g} | {seconds:.1f} |"
        )
    return [*lines, ""]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--models", nargs="*", default=list(MODELS)[:1], choices=list(MODELS))
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS)[:2], choices=list(SETTINGS))
    parser.add_argument("--formats", nargs="*", default=["litert"], choices=["litert", "onnx"])
    parser.add_argument("--rules", nargs="*", help="[default: all]")
    options = parser.parse_args()
    rows = Rows(options.work / "export_acceptance.jsonl")
    measure_rules(rows, options.rules)
    measure_clips(rows, options)
    lines = page(rows.rows)
    path = pathlib.Path(__file__).parents[1] / "docs/benchmarks/export/export_acceptance.md"
    path.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
