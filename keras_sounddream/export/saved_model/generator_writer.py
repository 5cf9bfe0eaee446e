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
from keras_sounddream.export.draws import compare_draws
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
from keras_sounddream.types import PathLike

_MARKER = "saved_model.pb"
_COMPARED = 500  # samples per seed


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
        `format`, `path`, `model`, `bytes`, `version`, and in `tasks`, under `generate`, the
        figures of `draws.compare_draws`.

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
            figures = compare_draws(model, _caller(model, temporary), top_k)
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


def _request(plan, num_samples, seed=0):
    """Inputs for a sound with the last of all labels."""
    labels = {name: tf.constant([known[-1]]) for name, known in plan.conditions.items()}
    numbers = {"num_samples": tf.constant([num_samples]), "seed": tf.constant([seed])}
    return {**numbers, "temperature": tf.constant([1.0]), **labels}


def _caller(model, path):
    """A function from a seed to what a folder makes of it, see `compare_draws`."""
    signature = tf.saved_model.load(str(path)).signatures[DEFAULT]

    def sound(seed):
        start = time.perf_counter()
        found = signature(**_request(model.plan, _COMPARED, seed))
        seconds = time.perf_counter() - start
        if found[ERROR][0] != b"":
            raise ExportError(
                f"{model.name} does not generate: {found[ERROR][0]}. Nothing was written."
            )
        return np.asarray(found["waveform"][0]), _COMPARED / seconds

    return sound
