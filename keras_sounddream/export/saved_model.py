"""SavedModel: what TensorFlow Serving, and TensorFlow without our package, load."""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from keras_sounddream.export.lengths import by_length
from keras_sounddream.export.verify import Runner

FOLDER_HOLDS = "saved_model.pb"
DEFAULT = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


def write(tasks, metadata, path):
    """Writes a SavedModel with one signature a task.

    Every signature takes `waveform`, float32 `(batch, samples)`, and `num_samples`, int32
    `(batch,)`, 0 for the whole row; those of dreams their options too, each `(batch,)`, 0 for the
    default. The first task is also `serving_default`, if that is `classify` it is only that.

    Args:
        tasks: list of `Task`.
        metadata: `Metadata`; its files become assets.
        path: `pathlib.Path` of an empty folder.

    Returns:
        list of `Task`, those that were written: all.
    """
    module = tf.Module()
    module.kept = [variable.value for task in tasks for variable in task.model.variables]
    with tempfile.TemporaryDirectory() as folder:
        module.assets = []
        for name, content in metadata.to_files().items():
            file = pathlib.Path(folder) / name
            file.write_bytes(content)
            module.assets.append(tf.saved_model.Asset(str(file)))
        signatures = {signature_name(task): _signature(task) for task in tasks}
        signatures.setdefault(DEFAULT, next(iter(signatures.values())))
        tf.saved_model.save(module, str(path), signatures)
    return tasks


def read(path, tasks):
    """Opens a SavedModel.

    Args:
        path: `pathlib.Path` of the folder.
        tasks: list of `Task` that it was made of.

    Returns:
        `verify.Runner`; it gives the waveform with padding behind it, as Serving does.
    """
    loaded = tf.saved_model.load(str(path))
    signatures = {task.name: loaded.signatures[signature_name(task)] for task in tasks}

    def run(name, waveform, **options):
        task = next(task for task in tasks if task.name == name)
        found = signatures[name](**_padded(task, waveform, options))
        found = {key: value.numpy() for key, value in found.items()}
        if "waveform" in found:
            found["waveform"] = found["waveform"][:, : waveform.shape[1]]
        return found

    operations = {name: _operations(function) for name, function in signatures.items()}
    run.loaded = loaded  # functions do not keep what they were loaded with
    return Runner(run, operations)


def signature_name(task):
    """Names the signature of a task: its own name, but `serving_default` for `classify`."""
    return DEFAULT if task.name == "classify" else task.name


def _signature(task):
    specs = {
        "waveform": tf.TensorSpec((None, None), tf.float32, "waveform"),
        "num_samples": tf.TensorSpec((None,), tf.int32, "num_samples"),
    }
    for name, option in task.options.items():
        specs[name] = tf.TensorSpec((None,), option.dtype, name)
    return tf.function(by_length(task)).get_concrete_function(**specs)


def _padded(task, waveform, options):
    """The inputs of a signature, with the first sample behind the sound, as Serving pads."""
    count, num_samples = waveform.shape
    padding = np.repeat(waveform[:, :1], 7, axis=1)
    inputs = {
        "waveform": tf.constant(np.concatenate([waveform, padding], axis=1)),
        "num_samples": tf.fill((count,), num_samples),
    }
    for name, option in task.options.items():
        inputs[name] = tf.cast(tf.fill((count,), options.get(name, 0)), option.dtype)
    return inputs


def _operations(function):
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    return sorted({node.op for node in nodes})
