"""What can be dreamed with: models within models, models that tell no input, analyses, tiles."""

import warnings

import keras
import pytest
from keras import layers

from keras_sounddream import DeepDream, InputError, applications, objectives
from keras_sounddream.audio import Analysis
from keras_sounddream.errors import InputWarning
from keras_sounddream.workflows.layer_gallery import convolutions as convolutions_of
from keras_sounddream.workflows.objective_from_files import middle_layer

QUICK = {"octaves": 1, "steps": 1}


def convolutions(*names, operation=False):
    """A model of pictures with a layer a name."""
    inputs = x = keras.Input((None, None, 3))
    for name in names:
        x = layers.Conv2D(3, 3, padding="same", name=name)(keras.ops.relu(x) if operation else x)
    return keras.Model(inputs, x, name="plain")


def nest(inner):
    """A model with a model within: `before`, the inner one, `after`."""
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(3, 3, padding="same", name="before")(inputs)
    x = layers.Conv2D(3, 3, padding="same", name="after")(inner(x))
    return keras.Model(inputs, x, name="nest")


def functional():
    model = convolutions("deep")
    return keras.Model(model.inputs[0], model.output, name="inner")


def sequential():
    conv = layers.Conv2D(3, 3, padding="same", name="deep")
    return keras.Sequential([keras.Input((None, None, 3)), conv], name="inner")


class Subclass(keras.Model):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize("make", [functional, sequential])
def test_a_model_within_a_model(make, rng):
    inner = make()
    model, picture = nest(inner), rng.uniform(0, 255, (16, 16, 3))
    for name in ("before", "after"):
        result = DeepDream(model, objectives.layer(name), **QUICK).run(picture)
        assert result.gain[0] > 1
    assert DeepDream(inner, objectives.layer("deep"), **QUICK).run(picture).gain[0] > 1
    DeepDream(model, objectives.layer("before"), tile_pixels=8, **QUICK)
    for settings, message in (
        ({"objective": objectives.layer("deep")}, "within the model 'inner', .* get_layer.'inner'"),
        (
            {"objective": objectives.layer("after"), "tile_pixels": 8},
            "how far 'inner', a model within nest, reaches is not known. .*--approximate",
        ),
    ):
        with pytest.raises(InputError, match=message) as refusal:
            DeepDream(model, **settings, **QUICK)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("find", [middle_layer, convolutions_of])
def test_a_model_whose_convolutions_lie_within_another_is_named(find):
    inputs = keras.Input((None, None, 3))
    shell = keras.Model(inputs, functional()(inputs), name="shell")
    with pytest.raises(InputError, match="shell has no convolution of its own.*get_layer.'inner'"):
        find(shell)


def borrowed():
    lender = convolutions("conv")
    return keras.Sequential([keras.Input((None, None, 3)), lender.get_layer("conv")], name="thief")


@pytest.mark.parametrize(
    ("make", "layer", "message"),
    [
        (lambda: keras.Sequential([layers.Dense(3)]), "dense", "no known inputs: begin it with"),
        (lambda: keras.Sequential([functional()]), "inner", "no known inputs: begin it with"),
        (Subclass, "dense", "no known inputs"),
        (lambda: "mobilenet", "conv", "a keras.Model to dream with. Received: 'mobilenet'"),
        (lambda: None, "conv", "a keras.Model to dream with. Received: None"),
    ],
)
def test_models_that_tell_too_little_are_named(make, layer, message):
    with pytest.raises(InputError, match=message) as refusal:
        DeepDream(make(), objectives.layer(layer))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("make", "layer"), [(borrowed, "conv"), (lambda: nest(functional()), "inner")]
)
def test_layers_of_two_models_are_dreamed_on_in_either(make, layer, rng):
    picture = rng.uniform(0, 255, (16, 16, 3))
    assert DeepDream(make(), objectives.layer(layer), **QUICK).run(picture).gain[0] > 1


def test_what_is_not_known_is_not_called_all_of_it():
    model = convolutions("conv1", "conv2", operation=True)
    with pytest.raises(InputError, match=r"exactly: how far 'relu\w*' reaches is not known"):
        DeepDream(model, objectives.layer("conv2"), tile_pixels=8)
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, layers.GroupNormalization(3, name="norm")(inputs))
    with pytest.raises(InputError, match="how far 'norm', a GroupNormalization, reaches"):
        DeepDream(model, objectives.layer("norm"), tile_pixels=8)


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        (Analysis(step_seconds=0.04), "a third or more.* every 0.04 s. .* at most 0.0267"),
        (Analysis(step_seconds=0.03), "a third or more"),
        (
            "fine",
            "`analysis` must be an Analysis, or a dictionary of .* Received: 'fine'",
        ),
    ],
)
def test_an_analysis_without_an_inverse_is_named_at_once(small_model, analysis, message):
    with pytest.raises(InputError, match=message):
        DeepDream(small_model, objectives.layer("conv2"), analysis=analysis)


def test_the_step_that_is_advised_will_do(small_model, chirp):
    analysis = Analysis(step_seconds=0.0267)
    dream = DeepDream(small_model, objectives.layer("conv2"), analysis=analysis, **QUICK)
    assert dream.run(chirp).retained[0] == pytest.approx(1, abs=0.02)


def test_pictures_have_no_analysis():
    with pytest.raises(InputError, match="is a setting of sounds, and plain takes pictures"):
        DeepDream(convolutions("conv"), objectives.layer("conv"), analysis=Analysis())


def test_tiles_that_are_nearly_all_margin_are_warned_of(rng):
    model = convolutions(*(f"conv{i}" for i in range(4)))
    dream = DeepDream(model, objectives.layer("conv3"), tile_pixels=8, **QUICK)
    with pytest.warns(InputWarning, match="make 68 times .* such as tile_pixels=16, or") as warned:
        dream.run(rng.uniform(0, 255, (96, 96, 3)))
    assert warned[0].filename == __file__
    model = applications.LogMelCNN(weights=None)
    dream = DeepDream(model, objectives.layer("block4_conv2"), tile_seconds=1.0, **QUICK)
    with pytest.warns(InputWarning, match="make 10 times .* such as tile_seconds=3, or"):
        dream.ascent.check(rng.normal(0, 0.1, (1, 20 * 24000)))


@pytest.mark.parametrize("settings", [{"tile_pixels": 32}, {"tile_pixels": 0}])
def test_large_tiles_are_not_warned_of(settings, rng):
    dream = DeepDream(convolutions("conv"), objectives.layer("conv"), **settings, **QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        dream.run(rng.uniform(0, 255, (96, 96, 3)))


def test_stereo_and_pairs_are_named():
    inputs = keras.Input((None, 2))
    stereo = keras.Model(inputs, layers.Dense(3, name="dense")(inputs), name="stereo")
    with pytest.raises(InputError, match=r"stereo takes: \(None, None, 2\)"):
        DeepDream(stereo, objectives.layer("dense"))
    inputs = [keras.Input((None,)), keras.Input((None,))]
    pair = keras.Model(inputs, layers.Add(name="add")(inputs), name="pair")
    with pytest.raises(InputError, match="with one input. pair has 2"):
        DeepDream(pair, objectives.layer("add"))
