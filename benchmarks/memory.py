"""Peak memory of what users do with long sounds, each in a process of its own.

    python benchmarks/memory.py

Writes docs/benchmarks/models/memory.md. Weights are random where none ship; they take as much.
"""

import argparse
import pathlib
import subprocess
import sys

import keras
import tensorflow as tf

from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
_START = """
import numpy as np, tensorflow as tf, keras
from keras_sounddream import applications, DeepDream
from keras_sounddream.applications.classify import score_waveform
def sound(seconds, rate):
    return np.random.default_rng(0).normal(0, 0.1, (1, seconds * rate)).astype("float32")
"""
_YAMNET = _START + "model = applications.YAMNet(weights=None); waveform = sound(600, 16000)\n"
_DREAM = _START + "dream = DeepDream(applications.LogMelCNN(), 'block3_conv2')\n"
TASKS = {  # what it is: code of its process
    "`import numpy`": "import numpy",
    "`import keras_sounddream`": "import keras_sounddream",
    "`import tensorflow, keras`": "import tensorflow, keras; keras.Model",
    "LogMelCNN names 5 s": _START
    + "score_waveform(applications.LogMelCNN(), sound(5, 24000), applications.log_mel_cnn)",
    "YAMNet names 10 minutes, a minute at a time (`sounddream classify`)": _YAMNET
    + "score_waveform(model, waveform, applications.yamnet)",
    "YAMNet names 10 minutes at once (`model(waveform)`, as upstream)": _YAMNET + "model(waveform)",
    "dream of 5 s": _DREAM + "dream.run(sound(5, 24000))",
    "dream of 60 s": _DREAM + "dream.run(sound(60, 24000))",
    "dream of 60 s, tiles of 10 s": _DREAM.replace(
        "'block3_conv2'", "'block3_conv2', tile_seconds=10.0"
    )
    + "dream.run(sound(60, 24000))",
}
_REPORT = "\nprint([line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line][0])"


def peak_mb(code):
    """MB that a process took at most."""
    command = [sys.executable, "-c", code + _REPORT]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return int(done.stdout.split()[-1]) / 1024


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    lines = [
        "# Peak memory",
        "",
        f"Written by `benchmarks/memory.py` on {describe()}, TensorFlow {tf.__version__}, Keras"
        f" {keras.__version__}.",
        "",
        "Most that a fresh process took, its imports included. Files of any length: `sounddream dream` dreams in",
        "segments, in [constant memory](../dreams/dream_length.md); pictures: [HD](../dreams/dream_hd.md), and",
        "[beside other dreams](../dreams/dream_peers.md).",
        "",
        "| task | peak (MB) |",
        "|---|---|",
    ]
    for task, code in TASKS.items():
        lines.append(f"| {task} | {peak_mb(code):,.0f} |")
        print(lines[-1], flush=True)
    page = ROOT / "docs" / "benchmarks" / "models" / "memory.md"
    page.write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
