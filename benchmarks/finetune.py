"""YAMNet fine-tuned on ESC-10: accuracy on each official fold, and minutes.

    python benchmarks/finetune.py --data ESC-10 --weights yamnet.h5 [--work FOLDER]

Writes docs/benchmarks/training/finetune.md. The settings are those that `finetune` has by default;
nothing is chosen by a fold that is measured on. A run that was interrupted goes on; what is done is
not done again.
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
from keras_sounddream.datasets.clip_sets import read_clip_set
from keras_sounddream.files import written_beside
from keras_sounddream.processor import describe
from keras_sounddream.training import evaluation
from keras_sounddream.training.transfer import fine_tuning

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "benchmarks" / "training" / "finetune.md"
WAYS = {  # what is trained beside the top
    "layers 13 and 14": ("layer13_*", "layer14_*"),
}


def measure(clip_set, fold, unfreeze, folder, arguments):
    """Confusion matrix of a fold, and minutes of training; kept in a file."""
    path = folder / "result.json"
    if path.exists():
        return json.loads(path.read_text())
    start = time.perf_counter()
    model = fine_tuning.finetune(
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
    scores = fine_tuning.score_clips(model, test, yamnet)
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
    runs = {name: [] for name in WAYS}
    for name, unfreeze in WAYS.items():
        for fold in clip_set.folds:
            folder = arguments.work / name.replace(" ", "_") / f"fold{fold}"
            runs[name].append(measure(clip_set, fold, unfreeze, folder, arguments))
            write(runs, clip_set, arguments)


def row(name, runs, num_folds):
    """A line of the table; folds that are not measured yet are dashes."""
    right = 100 * np.array([evaluation.accuracy(np.array(run["confusion"])) for run in runs])
    each = [*(f"{accuracy:.2f}" for accuracy in right), *["–"] * (num_folds - len(runs))]
    spread = f" ± {right.std(ddof=1):.2f}" if len(runs) > 1 else ""
    minutes = np.median([run["minutes"] for run in runs])
    return f"| {name} | {' | '.join(each)} | **{right.mean():.2f}**{spread} | {minutes:.1f} |"


def write(runs, clip_set, arguments):
    """Writes the page, of what is measured."""
    runs = {name: found for name, found in runs.items() if found}
    first = next(iter(runs))
    confusion = np.sum([run["confusion"] for run in runs[first]], axis=0)
    lines = [
        "# YAMNet fine-tuned on ESC-10",
        "",
        f"Written by `benchmarks/finetune.py` on {describe()}, TensorFlow {tf.__version__}, Keras"
        f" {keras.__version__}, `{pathlib.Path(arguments.weights).name}`, precision `{arguments.precision}`. How to do"
        " it: [transfer](../../guides/transfer_learning.md). A probe of the same network, which changes nothing in it, takes seconds:"
        " [linear probes](probe.md).",
        "",
        f"A new top for ten classes, which begins as a linear probe, and {fine_tuning.EPOCHS} passes over four folds in"
        f" crops of {fine_tuning.CROP_SECONDS:g} s, mixed, filtered and masked, at {len(fine_tuning.SPEEDS)} speeds; AdamW, at"
        f" most {fine_tuning.LEARNING_RATE:g}; batch normalisations as they came. Each fold is measured once with these"
        " settings, with the last weights; a dash is a fold not measured yet. Share of whole clips named rightly,"
        " %; minutes are a fold's, spectrograms included, on a machine that did other work beside it.",
        "",
        "| trained beside the top | fold 1 | 2 | 3 | 4 | 5 | mean ± standard deviation | minutes a fold, median |",
        "|---|---|---|---|---|---|---|---|",
        *(row(name, found, len(clip_set.folds)) for name, found in runs.items()),
        "",
        "SoundNet-8's features and an SVM: 92.2; human listeners: 95.7 (as their authors state them).",
        "",
        "Fold 1 had been looked at four times before, so the other folds are the cleaner ones. A top that began at"
        " random gave 90.0 % (twenty passes; its loss on what it was trained on was still falling); with one that"
        " began as a probe, but whose softmax was of each patch, crops of 2.4 s gave 92.5 %, of 5 s 92.5 %, and a"
        " probe of single patches 91.2 %: of the clips that it was trained on, too, it took those with long silences"
        " for sneezing, for silent patches outvoted the others. So the softmax is now of the mean over the patches.",
        "",
        f"Confusion of “{first}”, folds measured; rows are the true classes:",
        "",
        "```",
        evaluation.table(confusion, clip_set.labels),
        "```",
        "",
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines))
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
