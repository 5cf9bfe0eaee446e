"""What an exported file can do: one table, from which every format is made.

A `Task` is a function of whole waveforms, without padding, or of pictures. What a format adds
(lengths, a fixed size, bytes of a WAV file) it adds around that function.
"""

import collections.abc
import dataclasses
import difflib

import tensorflow as tf

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.ascent.loop import ascend_in_graph
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.network.checks import takes_pictures
from keras_sounddream.errors import InputError
from keras_sounddream.export import image_inputs
from keras_sounddream.export.embedding import embedding_network, pooled
from keras_sounddream.export.saved_model.lengths import least_samples

_MOST_STEPS = 1000  # in an octave: whoever may ask a server for a dream may not stop it
_MOST_SIZE = 40.0  # of a step, as in the settings: dB, or levels of a pixel


@dataclasses.dataclass(frozen=True)
class Option:
    """A number that a task can be given beside the waveform: a scalar.

    Attributes:
        dtype: str, `"int32"` or `"float32"`.
        default: int or float, what it is if it is not given.
        most: int or float, the highest value that it may have.
    """

    dtype: str
    default: float
    most: float


@dataclasses.dataclass(frozen=True)
class Task:
    """One thing that a model does.

    Attributes:
        name: str, key of `TASKS`.
        function: from a waveform, float32 `(batch, samples)`, or pictures, float32
            `(batch, height, width, 3)`, and `options` as keyword arguments, scalar tensors that may
            be left out, to a dict of tensors by the names in `outputs`.
        outputs: tuple of str; the first is what is compared.
        model: `keras.Model` or `DeepDream` whose variables the function reads.
        sample_rate: int, Hz; `None` of pictures.
        min_samples: int, the least that `function` takes; `None` of pictures.
        samples: int, the one length that `function` takes, or `None` for any from `min_samples`.
        repeats: bool, whether a shorter sound is repeated to `min_samples`; otherwise it is
            refused.
        options: dict of name to `Option`.
        limit: float, the largest difference allowed, as a share of the output's peak; `None` of a
            dream of which its objective alone counts.
        objective_limit: float, share by which the objective of a dream may differ.
        read: function from dreams and sources to the objective, `(batch,)`; `None` of no dream.
        labels: tuple of str, one a class, of what classifies; of several outputs a dict of such,
            by the names in `outputs`; or `None`.
        input: str, `"waveform"` or `"picture"`: what the first argument is called in files.
        size: pair of int, the rows and columns that `function` takes, or `None` for any.
    """

    name: str
    function: collections.abc.Callable
    outputs: tuple
    model: object
    sample_rate: int
    min_samples: int
    samples: int | None
    limit: float | None
    objective_limit: float = 1e-3
    repeats: bool = True
    options: dict = dataclasses.field(default_factory=dict)
    read: collections.abc.Callable | None = None
    labels: tuple | dict | None = None
    input: str = "waveform"
    size: tuple | None = None

    @property
    def shape(self):
        """Shape of what one example is, `None` for a length that may be any: tuple."""
        return (self.samples,) if self.input == "waveform" else (*(self.size or (None, None)), 3)


def find_tasks(model, names=None, layer=None, min_seconds=None, preprocessing=None):
    """Makes the tasks that a model has.

    Args:
        model: `keras.Model`, functional, from waveforms `(batch, samples)` or
            `(batch, samples, 1)`, or from pictures `(batch, height, width, 3)`; or `DeepDream`.
        names: sequence of str, keys of `TASKS`; by default all that the model has.
        layer: str, the layer that `embed` reads; by default the one before the top.
        min_seconds: float, s, to which shorter sounds are repeated before they are scored; by
            default the least that the model takes.
        preprocessing: str, key of `picture.MODES`, what is made of pixels in [0, 255] for a model
            of pictures that is no `DeepDream`; by default nothing.

    Returns:
        list of `Task`, in the order of `names`, or of `TASKS`.

    Raises:
        InputError: if the model takes neither, its sample rate is not known, what is given is of
            the other kind, or it has no such task.
    """
    dream, network = (model, model.model) if isinstance(model, DeepDream) else (None, model)
    _check(network, dream)
    take = _taker(network, dream, preprocessing)
    common = _common(network, dream, min_seconds)
    has = [name for name, (make, of_dreams) in TASKS.items() if dream is not None or not of_dreams]
    if (dream is None or dream.kind == "picture") and not _scores(network):
        has.remove("classify")
    for name in names or ():
        if name not in TASKS:
            near = difflib.get_close_matches(name, TASKS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise InputError(f"`tasks` are {', '.join(TASKS)}. Received: {name!r}.{hint}")
        if name not in has:
            needs = "a DeepDream" if TASKS[name][1] else "scores (batch, …, classes)"
            raise InputError(f"The task {name!r} needs {needs}. Received: {network.name}.")
    makers = {name: TASKS[name][0] for name in names or has}
    found = [make(network, dream, common, layer, take) for make in makers.values()]
    image_inputs.check_own_sizes(found)
    return found


def _classify(network, dream, common, layer, take):
    names = _output_names(network)

    def function(waveform):
        found = network(take(waveform), training=False)
        found = tf.nest.flatten(found)
        return {name: pooled(one) for name, one in zip(names, found, strict=True)}

    labels = _labels(network, names)
    return Task("classify", function, names, network, limit=1e-5, labels=labels, **common)


def _labels(network, names):
    """The names of a network's classes, where there is one for each."""
    labels = getattr(network, "labels", None)
    each = labels if isinstance(labels, dict) else {names[0]: labels or ()}
    classes = [tensor.shape[-1] for tensor in network.outputs]
    if [len(each.get(name, ())) for name in names] != classes:
        return None
    each = {name: tuple(each[name]) for name in names}
    return each if len(names) > 1 else each[names[0]]


def _embed(network, dream, common, layer, take):
    part = embedding_network(network, layer)

    def function(waveform):
        return {"features": pooled(part(take(waveform), training=False))}

    return Task("embed", function, ("features",), network, limit=1e-5, **common)


def _dream(network, dream, common, layer, take):
    output = common.get("input", "waveform")

    def function(image, steps=None, step_size=None):
        return {output: ascend_in_graph(dream.ascent, image, None, steps, step_size)}

    options = {
        "steps": Option("int32", dream.settings.steps, _MOST_STEPS),
        "step_size": Option("float32", dream.settings.step_size, _MOST_SIZE),
    }
    return _of_dreams("dream", function, (output,), dream, common, 2e-3, options)


def _dream_step(network, dream, common, layer, take):
    output = common.get("input", "waveform")

    def function(image, place=0, step_size=None):
        made, objective = dream.step(image, place, step_size)
        return {output: made, "objective": objective}

    options = {
        "place": Option("int32", 0, 2**31 - 1),
        "step_size": Option("float32", dream.settings.step_size, _MOST_SIZE),
    }
    outputs = (output, "objective")
    return _of_dreams("dream_step", function, outputs, dream, common, 1e-5, options)


# Name: function that makes the task, and whether only a `DeepDream` has it.
TASKS = {
    "classify": (_classify, False),
    "embed": (_embed, False),
    "dream": (_dream, True),
    "dream_step": (_dream_step, True),
}


def _of_dreams(name, function, outputs, dream, common, limit, options):
    if dream.kind == "sound":
        least = max(common["min_samples"], dream.analysis.frame_length)
        common = {**common, "min_samples": least}
    return Task(
        name,
        function,
        outputs,
        dream,
        limit=limit,
        repeats=False,
        options=options,
        read=dream.score,
        **common,
    )


def _check(network, dream):
    shape = network.inputs[0].shape
    waveforms = len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1)
    if len(network.inputs) != 1 or not (waveforms or takes_pictures(network)):
        raise InputError(
            "Expected a model with one input, waveforms (batch, samples) or (batch, samples, 1), "
            f"or pictures (batch, height, width, 3). {network.name} takes: "
            f"{', '.join(str(tensor.shape) for tensor in network.inputs)}"
        )


def _common(network, dream, min_seconds):
    if takes_pictures(network):
        return image_inputs.extent(network, min_seconds)
    rate = dream.sample_rate if dream is not None else find_sample_rate(network)
    if rate is None:
        raise InputError(
            f"The sample rate of {network.name} is not known. Begin it with a LogMelSpectrogram, "
            "or set its attribute `sample_rate`."
        )
    samples = network.inputs[0].shape[1]
    least = samples or least_samples(network)
    if min_seconds is not None and samples is None:
        least = max(least, round(min_seconds * rate))
    return {"sample_rate": rate, "min_samples": least, "samples": samples}


def _scores(network):
    return all(len(tensor.shape) in (2, 3) for tensor in network.outputs)


def _output_names(network):
    if len(network.outputs) == 1:
        return ("scores",)
    structure = network.output
    if isinstance(structure, dict):  # in the order of what it flattens to
        return tuple(sorted(structure))
    return tuple(tensor._keras_history.operation.name for tensor in network.outputs)


def _taker(network, dream, preprocessing):
    """The function that brings waveforms or pictures to what a model takes."""
    if preprocessing is not None and (dream is not None or not takes_pictures(network)):
        what = "has its own" if dream is not None else "takes sounds"
        raise InputError(f"`preprocessing` is of models of pictures, and {network.name} {what}.")
    if dream is not None:
        return dream.model_input
    if takes_pictures(network):
        return image_inputs.taker(network, preprocessing)
    has_channels = len(network.inputs[0].shape) == 3
    return lambda waveform: tf.expand_dims(waveform, -1) if has_channels else waveform
