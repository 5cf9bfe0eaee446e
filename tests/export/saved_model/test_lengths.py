"""What is behind a sound's length changes nothing, whatever it is."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.models import make_classifier

from keras_sounddream import InputError
from keras_sounddream.export.saved_model.lengths import by_length, repeated
from keras_sounddream.export.saved_model.signatures import array_signature
from keras_sounddream.export.tasks import find_tasks, least_samples

PADDINGS = {
    "zeros": lambda sound, rng, n: np.zeros(n),
    "the first element": lambda sound, rng, n: np.full(n, sound[0, 0]),
    "noise": lambda sound, rng, n: rng.normal(0, 1, n),
}


def padded(sounds, padding, total=9000):
    rng = np.random.default_rng(0)
    rows = [
        np.concatenate([sound[0], PADDINGS[padding](sound, rng, total - sound.shape[1])])
        for sound in sounds
    ]
    lengths = np.array([sound.shape[1] for sound in sounds], "int32")
    return np.stack(rows).astype("float32"), lengths


def options_of(task, count):
    return {name: tf.zeros(count, option.dtype) for name, option in task.options.items()}


@pytest.fixture(scope="module")
def functions(dream):
    return {task.name: (task, array_signature(task)) for task in find_tasks(dream)}


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("name", ["classify", "embed", "dream", "dream_step"])
def test_padding_changes_nothing(functions, sounds, name, padding):
    task, function = functions[name]
    waveform, lengths = padded(sounds, padding)
    found = function(
        waveform=tf.constant(waveform),
        num_samples=tf.constant(lengths),
        **options_of(task, len(sounds)),
    )
    for i, sound in enumerate(sounds):
        alone = task.function(tf.constant(sound))
        for key in task.outputs:
            row = np.asarray(found[key][i])
            if key == "waveform":
                assert not row[sound.shape[1] :].any()
                row = row[: sound.shape[1]]
            atol = 1e-4 if name == "dream" else 1e-6
            np.testing.assert_allclose(row, alone[key][0], atol=atol, rtol=1e-5)


def test_rows_without_padding_are_answered_together(functions, sounds):
    task, function = functions["classify"]
    rows = np.concatenate([sound[:, :5000] for sound in sounds])
    found = function(waveform=tf.constant(rows), num_samples=tf.fill(3, 5000))["scores"]
    np.testing.assert_allclose(found, task.function(rows)["scores"], rtol=1e-6)


def test_a_short_sound_is_repeated(functions, sounds):
    task, function = functions["classify"]
    short = sounds[0][:, :100]
    found = function(waveform=tf.constant(short), num_samples=tf.constant([100]))["scores"]
    tiled = np.tile(short, (1, 4))[:, : task.min_samples]
    np.testing.assert_allclose(found, task.function(tiled)["scores"], rtol=1e-5)


@pytest.mark.parametrize("samples", [1, 4, 5, 6, 11])
def test_repeating_is_that_of_numpy(samples):
    sound = np.arange(samples, dtype="float32")[None]
    wanted = np.resize(sound, (1, max(samples, 5)))
    np.testing.assert_array_equal(repeated(tf.constant(sound), 5), wanted)


@pytest.mark.parametrize(
    ("name", "count", "value", "message"),
    [
        ("classify", 9001, 0, "at most a row of classify. Received:\\] \\[9001\\]"),
        ("classify", 0, 0, "at least 1 samples of sound for classify. Received:\\] \\[0\\]"),
        ("classify", 9000, np.nan, "Expected finite samples for classify"),
        ("dream", 100, 0, "at least 320 samples of sound for dream. Received:\\] \\[100\\]"),
    ],
)
def test_what_a_task_does_not_take_is_named(functions, name, count, value, message):
    task, function = functions[name]
    waveform = tf.fill((1, 9000), np.float32(value))
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        function(waveform=waveform, num_samples=tf.constant([count]), **options_of(task, 1))


@pytest.mark.parametrize(("option", "value"), [("steps", 1001), ("step_size", np.nan)])
def test_nobody_can_ask_for_endless_dreams(functions, sounds, option, value):
    task, function = functions["dream"]
    options = options_of(task, 1)
    options[option] = tf.constant([value], task.options[option].dtype)
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"Expected `{option}` of at most"):
        function(waveform=tf.constant(sounds[0]), num_samples=tf.constant([8000]), **options)


def test_a_model_of_one_length_repeats_what_is_shorter_and_refuses_what_is_longer(sounds):
    (task,) = find_tasks(make_classifier(samples=4000), ["classify"])
    function = by_length(task)
    found = function(sounds[0], tf.constant([3000]))["scores"]
    wanted = task.model(np.resize(sounds[0][:, :3000], (1, 4000)))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 4000 samples"):
        function(sounds[0], tf.constant([4001]))


def test_the_fewest_samples_are_found_by_layers_within():
    inputs = keras.Input((None, 1))
    x = keras.layers.Conv1D(2, 64, strides=4)(inputs)
    x = keras.layers.MaxPooling1D(8)(x)
    model = keras.Model(inputs, keras.layers.GlobalMaxPooling1D()(x))
    assert least_samples(model) == 64 + 7 * 4


def test_a_model_that_takes_nothing_is_refused():
    inputs = keras.Input((None, 1))
    model = keras.Model(inputs, keras.layers.Conv1D(2, 2**25)(inputs), name="greedy")
    with pytest.raises(InputError, match="greedy takes no sound"):
        least_samples(model)
