"""Crops, filters and masks of spectrograms: what each may change, and what it leaves."""

import numpy as np
import pytest

from keras_sounddream.applications.efficientat.front_end import CentredLogMel
from keras_sounddream.audio import Analysis, LogMelSpectrogram
from keras_sounddream.training import augmentation


@pytest.mark.parametrize("shape", [(60, 40), (9, 12), (200, 8)])
def test_masks_are_bands_and_frames_of_the_mean(rng, shape):
    for _ in range(20):
        spectrogram = rng.normal(size=shape)
        masked = spectrogram.copy()
        augmentation.mask(rng, masked)
        changed = masked != spectrogram
        np.testing.assert_allclose(masked[changed], spectrogram.mean())
        bands, frames = changed.all(axis=0), changed.all(axis=1)
        np.testing.assert_array_equal(changed, bands[None] | frames[:, None])
        assert bands.sum() <= 2 * 8 or frames.all()
        assert frames.sum() <= 2 * int(0.12 * shape[0]) or bands.all()


def test_masks_differ_and_some_are_wide(rng):
    widths = set()
    for _ in range(50):
        spectrogram = rng.normal(size=(100, 40))
        masked = spectrogram.copy()
        augmentation.mask(rng, masked)
        widths.add(int((masked != spectrogram).all(axis=0).sum()))
    assert len(widths) > 5
    assert max(widths) > 8


def test_filters_are_smooth_and_around_unity(rng):
    gains = np.stack([augmentation.random_filter(rng, 41) for _ in range(400)])
    assert gains.dtype == "float32"
    assert gains.min() > 0
    gain_db = 10 * np.log10(gains)
    assert abs(gain_db.mean()) < 1.5
    bends = np.abs(np.diff(gain_db, n=2, axis=1))  # straight between five points
    assert np.all(bends[:, [i for i in range(39) if i % 10 != 9]] < 1e-3)


@pytest.mark.parametrize(("num_frames", "expected"), [(5, 5), (10, 10), (30, 30)])
def test_a_crop_has_its_length_and_is_of_the_sound(rng, num_frames, expected):
    power = 1 + np.arange(10, dtype="float32")[:, None] * np.ones((1, 3), "float32")
    for _ in range(20):
        crop = augmentation.crop_by_loudness(rng, power, num_frames)
        assert crop.shape == (expected, 3)
        sound = crop[crop[:, 0] > 0]
        np.testing.assert_array_equal(np.diff(sound[:, 0]), 1)
        assert len(sound) == min(num_frames, 10)


def test_a_crop_is_a_copy(rng):
    power = np.ones((10, 3), "float32")
    augmentation.crop_by_loudness(rng, power, 4)[:] = 9
    assert np.all(power == 1)


def test_a_loud_frame_is_nearly_always_in_the_crop(rng):
    power = np.full((100, 2), 1e-8, "float32")
    power[70] = 1
    held = [augmentation.crop_by_loudness(rng, power, 10).max() == 1 for _ in range(100)]
    assert np.mean(held) > 0.9


def crops(rng, labels, **options):
    stored = [[np.full((20, 8), 1.0 + label, "float32")] for label in labels]
    settings = {"crop_frames": 8, "epochs": 2, "batch_size": 3, **options}
    return augmentation.AugmentedCrops(stored, labels, 3, **settings)


def test_targets_are_shares_of_two_classes(rng):
    batches = crops(rng, [0, 1, 2] * 4)
    targets = np.concatenate([batches.batch(step)[1] for step in range(8)])
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    assert (targets > 0).sum(axis=1).max() == 2
    mixed = (targets > 0).sum(axis=1) == 2
    assert 0 < mixed.mean() < 1


def test_without_change_a_crop_is_the_logarithm(rng, monkeypatch):
    monkeypatch.setattr(augmentation, "_MIXED_SHARE", 0.0)
    monkeypatch.setattr(augmentation, "random_filter", lambda rng, n: np.ones(n, "float32"))
    monkeypatch.setattr(augmentation, "mask", lambda rng, x: None)
    rows = (
        (None, np.log(2 + 1e-3)),
        (LogMelSpectrogram(Analysis(), 2, 0.5), np.log(2 + 0.5)),
        (LogMelSpectrogram(Analysis(), 1, 0.25), np.log(np.sqrt(2) + 0.25)),
        (CentredLogMel(log_offset=0.5), (np.log(2 + 0.5) + 4.5) / 5),
    )
    for front_end, expected in rows:
        spectrograms, targets = crops(rng, [1, 1, 1], front_end=front_end).batch(0)
        np.testing.assert_allclose(spectrograms, expected, rtol=1e-6)
        assert targets.argmax(axis=1).tolist() == [1, 1, 1]


def test_clips_that_fill_no_batch_are_left_out_of_an_epoch(rng):
    batches = crops(rng, [0, 1, 2, 0])
    assert (batches.steps_per_epoch, len(batches)) == (1, 2)
    assert batches.batch(1)[0].shape == (3, 8, 8)
