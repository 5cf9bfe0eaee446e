"""One way to read clips, or to train on them, timed in a process of its own.

    python benchmarks/pipeline_ways.py JOB.json

JOB.json is written by benchmarks/pipeline.py; what is found is printed as a line of JSON. A process a
way: PyTorch's workers hang if they are forked beside TensorFlow's threads, and no way leaves threads or
memory to the next. TensorFlow is imported where it is needed and nowhere else.
"""

import functools
import json
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SECONDS = 5.0  # read of each clip
CROP_SECONDS = 2.5  # trained on, as in the recipe
BATCH = 32
WORKERS = 2
STEPS, FIRST_STEPS = 8, 2  # of training, each of both kinds; the first are not timed


def read_clip(path, rate):
    """What a user writes: librosa, cut or filled up with silence."""
    import librosa

    waveform, _ = librosa.load(path, sr=rate)
    return librosa.util.fix_length(waveform, size=round(SECONDS * rate))


class TorchClips:
    """librosa as a data set of PyTorch's, which wants no more than a length and items."""

    def __init__(self, clips, rate):
        self.clips, self.rate = clips, rate

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, index):
        path, label = self.clips[index]
        return read_clip(path, self.rate), label


def from_torch(job):
    """librosa in PyTorch's data loader with worker processes."""
    from torch.utils.data import DataLoader

    clips = TorchClips(job["clips"], job["rate"])
    return DataLoader(clips, BATCH, num_workers=WORKERS, persistent_workers=True)


def from_generator(job):
    """librosa in a Python generator."""
    import tensorflow as tf

    rate = job["rate"]
    shapes = (tf.TensorSpec((round(SECONDS * rate),)), tf.TensorSpec((), tf.int64))

    def make():
        for path, label in job["clips"]:
            yield read_clip(path, rate), label

    return tf.data.Dataset.from_generator(make, output_signature=shapes).batch(BATCH).prefetch(2)


def find_builder(job, at_rate=False):
    """ESC-10 as TFDS keeps it, as many clips of each fold as the job says; built if need be."""
    import tensorflow_datasets as tfds

    from tfds_builders.esc50.esc50_dataset_builder import Esc50Config

    rate = job["rate"] if at_rate else None
    name = f"esc10_{job['per_fold']}" + (f"_{rate}" if rate else "")
    config = Esc50Config(name=name, only_esc10=True, sample_rate=rate)
    builder = tfds.builder("esc50", config=config, data_dir=job["data_dir"])
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(
            manual_dir=job["folder"], max_examples_per_split=job["per_fold"]
        )
    )
    return builder


def find_model(**arguments):
    from keras_sounddream import applications

    return applications.LogMelCNN(weights=None, classes=10, **arguments)


def from_tfds(job, at_rate=False, cached=False, seconds=SECONDS):
    """`training.dataset`."""
    from keras_sounddream import training

    cache = pathlib.Path(job["data_dir"], f"cache_{job['per_fold']}_{job['rate']}")
    return training.dataset(
        find_builder(job, at_rate),
        find_model(),
        "all",
        seconds=seconds,
        batch_size=BATCH,
        cache=cache if cached else None,
    )


READ = {
    "`training.dataset`, resampled as it goes": from_tfds,
    "`training.dataset(cache=…)`, from the second epoch on": functools.partial(
        from_tfds, cached=True
    ),
    "`training.dataset`, built at the model's rate": functools.partial(from_tfds, at_rate=True),
    "`librosa.load` in a Python generator": from_generator,
    f"`librosa.load` in `torch.utils.data`, {WORKERS} workers": from_torch,
}


def read(job):
    """Clips a second of each pass but the first, which fills caches and starts workers."""
    batches, found = READ[job["way"]](job), []
    for _ in range(1 + job["rounds"]):
        start = time.perf_counter()
        count = sum(len(waveforms) for waveforms, _ in batches)
        found.append(count / (time.perf_counter() - start))
    return {"clips": count, "speeds": found[1:]}


def of_features(job):
    """The recipe's own batches: mel spectrograms that are computed once, cropped and mixed."""
    import numpy as np

    from keras_sounddream.applications import log_mel_cnn
    from keras_sounddream.audio import LogMelSpectrogram
    from keras_sounddream.training.augmentation import AugmentedCrops, mel_powers
    from keras_sounddream.training.recipes import esc10

    paths, labels = zip(*job["clips"], strict=True)
    kept = pathlib.Path(job["data_dir"], f"features_{job['per_fold']}.npz")
    if not kept.exists():
        front_end = LogMelSpectrogram(log_mel_cnn.ANALYSIS)
        made = mel_powers(paths, front_end, esc10.SPEEDS[2:3])
        np.savez(kept, **{str(i): each[0] for i, each in enumerate(made)})
    with np.load(kept) as arrays:
        stored = [[arrays[str(i)]] for i in range(len(paths))]
    frames = round(CROP_SECONDS / log_mel_cnn.ANALYSIS.step_seconds)
    batches = AugmentedCrops(stored, labels, 10, frames, 1000, BATCH)
    return (batches[i] for i in range(len(batches)))


def of_waveforms(job, **options):
    return iter(from_tfds(job, seconds=CROP_SECONDS, **options).repeat())


TRAIN = {  # whether the network has its front end, and its batches
    "`training.dataset`, resampled as it goes": (True, of_waveforms),
    "`training.dataset(cache=…)`": (True, functools.partial(of_waveforms, cached=True)),
    "features computed once (`sounddream train esc10`)": (False, of_features),
}


def train(job):
    """Times steps with their batches, and after each a step on one batch, always the same."""
    with_front_end, begin = TRAIN[job["way"]]
    model = find_model(include_front_end=with_front_end)
    loss = "sparse_categorical_crossentropy" if with_front_end else "categorical_crossentropy"
    model.compile("adam", loss)
    same = next(begin(job))
    model.train_on_batch(*same)
    times = {"waited": [], "fed": [], "repeated": [], "work": [], "batch_work": [_work(job, begin)]}
    batches = begin(job)
    for _ in range(FIRST_STEPS + STEPS):
        start = time.perf_counter()
        batch = next(batches)
        waited = time.perf_counter()
        model.train_on_batch(*batch)
        fed, busy = time.perf_counter(), time.process_time()
        model.train_on_batch(*same)  # the next batch was made during the step before
        times["waited"].append(waited - start)
        times["fed"].append(fed - start)
        times["repeated"].append(time.perf_counter() - fed)
        times["work"].append(time.process_time() - busy)
    return {name: each[-STEPS:] for name, each in times.items()}


def _work(job, begin):
    """Processor time of all threads to make a batch, s; of those after a first pass."""
    batches, count = begin(job), len(job["clips"]) // BATCH
    for _ in range(count):
        next(batches)
    start = time.process_time()
    for _ in range(2 * count):
        next(batches)
    return (time.process_time() - start) / (2 * count)


if __name__ == "__main__":
    wanted = json.loads(pathlib.Path(sys.argv[1]).read_text())
    print(json.dumps({"read": read, "train": train}[wanted["kind"]](wanted)), flush=True)
