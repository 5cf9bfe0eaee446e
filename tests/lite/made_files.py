"""LiteRT files whose answers are known in closed form, packed as `export_model` packs them."""

import numpy as np

from keras_sounddream.export.litert.packing import pack
from keras_sounddream.export.metadata import Metadata

RATE, SAMPLES = 8000, 1600
LABELS = ("energy", "level", "newest")


def scores(window):
    """What `classify` answers: float32 `(3,)`. The last depends on the order of the samples."""
    return np.float32([np.mean(window**2), np.mean(np.abs(window)), window[-1]])


def features(window):
    """What `embed` answers: float32 `(2,)`, means of the two halves."""
    return window.reshape(2, -1).mean(axis=1)


def dream(window):
    """What `dream` answers: float32 of the same length, louder."""
    return np.tanh(2 * window)


def step(window, place):
    """What `dream_step` answers."""
    return window * np.float32(1.5) + np.float32(0.01 * place)


def flatbuffer(samples=SAMPLES, tasks=("classify", "embed", "dream", "dream_step"), place=(1,)):
    """Bytes of a model with a signature a task; `place` is the shape of that of `dream_step`."""
    import tempfile

    import tensorflow as tf

    spec = tf.TensorSpec((1, samples), tf.float32, "waveform")

    def classify(waveform):
        means = [tf.reduce_mean(waveform**2, 1), tf.reduce_mean(tf.abs(waveform), 1)]
        return {"scores": tf.stack([*means, waveform[:, -1]], 1)}

    def embed(waveform):
        return {"features": tf.reduce_mean(tf.reshape(waveform, (1, 2, -1)), 2)}

    def make(waveform):
        return {"waveform": tf.tanh(2 * waveform)}

    def make_step(waveform, place):
        made = waveform * 1.5 + 0.01 * tf.cast(place, "float32")
        return {"waveform": made, "objective": tf.reduce_mean(waveform, 1)}

    functions = {"classify": classify, "embed": embed, "dream": make, "dream_step": make_step}
    module, signatures = tf.Module(), {}
    for task in tasks:
        more = {"place": tf.TensorSpec(place, tf.int32, "place")} if task == "dream_step" else {}
        traced = tf.function(functions[task]).get_concrete_function(waveform=spec, **more)
        signatures[task] = traced
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(tasks))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return converter.convert()


def metadata(samples=SAMPLES, tasks=("classify", "embed", "dream", "dream_step"), **changes):
    """What such a file says of itself."""
    settings = {"octaves": 2, "steps": 2, "analysis": {"step_seconds": 0.0025}}
    fields = {"labels": LABELS, "settings": settings, "version": "0.1.0", **changes}
    return Metadata("known", tasks, RATE, samples, samples, **fields)


def write(path, samples=SAMPLES, **changes):
    """Writes such a file, and gives its path."""
    made = metadata(samples, **changes)
    path.write_bytes(pack(flatbuffer(samples, made.tasks), made))
    return path
