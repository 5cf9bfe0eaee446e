"""WaveNet's layers, from its plan."""

import keras
import numpy as np
from keras import layers

from keras_sounddream.applications.base import TOP, AudioModel, describe, pool, settle_input
from keras_sounddream.applications.wavenet.config import LOCAL, WAVEFORM, WaveNetConfig
from keras_sounddream.applications.wavenet.layers import DilatedConv1D, Gate, LevelConv1D, Stretch
from keras_sounddream.audio.layers import MuLaw
from keras_sounddream.errors import InputError


@keras.saving.register_keras_serializable(package="keras_sounddream")
class WaveNetModel(AudioModel):
    """A WaveNet, which knows what it is made from and saves it.

    Attributes:
        plan: `WaveNetConfig`.
    """

    plan = None

    @property
    def receptive_field(self):
        """How many samples the next one is predicted from: int."""
        return self.plan.receptive_field

    @property
    def conditions(self):
        """Dict from the name of each global condition to its labels."""
        return self.plan.conditions

    def call(self, inputs, training=None, mask=None):
        waveform = inputs[WAVEFORM] if isinstance(inputs, dict) else inputs
        num_samples = waveform.shape[1] if len(waveform.shape) > 1 else None
        if self.plan and num_samples is not None and num_samples < self.receptive_field:
            raise InputError(
                f"Expected at least {self.receptive_field} samples, of which {self.name} predicts "
                f"the next. Received: {num_samples}. Put silence before them."
            )
        return super().call(inputs, training=training, mask=mask)

    def get_config(self):
        plan = {name: getattr(self.plan, name) for name in WaveNetConfig.__dataclass_fields__}
        return {**super().get_config(), "plan": plan}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        plan = WaveNetConfig(**config.pop("plan"))
        model = super().from_config(config, custom_objects=custom_objects)
        model.plan = plan
        return model


def begin(plan, input_tensor, input_shape, include_front_end):
    """Makes the inputs, and brings the sound into the network.

    Args:
        plan: `WaveNetConfig`.
        input_tensor: Keras tensor of waveforms, or `None`.
        input_shape: `(samples,)`, or `None` for any length.
        include_front_end: bool, whether waveforms are rounded to levels in the network.

    Returns:
        `(inputs, x)`: dict of Keras tensors by name, and Keras tensor `(batch, samples -
        first_width + 1, residual_channels)`.
    """
    inputs = {WAVEFORM: settle_input(input_tensor, input_shape or (None,), WAVEFORM)}
    for name in plan.conditions:
        inputs[name] = keras.Input((), name=name, dtype="int32")
    if plan.local_channels:
        inputs[LOCAL] = keras.Input((None, plan.local_channels), name=LOCAL)
    x, width = inputs[WAVEFORM], plan.first_width
    if plan.scalar_input:
        x = layers.Reshape((-1, 1), name="add_channel")(x)
        x = DilatedConv1D(plan.residual_channels, width, use_bias=False, name="causal")(x)
        return inputs, x
    if include_front_end:
        x = MuLaw(plan.levels, name="front_end")(x)
    return inputs, LevelConv1D(plan.residual_channels, width, plan.levels, name="causal")(x)


def stack(x, inputs, plan):
    """Applies the dilated layers.

    Args:
        x: Keras tensor `(batch, samples - first_width + 1, residual_channels)`.
        inputs: dict of Keras tensors, of `begin`.
        plan: `WaveNetConfig`.

    Returns:
        Keras tensor `(batch, samples - receptive_field + 1, layers * dilation_channels)`: what
        each layer lets through its gate, one after another.
    """
    condition, later, gated = _embedded(inputs, plan), sum(plan.reaches), []
    start = plan.first_width - 1
    for i, reach in enumerate(plan.reaches):
        path, start, later = f"layer{i}", start + reach, later - reach
        halves = []
        for part in ("filter", "gate"):
            dilation = plan.dilations[i]
            halves.append(_convolution(x, f"{path}_{part}", plan, dilation))
            halves += _conditions(f"{path}_{part}", condition, inputs, halves[-1], plan, start)
        z = Gate(name=f"{path}_gated")(halves)
        gated.append(layers.Cropping1D((later, 0), name=f"{path}_skip")(z) if later else z)
        if i < len(plan.dilations) - 1:  # nothing reads what the last layer would add
            x = layers.Cropping1D((reach, 0), name=f"{path}_crop")(x) if reach else x
            dense = layers.Dense(
                plan.residual_channels, use_bias=plan.use_biases, name=f"{path}_dense"
            )(z)
            x = layers.Add(name=f"{path}_residual")([x, dense])
    return layers.Concatenate(name="skips")(gated) if len(gated) > 1 else gated[0]


def finish(x, plan, include_top, pooling, activation):
    """Adds up what all layers found, and predicts.

    The sum of a product for each layer is one product of all of them side by side.

    Args:
        x: Keras tensor, of `stack`.
        plan: `WaveNetConfig`.
        include_top: bool.
        pooling: as of the constructors.
        activation: str, function or `None`, of the scores.

    Returns:
        Keras tensor `(batch, samples - receptive_field + 1, outputs)`.
    """
    for path in ("skip", "post"):
        x = layers.Dense(plan.skip_channels, use_bias=plan.use_biases, name=path)(x)
        x = layers.ReLU(name=f"{path}_relu")(x)
    if not include_top:
        return pool(x, pooling)
    x = layers.Dense(plan.outputs, use_bias=plan.use_biases, name=TOP)(x)
    return layers.Activation(activation, dtype="float32", name="scores")(x)


def settle_conditions(model, plan, ids):
    """Makes the network of a plan without conditions, whose biases hold what labels add.

    Args:
        model: `WaveNetModel` with conditions.
        plan: `WaveNetConfig`, the same without them, with biases.
        ids: dict from the name of each condition to int32 `(1,)`.

    Returns:
        `WaveNetModel`, with the same layers but those of the conditions.
    """
    names = {layer.name for layer in model.layers}
    inputs, x = begin(plan, None, model.input[WAVEFORM].shape[1:], "front_end" in names)
    outputs = finish(stack(x, inputs, plan), plan, TOP in names, None, _activation(model))
    made = WaveNetModel(inputs[WAVEFORM], outputs, name=model.name)
    made.plan = plan
    describe(made, model.sample_rate, model.labels)
    given = {weight.path: np.asarray(weight.value) for weight in model.weights}
    label = [given[f"{name}_embedding/embeddings"][ids[name]] for name in model.plan.conditions]
    for weight in made.weights:
        value = given.get(weight.path, np.zeros(weight.shape, "float32"))
        adding = given.get(weight.path.replace("/bias", "_condition/kernel"))
        if weight.path.endswith("/bias") and adding is not None:
            value = value + (np.concatenate(label, -1) @ adding)[0]
        weight.assign(value)
    return made


def _activation(model):
    layer = model.layers[-1]
    return layer.activation if isinstance(layer, layers.Activation) else None


def _embedded(inputs, plan):
    """The global conditions side by side, `(batch, 1, channels)`, or `None`."""
    found = [
        layers.Embedding(
            len(labels),
            plan.condition_channels,
            embeddings_initializer="glorot_uniform",
            name=f"{name}_embedding",
        )(layers.Reshape((1,), name=f"{name}_id")(inputs[name]))
        for name, labels in plan.conditions.items()
    ]
    return layers.Concatenate(name="condition")(found) if len(found) > 1 else (*found, None)[0]


def _convolution(x, path, plan, dilation):
    return DilatedConv1D(
        plan.dilation_channels,
        plan.filter_width,
        dilation_rate=dilation,
        use_bias=plan.use_biases,
        name=path,
    )(x)


def _conditions(path, condition, inputs, like, plan, start):
    """What the conditions add to a convolution, each a term."""
    dense = {"units": plan.dilation_channels, "use_bias": False}
    terms = []
    if condition is not None:
        terms.append(layers.Dense(**dense, name=f"{path}_condition")(condition))
    if plan.local_channels:
        frames = layers.Dense(**dense, name=f"{path}_local")(inputs[LOCAL])
        stretch = Stretch(plan.local_hop, start, name=f"{path}_stretch")
        terms.append(stretch([frames, like]))
    return terms
