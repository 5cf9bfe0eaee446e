"""Objectives, transforms, normalisations and callbacks of a user's own."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.objectives.terms import TERMS
from keras_sounddream.deepdream.params import Transform

QUICK = {"octaves": 1, "steps": 2}


@pytest.fixture
def registry():
    before = dict(TERMS)
    yield TERMS
    TERMS.clear()
    TERMS.update(before)


def loudest(activation):
    return keras.ops.max(activation, axis=-1)


def test_a_name_is_a_layer_or_a_channel(small_model, chirp):
    for text, objective in (
        ("conv2", objectives.layer("conv2")),
        ("conv2:3", objectives.channel("conv2", 3)),
    ):
        dream = DeepDream(small_model, text, **QUICK)
        assert repr(dream.objective) == repr(objective)
    assert dream.run(chirp).name == "conv2 channel 3"


def test_a_function_reads_the_models_output(small_model, chirp):
    dream = DeepDream(small_model, loudest, **QUICK)
    np.testing.assert_allclose(
        dream.score(chirp), np.asarray(small_model(chirp)).max(axis=-1).mean(), rtol=1e-4
    )
    assert dream.run(chirp).gain[0] > 1


@pytest.mark.parametrize(
    "compose",
    [
        lambda own, other: own + other,
        lambda own, other: other + loudest,
        lambda own, other: loudest + other,
        lambda own, other: 2 * own - other,
        lambda own, other: other - loudest,
    ],
)
def test_functions_compose(small_model, chirp, compose):
    own, other = objectives.custom(loudest, "conv1"), objectives.layer("conv2")
    both = DeepDream(small_model, compose(own, other), **QUICK)
    assert len(both.objective.terms) == 2
    assert np.isfinite(both.run(chirp).gain[0])


def test_a_function_without_a_name_is_not_saved(small_model, tmp_path):
    dream = DeepDream(small_model, objectives.custom(loudest, "conv1"), **QUICK)
    with pytest.raises(InputError, match=r"has no name to be saved by: register it with @obj"):
        dream.get_config()


def test_a_registered_function_is_saved_and_reloaded(small_model, chirp, tmp_path, registry):
    @objectives.register("peak_power")
    def peak_power(activation, power):
        return keras.ops.max(activation, axis=-1) ** power

    dream = DeepDream(small_model, 0.5 * peak_power("conv2", power=2.0), **QUICK)
    dream.save(tmp_path / "dream.keras")
    again = keras.models.load_model(tmp_path / "dream.keras")
    assert repr(again.objective) == "0.5 * peak_power('conv2', 2.0)"
    np.testing.assert_allclose(again.score(chirp), dream.score(chirp), rtol=1e-5)
    del registry["peak_power"]
    with pytest.raises((InputError, TypeError, ValueError), match="registered by @objectives"):
        keras.models.load_model(tmp_path / "dream.keras")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: objectives.register("layer"), "a new name, an identifier. Received: 'layer'"),
        (lambda: objectives.register("not one"), "Received: 'not one'"),
        (
            lambda: objectives.register("fine", reads="minds"),
            "`reads` must be one of layer, logits",
        ),
        (lambda: objectives.custom("conv1"), "a function of activations. Received: 'conv1'"),
        (lambda: objectives.custom(loudest, 3), "the name of a layer.* Received: 3"),
        (lambda: objectives.as_objective(7), "Expected an objective.* Received: 7"),
        (lambda: objectives.as_objective("conv1:x"), "LAYER:CHANNEL, such as conv1:7"),
    ],
)
def test_what_cannot_be_an_objective_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_function_that_is_not_local_has_no_exact_tiles(small_model):
    with pytest.raises(InputError, match="cannot be cut into tiles exactly"):
        DeepDream(small_model, objectives.custom(loudest, "conv1"), tile_seconds=0.5)


@keras.saving.register_keras_serializable(package="tests")
class Quieter(Transform):
    """A random gain, from `least` to 1."""

    def __init__(self, least=0.5, **kwargs):
        super().__init__(**kwargs)
        self.least = least

    def call(self, image, seed):
        return image * tf.random.stateless_uniform((), seed, self.least, 1.0)

    def get_config(self):
        return {**super().get_config(), "least": self.least}


def test_a_transform_is_applied_saved_and_repeatable(small_model, chirp, tmp_path):
    plain = DeepDream(small_model, "conv2", **QUICK)
    dream = DeepDream(small_model, "conv2", transforms=[Quieter(0.1)], **QUICK)
    first, again = dream.run(chirp), dream.run(chirp)
    np.testing.assert_array_equal(first.waveform, again.waveform)
    assert np.abs(first.waveform - plain.run(chirp).waveform).max() > 1e-3
    assert first.objective[1, 0] != pytest.approx(plain.run(chirp).objective[1, 0], rel=1e-3)
    dream.save(tmp_path / "dream.keras")
    loaded = keras.models.load_model(tmp_path / "dream.keras")
    assert loaded.settings.transforms[0].least == 0.1
    np.testing.assert_allclose(loaded.run(chirp).waveform, first.waveform, atol=1e-4)


def test_a_transform_sees_the_source_too(small_model, chirp):
    objective = objectives.layer("conv2") + objectives.l2_to_source()
    dream = DeepDream(small_model, objective, transforms=[Quieter(0.1)], **QUICK)
    assert dream.run(chirp).objective[0, 0] == pytest.approx(
        DeepDream(small_model, "conv2", transforms=[Quieter(0.1)], **QUICK)
        .run(chirp)
        .objective[0, 0],
        rel=1e-4,
    )


def test_a_normalisation_of_ones_own(small_model, chirp):
    dream = DeepDream(small_model, "conv2", normalization=tf.sign, step_size=0.5, **QUICK)
    assert dream.run(chirp).gain[0] > 1


def test_settings_of_a_saved_dream_of_former_names_load(small_model):
    config = DeepDream(small_model, "conv2", **QUICK).get_config()
    config["way"], config["blend"] = config.pop("parameterization"), config.pop("source_mix")
    assert (
        DeepDream.from_config(config).settings == DeepDream(small_model, "conv2", **QUICK).settings
    )


def test_a_dream_loads_in_a_new_process(small_model, tmp_path):
    DeepDream(small_model, "conv2", **QUICK).save(tmp_path / "dream.keras")
    code = (
        "import keras_sounddream, sys; assert 'keras' not in sys.modules; import keras; "
        f"dream = keras.models.load_model({str(tmp_path / 'dream.keras')!r}); "
        "print(type(dream).__name__, dream.settings.steps)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["DeepDream", "2"]
