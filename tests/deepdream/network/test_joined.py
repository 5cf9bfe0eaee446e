"""Several networks as one: what each hears, what is refused, and that a joint dream is saved."""

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, audio, objectives
from keras_sounddream.deepdream.network.joined import join
from keras_sounddream.deepdream.network.resampling import Resample


def network(rate=None, name="other", samples=None, channel=False):
    inputs = keras.Input((samples, 1) if channel else (samples,))
    x = inputs if channel else keras.layers.Reshape((-1, 1))(inputs)
    x = keras.layers.Conv1D(4, 16, strides=8, name="conv", kernel_initializer="he_normal")(x)
    x = keras.layers.ReLU(name="relu")(x)
    model = keras.Model(inputs, x, name=name)
    if rate:
        model.sample_rate = rate
    return model


def test_each_network_scores_the_sound_at_its_own_rate(small_model, chirp):
    rate = DeepDream(small_model, "conv2").sample_rate
    other = network(2 * rate // 3, channel=True)
    joint, objective = join([small_model, other], ["conv2", 3 * objectives.layer("conv")])
    assert joint.sample_rate == rate
    assert {term["layer"] for term in objective.terms} == {
        f"{small_model.name}.conv2",
        "other.conv",
    }
    dream = DeepDream([small_model, other], ["conv2", 3 * objectives.layer("conv")], steps=1)
    lower = audio.io.resample(chirp, rate, other.sample_rate)
    analysis = dream.analysis
    apart = DeepDream(small_model, "conv2").score(chirp).numpy()
    apart += 3 * DeepDream(other, "conv").score(lower).numpy()
    np.testing.assert_allclose(dream.score(chirp).numpy(), apart, rtol=0.02)
    assert analysis.sample_rate == rate


def test_a_joint_dream_raises_both_and_is_saved(small_model, chirp, tmp_path):
    settings = {"octaves": 1, "steps": 4}
    dream = DeepDream([small_model, network(8000), network(8000)], ["conv2"] * 1 + ["conv"] * 2)
    assert dream.objective.layers == ("small.conv2", "other.conv", "other_2.conv")
    dream = DeepDream([small_model, network(8000)], ["conv2", "relu"], **settings)
    result = dream.run(chirp)
    assert result.gain[0] > 1.05
    dream.save(tmp_path / "dream.keras")
    again = keras.saving.load_model(tmp_path / "dream.keras").run(chirp)
    np.testing.assert_allclose(again.dream, result.dream, atol=1e-5)


@pytest.mark.parametrize(
    ("models", "wanted", "message"),
    [
        ([network(8000)] * 2, ["conv"], "as many objectives as networks.* 2 networks and 1"),
        ([], [], "at least one of each"),
        ([network(8000)], "conv", "take a list of objectives, one each"),
        ([network()], ["conv"], "sample rate of other is not known"),
        ([network(8000, samples=4000)], ["conv"], "any length.*4000"),
        (["conv"], ["conv"], "Expected a keras.Model"),
        ([network(8000)], ["nothing"], "no layer"),
    ],
)
def test_what_cannot_be_joined_is_told(models, wanted, message):
    with pytest.raises(InputError, match=message):
        DeepDream(models, wanted)


@pytest.mark.parametrize(
    ("before", "after"), [(24000, 16000), (44100, 16000), (8000, 24000), (16000, 16000)]
)
def test_resampling_keeps_tones_below_half_the_lower_rate(before, after):
    layer = Resample(before, after)
    tone = np.sin(2 * np.pi * 440 * np.arange(before) / before)[np.newaxis].astype("float32")
    made = np.asarray(layer(tone))
    assert made.shape == (1, after) == layer.compute_output_shape((1, before))
    expected = np.sin(2 * np.pi * 440 * np.arange(after) / after)
    np.testing.assert_allclose(made[0, 400:-400], expected[400:-400], atol=2e-3)
    again = Resample.from_config(layer.get_config())
    np.testing.assert_array_equal(again(tone), made)


def test_resampling_cuts_off_what_the_lower_rate_cannot_hold():
    tone = np.sin(2 * np.pi * 10000 * np.arange(24000) / 24000)[np.newaxis].astype("float32")
    assert np.abs(np.asarray(Resample(24000, 16000)(tone))[0, 400:-400]).max() < 1e-3


def test_what_a_normalization_adapted_to_is_joined(chirp):
    inputs = keras.Input((None,))
    normalization = keras.layers.Normalization(axis=None, name="scaled")
    normalization.adapt(10 * np.random.default_rng(0).normal(size=200) + 3)
    model = keras.Model(inputs, normalization(inputs), name="net")
    model.sample_rate = 8000
    joint, _ = join([model, network(8000)], ["scaled", "conv"])
    np.testing.assert_allclose(joint(chirp)[0], model(chirp), atol=1e-6)


class Untold(keras.layers.Layer):
    def __init__(self, function, **options):
        super().__init__(**options)

    def call(self, inputs):
        return inputs


def test_a_layer_that_does_not_tell_its_settings_is_named():
    inputs = keras.Input((None,))
    model = keras.Model(inputs, Untold(abs, name="own")(inputs), name="net")
    model.sample_rate = 8000
    with pytest.raises(InputError, match="Layer 'own' of net does not tell its settings"):
        join([model], ["own"])
