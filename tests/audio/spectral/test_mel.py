"""Mel scales and matrices, at known values."""

import numpy as np
import pytest

from keras_sounddream.audio import Analysis
from keras_sounddream.audio.spectral.mel import hz_to_mel, mel_matrix, mel_to_hz


@pytest.mark.parametrize(
    ("hz", "mel_scale", "mel"),
    [
        (0, "htk", 0.0),
        (700, "htk", 1127 * np.log(2)),
        (1000, "htk", 1127 * np.log(17 / 7)),
        (0, "slaney", 0.0),
        (200, "slaney", 3.0),
        (1000, "slaney", 15.0),
        (6400, "slaney", 42.0),
    ],
)
def test_known_values(hz, mel_scale, mel):
    assert hz_to_mel(hz, mel_scale) == pytest.approx(mel, abs=1e-3)
    assert mel_to_hz(mel, mel_scale) == pytest.approx(hz, abs=1e-3)


@pytest.mark.parametrize("mel_scale", ["htk", "slaney"])
def test_scales_rise(mel_scale):
    assert np.all(np.diff(hz_to_mel(np.arange(0, 8000, 10), mel_scale)) > 0)


@pytest.mark.parametrize("mel_scale", ["htk", "slaney"])
def test_bands_are_triangles_inside_their_range(mel_scale):
    analysis = Analysis(16000, num_mel_bins=20, min_hz=200, max_hz=6000, mel_scale=mel_scale)
    weights = mel_matrix(analysis)
    hz = np.arange(analysis.num_bins) * analysis.bin_hz
    assert weights.shape == (analysis.num_bins, 20)
    assert weights.dtype == "float32"
    assert not weights[(hz < 199) | (hz > 6001)].any()
    peaks = weights.argmax(axis=0)
    assert np.all(np.diff(peaks) > 0)
    for band, peak in zip(weights.T, peaks, strict=True):
        assert np.all(np.diff(band[: peak + 1]) >= 0)
        assert np.all(np.diff(band[peak:]) <= 0)


def test_htk_bands_overlap_to_one():
    weights = mel_matrix(Analysis(16000, num_mel_bins=20, min_hz=0, max_hz=8000, mel_scale="htk"))
    first, last = weights[:, 0].argmax(), weights[:, -1].argmax()
    np.testing.assert_allclose(weights[first:last].sum(axis=1), 1, atol=1e-5)


def test_slaney_bands_are_of_equal_area():
    analysis = Analysis(16000, num_mel_bins=10, min_hz=100, max_hz=8000, mel_scale="slaney")
    areas = mel_matrix(analysis).sum(axis=0) * analysis.bin_hz
    np.testing.assert_allclose(areas, 1, atol=0.05)


def test_a_matrix_is_shared_and_read_only():
    weights = mel_matrix(Analysis())
    assert mel_matrix(Analysis()) is weights
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 1
