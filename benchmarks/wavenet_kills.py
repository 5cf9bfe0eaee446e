"""Kills a WaveNet's training at random moments, and compares where it ends.

    python benchmarks/wavenet_kills.py [--kills 20] [--steps 400]

Prints how often it was killed, and whether the weights equal those of an undisturbed run, bit for
bit; exits with 1 if they do not. tests/training/test_wavenet_kills.py does a few.
"""

import argparse
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np


def train(folder, steps):
    """The run that is killed: a small network on made sounds; its weights in `final.npz`."""
    from keras_sounddream import applications
    from keras_sounddream.datasets.corpus import hold_sounds
    from keras_sounddream.training import wavenet
    from keras_sounddream.training.wavenet.segments import Segments

    rng = np.random.default_rng(0)
    sounds = [0.5 * np.sin(np.arange(900) / 9) + rng.normal(0, 0.1, 900) for _ in range(9)]

    def build():
        return applications.WaveNet(
            sample_rate=8000, dilations=(1, 2, 4, 8), residual_channels=8, skip_channels=16
        )

    pieces = Segments(hold_sounds(sounds, 8000), build().plan, 200, 4)
    settings = wavenet.Settings(
        steps, average=0.99, l2=1e-4, warm_up=10, checkpoint_steps=10, jit_compile=False
    )
    model = wavenet.train(build, pieces, folder, settings)
    np.savez(pathlib.Path(folder) / "final.npz", *model.get_weights())


def start(folder, steps):
    """The run in a process of its own."""
    command = [sys.executable, __file__, "--run", str(folder), "--steps", str(steps)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, **silent)


def run_whole(folder, steps):
    """Seconds that an undisturbed run takes."""
    begun = time.monotonic()
    if start(folder, steps).wait() != 0:
        raise RuntimeError(f"the run in {folder} failed")
    return time.monotonic() - begun


def run_killed(folder, steps, kills, start_seconds, train_seconds, seed=0):
    """Starts the run again and again, and kills it after random times, spread over all its steps.

    Args:
        folder: path.
        steps: int.
        kills: int, how often.
        start_seconds: float, that a run takes until it trains.
        train_seconds: float, that all its steps take.
        seed: int.

    Returns:
        list of int, the last step of the log at each kill.
    """
    rng, seen, log = random.Random(seed), [], pathlib.Path(folder) / "log.jsonl"
    while len(seen) < kills:
        process = start(folder, steps)
        try:
            longest = start_seconds + 0.7 * train_seconds / kills
            process.wait(rng.uniform(0.8 * start_seconds, longest))
            break  # it came to its end
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        seen.append(log.read_text().count("seconds") if log.exists() else 0)
        print(f"kill {len(seen)}: {seen[-1]} steps were made", flush=True)
    run_whole(folder, steps)
    return seen


def equal(folder, other):
    """Whether two runs ended with the same weights, bit for bit."""
    paths = [pathlib.Path(each) / "final.npz" for each in (folder, other)]
    with np.load(paths[0]) as one, np.load(paths[1]) as two:
        return all(np.array_equal(one[name], two[name]) for name in one)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        train(options.run, options.steps)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = pathlib.Path(folder) / "whole", pathlib.Path(folder) / "killed"
        begin = run_whole(pathlib.Path(folder) / "short", 20)
        rest = max(run_whole(whole, options.steps) - begin, 1.0)
        seen = run_killed(killed, options.steps, options.kills, begin, rest)
        same = equal(whole, killed)
        print(f"{len(seen)} kills, after {seen} steps; equal weights: {same}")
        return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
