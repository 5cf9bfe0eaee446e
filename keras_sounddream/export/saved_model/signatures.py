"""Signatures of a SavedModel: each task takes waveforms or images, some also WAV files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.export import latent_tasks
from keras_sounddream.export.formats import Task
from keras_sounddream.export.image_inputs import signature_function
from keras_sounddream.export.saved_model.faults import ERROR, fault, first_fault
from keras_sounddream.export.saved_model.lengths import (
    MAX_SECONDS,
    by_length,
    one_sound,
    sound_faults,
)
from keras_sounddream.export.saved_model.resampling import is_usual, resample
from keras_sounddream.export.saved_model.wav_decoder import decode_wav, encode_wav
from keras_sounddream.types import Tensor

DEFAULT = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
WAV_NAMES = {"classify": "wav", "dream": "dream_wav"}  # task: its signature of WAV files


def signatures(tasks: Sequence[Task], max_seconds: float = MAX_SECONDS) -> dict[str, Any]:
    """Returns concrete functions by signature name.

    Those of waveforms take `waveform`, float32 `(batch, samples)`, `num_samples`, int32
    `(batch,)`, and the task's options, each `(batch,)`: see `lengths.by_length`. `classify` is
    called `serving_default`; without it, the first task is called that too. Those of images take
    `picture`, float32 `(batch, height, width, 3)`, and the options.

    Those of files take `wav_bytes`, string `(batch,)`. `wav` returns `scores`, float32
    `(batch, classes)`, and `labels`, string `(batch, classes)`; for several outputs the scores of
    each, and its labels as `NAME_labels`. `dream_wav` returns `wav_bytes`, mono and of 16 bits, at
    the model's rate.

    All return `error`, string `(batch,)`, too: "", or why the row is not answered, see `faults`. A
    sound of more than `max_seconds` is such a row.
    """
    for task in tasks:
        if ERROR in task.outputs:
            raise InputError(
                f"Rename the output {ERROR!r}: signatures have an `{ERROR}` of their own."
            )
    alone = {task.name: one_sound(task) for task in tasks if task.input == "waveform"}
    functions = {
        signature_name(task): array_signature(task, max_seconds, alone.get(task.name))
        for task in tasks
    }
    functions.setdefault(DEFAULT, next(iter(functions.values())))
    for task in tasks:
        if has_files(task):
            make = _scores if task.name == "classify" else _dreams
            spec = tf.TensorSpec((None,), tf.string)
            functions[WAV_NAMES[task.name]] = traced(
                make(task, max_seconds, alone[task.name]), wav_bytes=spec
            )
    return functions


def signature_name(task: Task) -> str:
    """Returns the signature's name: the task's, but `serving_default` for `classify`."""
    return DEFAULT if task.name == "classify" else task.name


def has_files(task: Task) -> bool:
    """Tells whether a task has a signature of WAV files."""
    return task.name in WAV_NAMES and task.input == "waveform"


def array_signature(
    task: Task, max_seconds: float = MAX_SECONDS, alone: Callable[..., Any] | None = None
) -> Any:
    """Traces a task for sounds of any length, or images: a concrete function."""
    options = {name: tf.TensorSpec((None,), option.dtype) for name, option in task.options.items()}
    if task.input in latent_tasks.INPUTS:
        spec = tf.TensorSpec((None, *task.shape), tf.float32)
        return traced(latent_tasks.signature_function(task), **{task.input: spec})
    if task.input == "picture":
        spec = tf.TensorSpec((None, *task.shape), tf.float32)
        return traced(signature_function(task), picture=spec, **options)
    specs = {
        "waveform": tf.TensorSpec((None, None), tf.float32),
        "num_samples": tf.TensorSpec((None,), tf.int32),
    }
    return traced(by_length(task, max_seconds, alone), **specs, **options)


def traced(function: Callable[..., dict[str, Tensor]], **specs: tf.TensorSpec) -> Any:
    """A concrete function whose inputs have the names of `specs`."""
    specs = {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in specs.items()}
    return tf.function(function, autograph=False).get_concrete_function(**specs)


def _scores(task, max_seconds, alone):
    def function(wav_bytes):
        def score(contents):
            return alone(*_read(contents, task, max_seconds))

        signature = {**dict.fromkeys(task.outputs, tf.float32), ERROR: tf.string}
        scores = tf.map_fn(score, wav_bytes, fn_output_signature=signature, parallel_iterations=1)
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


def _dreams(task, max_seconds, alone):
    def function(wav_bytes):
        def dream(contents):
            options = {name: tf.zeros((), option.dtype) for name, option in task.options.items()}
            found = alone(*_read(contents, task, max_seconds), **options)
            wav = tf.cond(
                tf.equal(found[ERROR], ""),
                lambda: encode_wav(found["waveform"][tf.newaxis], task.sample_rate),
                lambda: tf.constant(b""),
            )
            return {"wav_bytes": wav, ERROR: found[ERROR]}

        signature = {"wav_bytes": tf.string, ERROR: tf.string}
        return tf.map_fn(dream, wav_bytes, fn_output_signature=signature, parallel_iterations=1)

    return function


def _read(contents, task, max_seconds):
    """The sound of a file at a task's rate, `(1, samples)`, and the fault of the file."""
    waveform, rate, wrong = decode_wav(contents, max_seconds)
    message = f"Expected sound at {task.sample_rate} Hz or a usual rate: resample it first, in Hz"
    wrong = first_fault(
        wrong, fault(is_usual(tf.maximum(rate, 1), task.sample_rate), message, rate)
    )
    waveform = tf.cond(
        tf.equal(wrong, ""),
        lambda: resample(waveform, rate, task.sample_rate),
        lambda: tf.zeros((1, 1)),
    )
    lengths = tf.shape(waveform)[1:]
    return waveform, first_fault(wrong, sound_faults(task, waveform, lengths, max_seconds + 1)[0])
