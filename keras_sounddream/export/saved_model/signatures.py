"""The signatures of a SavedModel: of every task one of waveforms, of some one of WAV files too."""

import tensorflow as tf

from keras_sounddream.export.image_inputs import signature_function
from keras_sounddream.export.saved_model.lengths import answer, by_length
from keras_sounddream.export.saved_model.resampling import resample
from keras_sounddream.export.saved_model.wav_decoder import decode_wav, encode_wav

DEFAULT = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
WAV_NAMES = {"classify": "wav", "dream": "dream_wav"}  # task: its signature of files


def signatures(tasks):
    """Makes the signatures of tasks.

    Those of waveforms take `waveform`, float32 `(batch, samples)`, `num_samples`, int32
    `(batch,)`, and the task's options, each `(batch,)`: see `lengths.by_length`. `classify` is
    called `serving_default`; without it, the first task is called that too. Those of pictures take
    `picture`, float32 `(batch, height, width, 3)`, and the options.

    Those of files take `wav_bytes`, string `(batch,)`. `wav` gives `scores`, float32
    `(batch, classes)`, and `labels`, string `(batch, classes)`; of several outputs each its scores,
    and its labels as `NAME_labels`. `dream_wav` gives `wav_bytes`, mono and of 16 bits, at the
    model's rate.

    Args:
        tasks: list of `Task`.

    Returns:
        dict of signature name to `tf.ConcreteFunction`.
    """
    made = {signature_name(task): array_signature(task) for task in tasks}
    made.setdefault(DEFAULT, next(iter(made.values())))
    for task in tasks:
        if has_files(task):
            function = _scores(task) if task.name == "classify" else _dreams(task)
            spec = tf.TensorSpec((None,), tf.string)
            made[WAV_NAMES[task.name]] = _traced(function, wav_bytes=spec)
    return made


def signature_name(task):
    """Names the signature of a task: its own name, but `serving_default` for `classify`."""
    return DEFAULT if task.name == "classify" else task.name


def has_files(task):
    """Tells whether a task has a signature of WAV files."""
    return task.name in WAV_NAMES and task.input == "waveform"


def array_signature(task):
    """Traces a task for sounds of any length, or pictures: a `tf.ConcreteFunction`.

    See `lengths.by_length` and `pictures.signature_function`.
    """
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
            return answer(task, _read(contents, task.sample_rate))

        signature = dict.fromkeys(task.outputs, tf.float32)
        found = tf.map_fn(alone, wav_bytes, fn_output_signature=signature)
        return {**found, **_labels(task, found)}

    return function


def _labels(task, found):
    """The names of the classes of every output, once a file."""
    several, made = len(task.outputs) > 1, {}
    for name in task.outputs:
        labels = task.labels[name] if several and task.labels else task.labels
        labels = labels or [str(i) for i in range(found[name].shape[-1])]
        repeats = [tf.shape(found[name])[0], 1]
        made[f"{name}_labels" if several else "labels"] = tf.tile(tf.constant([labels]), repeats)
    return made


def _dreams(task):
    def function(wav_bytes):
        def alone(contents):
            dream = answer(task, _read(contents, task.sample_rate))["waveform"]
            return encode_wav(dream[tf.newaxis], task.sample_rate)

        return {"wav_bytes": tf.map_fn(alone, wav_bytes, fn_output_signature=tf.string)}

    return function


def _read(contents, sample_rate):
    waveform, rate = decode_wav(contents)
    return resample(waveform, rate, sample_rate)
