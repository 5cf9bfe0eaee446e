"""Conversion to ONNX beside tf2onnx as it comes, which copies the graph before each optimizer.

    python benchmarks/onnx_conversion.py

Writes docs/benchmarks/export/onnx_conversion.md. The same functions are converted both ways, in
turn, in one run; processor time, since tf2onnx works on one core.
"""

import contextlib
import importlib.metadata
import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import onnxruntime

from keras_sounddream import DeepDream, applications, export_model
from keras_sounddream.export.onnx import files
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.processor import describe

PAGE = pathlib.Path(__file__).parents[1] / "docs/benchmarks/export/onnx_conversion.md"
RUNS = 2
SECONDS = 1.0  # of the sound that both files are given


def subjects():
    """Name, model or dream, and task."""
    model = applications.LogMelCNN()
    yield "LogMelCNN, `classify`", model, "classify"
    dream = DeepDream(model, "block3_conv2")
    yield "its default dream, a step", dream, "dream_step"
    yield "its default dream, all steps", dream, "dream"
    urban = DeepDream(applications.UrbanSoundCNN(), "conv3")
    yield "UrbanSoundCNN's default dream, all steps", urban, "dream"


def measure(model, task, copied, folder):
    """Seconds of an export, without comparing, and the file."""
    own = files._uncopied
    files._uncopied = contextlib.nullcontext if copied else own
    try:
        path = folder / f"{copied}.onnx"
        start = time.process_time()
        export_model(model, path, tasks=[task], verify=False, overwrite=True)
        return time.process_time() - start, path
    finally:
        files._uncopied = own


def difference(paths, rate):
    """Largest difference of two files' first outputs on a voice, as a share of the peak."""
    sound = speech_like(round(SECONDS * rate), rate, 0)
    outputs = []
    for path in paths:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        feed = {each.name: _zeros(each) for each in session.get_inputs()} | {"waveform": sound}
        outputs.append(session.run(None, feed)[0])
    return np.abs(outputs[0] - outputs[1]).max() / np.abs(outputs[0]).max()


def _zeros(given):
    """Zeros for an input beside the sound, such as the place of a step."""
    sizes = [size if isinstance(size, int) else 1 for size in given.shape]
    return np.zeros(sizes, "float32" if given.type == "tensor(float)" else given.type[7:-1])


def row(name, model, task):
    """A line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(model, task, i % 2 == 0, pathlib.Path(folder)) for i in range(2 * RUNS)]
        times = [min(seconds for seconds, _ in found[i::2]) for i in range(2)]
        paths = [found[i][1] for i in range(2)]
        nodes = sum(map(count, (onnx.load(path).graph for path in paths))) // 2
        apart = difference(paths, model.sample_rate)
    figures = f"{times[0]:.1f} | {times[1]:.1f} | {times[0] / times[1]:.1f}"
    return f"| {name} | {nodes} | {figures} | {apart:.0e} |"


def count(graph):
    """Operations of a graph and of those within it."""
    inner = [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    return len(graph.node) + sum(map(count, inner))


def main():
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("tf2onnx", "tensorflow"))
    lines = [
        "# Conversion to ONNX",
        "",
        f"Written by `benchmarks/onnx_conversion.py` on {describe()}: {versions}.",
        "`export_model(…, verify=False)`, all of it, tracing and writing included; processor time, the "
        f"shorter of {RUNS} runs each, in turn. tf2onnx copies the whole graph before each of its twelve "
        "optimizers, to go on where one fails. We ask it not to (`TF2ONNX_CATCH_ERRORS=FALSE`), and convert "
        "once more as it comes where an optimizer does fail.",
        "",
        "| export | operations | as it comes, s | ours, s | ratio | files differ by, of the peak |",
        "|---|---|---|---|---|---|",
    ]
    for subject in subjects():
        lines.append(row(*subject))
        print(lines[-1], flush=True)
    PAGE.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
