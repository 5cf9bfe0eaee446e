"""Clips per second into a model: TFDS beside librosa in a generator, and PyTorch's data loader.

    python benchmarks/pipeline.py ESC10_FOLDER --data-dir DIR [--clips 160] [--rounds 5] [--again]

Writes docs/benchmarks/data/pipeline.md. Each way runs in a process of its own
(benchmarks/pipeline_ways.py). What is measured is kept in DIR/pipeline.json, so that a run that was
interrupted goes on; --again measures anew. PyTorch is left out where it is not installed.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pipeline_ways as ways

from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
RATE = 24000  # Hz, LogMelCNN's
NUM_FOLDS = 5


def list_clips(folder, per_fold):
    """Path and class of as many clips of each fold, of all classes in turn."""
    classes = sorted(path for path in folder.iterdir() if path.name[:3].isdigit())
    found = []
    for fold in range(1, 1 + NUM_FOLDS):
        of_class = [sorted(each.glob(f"{fold}-*.ogg")) for each in classes]
        clips = [(str(paths[i]), label) for i in range(8) for label, paths in enumerate(of_class)]
        found += clips[:per_fold]
    return found


def run(job, data_dir):
    """Runs a job in another process; gives what it found."""
    path = data_dir / "job.json"
    path.write_text(json.dumps(job))
    command = [sys.executable, ways.__file__, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=600)
    return json.loads(done.stdout.splitlines()[-1])


def measure(arguments):
    """What each way does, by kind and way; kept in a file as it comes."""
    kept = arguments.data_dir / "pipeline.json"
    per_fold = arguments.clips // NUM_FOLDS
    job = {
        "clips": list_clips(arguments.folder, per_fold),
        "per_fold": per_fold,
        "rounds": arguments.rounds,
        "rate": RATE,
        "folder": str(arguments.folder),
        "data_dir": str(arguments.data_dir),
    }
    found = json.loads(kept.read_text()) if kept.exists() and not arguments.again else {}
    if found.get("per_fold") != per_fold:
        found = {"per_fold": per_fold, "read": {}, "train": {}}
    for kind, names in (("read", ways.READ), ("train", ways.TRAIN)):
        for name in names:
            if "torch" in name and not importlib.util.find_spec("torch"):
                continue
            if name not in found[kind]:
                found[kind][name] = run({**job, "kind": kind, "way": name}, arguments.data_dir)
                kept.write_text(json.dumps(found))
                print(name, found[kind][name], flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="ESC-10")
    parser.add_argument("--data-dir", type=pathlib.Path, required=True, help="to keep it all in")
    parser.add_argument("--clips", type=int, default=160, help="a fifth of them of each fold")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="measure anew")
    parser.add_argument(
        "-o",
        "--output",
        type=pathlib.Path,
        default=ROOT / "docs" / "benchmarks" / "data" / "pipeline.md",
    )
    arguments = parser.parse_args()
    if arguments.clips % (NUM_FOLDS * ways.BATCH):
        parser.error(f"--clips must be whole batches of {ways.BATCH}, equally many of each fold")
    arguments.data_dir.mkdir(parents=True, exist_ok=True)
    found = measure(arguments)
    arguments.output.write_text("\n".join(report(found, arguments.rounds)) + "\n", "utf-8")


def report(found, rounds):
    """The page, a list of lines."""
    versions = ("tensorflow", "keras", "tensorflow-datasets", "librosa")
    used = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in versions)
    lines = [
        "# Data pipeline speed",
        "",
        f"Written by `benchmarks/pipeline.py` on {describe()}, {used}."
        " How to read a data set so: [data sets](../../guides/datasets.md#into-a-model).",
        "",
        f"{NUM_FOLDS * found['per_fold']} clips of ESC-10 (Ogg Vorbis, 44.1 kHz) as {ways.SECONDS:g} s at {RATE} Hz,"
        f" batches of {ways.BATCH}, each way in a process of its own: the best of {rounds} passes after a first,"
        " since other work on the machine only lengthens them, and the median.",
        "",
        "| way | clips/s, best | median | ÷ generator |",
        "|---|---|---|---|",
    ]
    best = {name: max(each["speeds"]) for name, each in found["read"].items()}
    base = next(speed for name, speed in best.items() if "generator" in name)
    for name, speed in best.items():
        middle = np.median(found["read"][name]["speeds"])
        lines.append(f"| {name} | {speed:.0f} | {middle:.0f} | {speed / base:.1f} |")
    lines += [
        "",
        "## What a training step waits",
        "",
        f"LogMelCNN trained on batches of {ways.BATCH} crops of {ways.CROP_SECONDS:g} s, on the same cores that make"
        " the batches. After each step a step on one batch, always the same, is timed: `waiting_share` is by what"
        f" share of a step it was longer for having to get its batch, the median of {ways.STEPS} such pairs; then"
        " the time until the batch was there, alone. The last column counts processor time instead, which other"
        " work on the machine does not lengthen: that of making a batch, as a share of that of a step. It is what"
        " a step that keeps both cores busy must wait. The times of steps are of a machine that did much other work.",
        "",
        "| way | step (ms) | `waiting_share` | until the batch was there | processor time of a batch ÷ of a step |",
        "|---|---|---|---|---|",
    ]
    for name, times in found["train"].items():
        fed, repeated, waited = (np.array(times[key]) for key in ("fed", "repeated", "waited"))
        lines.append(
            f"| {name} | {1e3 * np.median(fed):.0f} | {100 * np.median(1 - repeated / fed):.1f} % |"
            f" {100 * np.median(waited / fed):.1f} % |"
            f" {100 * times['batch_work'][0] / np.median(times['work']):.1f} % |"
        )
    return lines


if __name__ == "__main__":
    main()
