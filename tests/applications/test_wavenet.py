"""WaveNet, against NumPy, its formulas, and what a changed sample really changes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import DeepDream, InputError, applications, objectives
from keras_sounddream.applications import wavenet
from keras_sounddream.audio.layers import MuLaw
from keras_sounddream.audio.mu_law import levels_to_waveform, waveform_to_levels
from keras_sounddream.deepdream.network.receptive_field import receptive_fields

SMALL = {"dilations": (1, 2, 4, 1), "residual_channels": 6, "dilation_channels": 5}
SMALL |= {"skip_channels": 7, "classes": 16, "initial_filter_width": 4}
GENRES = {"genre": ("classical", "metal", "rock"), "mood": ("calm", "wild")}
KINDS = {
    "plain": {},
    "wide": {"filter_width": 3},
    "scalar": {"scalar_input": True},
    "mixture": {"scalar_input": True, "output": "mixture_of_logistics", "mixtures": 3},
    "unbiased": {"use_biases": False},
    "conditioned": {"conditions": GENRES, "condition_channels": 3},
    "local": {"local_channels": 2, "local_hop": 3, "filter_width": 3},
}


def build(**settings):
    """A small network with weights that are not small."""
    keras.utils.set_random_seed(0)
    model = applications.WaveNet(**{**SMALL, **settings})
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


def example(model, num_samples=40, batch=2):
    """What a model takes: noise, and conditions where it has them."""
    rng = np.random.default_rng(1)
    waveform = rng.uniform(-1, 1, (batch, num_samples)).astype("float32")
    inputs = {"waveform": waveform}
    inputs |= {n: rng.integers(len(labels), size=batch) for n, labels in model.conditions.items()}
    if model.plan.local_channels:
        frames = -(-num_samples // model.plan.local_hop)
        inputs["local_condition"] = rng.normal(
            size=(batch, frames, model.plan.local_channels)
        ).astype("float32")
    return inputs if len(inputs) > 1 else waveform


def in_numpy(model, inputs):
    """The network, sample by sample, from its definition."""
    plan = model.plan
    inputs = inputs if isinstance(inputs, dict) else {"waveform": inputs}
    w = {weight.path: np.asarray(weight.value, "float64") for weight in model.weights}
    if plan.scalar_input:
        x = inputs["waveform"][..., None]
    else:
        levels = np.asarray(waveform_to_levels(inputs["waveform"], plan.levels)).astype(int)
        x = np.eye(plan.levels)[levels]

    def convolve(x, path, width, dilation=1):
        out, num = 0, x.shape[1] - (width - 1) * dilation
        for tap in range(width):
            out = out + x[:, tap * dilation : tap * dilation + num] @ w[f"{path}/kernel"][tap]
        return out + w.get(f"{path}/bias", 0)

    def dense(x, path):
        return x @ w[f"{path}/kernel"] + w.get(f"{path}/bias", 0)

    named = [w[f"{name}_embedding/embeddings"][inputs[name]] for name in plan.conditions]
    x = convolve(x, "causal", plan.first_width)
    num_samples, skips = inputs["waveform"].shape[1], []
    for i, dilation in enumerate(plan.dilations):
        halves = []
        for part in ("filter", "gate"):
            path = f"layer{i}_{part}"
            y = convolve(x, path, plan.filter_width, dilation)
            if named:
                y = y + dense(np.concatenate(named, -1), f"{path}_condition")[:, None]
            if plan.local_channels:
                frame = np.arange(num_samples)[-y.shape[1] :] // plan.local_hop
                y = y + dense(inputs["local_condition"], f"{path}_local")[:, frame]
            halves.append(y)
        z = np.tanh(halves[0]) / (1 + np.exp(-halves[1]))
        skips.append(z)
        if i < len(plan.dilations) - 1:
            x = x[:, -z.shape[1] :] + dense(z, f"layer{i}_dense")
    x = np.concatenate([skip[:, -z.shape[1] :] for skip in skips], -1)
    for path in ("skip", "post"):
        x = np.maximum(dense(x, path), 0)
    return dense(x, "predictions")


@pytest.mark.parametrize("kind", KINDS)
def test_equals_its_definition(kind):
    model = build(**KINDS[kind])
    inputs = example(model)
    found = np.asarray(model(inputs))
    assert found.shape == (2, 40 - model.receptive_field + 1, model.plan.outputs)
    np.testing.assert_allclose(found, in_numpy(model, inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["conditioned", "local", "mixture"])
def test_saves_and_reloads_with_its_plan(kind, tmp_path):
    model = build(**KINDS[kind])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.plan == model.plan
    assert again.conditions == model.conditions
    np.testing.assert_array_equal(again(example(model)), model(example(model)))


def test_the_defaults_receptive_field_and_parameters_are_the_originals():
    model = applications.WaveNet(conditions={"genre": list("abcde")})
    assert model.receptive_field == 5117
    assert applications.wavenet.WaveNetConfig(scalar_input=True).receptive_field == 5147
    unread = 32 * 32 + 32  # the last layer's residual
    merged = 49 * 512  # biases that are added up
    assert model.count_params() == 1_618_528 - unread - merged


@pytest.mark.parametrize("kind", ["plain", "wide", "scalar"])
def test_receptive_field_is_what_a_prediction_depends_on(kind):
    model = build(**KINDS[kind])
    waveform = tf.Variable(example(model, 60, 1))
    with tf.GradientTape() as tape:
        score = tf.reduce_sum(tf.square(model(waveform)[:, 5]))
    gradient = tape.gradient(score, waveform)[0]
    np.testing.assert_array_equal(np.flatnonzero(gradient), 5 + np.arange(model.receptive_field))
    assert receptive_fields(model)["predictions"] == model.receptive_field or kind != "plain"


def test_mu_law_is_the_originals():
    samples = np.float32([-1, 1, 0.6, -0.25, 0.01, 0.33, -0.9999, 0.42, 0.1, -0.45, 0])
    levels = [0, 255, 243, 32, 157, 230, 0, 235, 203, 18, 128]
    np.testing.assert_array_equal(MuLaw()(samples[None])[0], levels)
    np.testing.assert_array_equal(waveform_to_levels(np.float32([-7, 7])), [0, 255])
    assert levels_to_waveform(128) == np.float32(8.6211592e-5)
    np.testing.assert_array_equal(waveform_to_levels(levels_to_waveform(range(256))), range(256))
    with pytest.raises(ValueError, match="2 or more. Received: 1"):
        MuLaw(1)


def test_labels_are_found_by_name():
    model = build(**KINDS["conditioned"])
    ids = wavenet.condition_ids(model, {"mood": ["calm"] * 2, "genre": ["rock", "metal"]})
    assert {name: each.tolist() for name, each in ids.items()} == {"genre": [2, 1], "mood": [0, 0]}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"genre": ["metall"], "mood": ["calm"]}, "no genre 'metall'. Did you mean metal?"),
        ({"genre": ["xyz"], "mood": ["calm"]}, "There are: classical, metal, rock."),
        ({"gender": ["metal"]}, "no condition 'gender'. Did you mean genre"),
        ({"genre": ["metal"]}, "label for the condition 'mood'. Received none. There are: calm"),
    ],
)
def test_unknown_labels_are_named(names, message):
    with pytest.raises(InputError, match=message):
        wavenet.condition_ids(build(**KINDS["conditioned"]), names)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dilations": ()}, "`dilations` must be ints"),
        ({"dilations": (1, 0)}, r"`dilations\[1\]` must be an int of at least 1. Received: 0"),
        ({"filter_width": 2.0}, "`filter_width` must be an int of at least 1. Received: 2.0"),
        ({"output": "gauss"}, "`output` must be one of"),
        ({"conditions": ["metal"]}, "`conditions` must be a dict .* Received: .'metal'"),
        ({"conditions": {"waveform": ["a"]}}, "a word of its own. Received: 'waveform'"),
        ({"conditions": {"genre": ["a", "a"]}}, "labels of 'genre' must be different str"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        applications.WaveNet(**{**SMALL, **settings})


def test_a_sound_that_is_too_short_is_named():
    with pytest.raises(InputError, match="at least 10 samples.*Received: 9"):
        build()(np.zeros((1, 9), "float32"))


@pytest.mark.parametrize("layer", ["layer2_gated", "skip"])
def test_one_can_dream_on_its_hidden_layers(layer):
    keras.utils.set_random_seed(0)
    model = applications.WaveNet(**{**SMALL, "classes": 256})
    causal = model.get_layer("causal").kernel
    smooth = np.linspace(-1, 1, 256)[:, None] * np.linspace(-1, 1, 12).reshape(2, 1, 6)
    causal.assign(smooth)  # as training makes them: levels that are near do alike
    dream = DeepDream(model, objectives.layer(layer), octaves=1, steps=5)
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 4000)).astype("float32")
    result = dream.run(noise)
    assert result.gain[0] > 1.2
    assert result.retained[0] > 0.9


@pytest.mark.parametrize("biased", [True, False])
def test_a_settled_condition_is_that_label_and_can_be_dreamed_on(biased):
    conditions = {"digit": ("one", "two"), "speaker": ("ann", "ben", "eve")}
    model = applications.WaveNet(**SMALL, conditions=conditions, use_biases=biased)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    plain = wavenet.conditioned(model, digit="two", speaker="eve")
    sound = rng.uniform(-1, 1, (1, 100)).astype("float32")
    wanted = model({"waveform": sound, "digit": np.array([1]), "speaker": np.array([2])})
    np.testing.assert_allclose(plain(sound), wanted, rtol=1e-4, atol=1e-4)
    DeepDream(plain, objectives.layer("layer1_gated"), octaves=1, steps=1)
    with pytest.raises(InputError, match="no digit 'tow'. Did you mean two"):
        wavenet.conditioned(model, digit="tow", speaker="eve")
    with pytest.raises(InputError, match="has no conditions"):
        wavenet.conditioned(plain)
