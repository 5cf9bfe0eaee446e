"""The parts of fast generation, against the network and by known answers."""

import keras
import numpy as np
import pytest

from keras_sounddream import applications
from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.generation import fast

SMALL = {"dilations": (1, 2, 4, 1), "residual_channels": 3, "dilation_channels": 2}
SMALL |= {"skip_channels": 4, "classes": 8}


def build(**settings):
    keras.utils.set_random_seed(1)
    model = applications.WaveNet(**{**SMALL, **settings})
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


@pytest.mark.parametrize(
    ("dilations", "width", "tables"),
    [
        ((1, 2, 4, 1), 2, [(1, 1, [0, 3]), (2, 2, [1]), (4, 4, [2])]),
        ((3, 5, 3), 2, [(3, 4, [0, 2]), (5, 8, [1])]),
        ((3, 5), 4, [(3, 16, [0]), (5, 16, [1])]),
        ((1, 2), 1, []),
    ],
)
def test_layers_of_one_dilation_share_a_queue(dilations, width, tables):
    plan = WaveNetConfig(dilations=dilations, filter_width=width)
    assert fast.tables(plan) == tables
    order = [i for _, _, layers in tables for i in layers]
    assert fast.queued(plan) == (order or list(range(len(dilations))))
    for dilation, length, _ in tables:
        assert length >= (width - 1) * dilation
        assert length & (length - 1) == 0


def test_samples_come_in_as_levels_or_as_they_are():
    samples = np.array([-1.0, 0.0, 0.5], "float32")
    levels = np.asarray(fast.incoming(samples, WaveNetConfig(levels=8)))
    np.testing.assert_array_equal(levels, np.asarray(waveform_to_levels(samples, 8)))
    assert levels.dtype == np.int32
    assert fast.incoming(samples, WaveNetConfig(scalar_input=True)) is samples


@pytest.mark.parametrize("scalar", [True, False])
def test_the_first_layer_is_the_networks(scalar):
    model = build(scalar_input=scalar, initial_filter_width=3)
    plan = model.plan
    waveform = np.random.default_rng(2).uniform(-1, 1, (2, plan.receptive_field))
    waveform = waveform.astype("float32")
    network = keras.Model(model.inputs, model.get_layer("causal").output)(waveform)
    history = fast.incoming(waveform[:, -plan.first_width :].T, plan)
    values = fast.first(fast.fold(model)["first"], history, plan)
    np.testing.assert_allclose(values, network[:, -1], atol=1e-5)


def test_fused_weights_have_the_shapes_that_are_said():
    conditions = {"digit": ("a", "b", "c"), "mood": ("x", "y")}
    model = build(conditions=conditions, local_channels=5, filter_width=3)
    fused = fast.fold(model)
    shapes = {name: np.shape(value) for name, value in fused.items() if name != "conditions"}
    assert shapes == {
        "first": (3, 8, 3),
        "past": (4, 6, 4),
        "current": (4, 3, 4),
        "dense": (3, 2, 3),
        "added": (4, 4),
        "carried": (4, 3),
        "local": (4, 5, 4),
        "skip": (8, 4),
        "skip_bias": (1, 4),
        "post": (4, 4),
        "post_bias": (1, 4),
        "predictions": (4, 8),
        "predictions_bias": (1, 8),
    }
    assert {name: np.shape(t) for name, t in fused["conditions"].items()} == {
        "digit": (3, 4, 4),
        "mood": (2, 4, 4),
    }


def test_without_biases_nothing_is_carried():
    fused = fast.fold(build(use_biases=False))
    assert not fused["carried"].any()
    assert not fused["added"].any()
    assert not fused["skip_bias"].any()


def test_weights_are_laid_out_in_the_order_of_the_queues():
    model = build()
    fused = fast.fold(model)
    weights = fast.laid_out(fused, model.plan)
    assert not {"added", "carried", "conditions", "local"} & set(weights)
    np.testing.assert_array_equal(weights["past"], fused["past"][[0, 3, 1, 2]])
    assert [len(weights[name]) for name in ("current", "dense")] == [4, 3]


def test_the_state_after_silence_holds_what_the_network_takes_in():
    model = build()
    lead = np.zeros((1, model.plan.lead), "float32")
    state = fast.start(model, lead, {}, fast.fold(model)["carried"])
    assert [queue.shape for queue in state["queues"]] == [
        (1, 2, 1, 3),
        (2, 1, 1, 3),
        (4, 1, 1, 3),
    ]
    assert state["history"].tolist() == [[4], [4]]  # level of silence
    assert np.ptp(state["queues"][2], axis=0).max() == pytest.approx(0, abs=1e-6)
