"""SparsePowerSpectrogram against matplotlib's `specgram`, which the original called."""

import keras
import numpy as np
import pytest
from matplotlib import mlab

from keras_sounddream import InputError
from keras_sounddream.applications.urban_sound_cnn.power_spectrogram import SparsePowerSpectrogram


def original(samples, legacy):
    """The original's steps on 32000 samples of 16 bits, `(129, 13)`, frequency first."""
    power = mlab.specgram(samples[8000:24000])[0]
    assert power.shape == (129, 124)
    power = power[:, ::10]
    for row in power:
        row[row < np.abs(row).max() / 50] = 0
    if legacy:
        return power - power.mean() / power.std()
    return (power - power.mean()) / power.std()


def sounds(rng):
    time = np.arange(32000) / 8000
    tone = 9000 * np.sin(2 * np.pi * 440 * time) * (time < 2.1)
    steps = rng.normal(0, 3000, 32000) * np.repeat([0.05, 1, 0.2, 0.6], 8000)
    return np.stack([tone, steps, 100 + rng.normal(0, 1, 32000)]).astype("int16")


@pytest.mark.parametrize("legacy", [False, True])
def test_is_what_the_original_computed_with_time_first(rng, legacy):
    samples = sounds(rng)
    layer = SparsePowerSpectrogram(legacy_normalization=legacy)
    found = keras.ops.convert_to_numpy(layer(samples.astype("float32") / 32768))
    assert found.shape == (3, 13, 129)
    for got, clip in zip(found, samples, strict=True):
        expected = original(clip.astype("float64"), legacy).T
        np.testing.assert_allclose(got, expected, atol=1e-5 * np.abs(expected).max())


def test_quiet_frames_of_a_bin_become_nothing(rng):
    layer = SparsePowerSpectrogram(legacy_normalization=True)
    samples = sounds(rng)[1:2].astype("float32") / 32768
    found = keras.ops.convert_to_numpy(layer(samples))[0]
    floor = found.min()  # what is 0 before the normalisation
    assert 0.2 < np.mean(found == floor) < 0.9
    loudest = (found - floor).max(axis=0)
    kept = found > floor
    assert np.all((found - floor)[kept] >= np.broadcast_to(loudest / 50, found.shape)[kept] * 0.999)


def test_nine_frames_of_ten_and_the_outer_seconds_are_not_heard(rng):
    layer = SparsePowerSpectrogram()
    samples = sounds(rng)[1:2].astype("float32") / 32768
    changed = samples.copy()
    changed[:, :8000] = changed[:, 24000:] = 0
    for frame in range(13):
        changed[:, 8000 + 1280 * frame + 256 : 8000 + 1280 * (frame + 1)] = 0
    np.testing.assert_array_equal(layer(changed), layer(samples))


@pytest.mark.onednn
@pytest.mark.parametrize("legacy", [False, True])
def test_silence_is_finite_and_alike_in_any_batch(rng, legacy):
    layer = SparsePowerSpectrogram(legacy_normalization=legacy)
    batch = np.concatenate([np.zeros((1, 32000)), sounds(rng) / 32768]).astype("float32")
    found = keras.ops.convert_to_numpy(layer(batch))
    assert not found[0].any()
    for i in range(4):
        # A power is the square of a sum: float32 holds the sum to a part of its largest term,
        # however much of it cancels, in whatever order a processor adds.
        power = np.abs(found[i])
        bound = 1e-5 * (1 + np.sqrt(power * power.max()))
        alone = keras.ops.convert_to_numpy(layer(batch[i : i + 1])[0])
        assert np.all(np.abs(alone - found[i]) <= bound)


def test_saves_and_reloads(tmp_path, rng):
    inputs = keras.Input((32000,))
    model = keras.Model(inputs, SparsePowerSpectrogram(True, name="front_end")(inputs))
    assert model.output_shape == (None, 13, 129)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    samples = sounds(rng).astype("float32") / 32768
    np.testing.assert_array_equal(again(samples), model(samples))


def test_another_length_is_refused():
    with pytest.raises(InputError, match="Expected 32000 samples, 4 s at 8 kHz. Received: 24000"):
        SparsePowerSpectrogram()(np.zeros((1, 24000), "float32"))
