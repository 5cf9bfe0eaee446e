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
    ("name", "count", "value", "options", "message"),
    [
        ("classify", 9001, 0, {}, "at most a row of classify. Received: 9001"),
        ("classify", 0, 0, {}, "at least 1 samples of sound for classify. Received: 0"),
        ("classify", -1, 0, {}, "at least 1 samples of sound for classify. Received: -1"),
        ("classify", 9000, np.nan, {}, "Expected finite samples"),
        ("embed", 9000, np.inf, {}, "Expected finite samples"),
        ("classify", 9000, 1e30, {}, "Expected samples in [-1, 1]: divide by"),
        ("embed", 9000, 32767, {}, "32768 for 16-bit samples. Peak. Received: 32767"),
        ("dream", 100, 0, {}, "at least 320 samples of sound for dream. Received: 100"),
        ("dream", 9000, 0, {"steps": 1001}, "Expected `steps` of at most 1000. Received: 1001"),
        ("dream_step", 9000, 0, {"step_size": np.nan}, "Expected `step_size` of at most 40"),
    ],
)
def test_a_row_at_fault_says_why_and_leaves_the_others_alone(
    functions, sounds, name, count, value, options, message
):
    task, function = functions[name]
    good, bad = np.resize(sounds[0], (1, 9000)), np.full((1, 9000), value, "float32")
    given = options_of(task, 2)
    for key, number in options.items():
        given[key] = tf.constant([0, number], task.options[key].dtype)
    rows = tf.constant(np.concatenate([good, bad]))
    found = function(waveform=rows, num_samples=tf.constant([9000, count]), **given)
    said, *others = found["error"].numpy().tolist()[::-1]
    assert message in said.decode()
    assert others == [b""]
    alone = function(waveform=rows[:1], num_samples=tf.constant([9000]), **options_of(task, 1))
    for key in task.outputs:
        assert np.isnan(found[key][1]).all()
        np.testing.assert_allclose(found[key][0], alone[key][0], atol=1e-4, rtol=1e-4)


def test_a_limit_on_length_is_that_of_the_export(functions, sounds):
    task, _ = functions["classify"]
    function = array_signature(task, max_seconds=0.7)
    rows = np.resize(sounds[0], (2, 6000))
    found = function(waveform=tf.constant(rows), num_samples=tf.constant([6000, 5600]))
    said = found["error"].numpy().tolist()
    assert said == [b"Expected at most 0.7 s of sound for classify. Received: 0.75", b""]
    assert np.isfinite(found["scores"]).all(axis=1).tolist() == [False, True]


def test_padding_that_is_no_number_counts_for_nothing(functions, sounds):
    task, function = functions["classify"]
    row = np.pad(sounds[1], ((0, 0), (0, 99)), constant_values=np.nan)
    found = function(waveform=tf.constant(row), num_samples=tf.constant([sounds[1].shape[1]]))
    np.testing.assert_allclose(found["scores"], task.function(sounds[1])["scores"], rtol=1e-5)


def test_each_row_has_a_length(functions, sounds):
    _, function = functions["classify"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="one of `num_samples` for each row"):
        function(waveform=tf.constant(sounds[0]), num_samples=tf.constant([1, 2]))


def test_a_model_of_one_length_repeats_what_is_shorter_and_refuses_what_is_longer(sounds):
    (task,) = find_tasks(make_classifier(samples=4000), ["classify"])
    function = by_length(task)
    found = function(sounds[0], tf.constant([3000]))["scores"]
    wanted = task.model(np.resize(sounds[0][:, :3000], (1, 4000)))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    said = function(sounds[0], tf.constant([4001]))["error"][0].numpy()
    assert b"at most 4000 samples" in said


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
