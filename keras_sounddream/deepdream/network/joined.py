"""Several networks as one: each hears the same sound at its own rate, through its own front end."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.network.checks import check_network, takes_sounds
from keras_sounddream.deepdream.network.folding import config_to_clone, copied_weights
from keras_sounddream.deepdream.network.lookup import INPUT
from keras_sounddream.deepdream.network.resampling import Resample
from keras_sounddream.deepdream.objectives.api import as_objective
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.errors import InputError


def settle(model: Any, objective: Any, wrapping: Any = None) -> tuple[Any, Any]:
    """A model and an objective: those given, or the joint ones of lists, which nothing wraps."""
    if not isinstance(model, list | tuple):
        return model, objective
    if wrapping:
        raise InputError("Of several models, wrap each by itself: see `deepdream.wrap_model`.")
    return join(model, objective)


def join(models: Sequence[keras.Model], objectives: Sequence[Any]) -> tuple[keras.Model, Objective]:
    """Makes one network of several, and one objective: the sum of theirs.

    The network takes sound at the highest of their rates; a layer brings it to each one's own.
    Layers are called `"NETWORK.LAYER"`. Weights are copied.

    Args:
        models: functional, of sounds of any length, whose sample rates are known.
        objectives: one per model, each as `as_objective` takes it.

    Returns:
        `(model, objective)`: the model outputs a list, what each of `models` does.

    Raises:
        InputError: if there are not as many objectives as models, or a model does not take sounds
            of any length, or its rate is not known.
    """
    if not isinstance(objectives, list | tuple):
        raise InputError(
            f"Several networks take a list of objectives, one each. Received: {objectives!r}"
        )
    objectives = [as_objective(objective) for objective in objectives]
    if len(models) != len(objectives) or not models:
        raise InputError(
            "Expected as many objectives as networks, at least one of each. "
            f"Received: {len(models)} networks and {len(objectives)} objectives"
        )
    rates = [_rate(model) for model in models]
    inputs = keras.Input((None,), name="waveform")
    outputs, terms = [], []
    names = _names([model.name for model in models])
    for name, model, rate, objective in zip(names, models, rates, objectives, strict=True):
        sound = Resample(max(rates), rate, name=f"{name}.resample")(inputs)
        if len(model.inputs[0].shape) == 3:
            sound = keras.layers.Reshape((-1, 1), name=f"{name}.channel")(sound)
        outputs.append(_embedded(model, sound, name))
        terms += [_renamed(term, name) for term in objective.resolved(model).terms]
    joint = keras.Model(inputs, outputs, name="_and_".join(names))
    joint.sample_rate = max(rates)
    return joint, Objective(terms)


def _rate(model):
    check_network(model)
    shape = model.inputs[0].shape
    if not takes_sounds(model) or shape[1] is not None:
        raise InputError(
            "Several networks dream together on sounds of any length, (batch, samples). "
            f"{model.name} takes: {shape}"
        )
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(
            f"The sample rate of {model.name} is not known: set its `sample_rate`, in Hz."
        )
    return rate


def _names(names):
    """Each name once: the second `yamnet` is `yamnet_2`."""
    counts: dict[str, int] = {}
    unique = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        unique.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return unique


def _renamed(term, name):
    """A term of a network's objective as one of the joint network's."""
    layer = term["layer"] if term["layer"] == INPUT else f"{name}.{term['layer']}"
    return {**term, "layer": layer}


def _embedded(model, sound, name):
    """Output of a copy of a model on another tensor, its layers renamed."""
    pairs = []

    def clone(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, keras.layers.InputLayer):
            return layer
        config = config_to_clone(layer)
        if config is None:
            raise InputError(
                f"Layer {layer.name!r} of {model.name} does not tell its settings, so it cannot be "
                "copied beside other networks: give it a `get_config`."
            )
        copy = type(layer).from_config({**config, "name": f"{name}.{layer.name}"})
        pairs.append((layer, copy))
        return copy

    made: list[Any] = []

    def call(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        made.append((layer.name, layer(*args, **kwargs)))
        return made[-1][1]

    structure = keras.tree.pack_sequence_as(model.input, [sound])
    keras.models.clone_model(model, structure, clone_function=clone, call_function=call)
    for layer, copy in pairs:
        for variable, own in copied_weights(layer, copy):
            variable.assign(own)
    tensors = dict(made)
    outputs = [f"{name}.{one._keras_history.operation.name}" for one in model.outputs]
    return keras.tree.pack_sequence_as(model.output, [tensors[key] for key in outputs])
