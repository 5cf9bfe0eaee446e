"""WaveNet: predicts the next sample of a sound, and so makes sounds."""

import dataclasses

import keras_sounddream.applications.base as _common
import keras_sounddream.applications.wavenet.network as _network
import keras_sounddream.applications.weights as _weights
from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.applications.wavenet.weights import TOPS, layout
from keras_sounddream.audio.mu_law import levels_to_waveform
from keras_sounddream.errors import InputError

SAMPLE_RATE = 16000
DILATIONS = WaveNetConfig.dilations
MIN_SECONDS = (
    WaveNetConfig().receptive_field / SAMPLE_RATE
)  # of which the default predicts one sample

PRETRAINED = {  # rows with `plan`, the settings (of `WaveNetConfig`) that are not the default's
    "fsdd": {
        "plan": {
            "sample_rate": 8000,
            "dilations": tuple(2**i for i in range(11)) * 2,  # 4096 samples: most words whole
            "residual_channels": 48,
            "dilation_channels": 48,
            "skip_channels": 128,
            "conditions": {
                "digit": (
                    *("zero", "one", "two", "three", "four"),
                    *("five", "six", "seven", "eight", "nine"),
                ),
                "speaker": ("george", "jackson", "lucas", "nicolas", "theo", "yweweler"),
            },
            "condition_channels": 16,
        },
        "file": "wavenet_fsdd.npz",
        "sha256": "3feb01b894bded4259ed4122c01d5794d766db72c8f551f7ffab5d633c090f1d",
    },
    "music16k": {
        "plan": {
            "dilations": tuple(2**i for i in range(10)) * 3,
            "skip_channels": 128,
            "conditions": {
                "genre": ("chiptune", "classical", "electronic", "folk", "jazz", "lofi"),
            },
            "condition_channels": 16,
        },
        "file": "wavenet_music16k.npz",
        "sha256": "06818d382891974aaff85581b9d6fa505a85a9bbf76b5356d196bf3142701d9e",
    },
}


def WaveNet(
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=256,
    classifier_activation=None,
    name="wavenet",
    *,
    include_front_end=True,
    labels=None,
    sample_rate=SAMPLE_RATE,
    dilations=DILATIONS,
    filter_width=2,
    residual_channels=32,
    dilation_channels=32,
    skip_channels=512,
    use_biases=True,
    scalar_input=False,
    initial_filter_width=32,
    output="softmax",
    mixtures=10,
    conditions=None,
    condition_channels=32,
    local_channels=0,
    local_hop=256,
):
    """Builds the network that predicts each sample from those before it.

    Dilated causal convolutions with gates, whose outputs are added up and classified. The
    prediction at index t is of the sample that follows sample `t + receptive_field - 1`: nothing is
    padded, so `samples - receptive_field + 1` predictions come of a sound, the first of its first
    `receptive_field` samples and the last of the sample after its end. Training leaves that one
    out, generation takes it alone. The default has 50 layers, 1.6 million parameters and a
    receptive field of 5117 samples. Layers to dream on: `layer0_gated` … `layer49_gated`,
    `layer12_filter`, `layer12_gate`, `layer12_residual`, `skip`. For arguments not listed here
    see `keras.applications`.

    Args:
        weights: `None` for random ones; `"fsdd"`, of a network that says digits (see
            `saved_models/wavenet_fsdd.md`), which settles all settings; or a path of `.npz`, of
            `.weights.h5`, or of a checkpoint of ibab/tensorflow-wavenet, which has one global
            condition at most.
        input_shape: `(samples,)`; by default any length.
        classes: int, levels that samples are rounded to, by mu-law.
        classifier_activation: `None` for logits, or `"softmax"`.
        include_front_end: bool; `False` gives the network on levels instead of waveforms.
        labels: sequence of str, one a level, which the model keeps.
        sample_rate: int, Hz.
        dilations: sequence of int, one a layer: samples between the taps of its filter.
        filter_width: int, taps of each filter.
        residual_channels: int, that go from layer to layer.
        dilation_channels: int, of filter and gate.
        skip_channels: int, in which the layers are added up.
        use_biases: bool, of all convolutions but the first.
        scalar_input: bool, whether samples come in as numbers; else as one of the levels.
        initial_filter_width: int, taps of the first filter of a `scalar_input`.
        output: `"softmax"` over the levels; or `"mixture_of_logistics"`, of which the network gives
            weights (logits), means and logarithms of scales, `mixtures` each.
        mixtures: int.
        conditions: dict from the name of a global condition to its labels, such as
            `{"genre": ["metal", "rock"]}`; the model takes a number for each, and keeps the names.
        condition_channels: int, that each condition is embedded in.
        local_channels: int, of a condition that changes with time; 0 for none.
        local_hop: int, samples that each frame of it lasts.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1], to float32 `(batch,
        samples - receptive_field + 1, classes or 3 * mixtures)`; without a top to `(batch, …,
        skip_channels)`. With conditions it takes a dict of `waveform`, of int32 `(batch,)` for each
        global condition, by its name (`condition_ids` finds them by label), and of
        `local_condition`, float32 `(batch, frames, local_channels)`: the first frame is that of
        the first `local_hop` samples.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: van den Oord et al., *WaveNet: A Generative Model for Raw Audio*, 2016,
    https://arxiv.org/abs/1609.03499
    """
    labels = _common.check_arguments(include_top, weights, pooling, classes, labels, {})
    settings = {
        "sample_rate": sample_rate,
        "dilations": dilations,
        "filter_width": filter_width,
        "residual_channels": residual_channels,
        "dilation_channels": dilation_channels,
        "skip_channels": skip_channels,
        "levels": classes,
        "use_biases": use_biases,
        "scalar_input": scalar_input,
        "initial_filter_width": initial_filter_width,
        "output": output,
        "mixtures": mixtures,
        "conditions": {} if conditions is None else conditions,
        "condition_channels": condition_channels,
        "local_channels": local_channels,
        "local_hop": local_hop,
    }
    plan = WaveNetConfig(**_settled(settings, weights))
    inputs, x = _network.begin(plan, input_tensor, input_shape, include_front_end)
    x = _network.stack(x, inputs, plan)
    x = _network.finish(x, plan, include_top, pooling, classifier_activation)
    inputs = inputs if len(inputs) > 1 else inputs[_network.WAVEFORM]
    model = _network.WaveNetModel(inputs, x, name=name)
    model.plan = plan
    _common.describe(model, plan.sample_rate, labels)
    if weights is not None:
        path = _weights.pretrained_path(weights, PRETRAINED)
        _weights.load(model, path, TOPS, [layout(plan)])
    return model


def condition_ids(model, names):
    """Finds the numbers that stand for labels of the global conditions.

    Args:
        model: `AudioModel`, of `WaveNet`.
        names: dict from the name of a condition to a list of labels, one an example.

    Returns:
        dict from the name of a condition to int32 `(batch,)`, part of what the model takes.

    Raises:
        InputError: if a label or condition is unknown, with the nearest names, or missing.
    """
    return model.plan.ids(names)


def conditioned(model, **labels):
    """Settles a network's global conditions, which leaves one of waveforms alone, to dream on.

    Args:
        model: `AudioModel`, of `WaveNet`, without a local condition.
        **labels: str, one for each condition, by its name.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, with layers of the same names and weights
        that are copied.

    Raises:
        InputError: if a label or condition is unknown, with the nearest names, or missing.

    Example:
        DeepDream(conditioned(model, digit="three"), objectives.layer("layer2_gated"))
    """
    plan = model.plan
    ids = plan.ids({name: [label] for name, label in labels.items()})
    if plan.local_channels or not ids:
        has = "a local condition" if plan.local_channels else "no conditions"
        raise InputError(
            f"Expected a WaveNet with global conditions alone. {model.name} has {has}."
        )
    settled = dataclasses.replace(plan, conditions={}, use_biases=True)
    return _network.settle_conditions(model, settled, ids)


def preprocess_input(waveform, sample_rate, model_rate=SAMPLE_RATE):
    """Brings sound to the model's rate, mono, and at least 0.32 s (shorter sounds are repeated).

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`,
            in [-1, 1].
        sample_rate: int, Hz, of `waveform`.
        model_rate: int, Hz, `sample_rate` of the model.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, or is not finite.
    """
    return _common.prepare(waveform, sample_rate, model_rate, MIN_SECONDS)


def decode_predictions(scores, top=5, labels=None):
    """Names the likeliest next samples.

    Args:
        scores: float array `(batch, steps, levels)`, what `predict` returns of a softmax output, or
            `(batch, levels)`.
        top: int, how many.
        labels: sequence of str, one a level; by default the samples that 256 levels stand for.

    Returns:
        For each example a list, for each step, of lists of `(index, label, score)`, highest first;
        without the list for steps if `scores` has none.

    Raises:
        InputError: if `scores` does not have a column a label.
    """
    scores = _common.numbers(scores, "scores")
    if labels is None:
        labels = [f"{sample:+.5f}" for sample in levels_to_waveform(range(256))]
    if scores.ndim == 3:
        return [_common.decode(steps, labels, top) for steps in scores]
    return _common.decode(scores, labels, top)


def _settled(settings, weights):
    """The settings, or those of pretrained weights, which none that is given may contradict."""
    row = PRETRAINED.get(weights) if isinstance(weights, str) else None
    if row is None:
        return settings
    default = WaveNetConfig()
    for name, value in settings.items():
        wanted = row["plan"].get(name, getattr(default, name))
        if value not in (wanted, getattr(default, name)):
            named = "classes" if name == "levels" else name
            raise InputError(
                f"`{named}` must be {wanted!r} with `weights={weights!r}`. Received: {value!r}"
            )
    return row["plan"]
