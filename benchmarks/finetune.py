"""YAMNet fine-tuned on ESC-10: right names on each official fold, and minutes.

    python benchmarks/finetune.py --data ESC-10 --weights yamnet.h5 [--work FOLDER]

Writes docs/finetune.md. The settings are those that `finetune` has by default; nothing is chosen by
a fold that is measured on. A run that was interrupted goes on; what is done is not done again.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.applications import yamnet
from keras_sounddream.files import written_beside
from keras_sounddream.training import evaluation, finetune
from keras_sounddream.training.clip_sets import read_clip_set

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "finetune.md"
WAYS = {
    "the top alone": (),
    "layers 13 and 14": ("layer13_*", "layer14_*"),
}


def measure(clip_set, fold, unfreeze, folder, arguments):
    """Confusion matrix of a fold, and minutes of training; kept in a file."""
    path = folder / "result.json"
    if path.exists():
        return json.loads(path.read_text())
    start = time.perf_counter()
    model = finetune.finetune(
        clip_set,
        folder,
        "yamnet",
        test_fold=fold,
        unfreeze=unfreeze,
        weights=arguments.weights,
        precision=arguments.precision,
    )
    minutes = (time.perf_counter() - start) / 60
    test = clip_set.part(fold)[1]
    scores = finetune.score_clips(model, test, yamnet)
    confusion = evaluation.confusion_matrix([clip.label for clip in test], scores)
    found = {"confusion": confusion.tolist(), "minutes": minutes}
    with written_beside(path) as temporary:
        temporary.write_text(json.dumps(found))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--weights", required=True, help="yamnet.h5, or .npz")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("finetune_work"))
    arguments = parser.parse_args()
    clip_set = read_clip_set(arguments.data)
    rows, total = [], 0
    for name, unfreeze in WAYS.items():
        runs = []
        for fold in clip_set.folds:
            folder = arguments.work / name.replace(" ", "_") / f"fold{fold}"
            runs.append(measure(clip_set, fold, unfreeze, folder, arguments))
            print(name, fold, evaluation.accuracy(np.array(runs[-1]["confusion"])), flush=True)
        right = 100 * np.array([evaluation.accuracy(np.array(run["confusion"])) for run in runs])
        minutes = np.median([run["minutes"] for run in runs])
        total = np.sum([run["confusion"] for run in runs], axis=0)
        each = " | ".join(f"{accuracy:.2f}" for accuracy in right)
        spread = f"**{right.mean():.2f}** ± {right.std(ddof=1):.2f}"
        rows.append(f"| {name} | {each} | {spread} | {minutes:.1f} |")
    write(rows, total, clip_set.labels, arguments)


def write(rows, confusion, labels, arguments):
    """Writes the page."""
    *_, last = WAYS
    lines = [
        "# YAMNet fine-tuned on ESC-10",
        "",
        f"Written by `benchmarks/finetune.py` with {os.cpu_count()} cores, TensorFlow {tf.__version__}, Keras"
        f" {keras.__version__}, `{pathlib.Path(arguments.weights).name}`, precision `{arguments.precision}`. How to do"
        " it: [transfer](transfer.md). A probe of the same network, which changes nothing in it, takes seconds:"
        " [linear probes](probe.md).",
        "",
        f"A new top for ten classes, {finetune.EPOCHS} passes over four folds in random crops of"
        f" {finetune.CROP_SECONDS} s, mixed, filtered and masked, at {len(finetune.SPEEDS)} speeds; AdamW, at most"
        f" {finetune.LEARNING_RATE:g}; batch normalisations as they came. The settings were fixed before the first fold"
        " was measured, and each fold was measured once, with the last weights. Share of whole clips named"
        " rightly, %; minutes are a fold's, features included, on a machine that did other work beside it.",
        "",
        "| trained | fold 1 | 2 | 3 | 4 | 5 | mean ± standard deviation | minutes a fold, median |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "SoundNet-8's features and an SVM: 92.2; human listeners: 95.7 (as their authors state them).",
        "",
        f"Confusion of “{last}”, all folds; rows are the true classes:",
        "",
        "```",
        evaluation.table(confusion, labels),
        "```",
        "",
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
