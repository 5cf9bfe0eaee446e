"""Warm-up requests, which TensorFlow Serving runs when it loads a model.

A file of `PredictionLog` messages. They hold nothing but other messages and text, so they are
written here by hand: tensorflow-serving-api would bring gRPC along.
"""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import tensorflow as tf

from keras_sounddream.export.formats import Task
from keras_sounddream.export.image_inputs import images_for
from keras_sounddream.export.latent_tasks import INPUTS, examples_for
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.saved_model.signatures import (
    DEFAULT,
    WAV_NAMES,
    has_files,
    signature_name,
)
from keras_sounddream.export.saved_model.wav_decoder import encode_wav
from keras_sounddream.types import Tensor

FILE = "tf_serving_warmup_requests"
_SECONDS = 1.0


def write_warmup(tasks: Sequence[Task], name: str, folder: pathlib.Path) -> None:
    """Writes a request of every signature beside the SavedModel that is served as `name`."""
    write_requests(warmup_requests(tasks), name, folder)


def write_requests(
    requests: Sequence[tuple[str, dict[str, Tensor]]], name: str, folder: pathlib.Path
) -> None:
    """Writes requests, pairs of signature and inputs, beside the SavedModel served as `name`."""
    (folder / "assets.extra").mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / "assets.extra" / FILE)) as file:
        for signature, inputs in requests:
            file.write(_prediction_log(name, signature, inputs))


def warmup_requests(tasks: Sequence[Task]) -> list[tuple[str, dict[str, Tensor]]]:
    """Returns (signature, inputs) pairs: a second of sound or an image; of a dream, one step."""
    requests = {signature_name(task): _request(task) for task in tasks}
    requests.setdefault(DEFAULT, next(iter(requests.values())))
    for task in tasks:
        if has_files(task):
            wav = encode_wav(_sound(task), task.sample_rate)
            requests[WAV_NAMES[task.name]] = {"wav_bytes": wav[tf.newaxis]}
    return list(requests.items())


def _request(task):
    if task.input in INPUTS:
        inputs = {task.input: examples_for(task, 1)[0]}
    elif task.input == "picture":
        inputs = {"picture": images_for(task)[0]}
    else:
        inputs = {"waveform": _sound(task)}
        inputs["num_samples"] = tf.shape(inputs["waveform"])[1:]
    for name, option in task.options.items():
        inputs[name] = tf.constant([1 if name == "steps" else 0], option.dtype)
    return inputs


def _sound(task):
    """A second of sound as a file of 16 bits holds it."""
    samples = task.samples or max(round(_SECONDS * task.sample_rate), task.min_samples)
    return tf.round(speech_like(samples, task.sample_rate) * 2.0**15) / 2.0**15


def _prediction_log(name, signature, inputs):
    """Bytes of a `tensorflow.serving.PredictionLog` with a `PredictRequest` in it."""
    request = _field(1, _field(1, name.encode()) + _field(3, signature.encode()))  # model_spec
    for key, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request += _field(2, _field(1, key.encode()) + _field(2, tensor))  # inputs, a map
    return _field(6, _field(1, request))  # predict_log, its request


def _field(number, content):
    """A length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number):
    digits = []
    while number >= 128:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])
