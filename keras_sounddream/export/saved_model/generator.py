"""Signatures of a WaveNet: a seed, a length and labels in, a sound out."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.export.portable.wavenet import make_generator, specs
from keras_sounddream.export.saved_model import random_draws
from keras_sounddream.export.saved_model.faults import ERROR, fault, first_fault
from keras_sounddream.export.saved_model.signatures import DEFAULT, traced
from keras_sounddream.export.saved_model.wav_decoder import encode_wav
from keras_sounddream.generation.random_numbers import NUMBERS
from keras_sounddream.types import Tensor

MAX_SECONDS = 10.0  # of a sound that is made, unless an export says otherwise
NAME, WAV_NAME = "generate", "generate_wav"
_COUNT = 256  # samples between two looks at the length
_MOST_LABELS = 12  # in an error
_INPUTS = {"num_samples": tf.int32, "seed": tf.int32, "temperature": tf.float32}
_RESERVED = (*_INPUTS, "numbers", "step", "history", "waveform", "self")


def generator_signatures(
    model: keras.Model, top_k: int | None = None, max_seconds: float = MAX_SECONDS
) -> dict[str, Any]:
    """Returns concrete functions by signature name, `generate`, the default, and `generate_wav`.

    They take, each `(batch,)`, `num_samples` and `seed`, int32, `temperature`, float32, and a label
    for each condition by its name, string. `generate` returns `waveform`, float32 `(batch,
    samples)`, zero after a row's length, drawn with the random numbers of `generation.generate`;
    `generate_wav` returns `wav_bytes`, 16 bits and mono. Both return `error`, see `faults`.

    Raises:
        InputError: if the model has a local condition, or one of a name that inputs have.
    """
    for name in model.plan.conditions:
        if name in _RESERVED or name.startswith("queue_"):
            raise InputError(f"Rename the condition {name!r}: a file has a `{name}` of its own.")
    labels = dict.fromkeys(model.plan.conditions, tf.string)
    inputs = {name: tf.TensorSpec((None,), kind) for name, kind in {**_INPUTS, **labels}.items()}
    sounds = traced(_sounds(model, top_k, max_seconds), **inputs)

    def files(**given):
        found, rate = sounds(**given), model.plan.sample_rate

        def encoded(row):
            waveform, length, error = row
            return tf.cond(
                tf.equal(error, ""),
                lambda: encode_wav(waveform[tf.newaxis, :length], rate),
                lambda: tf.constant(b""),
            )

        rows = (found["waveform"], given["num_samples"], found[ERROR])
        wav = tf.map_fn(encoded, rows, fn_output_signature=tf.string)
        return {"wav_bytes": wav, ERROR: found[ERROR]}

    return {NAME: sounds, DEFAULT: sounds, WAV_NAME: traced(files, **inputs)}


def _sounds(model, top_k, max_seconds):
    alone = _one_sound(model, top_k)

    def function(num_samples, seed, temperature, **labels):
        ids, faults = _numbers_of_labels(model.plan.conditions, labels)
        most = round(max_seconds * model.plan.sample_rate)
        limit = f"Expected `num_samples` of 1 to {most}, which are {max_seconds:g} s"
        heat_fits = tf.math.is_finite(temperature) & (temperature >= 0)
        faults = first_fault(
            fault((num_samples >= 1) & (num_samples <= most), limit, num_samples),
            fault(seed >= 0, "Expected a `seed` of 0 or more", seed),
            fault(heat_fits, "Expected a finite `temperature` of 0 or more", temperature),
            *faults,
        )
        lengths = tf.where(tf.equal(faults, ""), num_samples, 0)
        longest = tf.reduce_max(tf.concat([lengths, [0]], 0))

        def padded(row):
            length, error, *given = row
            sound = tf.cond(
                tf.equal(error, ""),
                lambda: alone(length, *given),
                lambda: tf.fill([longest], float("nan")),
            )
            return tf.pad(sound, [[0, longest - tf.shape(sound)[0]]])

        rows = (lengths, faults, seed, temperature, ids)
        waveform = tf.map_fn(padded, rows, fn_output_signature=tf.float32)
        return {"waveform": waveform, ERROR: faults}

    return function


def _one_sound(model, top_k):
    """A function of length, seed, temperature and numbers of labels, to float32 `(length,)`."""
    generate = make_generator(model, _COUNT, top_k, _put)
    shapes = specs(model.plan, _COUNT)
    kept = [name for name in shapes if name in ("step", "history") or name.startswith("queue_")]

    def function(length, seed, temperature, ids):
        fixed = {name: tf.reshape(number, (1,)) for name, number in ids.items()}
        fixed["temperature"] = tf.reshape(temperature, (1,))
        state, increment = random_draws.begin(seed)

        def more(i, state, kept_state, pieces):
            numbers, state = random_draws.draw(state, increment, _COUNT * NUMBERS)
            numbers = tf.reshape(numbers, (_COUNT, 1, NUMBERS))
            made = generate(numbers=numbers, **fixed, **kept_state)
            kept_state = {name: made[f"next_{name}"] for name in kept}
            return i + 1, state, kept_state, pieces.write(i, made["samples"][0])

        count = -(-length // _COUNT)
        zeros = {name: tf.zeros(shapes[name].shape, shapes[name].dtype) for name in kept}
        pieces = tf.TensorArray(tf.float32, count, element_shape=(_COUNT,))
        begin = (0, state, zeros, pieces)
        pieces = tf.while_loop(lambda i, *_: i < count, more, begin, parallel_iterations=1)[-1]
        return pieces.concat()[:length]

    return function


def _numbers_of_labels(conditions, labels):
    """Numbers of labels by condition, int32 `(batch,)`, and the faults of those unknown."""
    ids, faults = {}, []
    for name, known in conditions.items():
        same = tf.equal(labels[name][:, tf.newaxis], tf.constant([list(known)]))
        ids[name] = tf.argmax(tf.cast(same, "int32"), 1, output_type=tf.int32)
        more = f" and {len(known) - _MOST_LABELS} more" * (len(known) > _MOST_LABELS)
        message = f"Expected a `{name}`: {', '.join(known[:_MOST_LABELS])}{more}"
        faults.append(fault(tf.reduce_any(same, 1), message, labels[name]))
    return ids, faults


def _put(rows: Tensor, index: Tensor, row: Tensor) -> Tensor:
    return tf.tensor_scatter_nd_update(rows, tf.reshape(index, (1, 1)), row)
