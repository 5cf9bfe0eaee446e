"""SavedModel export: what TensorFlow Serving, and TensorFlow without our package, load."""

from __future__ import annotations

import pathlib
import tempfile
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream import checks
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.formats import FormatWriter, Runner, Task
from keras_sounddream.export.latent_tasks import INPUTS
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.saved_model.faults import ERROR
from keras_sounddream.export.saved_model.lengths import MAX_SECONDS
from keras_sounddream.export.saved_model.signatures import (
    DEFAULT,
    has_files,
    signature_name,
    signatures,
)
from keras_sounddream.export.saved_model.warmup import warmup_requests, write_warmup


def save_with_metadata(
    module: tf.Module, path: pathlib.Path, functions: dict[str, Any], metadata: Metadata
) -> None:
    """Saves a module with its signatures; the metadata's files become assets."""
    with tempfile.TemporaryDirectory() as folder:
        module.assets = []
        for name, content in metadata.to_files().items():
            file = pathlib.Path(folder) / name
            file.write_bytes(content)
            module.assets.append(tf.saved_model.Asset(str(file)))
        tf.saved_model.save(module, str(path), functions)


class SavedModelWriter(FormatWriter):
    """Writes SavedModels with the signatures of `signatures.signatures`."""

    folder_marker = "saved_model.pb"

    def write(
        self,
        tasks: list[Task],
        metadata: Metadata,
        path: pathlib.Path,
        *,
        serving_name: str | None = None,
        max_seconds: float | None = None,
    ) -> list[Task]:
        """Writes all tasks; the metadata's files become assets."""
        takes = tasks[0].input
        if max_seconds is not None and takes != "waveform":
            raise InputError(
                f"`max_seconds` is of sounds, and {metadata.model} takes {takes}s: leave it out."
            )
        longest = MAX_SECONDS if max_seconds is None else max_seconds
        checks.check("max_seconds", longest, checks.number(0, above=True))
        module = tf.Module()
        module.kept = [variable.value for task in tasks for variable in task.model.variables]
        save_with_metadata(module, path, signatures(tasks, longest), metadata)
        if serving_name is not None:
            write_warmup(tasks, serving_name, path)
        return tasks

    def read(self, path: pathlib.Path, tasks: list[Task]) -> Runner:
        """Opens a SavedModel, and tries its signatures of files.

        The runner puts padding behind each waveform, as Serving does.
        """
        loaded = tf.saved_model.load(str(path))
        named = {task.name: task for task in tasks}

        def run(name, waveform, **options):
            signature = loaded.signatures[signature_name(named[name])]
            outputs = signature(**_inputs(named[name], waveform, options))
            outputs = {key: value.numpy() for key, value in outputs.items()}
            _check_answered(outputs)
            if "waveform" in outputs:
                outputs["waveform"] = outputs["waveform"][:, : waveform.shape[1]]
            return outputs

        _check_files(loaded, named)
        return Runner(run, {name: _operations(loaded, task) for name, task in named.items()})


def _inputs(task, image, options):
    """The inputs of a signature: an image, or a sound with its first sample behind it."""
    count = len(image)
    if task.input in ("picture", *INPUTS):
        inputs = {task.input: tf.constant(image)}
    else:
        padding = np.repeat(image[:, :1], 7, axis=1)
        inputs = {
            "waveform": tf.constant(np.concatenate([image, padding], axis=1)),
            "num_samples": tf.fill((count,), image.shape[1]),
        }
    for name, option in task.options.items():
        inputs[name] = tf.cast(tf.fill((count,), options.get(name, 0)), option.dtype)
    return inputs


def _check_files(loaded, named):
    """Compares the scores of a WAV file with those of its waveform."""
    if "classify" in named and has_files(named["classify"]):
        requests = dict(warmup_requests(list(named.values())))
        task, scores = named["classify"], loaded.signatures["wav"](**requests["wav"])
        _check_answered(scores)
        expected = loaded.signatures[DEFAULT](**requests[DEFAULT])
        for name in task.outputs:
            difference = np.abs(scores[name] - expected[name]).max()
            if not difference <= task.limit * np.abs(expected[name]).max():
                raise ExportError(
                    f"The signature 'wav' gives {name} that differ from those of the waveform by "
                    f"{difference:.2g}. Nothing was written."
                )


def _check_answered(outputs):
    for error in np.asarray(outputs[ERROR]).tolist():
        if error:
            raise ExportError(f"The file does not answer: {error.decode()} Nothing was written.")


def _operations(loaded, task):
    graph = loaded.signatures[signature_name(task)].graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    return sorted({node.op for node in nodes})
