"""Time and memory of dreams by the length of the sound: ten seconds to an hour.

    python benchmarks/dream_length.py [--seconds 10 60 600 3600]

Writes docs/benchmarks/dreams/dream_length.md. Each length runs in a process of its own, since the
peak of a process's memory never falls. What TensorFlow takes for itself is measured in the same
process: after a dream of one second. The times are for few steps; more steps take as many times
longer.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
RATE = 22050
OCTAVES, STEPS = 2, 1
LAYER = "block3_conv2"
REPEATS = {10: 3, 60: 3}  # of the short lengths, whose times scatter


def make_sound(path, seconds):
    """Writes the examples one after another, again and again, up to a length."""
    import numpy as np
    import soundfile

    from keras_sounddream import audio

    sounds = [audio.load(file, RATE)[0] for file in sorted((ROOT / "examples").glob("*.flac"))]
    once = audio.io.quantize(np.concatenate(sounds))
    missing = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as sound:
        while missing > 0:
            sound.write(once[:missing])
            missing -= len(once)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def processor_seconds():
    """What both cores worked for this process: other work on the machine does not count."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(path):
    """Dreams one file in this process; prints its figures as JSON."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from keras_sounddream import DeepDream, applications, audio, objectives
    from keras_sounddream.deepdream.long_sounds.stream import dream_stream

    dream = DeepDream(
        applications.LogMelCNN(), objectives.layer(LAYER), octaves=OCTAVES, steps=STEPS
    )
    dream.run(
        audio.load(ROOT / "examples" / "melody.flac", dream.sample_rate)[:, : dream.sample_rate]
    )
    before = peak_mb()
    dream.run(_first_segment(path, dream.sample_rate))  # traces the graph of a segment
    start = processor_seconds()
    result = dream_stream(dream, path, path.with_name("dream.wav"), progress=False, overwrite=True)
    figures = {**result.figures(), "processor": processor_seconds() - start}
    figures["segments"] = len(figures["segments"])
    print(json.dumps({**figures, "tensorflow_mb": before, "own_mb": peak_mb() - before}))


def _first_segment(path, sample_rate):
    import soundfile

    from keras_sounddream.audio.io import resample

    samples, rate = soundfile.read(path, frames=20 * RATE, dtype="float32")
    return resample(samples[None], rate, sample_rate)[:, : 20 * sample_rate]


def measure_length(seconds):
    """Median figures of a length, each run in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sound.wav"
        make_sound(path, seconds)
        runs = []
        for _ in range(REPEATS.get(seconds, 1)):
            command = [sys.executable, __file__, "--measure", str(path)]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            runs.append(json.loads(said.splitlines()[-1]))
            print(
                f"{seconds} s of sound: {runs[-1]['seconds']:.1f} s, {runs[-1]['own_mb']:.0f} MB",
                flush=True,
            )
    return {**sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2], "runs": len(runs)}


def write_page(rows):
    import keras
    import tensorflow as tf

    last = rows[-1]
    first = next((row for row in rows if row["segments"] > 1), last)  # one segment is dreamed whole
    most = max(row["own_mb"] for row in rows)
    cost = [row["processor"] / row["sound_seconds"] for row in (first, last)]
    lines = [
        "# Dream length: time and memory",
        "",
        f"Written by `benchmarks/dream_length.py` on {describe()}, TensorFlow {tf.__version__}, Keras"
        f" {keras.__version__}. The [example sounds](../../../examples), one after another at {RATE} Hz up to the length, dreamed"
        f" from disk to disk on `{LAYER}` in {OCTAVES} octaves (steps in each: {STEPS}). *Own memory* is the peak of the resident"
        " memory above what the process held after a dream of one second, with TensorFlow, model and graph; *retained* is read"
        " off the whole file, cross-fades included.",
        "",
        f"**At most {most:.0f} MB of its own, whatever the length.** From {first['sound_seconds']:g} s to"
        f" {last['sound_seconds']:g} s of sound, the processor time for a second of it changes by a factor of"
        f" **{cost[1] / cost[0]:.2f}**.",
        "",
        "| sound (s) | segments | runs | time (s), median | s per second of sound | processor s per second of sound | × real time | own memory (MB) | TensorFlow's (MB) | gain | retained |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['sound_seconds']:g} | {row['segments']} | {row['runs']} | {row['seconds']:.1f} |"
            f" {row['seconds'] / row['sound_seconds']:.3f} | {row['processor'] / row['sound_seconds']:.3f} | {row['real_time_factor']:.1f} | {row['own_mb']:.0f} |"
            f" {row['tensorflow_mb']:.0f} | {row['gain']:.2f} | {row['retained']:.2f} |"
        )
    lines += [
        "",
        "The graph is traced before, on the first 20 s.",
        "More steps take as many times longer and no more memory. Times are by the clock, and",
        "other work on the machine lengthens them.",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_length.md").write_text("\n".join(lines))
    print("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[10, 60, 600, 3600])
    parser.add_argument("--measure", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure)
    else:
        write_page([measure_length(seconds) for seconds in sorted(arguments.seconds)])


if __name__ == "__main__":
    main()
