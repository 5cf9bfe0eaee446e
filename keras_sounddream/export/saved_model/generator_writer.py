"""SavedModels of a WaveNet: written, read back, and compared with `generation.generate`."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import keras_sounddream
from keras_sounddream import checks
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.saved_model.faults import ERROR
from keras_sounddream.export.saved_model.generator import (
    MAX_SECONDS,
    NAME,
    generator_signatures,
)
from keras_sounddream.export.saved_model.signatures import DEFAULT
from keras_sounddream.export.saved_model.warmup import write_requests
from keras_sounddream.export.saved_model.writer import save_with_metadata
from keras_sounddream.files import folder_beside
from keras_sounddream.generation import generate
from keras_sounddream.types import Array, PathLike

_MARKER = "saved_model.pb"
_COMPARED = 1000  # samples
_FEWEST_EQUAL = 0.999  # of them: where a sum of probabilities nearly ties, rounding decides
_TOLERANCE = 1e-3  # of a sample that is drawn from a mixture


def generates(model: Any) -> bool:
    """Tells whether a model is a whole WaveNet, whose SavedModel makes sounds."""
    layers = [layer.name for layer in getattr(model, "layers", ())]
    return getattr(model, "plan", None) is not None and "predictions" in layers


def write_generator(
    model: keras.Model,
    path: PathLike,
    *,
    top_k: int | None = None,
    max_seconds: float | None = None,
    serving_name: str | None = None,
    verify: bool = True,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Writes a SavedModel with the signatures of `generator_signatures`.

    Args:
        model: a whole WaveNet, without a local condition.
        path: the folder.
        top_k: how many of the likeliest levels to draw from; by default all.
        max_seconds: the longest sound that it makes; by default ten seconds.
        serving_name: name in TensorFlow Serving, for requests to warm up with.
        verify: whether to read it back, and compare its draws with those of `generate`.
        overwrite: whether an existing folder may be replaced.

    Returns:
        `format`, `path`, `model`, `bytes`, `version`, and in `tasks`, under `generate`: `equal`,
        the share of draws that equal `generate`'s, `samples`, the number compared, and
        `samples_per_second`.

    Raises:
        InputError: if the model is no such WaveNet, or the path cannot be written.
        ExportError: if its draws differ. Nothing is left behind.
    """
    if not generates(model):
        raise InputError(f"Expected a model of applications.WaveNet, whole. Received: {model!r}")
    longest = MAX_SECONDS if max_seconds is None else max_seconds
    checks.check("max_seconds", longest, checks.number(0, above=True))
    plan, version = model.plan, keras_sounddream.__version__
    figures: dict[str, Any] = {}
    with folder_beside(path, overwrite, _MARKER) as temporary:
        functions = generator_signatures(model, top_k, longest)
        save_with_metadata(tf.Module(), temporary, functions, _metadata(model, top_k, longest))
        if serving_name is not None:
            requests = [(name, _request(plan, 1)) for name in functions]
            write_requests(requests, serving_name, temporary)
        if verify:
            figures = _compare(model, temporary, top_k)
        size = sum(file.stat().st_size for file in temporary.rglob("*") if file.is_file())
    report = {"format": "saved_model", "path": str(path), "model": model.name, "bytes": size}
    return {**report, "version": version, "tasks": {NAME: figures}}


def _metadata(model, top_k, max_seconds):
    return Metadata(
        model=model.name,
        tasks=(NAME,),
        sample_rate=model.plan.sample_rate,
        min_samples=1,
        labels=model.plan.conditions or None,
        version=keras_sounddream.__version__,
        settings={"top_k": top_k, "max_seconds": max_seconds},
        input="seed",
    )


def _request(plan, num_samples):
    """Inputs for a sound with the last of all labels."""
    labels = {name: tf.constant([known[-1]]) for name, known in plan.conditions.items()}
    numbers = {"num_samples": tf.constant([num_samples]), "seed": tf.constant([0])}
    return {**numbers, "temperature": tf.constant([1.0]), **labels}


def _compare(model, path, top_k):
    """Figures of a folder's draws beside those of `generate`."""
    plan, loaded = model.plan, tf.saved_model.load(str(path))
    start = time.perf_counter()
    found = loaded.signatures[DEFAULT](**_request(plan, _COMPARED))
    seconds = time.perf_counter() - start
    if found[ERROR][0] != b"":
        raise ExportError(
            f"{model.name} does not generate: {found[ERROR][0]}. Nothing was written."
        )
    labels = {name: [known[-1]] for name, known in plan.conditions.items()}
    length = _COMPARED / plan.sample_rate
    expected = generate(model, length, conditions=labels, seed=0, top_k=top_k)
    same = _first_difference(np.asarray(found["waveform"][0]), expected[0], plan)
    if same < _FEWEST_EQUAL * _COMPARED:
        raise ExportError(
            f"The sound of {model.name} differs once exported, from sample {same} of {_COMPARED} "
            "on. Nothing was written."
        )
    rate = _COMPARED / seconds
    return {"equal": same / _COMPARED, "samples": _COMPARED, "samples_per_second": rate}


def _first_difference(samples: Array, expected: Array, plan: Any) -> int:
    tolerance = 0 if plan.output == "softmax" else _TOLERANCE
    differs = ~(np.abs(samples - expected) <= tolerance)
    return int(np.argmax(differs)) if differs.any() else len(expected)
