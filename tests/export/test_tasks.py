"""What a model can be exported to do, and that each task is what the model itself does."""

import keras
import numpy as np
import pytest
from export.models import RATE, make_classifier

from keras_sounddream import DeepDream, InputError
from keras_sounddream.export.tasks import find_tasks


def named(model, **options):
    return {task.name: task for task in find_tasks(model, **options)}


def test_classify_is_predict(classifier, sounds):
    task = named(classifier)["classify"]
    found = task.function(sounds[0])["scores"]
    np.testing.assert_allclose(found, classifier.predict(sounds[0], verbose=0), rtol=1e-5)
    assert task.labels == ("bark", "rain", "clock")
    assert task.min_samples == round(0.04 * RATE)


def test_embed_is_what_the_top_takes(classifier, sounds):
    wanted = keras.Model(classifier.input, classifier.get_layer("pooled").output)(sounds[0])
    found = named(classifier)["embed"].function(sounds[0])["features"]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_embed_of_a_layer_is_its_mean(classifier, sounds):
    found = named(classifier, layer="conv1")["embed"].function(sounds[0])["features"]
    activation = keras.Model(classifier.input, classifier.get_layer("conv1").output)(sounds[0])
    np.testing.assert_allclose(found, np.mean(activation, axis=(1, 2)), rtol=1e-5)


def test_embed_looks_past_layers_without_weights():
    inputs = keras.Input((100,))
    features = keras.layers.Dense(5, name="features")(inputs)
    x = keras.layers.Dropout(0.5)(features)
    x = keras.layers.Activation("softmax")(keras.layers.Dense(3)(x))
    model = keras.Model(inputs, x)
    model.sample_rate = RATE
    rows = np.ones((2, 100), "float32")
    wanted = keras.Model(inputs, features)(rows)
    np.testing.assert_allclose(named(model)["embed"].function(rows)["features"], wanted)


def test_without_a_top_the_output_is_the_embedding(small_model, chirp):
    tasks = named(small_model)
    assert set(tasks) == {"embed"}
    wanted = np.mean(small_model(chirp), axis=(1, 2))
    np.testing.assert_allclose(tasks["embed"].function(chirp)["features"], wanted, rtol=1e-5)


def test_the_dream_is_the_dream(dream, sounds):
    wanted = dream.run(sounds[0]).dream
    found = named(dream)["dream"].function(sounds[0])["waveform"]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_steps_and_step_size_are_those_of_other_settings(dream, sounds):
    other = DeepDream(dream.model, dream.objective, octaves=2, steps=12, step_size=2.0)
    wanted = other.run(sounds[1]).dream
    found = dream(
        {
            "waveform": np.repeat(sounds[1], 2, axis=0),
            "steps": np.array([12, 3]),
            "step_size": np.array([2.0, dream.settings.step_size], "float32"),
        }
    )
    np.testing.assert_allclose(found[:1], wanted, atol=1e-2 * np.abs(wanted).max())
    np.testing.assert_allclose(found[1:], dream.run(sounds[1]).dream, atol=1e-3)


def test_a_step_climbs_and_can_be_looped(dream, sounds):
    step = named(dream)["dream_step"].function
    waveform, scores = sounds[0], []
    for place in range(4):
        made = step(waveform, place)
        waveform, scores = made["waveform"], [*scores, float(made["objective"][0])]
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(float(dream.score(sounds[0])[0]), rel=0.05)


def test_a_step_is_a_dream_of_one_step(dream, sounds):
    other = DeepDream(dream.model, dream.objective, octaves=1, steps=1)
    made, _ = dream.step(sounds[0])
    np.testing.assert_allclose(made, other.run(sounds[0]).dream, atol=1e-5)


def test_several_outputs_keep_their_names_and_are_averaged_over_time(classifier, sounds):
    inputs = keras.Input((None, 1))
    x = keras.layers.Conv1D(4, 64, strides=32, name="shared")(inputs)
    heads = [keras.layers.Conv1D(n, 1, name=name)(x) for name, n in (("objects", 5), ("scenes", 3))]
    model = keras.Model(inputs, heads)
    model.sample_rate = RATE
    assert named(model)["classify"].labels is None
    task = named(model)["classify"]
    found = task.function(sounds[0])
    assert task.outputs == ("objects", "scenes")
    assert task.min_samples == 64
    np.testing.assert_allclose(
        found["scenes"], np.mean(model(sounds[0][..., None])[1], axis=1), rtol=1e-4, atol=1e-6
    )
    assert named(model)["embed"].function(sounds[0])["features"].shape == (1, 4)


def spectrograms(_):
    inputs = keras.Input((None, None, 1))
    return keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv")(inputs))


def without_rate(_):
    inputs = keras.Input((100,))
    return keras.Model(inputs, keras.layers.Dense(3)(inputs), name="nameless")


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda c: c, {"names": ["clasify"]}, "clasify.*Did you mean 'classify'"),
        (lambda c: c, {"names": ["dream"]}, "'dream' needs a DeepDream. Received: tiny"),
        (lambda c: c, {"layer": "conv3"}, "conv3"),
        (spectrograms, {}, "Expected a model with one input, waveforms.*or pictures"),
        (lambda c: c, {"preprocessing": "tf"}, "is of models of pictures, and tiny takes sounds"),
        (without_rate, {}, "sample rate of nameless is not known"),
    ],
)
def test_what_cannot_be_exported_is_named(classifier, make, options, message):
    with pytest.raises(InputError, match=message):
        find_tasks(make(classifier), **options)


def test_a_model_of_one_length_takes_that_length():
    task = named(make_classifier(samples=4000))["classify"]
    assert (task.samples, task.min_samples) == (4000, 4000)


def test_the_least_length_can_be_longer(classifier):
    assert named(classifier, min_seconds=0.5)["classify"].min_samples == 4000
