"""The network of a dream: a model up to the layers of an objective, with folded batch norms."""

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.deepdream.network.folding import fold_batch_norm
from keras_sounddream.deepdream.network.lookup import INPUT, SOURCE, find_call
from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts
from keras_sounddream.deepdream.network.sizes import first_empty, outputs_something
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.objectives.terms import LOGITS, OF_SOURCE
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

PRECISIONS = ("float32", "bfloat16")  # Keras's policies for the layers of the copy
_LONGEST = 2**24  # samples that are tried for


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
        InputError: if a layer is read both before and after its activation function, or a layer
            that another one follows is read before it.
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
        self._of_source = objective.source_layers
        if not self._names:  # only the input is read
            self._network, self._sources = None, []
            return
        both = set(objective.layers) & set(objective.logit_layers)
        if both:
            raise InputError(
                f"Layer {both.pop()!r} is read before its activation, as logits, and after it: "
                "dream of one of the two."
            )
        calls = {name: find_call(model, name) for name in self._names}
        self._in_patches = layers_of_parts(model) & set(self._names)
        used = keras.Model(model.inputs[0], {name: call.output for name, call in calls.items()})
        logits = [calls[name] for name in objective.logit_layers]
        _check_logits(used, logits)
        self._network, self._sources = fold_batch_norm(
            used, {call.layer.name for call in logits}, precision, transform
        )

    def kernels(self) -> list[Tensor]:
        """The network's weights, computed from the model's own."""
        return [tf.cast(value(), variable.dtype) for variable, value in self._sources]

    def score_maps(self, image: Tensor, source: Tensor, kernels: list[Tensor]) -> list[Tensor]:
        """Scores at all positions, not weighted: float32 `(batch, *positions)` for each term."""
        activations = {INPUT: image, SOURCE: source}
        if self._network is not None:
            outputs = self._outputs(image, kernels)
            activations |= outputs
            activations |= {f"{name}{LOGITS}": outputs[name] for name in self._logits}
        if self._of_source:  # the graph keeps no more of the network than these layers take
            outputs = self._outputs(source, kernels)
            activations |= {f"{name}{OF_SOURCE}": outputs[name] for name in self._of_source}
        return [read(activations) for read in self._readers]

    def _outputs(self, image, kernels):
        """Outputs of the layers that are read, by name: float32 `(batch, …, channels)`."""
        variables = [variable for variable, _ in self._sources]
        inputs = self._preprocess(image)
        pairs = list(zip(variables, kernels, strict=True))
        with keras.StatelessScope(pairs, initialize_variables=False):
            outputs = self._network(inputs, training=False)
        outputs = {name: tf.cast(value, "float32") for name, value in outputs.items()}
        for name in self._in_patches:
            outputs[name] = join_parts(outputs[name], tf.shape(image)[0])
        return outputs

    def first_empty(self, input_shape: tuple) -> str | None:
        """Name of the first layer that outputs nothing for an input of a shape, if there is one."""
        return first_empty(self._model, self._names, input_shape)

    def least_length(self, name: str, input_shape: tuple) -> int | None:
        """The least number of samples, above that of a shape, for which a layer outputs something.

        `None` if there is none below `_LONGEST`, and of pictures.
        """
        if len(input_shape) == 4:
            return None
        low, high = input_shape[1], 2 * input_shape[1]
        while not outputs_something(self._model, name, (input_shape[0], high, *input_shape[2:])):
            low, high = high, 2 * high
            if high > _LONGEST:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            fits = outputs_something(self._model, name, (input_shape[0], middle, *input_shape[2:]))
            low, high = (low, middle) if fits else (middle, high)
        return high


def _check_logits(used, read):
    """Refuses logits of a call whose layer the network needs with its activation, too."""
    for logits in read:
        for call in calls_of(used).values():
            follows = any(tensor is logits.output for tensor in call.inputs)
            if follows or (call.layer is logits.layer and call.output is not logits.output):
                raise InputError(
                    f"Layer {logits.name!r} is read before its activation, as logits, and "
                    f"{call.name!r} needs that activation: dream of one of the two."
                )
