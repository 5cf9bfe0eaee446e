"""Tasks of exported files: classify, embed, dream; each a function of waveforms or images.

What a format adds (lengths, a fixed size, bytes of a WAV file) it adds around that function.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.ascent.loop import ascend_in_graph
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.deepdream.network.checks import takes_pictures
from keras_sounddream.errors import InputError
from keras_sounddream.export import formats, image_inputs, latent_tasks, picture_filter_task
from keras_sounddream.export.formats import Option, Task, check_task, takes_shape
from keras_sounddream.export.outputs import (
    class_labels,
    embedding_network,
    has_scores,
    output_names,
    pooled,
)
from keras_sounddream.filters.picture_layer import is_picture_filter

_MOST_STEPS = 1000  # in an octave: whoever may ask a server for a dream may not stop it
_MOST_SIZE = 40.0  # of a step, as in the settings: dB, or levels of a pixel
_LONGEST = 2**24  # samples that are tried for
_OF_OTHERS = {**latent_tasks.NAMES, picture_filter_task.NAME: "a dream filter"}


def find_tasks(
    model: keras.Model | DeepDream,
    names: Sequence[str] | None = None,
    layer: str | None = None,
    min_seconds: float | None = None,
    preprocessing: str | None = None,
) -> list[Task]:
    """Returns the named tasks of a model, or all that it has; arguments as of `export_model`."""
    dream, network = (model, model.model) if isinstance(model, DeepDream) else (None, model)
    if latent_tasks.is_of_latents(model):
        return latent_tasks.find(model, names)
    specification, prepare = _input(network, dream, min_seconds, preprocessing)
    if dream is None and is_picture_filter(network):
        return picture_filter_task.find(network, names, specification)
    is_image = specification["input"] == "picture"
    has = [name for name, (make, of_dreams) in TASKS.items() if dream is not None or not of_dreams]
    if (dream is None or is_image) and not has_scores(network):
        has.remove("classify")
    for name in names or ():
        _check_name(name, has, network)
    tasks = []
    for name in dict.fromkeys(names or has):
        make, of_dreams = TASKS[name]
        extent = specification if of_dreams else _lengthened(specification, min_seconds)
        tasks.append(make(network, dream, extent, layer, prepare))
    if is_image:
        image_inputs.check_own_sizes(tasks)
    return tasks


def _check_name(name, has, network):
    check_task(name)
    if name in _OF_OTHERS:
        needs = _OF_OTHERS[name]
        raise InputError(f"The task {name!r} needs {needs}. Received: {network.name}.")
    if name not in has:
        needs = "a DeepDream" if TASKS[name][1] else "scores (batch, …, classes)"
        raise InputError(f"The task {name!r} needs {needs}. Received: {network.name}.")


def _input(network, dream, min_seconds, preprocessing):
    """Fields of `Task` that describe the input, and the function that prepares it for a network."""
    shape = network.inputs[0].shape
    is_image = takes_pictures(network)
    is_sound = len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1)
    if len(network.inputs) != 1 or not (is_sound or is_image):
        hint = ". To generate, name the task 'generate'" if hasattr(network, "plan") else ""
        raise InputError(
            "Expected a model with one input, waveforms (batch, samples) or (batch, samples, 1), "
            f"or pictures (batch, height, width, 3). {network.name} takes: "
            f"{', '.join(str(tensor.shape) for tensor in network.inputs)}{hint}"
        )
    if preprocessing is not None and (dream is not None or not is_image):
        what = "has its own" if dream is not None else "takes sounds"
        raise InputError(f"`preprocessing` is of models of pictures, and {network.name} {what}.")
    if dream is not None:
        prepare = dream.model_input
    elif is_image:
        prepare = image_inputs.taker(network, preprocessing)
    else:
        prepare = (lambda x: tf.expand_dims(x, -1)) if len(shape) == 3 else (lambda x: x)
    if is_image:
        return image_inputs.extent(network, min_seconds), prepare
    return _sound_extent(network, dream), prepare


def _sound_extent(network, dream):
    rate = dream.sample_rate if dream is not None else find_sample_rate(network)
    if rate is None:
        raise InputError(
            f"The sample rate of {network.name} is not known. Begin it with a LogMelSpectrogram, "
            "or set its attribute `sample_rate`."
        )
    samples = network.inputs[0].shape[1]
    least = samples or least_samples(network)
    return {"sample_rate": rate, "min_samples": least, "samples": samples, "input": "waveform"}


def _lengthened(specification, min_seconds):
    """The extent of a task that scores: sounds are repeated to `min_seconds`."""
    if min_seconds is None or specification["samples"] is not None:
        return specification
    least = round(min_seconds * specification["sample_rate"])
    return {**specification, "min_samples": max(specification["min_samples"], least)}


def least_samples(model: keras.Model) -> int:
    """Returns the fewest samples that a model of waveforms takes, found from its shapes alone."""
    outputs = [call.output for call in calls_of(model).values()]
    every = keras.Model(model.inputs[0], outputs)  # a layer within may be left without a frame
    channels = model.inputs[0].shape[2:]
    most = 1
    while not takes_shape(every, (1, most, *channels)):
        most *= 2
        if most > _LONGEST:
            raise InputError(f"{model.name} takes no sound of up to {_LONGEST} samples.")
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        fits = takes_shape(every, (1, middle, *channels))
        least, most = (least, middle) if fits else (middle, most)
    return most


def _classify(network, dream, specification, layer, prepare):
    names = output_names(network)

    def function(waveform):
        scores = tf.nest.flatten(network(prepare(waveform), training=False))
        return {name: pooled(one) for name, one in zip(names, scores, strict=True)}

    more = {"limit": 1e-5, "labels": class_labels(network)}
    return Task("classify", function, names, network, **more, **specification)


def _embed(network, dream, specification, layer, prepare):
    part = embedding_network(network, layer)

    def function(waveform):
        return {"features": pooled(part(prepare(waveform), training=False))}

    return Task("embed", function, ("features",), network, limit=1e-5, **specification)


def _dream(network, dream, specification, layer, prepare):
    output = specification["input"]

    def function(image, steps=None, step_size=None):
        return {output: ascend_in_graph(dream.ascent, image, None, steps, step_size)}

    options = {"steps": Option("int32", dream.settings.steps, _MOST_STEPS)}
    return _dream_task("dream", function, (output,), dream, specification, 2e-3, options)


def _dream_step(network, dream, specification, layer, prepare):
    output = specification["input"]

    def function(image, place=0, step_size=None):
        changed, objective = dream.step(image, place, step_size)
        return {output: changed, "objective": objective}

    options = {"place": Option("int32", 0, 2**31 - 1)}
    outputs = (output, "objective")
    return _dream_task("dream_step", function, outputs, dream, specification, 1e-5, options)


# Name: function that makes the task, and whether only a `DeepDream` has it.
_MAKERS = {"classify": _classify, "embed": _embed, "dream": _dream, "dream_step": _dream_step}
TASKS = {name: (make, formats.TASKS[name]) for name, make in _MAKERS.items()}


def _dream_task(name, function, outputs, dream, specification, limit, options):
    if specification["input"] == "waveform":
        least = max(specification["min_samples"], dream.analysis.frame_length)
        specification = {**specification, "min_samples": least}
    options["step_size"] = Option("float32", dream.settings.step_size, _MOST_SIZE)
    more = {"limit": limit, "options": options, "repeats": False, "read": dream.score}
    return Task(name, function, outputs, dream, **more, **specification)
