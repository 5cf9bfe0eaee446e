"""Accuracy of LiteRT files of every variant on ESC-10's clips, beside the models in Python.

    python benchmarks/litert_accuracy.py --data ESC-10 [--yamnet-weights FILE]

Writes docs/benchmarks/export/litert_accuracy.md. Fold 5, which the models that ship were not
trained on. YAMNet was not trained on any: a clip is of the class whose best AudioSet class scores
highest, as in yamnet_esc10.py.
"""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import ai_edge_litert
import numpy as np
import tensorflow as tf
from yamnet_esc10 import LABELS, MATCHES

from keras_sounddream import applications, audio, export_model
from keras_sounddream.lite import Classifier
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from saved_models.exports.make import calibration_sounds  # noqa: E402

SECONDS = 5
CALLS = 20  # whose median is published
VARIANTS = {  # what is exported, and whether the sounds of the ranges are ESC-10's
    "float32": (None, None),
    "float16": ("float16", None),
    "dynamic_range": ("dynamic_range", None),
    "int8, ranges off the repository's sounds": ("int8", False),
    "int8, ranges off 40 clips of folds 1 to 4": ("int8", True),
}


def as_esc10(scores):
    """Scores of AudioSet's classes as those of ESC-10's."""
    matched = [[LABELS.index(name) for name in names] for names in MATCHES.values()]
    return np.stack([scores[:, indices].max(axis=1) for indices in matched], axis=1)


def models(yamnet_weights):
    """Rows of name, model, and what makes ESC-10's scores of its own."""
    rows = [
        ("LogMelCNN", applications.LogMelCNN(), np.asarray),
        ("UrbanSoundCNN", applications.UrbanSoundCNN(), np.asarray),
    ]
    if yamnet_weights:
        rows.append(("YAMNet", applications.YAMNet(weights=yamnet_weights), as_esc10))
    return rows


def answers(score, sounds):
    """Scores of each sound: `(sounds, classes)`."""
    return np.concatenate([np.asarray(score(sound)) for sound in sounds])


def export(model, path, variant, data):
    """Writes one variant: its bytes."""
    quantization, of_esc10 = variant
    more = {"quantization": quantization}
    if quantization == "int8":
        own = data if of_esc10 else None
        more["representative"] = calibration_sounds(model.sample_rate, SECONDS, own)
    report = export_model(
        model, path, "litert", ["classify"], seconds=SECONDS, verify=False, overwrite=True, **more
    )
    return report["bytes"]


def seconds_of(score, sound):
    """Median time of a call, in seconds."""
    taken = []
    for _ in range(CALLS):
        start = time.perf_counter()
        score(sound)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def rows_of(name, model, convert, data, clips):
    """Rows of the page: the model itself, and each variant."""
    truth = np.array([clip.label for clip in clips])
    samples = SECONDS * model.sample_rate
    sounds = [audio.load(clip.path, model.sample_rate) for clip in clips]
    sounds = [np.tile(sound, (1, -(-samples // sound.shape[1])))[:, :samples] for sound in sounds]
    inside = tf.function(model, input_signature=[tf.TensorSpec((1, samples))])
    wanted = answers(lambda sound: inside(tf.constant(sound)), sounds)
    named = convert(wanted).argmax(axis=1)
    yield f"| {name} | in Python | {np.mean(named == truth):.2%} | | | | |"
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.tflite"
        for title, variant in VARIANTS.items():
            size = export(model, path, variant, data)
            classifier = Classifier(path, threads=1)
            found = answers(lambda sound, one=classifier: one.scores(sound)[np.newaxis], sounds)
            theirs = convert(found).argmax(axis=1)
            yield (
                f"| {name} | {title} | {np.mean(theirs == truth):.2%} | "
                f"{np.mean(theirs == named):.2%} | {np.abs(found - wanted).max():.1g} | "
                f"{size / 1e6:.2f} | {1000 * seconds_of(classifier.scores, sounds[0]):.1f} |"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--yamnet-weights")
    options = parser.parse_args()
    clips = [clip for clip in esc10.read_clips(options.data) if clip.fold == 5]
    rows = []
    for each in models(options.yamnet_weights):
        for row in rows_of(*each, options.data, clips):
            rows.append(row)
            print(row, flush=True)
    (ROOT / "docs" / "benchmarks" / "export" / "litert_accuracy.md").write_text(
        f"""# Accuracy of LiteRT classifiers

*Written by `benchmarks/litert_accuracy.py`* with TensorFlow {tf.__version__} and ai-edge-litert
{ai_edge_litert.__version__}. The {len(clips)} clips of ESC-10's fold 5, of {SECONDS} s: one clip is
{1 / len(clips):.2%}. Agreement: the share of clips to which file and model in Python give the same name. The
difference is the largest of any score. Milliseconds: median of {CALLS} calls, one thread of an x86 machine
that other work shared.

| model | variant | accuracy | agreement | largest difference | MB | ms per clip |
|---|---|---|---|---|---|---|
"""
        + "\n".join(rows)
        + """

The weights that ship are stored in 16 bits, so float16 files round nothing more. The repository's sounds:
those of `examples/` and eight made voices. YAMNet was not trained on ESC-10's names: a clip is of the class
[whose best AudioSet class](../models/yamnet_esc10.md) scores highest.
"""
    )


if __name__ == "__main__":
    main()
