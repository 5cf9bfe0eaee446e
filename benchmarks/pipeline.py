"""Clips a second into a model: TFDS beside librosa in a generator, and PyTorch's data loader.

    python benchmarks/pipeline.py ESC10_FOLDER [--folds 5] [--rounds 5] [--data-dir DIR]

Writes docs/pipeline.md. ESC-10 is built first, if it is not in DIR. Only reading is timed: decoding,
resampling, 5 s of each clip, batches of 32. PyTorch is left out where it is not installed. Then
LogMelCNN is trained on the first way's batches, and what a step waits for them is timed.
"""

import argparse
import itertools
import os
import pathlib
import platform
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import librosa
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401, registers esc50
from keras_sounddream import applications, training
from keras_sounddream.training import esc10
from tfds_builders.esc50.esc50_dataset_builder import Esc50Config

ROOT = pathlib.Path(__file__).parents[1]
SECONDS = 5.0
BATCH = 32
WORKERS = 2
STEPS = 40  # of training


def read_clip(path, rate):
    """What a user writes: librosa, cut or filled up with silence."""
    waveform, _ = librosa.load(path, sr=rate)
    return librosa.util.fix_length(waveform, size=round(SECONDS * rate))


def from_generator(clips, rate):
    """librosa in a Python generator."""

    def make():
        for clip in clips:
            yield read_clip(clip.path, rate), clip.label

    shapes = (tf.TensorSpec((round(SECONDS * rate),)), tf.TensorSpec((), tf.int64))
    return tf.data.Dataset.from_generator(make, output_signature=shapes).batch(BATCH).prefetch(2)


class TorchClips:
    """librosa as a data set of PyTorch's, which wants no more than a length and items."""

    def __init__(self, clips, rate):
        self.clips, self.rate = clips, rate

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, index):
        return read_clip(self.clips[index].path, self.rate), self.clips[index].label


def from_torch(clips, rate):
    """librosa in PyTorch's data loader with worker processes; `None` without PyTorch."""
    try:
        from torch.utils.data import DataLoader
    except ImportError:
        return None
    return DataLoader(  # forked workers hang beside TensorFlow's threads
        TorchClips(clips, rate),
        BATCH,
        num_workers=WORKERS,
        persistent_workers=True,
        multiprocessing_context="spawn",
    )


def clips_per_second(batches):
    """How fast batches come, in a whole pass."""
    start, count = time.perf_counter(), 0
    for waveforms, _ in batches:
        count += len(waveforms)
    return count / (time.perf_counter() - start)


def waiting_share(batches, model):
    """Share of a training step's time that passes before its batch is there."""
    model.compile("adam", "sparse_categorical_crossentropy")
    batches = iter(batches.repeat())
    model.train_on_batch(*next(batches))
    waited = trained = 0.0
    for x, y in itertools.islice(_timed(batches), STEPS):
        waited += y[1]
        start = time.perf_counter()
        model.train_on_batch(x, y[0])
        trained += time.perf_counter() - start
    return waited / (waited + trained), 1e3 * trained / STEPS


def _timed(batches):
    while True:
        start = time.perf_counter()
        x, y = next(batches)
        yield x, (y, time.perf_counter() - start)


def find_builder(config, arguments):
    builder = tfds.builder("esc50", config=config, data_dir=arguments.data_dir)
    manual = tfds.download.DownloadConfig(manual_dir=arguments.folder)
    builder.download_and_prepare(download_config=manual)
    return builder


def ways(arguments, model, cache):
    """Name and batches of each way to read, none of which has been read yet."""
    clips = [c for c in esc10.read_clips(arguments.folder) if c.fold <= arguments.folds]
    split = "+".join(f"fold{i + 1}" for i in range(arguments.folds))
    same_rate = Esc50Config(
        name=f"esc10_{model.sample_rate}", only_esc10=True, sample_rate=model.sample_rate
    )
    as_found = find_builder("esc10", arguments)
    settings = {"seconds": SECONDS, "batch_size": BATCH}
    return {
        "`training.dataset`, resampled as it goes": training.dataset(
            as_found, model, split, **settings
        ),
        "`training.dataset(cache=…)`, from the second epoch on": training.dataset(
            as_found, model, split, cache=cache, **settings
        ),
        "`training.dataset`, built at the model's rate": training.dataset(
            find_builder(same_rate, arguments), model, split, **settings
        ),
        "`librosa.load` in a Python generator": from_generator(clips, model.sample_rate),
        f"`librosa.load` in `torch.utils.data`, {WORKERS} workers": from_torch(
            clips, model.sample_rate
        ),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="ESC-10")
    parser.add_argument("--folds", type=int, default=5, help="of 80 clips each")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data-dir", help="that TFDS keeps data sets in")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "docs" / "pipeline.md")
    arguments = parser.parse_args()
    model = applications.LogMelCNN(weights=None, classes=10)
    with tempfile.TemporaryDirectory() as folder:
        found = ways(arguments, model, pathlib.Path(folder, "clips"))
        found = {name: batches for name, batches in found.items() if batches is not None}
        for batches in found.values():  # fills caches, starts workers
            clips_per_second(batches)
        speeds = {name: [] for name in found}
        for _ in range(arguments.rounds):
            for name, batches in found.items():
                speeds[name].append(clips_per_second(batches))
                print(name, f"{speeds[name][-1]:.0f}", flush=True)
        trained = list(found)[:3]
        waits = {name: waiting_share(found[name], model) for name in trained}
    arguments.output.write_text("\n".join(report(arguments, model, speeds, waits)) + "\n", "utf-8")


def report(arguments, model, speeds, waits):
    """The page, a list of lines."""
    best = {name: max(found) for name, found in speeds.items()}
    base = next(speed for name, speed in best.items() if "generator" in name)
    lines = [
        "# How fast clips come to a model",
        "",
        f"Written by `benchmarks/pipeline.py` with {os.cpu_count()} cores ({platform.machine()}), TensorFlow"
        f" {tf.__version__}, Keras {keras.__version__}, TFDS {tfds.__version__}, librosa {librosa.__version__}."
        f" {80 * arguments.folds} clips of ESC-10 (Ogg Vorbis, 44.1 kHz) as {SECONDS:g} s at {model.sample_rate} Hz,"
        f" batches of {BATCH}; the best of {arguments.rounds} alternating passes, since other work on the"
        " machine only lengthens them, and the median.",
        "",
        "| way | clips/s, best | median | ÷ generator |",
        "|---|---|---|---|",
    ]
    for name, found in speeds.items():
        lines.append(
            f"| {name} | {best[name]:.0f} | {np.median(found):.0f} | {best[name] / base:.1f} |"
        )
    lines += [
        "",
        f"What a training step of LogMelCNN waits for its batch of {BATCH}, of {STEPS} steps:",
        "",
        "| way | step (ms) | share of the time spent waiting |",
        "|---|---|---|",
    ]
    for name, (share, step_ms) in waits.items():
        lines.append(f"| {name} | {step_ms:.0f} | {100 * share:.1f} % |")
    return lines


if __name__ == "__main__":
    main()
