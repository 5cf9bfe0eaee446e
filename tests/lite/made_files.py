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


def third_party(samples=SAMPLES, rate=RATE, labels=LABELS, shape=None):
    """Bytes of a classifier as TensorFlow packs one: no signature, metadata, a zip of labels."""
    import io
    import zipfile

    import tensorflow as tf
    from tensorflow.lite.python import schema_py_generated as schema

    from keras_sounddream.export.litert.flatbuffer import packed

    shape = (samples,) if shape is None else shape

    def classify(waveform):
        row = tf.reshape(waveform, (1, samples))
        means = [tf.reduce_mean(row**2, 1), tf.reduce_mean(tf.abs(row), 1)]
        return tf.stack([*means, row[:, -1]], 1)

    traced = tf.function(classify).get_concrete_function(tf.TensorSpec(shape, tf.float32))
    made = tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert()
    model = schema.ModelT.InitFromPackedBuf(made, 0)
    model.signatureDefs, entry, buffer = [], schema.MetadataT(), schema.BufferT()
    entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers)
    buffer.data = list(sound_metadata(rate))
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    contents = io.BytesIO(packed(model))
    contents.seek(0, io.SEEK_END)
    with zipfile.ZipFile(contents, "a") as archive:
        archive.writestr("labels.txt", "\n".join(labels))
    return contents.getvalue()


def sound_metadata(rate):
    """A `ModelMetadata` of TensorFlow Lite Support: one input, sound of a rate in Hz."""
    import flatbuffers

    builder = flatbuffers.Builder(0)

    def table(**fields):  # f0=("Uint32", value) …, or ("UOffsetTRelative", place)
        builder.StartObject(5)
        for name, (kind, value) in fields.items():
            getattr(builder, f"Prepend{kind}Slot")(int(name[1:]), value, 0)
        return "UOffsetTRelative", builder.EndObject()

    def vector(entry):
        builder.StartVector(4, 1, 4)
        builder.PrependUOffsetTRelative(entry[1])
        return "UOffsetTRelative", builder.EndVector()

    content = table(f0=("Uint8", 4), f1=table(f0=("Uint32", rate), f1=("Uint32", 1)))
    graph = table(f2=vector(table(f3=content)))
    builder.Finish(table(f3=vector(graph))[1], b"M001")
    return bytes(builder.Output())


def generator(path, count=400):
    """Writes a file that generates: its state is the sum of the random numbers so far."""
    import tempfile

    import tensorflow as tf

    def generate(numbers, temperature, total):
        sums = total + tf.cumsum(tf.reshape(numbers[:, 0, 0], (1, count)), axis=-1)
        return {"samples": tf.sin(sums) * temperature, "next_total": sums[:, -1:]}

    shapes = {"numbers": (count, 1, 2), "temperature": (1, 1), "total": (1, 1)}
    specs = {name: tf.TensorSpec(shape, tf.float32, name) for name, shape in shapes.items()}
    traced = tf.function(generate).get_concrete_function(**specs)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures={"generate": traced})
        made = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    about = Metadata("known", ("generate",), RATE, count, count, input="state")
    path.write_bytes(pack(made, about))
    return path


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


def sound_filter(path, samples=40, delay=100):
    """Writes a filter that halves a sound: its state is the sound of the delay."""
    import tempfile

    import tensorflow as tf

    def halve(waveform, past):
        whole = tf.concat([past[..., 0], waveform], 1)
        after = whole[:, samples:, tf.newaxis]
        return {"filtered": 0.5 * whole[:, :samples], "next_past": after}

    shapes = {"waveform": (1, samples), "past": (1, delay, 1)}
    specs = {name: tf.TensorSpec(shape, tf.float32, name) for name, shape in shapes.items()}
    traced = tf.function(halve).get_concrete_function(**specs)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures={"filter": traced})
        made = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    about = Metadata("known", ("filter",), RATE, samples, samples, input="stream")
    about.settings["delay"] = delay
    path.write_bytes(pack(made, about))
    return path
