"""Signatures of a SavedModel: each task takes waveforms or images, some also WAV files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from keras_sounddream.export.formats import Task
from keras_sounddream.export.image_inputs import signature_function
from keras_sounddream.export.saved_model.lengths import apply_to_one, by_length
from keras_sounddream.export.saved_model.resampling import resample
from keras_sounddream.export.saved_model.wav_decoder import decode_wav, encode_wav

DEFAULT = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
WAV_NAMES = {"classify": "wav", "dream": "dream_wav"}  # task: its signature of WAV files


def signatures(tasks: Sequence[Task]) -> dict[str, Any]:
    """Returns concrete functions by signature name.

    Those of waveforms take `waveform`, float32 `(batch, samples)`, `num_samples`, int32
    `(batch,)`, and the task's options, each `(batch,)`: see `lengths.by_length`. `classify` is
    called `serving_default`; without it, the first task is called that too. Those of images take
    `picture`, float32 `(batch, height, width, 3)`, and the options.

    Those of files take `wav_bytes`, string `(batch,)`. `wav` returns `scores`, float32
    `(batch, classes)`, and `labels`, string `(batch, classes)`; for several outputs the scores of
    each, and its labels as `NAME_labels`. `dream_wav` returns `wav_bytes`, mono and of 16 bits, at
    the model's rate.
    """
    functions = {signature_name(task): array_signature(task) for task in tasks}
    functions.setdefault(DEFAULT, next(iter(functions.values())))
    for task in tasks:
        if has_files(task):
            function = _scores(task) if task.name == "classify" else _dreams(task)
            spec = tf.TensorSpec((None,), tf.string)
            functions[WAV_NAMES[task.name]] = _traced(function, wav_bytes=spec)
    return functions


def signature_name(task: Task) -> str:
    """Returns the signature's name: the task's, but `serving_default` for `classify`."""
    return DEFAULT if task.name == "classify" else task.name


def has_files(task: Task) -> bool:
    """Tells whether a task has a signature of WAV files."""
    return task.name in WAV_NAMES and task.input == "waveform"


def array_signature(task: Task) -> Any:
    """Traces a task for sounds of any length, or images: a concrete function."""
    options = {name: tf.TensorSpec((None,), option.dtype) for name, option in task.options.items()}
    if task.input == "picture":
        spec = tf.TensorSpec((None, *task.shape), tf.float32)
        return _traced(signature_function(task), picture=spec, **options)
    specs = {
        "waveform": tf.TensorSpec((None, None), tf.float32),
        "num_samples": tf.TensorSpec((None,), tf.int32),
    }
    return _traced(by_length(task), **specs, **options)


def _traced(function, **specs):
    specs = {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in specs.items()}
    return tf.function(function, autograph=False).get_concrete_function(**specs)


def _scores(task):
    def function(wav_bytes):
        def alone(contents):
            return apply_to_one(task, _read(contents, task.sample_rate))

        signature = dict.fromkeys(task.outputs, tf.float32)
        scores = tf.map_fn(alone, wav_bytes, fn_output_signature=signature)
        return {**scores, **_labels(task, scores)}

    return function


def _labels(task, scores):
    """The class names of every output, repeated for each file: string `(batch, classes)`."""
    several, tiled = len(task.outputs) > 1, {}
    for name in task.outputs:
        labels = task.labels[name] if several and task.labels else task.labels
        labels = labels or [str(i) for i in range(scores[name].shape[-1])]
        repeats = [tf.shape(scores[name])[0], 1]
        tiled[f"{name}_labels" if several else "labels"] = tf.tile(tf.constant([labels]), repeats)
    return tiled


def _dreams(task):
    def function(wav_bytes):
        def alone(contents):
            dream = apply_to_one(task, _read(contents, task.sample_rate))["waveform"]
            return encode_wav(dream[tf.newaxis], task.sample_rate)

        return {"wav_bytes": tf.map_fn(alone, wav_bytes, fn_output_signature=tf.string)}

    return function


def _read(contents, sample_rate):
    waveform, rate = decode_wav(contents)
    return resample(waveform, rate, sample_rate)
