"""The network of a dream: a model up to the layers of an objective, with folded batch norms.

Batch normalisation after a convolution is folded into its kernel: the same activations, and on
large networks three fifths of the time. The folded kernels are computed from the model's own
variables whenever a dream begins, so that they are never out of date.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from keras_sounddream.audio.layers import LogMelSpectrogram, find_front_end
from keras_sounddream.deepdream.network.grouped_convolutions import clone_class
from keras_sounddream.deepdream.network.lookup import INPUT, SOURCE, find_layer
from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.objectives.terms import LOGITS
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

_FOLDABLE = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
_ALWAYS_PRECISE = (keras.layers.InputLayer, keras.layers.Rescaling, LogMelSpectrogram)
PRECISIONS = ("float32", "bfloat16")  # Keras's policies for the layers of the copy


class FeatureExtractor:
    """Computes the activations that an objective needs from inputs of a model.

    Args:
        model: functional, with one input.
        objective: resolved for the model.
        preprocess: function from the dreamed sound or image to the model's input.
        precision: one of `PRECISIONS`, whatever the model's own layers compute in.
        transform: of the model's `LogMelSpectrogram`: `"fft"`, or `"dft"` for export.

    Attributes:
        weights: list of float, of the objective's terms.
        needs_source: whether a term compares with the source.

    Raises:
        InputError: if a layer is read both before and after its activation function.
    """

    def __init__(
        self,
        model: keras.Model,
        objective: Objective,
        preprocess: Callable[[Tensor], Tensor],
        precision: str = "float32",
        transform: str = "fft",
    ):
        self._preprocess = preprocess
        self._readers = objective.readers()
        self.weights = [term["weight"] for term in objective.terms]
        self.needs_source = objective.needs_source
        self._names = list(dict.fromkeys([*objective.layers, *objective.logit_layers]))
        self._logits, self._model = objective.logit_layers, model
        if not self._names:  # only the input is read
            self._network, self._sources = None, []
            return
        both = set(objective.layers) & set(objective.logit_layers)
        if both:
            raise InputError(
                f"Layer {both.pop()!r} is read before its activation, as logits, and after it: "
                "dream of one of the two."
            )
        outputs = {name: find_layer(model, name).output for name in self._names}
        self._in_patches = layers_of_parts(model) & set(self._names)
        used = keras.Model(model.inputs[0], outputs)
        self._network, self._sources = fold_batch_norm(
            used, set(objective.logit_layers), precision, transform
        )

    def kernels(self) -> list[Tensor]:
        """The network's weights, computed from the model's own."""
        return [tf.cast(value(), variable.dtype) for variable, value in self._sources]

    def score_maps(self, image: Tensor, source: Tensor, kernels: list[Tensor]) -> list[Tensor]:
        """Scores at all positions, not weighted: float32 `(batch, *positions)` for each term."""
        activations = {INPUT: image, SOURCE: source}
        if self._network is not None:
            variables = [variable for variable, _ in self._sources]
            inputs = self._preprocess(image)
            pairs = list(zip(variables, kernels, strict=True))
            with keras.StatelessScope(pairs, initialize_variables=False):
                outputs = self._network(inputs, training=False)
            outputs = {name: tf.cast(value, "float32") for name, value in outputs.items()}
            for name in self._in_patches:
                outputs[name] = join_parts(outputs[name], tf.shape(image)[0])
            activations |= outputs
            activations |= {f"{name}{LOGITS}": outputs[name] for name in self._logits}
        return [read(activations) for read in self._readers]

    def first_empty(self, input_shape: tuple) -> str | None:
        """Name of the first layer that outputs nothing for an input of a shape, if there is one."""
        for name in self._names:
            network = keras.Model(self._model.inputs[0], self._model.get_layer(name).output)
            try:
                fits = 0 not in network.compute_output_shape(tuple(input_shape))
            except ValueError:
                fits = False
            if not fits:
                return name
        return None


class _Folded(keras.layers.Layer):
    """Identity in place of a normalisation that is folded into a kernel."""

    def call(self, inputs, training=None, mask=None):
        return inputs


def fold_batch_norm(
    model: keras.Model, logits: set[str], policy: str = "float32", transform: str = "dft"
) -> tuple[keras.Model, list]:
    """Copies a model without its batch normalisations and without activations of `logits`.

    Returns the copy, or the model itself if nothing would change, and a list of pairs: a variable
    of it and a function that computes its value.
    """
    folded = _foldable(model)
    is_grouped = any(clone_class(layer) is not type(layer) for layer in model.layers)
    is_other = _computes_otherwise(model, policy) or _has_other_transform(model, transform)
    if not (folded or logits or is_grouped or is_other):
        return model, [(variable, _reader(variable)) for variable in model.weights]
    normed = {convolution: norm for norm, convolution in folded.items()}

    def clone(layer):
        config = layer.get_config()
        wanted = _wanted(layer, policy)
        if layer.compute_dtype != wanted:
            config["dtype"] = wanted
        if layer.name in folded or (layer.name in logits and _is_softmax(layer)):
            return _Folded(name=layer.name, dtype=wanted)
        if isinstance(layer, LogMelSpectrogram):
            config["transform"] = transform
        if layer.name in normed:
            config["use_bias"] = True
        if layer.name in logits and "activation" in config:
            config["activation"] = "linear"
        return clone_class(layer).from_config(config)

    # The copy's own variables are never read: without values they take no memory.
    with keras.StatelessScope(initialize_variables=False):
        copy = keras.models.clone_model(model, clone_function=clone)
    sources = []
    for layer in model.layers:
        if not layer.weights or layer.name in folded:
            continue
        new = copy.get_layer(layer.name)
        if layer.name in normed:
            sources += _folded(layer, new, model.get_layer(normed[layer.name]))
        else:
            sources += zip(new.weights, map(_reader, layer.weights), strict=True)
    return keras.Model(copy.inputs[0], copy.output), sources


def _computes_otherwise(model, policy):
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return any(layer.compute_dtype != _wanted(layer, policy) for layer in layers)


def _wanted(layer, policy):
    return "float32" if isinstance(layer, _ALWAYS_PRECISE) else policy


def _has_other_transform(model, transform):
    front_end = find_front_end(model)
    return front_end is not None and front_end.transform != transform


def _is_softmax(layer):
    return isinstance(layer, keras.layers.Softmax)


def _reader(variable):
    return lambda: tf.convert_to_tensor(variable)


def _foldable(model):
    """Names of normalisations, each with the convolution that it can be folded into."""
    consumers = {}
    for layer in model.layers:
        if not isinstance(layer, keras.layers.InputLayer):
            for tensor in keras.tree.flatten(layer.input):
                consumers.setdefault(tensor._keras_history.operation.name, []).append(layer.name)
    outputs = {tensor._keras_history.operation.name for tensor in model.outputs}
    convolutions = {}
    for layer in model.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            continue
        before = layer.input._keras_history.operation
        if (
            isinstance(before, _FOLDABLE)
            and before.activation is keras.activations.linear
            and consumers[before.name] == [layer.name]
            and before.name not in outputs
            and layer.axis in (-1, len(layer.input.shape) - 1)
            and before.data_format == "channels_last"
        ):
            convolutions[layer.name] = before.name
    return convolutions


def _folded(layer, new, norm):
    """The copy's kernel and bias, with functions that compute them from the model's own."""

    def scale():
        factor = ops.rsqrt(norm.moving_variance + norm.epsilon)
        return factor * norm.gamma if norm.scale else factor

    def kernel():
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        shape = tuple(layer.kernel.shape)[-2:] if depthwise else (-1,)
        return tf.convert_to_tensor(layer.kernel * ops.reshape(scale(), shape))

    def bias():
        offset = layer.bias if layer.use_bias else 0.0
        beta = norm.beta if norm.center else 0.0
        return tf.convert_to_tensor((offset - norm.moving_mean) * scale() + beta)

    return [(new.kernel, kernel), (new.bias, bias)]
