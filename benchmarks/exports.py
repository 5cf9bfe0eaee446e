"""Exported files beside the models they were made of: differences, sizes and seconds.

    python benchmarks/exports.py [--formats litert onnx saved_model] [--data ESC-10]
        [--yamnet-weights FILE] [--clips 4]

Writes docs/exports.md. Without --data the sounds are made voices; without --yamnet-weights YAMNet
is left out.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from keras_sounddream import DeepDream, applications, audio, export_model, objectives
from keras_sounddream.export import model as exporting
from keras_sounddream.export.sounds import speech_like
from keras_sounddream.export.tasks import find_tasks

ROOT = pathlib.Path(__file__).parents[1]
CALLS = 5
THREADS = {"litert": (1, 2)}  # of formats that can be told


def cases(yamnet_weights):
    """Rows of name, model, task, seconds of sound."""
    log_mel = applications.LogMelCNN()
    settings = {"octaves": 4, "steps": 10}
    dream = DeepDream(log_mel, objectives.layer("block3_conv2"), **settings)
    rows = [
        ("LogMelCNN", log_mel, "classify", 5),
        ("UrbanSoundCNN", applications.UrbanSoundCNN(), "classify", 5),
        ("LogMelCNN, block3_conv2", dream, "dream_step", 2),
        ("LogMelCNN, block3_conv2, 4 × 10 steps", dream, "dream", 2),
    ]
    if yamnet_weights:
        yamnet = applications.YAMNet(weights=yamnet_weights)
        rows[2:2] = [("YAMNet", yamnet, task, 5) for task in ("classify", "embed")]
    return rows


def find_sounds(data, rate, samples, count):
    """Float32 `(1, samples)`, from fold 5 or made."""
    if data is None:
        return [speech_like(samples, rate, seed) for seed in range(count)]
    from keras_sounddream.training import esc10

    clips = [clip for clip in esc10.read_clips(data) if clip.fold == 5]
    clips = clips[:: max(1, len(clips) // count)][:count]
    return [audio.load(clip.path, rate)[:, :samples] for clip in clips]


def seconds_of(call):
    """Median of some calls, after one that does not count."""
    call()
    taken = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def measure(format, case, path, sounds):
    """One row of the page for each number of threads."""
    name, model, task_name, seconds = case
    report = export_model(
        model, path, format, [task_name], seconds=None if format == "saved_model" else seconds,
        verify=False, overwrite=True,
    )  # fmt: skip
    (task,) = find_tasks(model, [task_name])
    inside = tf.function(task.function, autograph=False)
    python = seconds_of(lambda: [value.numpy() for value in inside(sounds[0]).values()])
    rows = []
    for threads in THREADS.get(format, (None,)):
        more = {} if threads is None else {"threads": threads}
        runner = exporting._format(format).read(path, [task], **more)
        figures = compare(task, inside, runner, sounds)
        taken = seconds_of(lambda runner=runner: runner.run(task_name, sounds[0]))
        rows.append(
            f"| {name} | {task_name} | {seconds} | {format} | {threads or 'its own'} | "
            f"{figures['relative']:.1e} | {figures['gains']} | {report['bytes'] / 1e6:.2f} | "
            f"{taken:.4f} | {python:.4f} | {python / taken:.1f} |"
        )
        print(rows[-1], flush=True)
    return rows


def compare(task, inside, runner, sounds):
    """Largest difference, as a share of the output's peak; and of a dream the real gains."""
    worst, gains = 0.0, []
    for sound in sounds:
        wanted = {key: value.numpy() for key, value in inside(sound).items()}
        found = runner.run(task.name, sound)
        for key in task.outputs:
            difference = np.abs(found[key] - wanted[key]).max() / np.abs(wanted[key]).max()
            worst = max(worst, float(difference))
        if task.name == "dream":
            read = [task.read(each)[0] for each in map(through_16_bits, (found, wanted))]
            gains.append([float(each / task.read(sound)[0]) for each in read])
    said = "; ".join(f"{found:.3f} and {wanted:.3f}" for found, wanted in gains)
    return {"relative": worst, "gains": said}


def through_16_bits(dreamed):
    """A dream as a 16-bit file holds it: float32 `(1, samples)`."""
    return np.round(dreamed["waveform"] * 32767).astype("float32") / 32768


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--formats", nargs="+", default=sorted(exporting.FORMATS))
    parser.add_argument("--data")
    parser.add_argument("--yamnet-weights")
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--output", default=ROOT / "docs" / "exports.md", type=pathlib.Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases(options.yamnet_weights)):
            (task,) = find_tasks(case[1], [case[2]])
            samples = round(case[3] * task.sample_rate)
            count = 2 if case[2] == "dream" else options.clips
            sounds = find_sounds(options.data, task.sample_rate, samples, count)
            for format in options.formats:
                path = pathlib.Path(folder) / f"{number}_{format}.{format}"
                rows += measure(format, case, path, sounds)
    kind = "clips of ESC-10's fold 5" if options.data else "made voices"
    options.output.write_text(
        f"""# Exported files, measured

*Written by `benchmarks/exports.py`.* Each file holds one task. Sounds: {kind}, {options.clips} of them,
2 for whole dreams. The difference is the largest, as a share of the output's peak. Real gain: the
objective in the 16-bit dream over that in the sound, of the file's dream and of Python's, sound by
sound. Seconds: median of {CALLS} calls on {os.cpu_count()} cores that other work shared, of the file and of the
model in a `tf.function` that may use all cores.

| model | task | sound, s | format | threads | largest difference | real gain | MB | s a call | s in Python | times as fast |
|---|---|---|---|---|---|---|---|---|---|---|
"""
        + "\n".join(rows)
        + "\n"
    )


if __name__ == "__main__":
    main()
