"""Batches for a model: rate, length, order and augmentation, against plain arrays."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_sounddream import InputError, audio, training
from tfds_builders.esc50 import esc50_dataset_builder as esc50

LAYOUT = pathlib.Path(esc50.__file__).parent / "dummy_data" / "esc50"


def model_at(rate, shape=(None,)):
    inputs = keras.Input(shape)
    model = keras.Model(inputs, inputs, name="nothing")
    model.sample_rate = rate
    return model


def examples(waveforms, rates):
    def make():
        for label, (waveform, rate) in enumerate(zip(waveforms, rates, strict=True)):
            yield {"audio": audio.io.quantize(waveform), "sample_rate": rate, "label": label}

    spec = {"audio": tf.TensorSpec([None], tf.int16), "sample_rate": tf.TensorSpec([], tf.int32)}
    spec["label"] = tf.TensorSpec([], tf.int64)
    return tf.data.Dataset.from_generator(make, output_signature=spec)


def read(batches):
    found = list(tfds.as_numpy(batches))
    return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found])


@pytest.fixture
def noises(rng):
    return [rng.uniform(-0.4, 0.4, size).astype("float32") for size in (30000, 5000, 16000)]


def test_clips_are_resampled_and_cropped_or_repeated(noises):
    rates = [44100, 16000, 8000]
    found, labels = read(training.batches(examples(noises, rates), model_at(16000), 2, 0.5))
    assert labels.tolist() == [0, 1, 2]
    assert found.shape == (3, 8000)
    for row, waveform, rate in zip(found, noises, rates, strict=True):
        whole = audio.resample(waveform[None], rate, 16000)[0]
        expected = np.tile(whole, 2)[:8000]
        np.testing.assert_allclose(row, expected, atol=2e-3)


@pytest.mark.parametrize(("shape", "seconds", "expected"), [
    ((None,), None, (3, 40000)),
    ((1234,), None, (3, 1234)),
    ((None, 1), 0.1, (3, 800, 1)),
])  # fmt: skip
def test_the_model_says_the_shape(noises, shape, seconds, expected):
    batches = training.batches(examples(noises, [8000] * 3), model_at(8000, shape), 4, seconds)
    assert read(batches)[0].shape == expected


def test_training_draws_crops_and_order_by_the_seed(noises):
    ramps = [np.arange(8000) / 8000] * 50

    def batches(seed):
        data = examples(ramps, [8000] * 50)
        return training.batches(data, model_at(8000), 50, 0.25, training=True, seed=seed)

    first = batches(1)
    (found, labels), (again, other_labels) = read(first), read(first)
    assert sorted(labels) == list(range(50))
    assert labels.tolist() != sorted(labels)
    starts = np.round(found[:, 0] * 8000).astype(int)
    assert len(set(starts)) > 40
    assert starts.min() < 600
    assert 5400 < starts.max() <= 6000
    np.testing.assert_allclose(found, (starts[:, None] + np.arange(2000)) / 8000, atol=1e-4)
    assert (np.round(again[:, 0] * 8000) != starts).any()
    assert labels.tolist() != other_labels.tolist()
    same, same_labels = read(batches(1))
    np.testing.assert_array_equal(same[np.argsort(same_labels)], found[np.argsort(labels)])


def test_augmentation_turns_inverts_and_changes_the_level(noises):
    ramp = [np.linspace(0.1, 0.5, 1000)] * 100
    data = examples(ramp, [8000] * 100)
    found, _ = read(training.batches(data, model_at(8000), 100, 0.125, augment=True))
    gains = np.sum(found, 1) / np.sum(ramp[0])
    assert 10 < np.sum(gains < 0) < 90
    levels = 20 * np.log10(np.abs(gains))
    assert levels.min() == pytest.approx(-6, abs=1)
    assert levels.max() == pytest.approx(6, abs=1)
    assert len(set(np.argmax(np.abs(found), 1))) > 50
    np.testing.assert_allclose(np.sort(np.abs(found / gains[:, None])), ramp, atol=1e-3)


def test_what_is_cached_is_the_same(noises, tmp_path):
    data, model = examples(noises, [44100, 16000, 8000]), model_at(16000)
    cached = training.batches(data, model, 3, 0.5, cache=tmp_path / "clips")
    plain = read(training.batches(data, model, 3, 0.5))[0]
    for _ in range(2):
        np.testing.assert_allclose(read(cached)[0], plain, atol=1e-4)
    assert list(tmp_path.glob("clips*"))


def test_a_name_is_built_and_read(tmp_path):
    model = model_at(4000)
    where = {"data_dir": tmp_path, "manual_dir": LAYOUT}
    found, labels = read(
        training.dataset("esc50/esc50", model, "fold1+fold2", seconds=0.05, **where)
    )
    assert found.shape == (4, 200)
    assert sorted(labels) == [0, 0, 2, 2]
    builder = tfds.builder("esc50/esc50", data_dir=tmp_path)
    again, _ = read(training.dataset(builder, model, "fold1+fold2", seconds=0.05))
    np.testing.assert_array_equal(again, found)
    with pytest.raises(InputError, match=r"fold1, fold2.*Received: 'train'"):
        training.dataset(builder, model)


def test_tfdss_own_sounds_carry_their_rate_in_the_features():
    with tfds.testing.mock_data(num_examples=3):
        found, _ = read(training.dataset("spoken_digit", model_at(16000), seconds=1.0))
    assert found.shape == (3, 16000)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"model": model_at(None)}, "nothing takes .*at None Hz"),
    ({"model": model_at(8000, (8, 8, 3))}, r"takes \(None, 8, 8, 3\)"),
    ({"batch_size": 0}, "above 0. Received: 0 and None"),
    ({"seconds": -1.0}, "above 0. Received: 32 and -1.0"),
])  # fmt: skip
def test_bad_input_is_named(noises, arguments, message):
    arguments = {"examples": examples(noises, [8000] * 3), "model": model_at(8000), **arguments}
    with pytest.raises(InputError, match=message):
        training.batches(**arguments)


@pytest.mark.parametrize(("name", "message"), [
    ("esc51", "no data set 'esc51'"),
    ("esc50/esc5", "no data set 'esc50/esc5'"),
    ("mnist", "mnist.* lacks audio; it has image, label"),
])  # fmt: skip
def test_unknown_data_is_named(name, message, tmp_path):
    with tfds.testing.mock_data(num_examples=1), pytest.raises(InputError, match=message):
        training.dataset(name, model_at(8000))
