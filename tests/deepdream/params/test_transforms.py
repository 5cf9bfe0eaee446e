"""Random transforms: stretching, and layers of one's own."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream.deepdream.params import (
    RandomEqualizer,
    RandomGain,
    RandomMask,
    RandomNoise,
    RandomPitch,
    RandomRoom,
    Transform,
)
from keras_sounddream.deepdream.params.transforms import stretch
from keras_sounddream.errors import InputError


@pytest.mark.parametrize("shape", [(2, 1000), (1, 100, 80, 3)])
def test_stretch_draws_a_seeded_factor(rng, shape):
    image = rng.normal(size=shape).astype("float32")
    sizes = {stretch(image, 0.2, seed=1, step=step).shape[1] for step in range(6)}
    assert len(sizes) > 3
    assert all(0.79 * shape[1] <= size <= 1.21 * shape[1] for size in sizes)
    again = stretch(image, 0.2, seed=1, step=3)
    np.testing.assert_array_equal(stretch(image, 0.2, seed=1, step=3), again)
    assert stretch(image, 0.0, seed=1, step=3) is image


def test_a_transform_must_define_call():
    class Empty(Transform):
        pass

    with pytest.raises(NotImplementedError, match="Empty must define `call.image, seed.`"):
        Empty().call(np.zeros((1, 4), "float32"), np.zeros(2, "int32"))
    assert Empty().compute_output_shape((None, 4)) == (None, None)


LAYERS = [
    RandomGain(6.0),
    RandomEqualizer(6.0),
    RandomNoise(6.0),
    RandomPitch(6.0),
    RandomMask(0.4),
    RandomRoom(0.5, 1000),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_random_transforms_are_seeded_each_of_a_batch_alone_and_saved(rng, layer):
    waveform = np.repeat(rng.normal(0, 0.1, (1, 999)).astype("float32"), 2, axis=0)
    kind, seed = type(layer), np.array([3, 4], "int32")
    made = layer(waveform, seed).numpy()
    assert made.shape == waveform.shape
    assert np.abs(made[0] - made[1]).max() > 1e-4
    assert 0.2 < np.std(made) / np.std(waveform) < 5
    again = kind.from_config(layer.get_config())
    np.testing.assert_array_equal(again(waveform, seed), made)
    assert np.abs(layer(waveform, seed + 1).numpy() - made).max() > 1e-4


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_gradients_pass_through_random_transforms(rng, layer):
    waveform = tf.constant(rng.normal(0, 0.1, (2, 500)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(waveform)
        power = tf.reduce_sum(layer(waveform, np.array([1, 2], "int32")) ** 2)
    gradient = tape.gradient(power, waveform).numpy()
    assert np.isfinite(gradient).all()
    assert np.count_nonzero(gradient) > 0.5 * gradient.size


def test_pitch_is_shifted_by_at_most_what_is_asked():
    rate, tone = 8000, 500
    waveform = np.sin(2 * np.pi * tone * np.arange(rate) / rate).astype("float32")[None]
    layer = RandomPitch(12.0)
    found = []
    for step in range(12):
        shifted = layer(waveform, np.array([0, step], "int32")).numpy()[0]
        found.append(np.abs(np.fft.rfft(shifted)).argmax() * rate / len(shifted))
    semitones = 12 * np.log2(np.array(found) / tone)
    assert np.abs(semitones).max() < 12.1
    assert semitones.min() < -2
    assert semitones.max() > 2


def test_a_mask_silences_a_stretch_and_a_band(rng):
    waveform = rng.normal(0, 0.1, (1, 4000)).astype("float32")
    shares = []
    for step in range(10):
        masked = RandomMask(0.5)(waveform, np.array([0, step], "int32")).numpy()[0]
        shares.append(np.mean(masked == 0))
    assert 0 < max(shares) <= 0.5
    assert min(shares) < 0.3


def test_a_room_reverberates_and_decays():
    rate = 1000
    click = np.zeros((1, rate), "float32")
    click[0, 0] = 1
    tails = [
        RandomRoom(0.5, rate)(click, np.array([0, step], "int32")).numpy()[0, 1:]
        for step in range(8)
    ]
    powers = [np.sum(tail**2) for tail in tails]
    assert 0 < min(powers) < max(powers) <= 1
    late = [np.sum(tail[500:] ** 2) / np.sum(tail**2) for tail in tails]
    assert max(late) < 2e-6  # 60 dB down after half a second


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomPitch(25.0), "`most` must be at least 0 and at most 24"),
        (lambda: RandomMask(1.5), "`most` must be at least 0 and at most 1"),
        (lambda: RandomRoom(11.0, 8000), "`most` must be at least 0 and at most 10"),
        (lambda: RandomRoom(1.0, 0), "`sample_rate` must be an int of at least 1"),
    ],
)
def test_what_a_transform_may_not_be_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_transform_that_may_do_nothing_does_nothing(rng):
    waveform = rng.normal(0, 0.1, (1, 1000)).astype("float32")
    for kind in (RandomGain, RandomEqualizer):
        made = kind(0.0)(waveform, np.array([0, 0], "int32"))
        np.testing.assert_allclose(made, waveform, atol=1e-6)
    with pytest.raises(InputError, match="`most` must be"):
        RandomGain(-1.0)
