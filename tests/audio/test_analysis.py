"""Analysis: derived counts and bad settings."""

import pytest

from keras_sounddream import InputError
from keras_sounddream.audio import Analysis


def test_counts_are_derived_from_seconds_and_hertz():
    analysis = Analysis(sample_rate=16000, frame_seconds=0.025, step_seconds=0.01, fft_length=512)
    assert (analysis.frame_length, analysis.frame_step, analysis.num_bins) == (400, 160, 257)
    assert analysis.bin_hz == 31.25
    assert analysis.num_frames(16000) == 98
    assert analysis.num_frames(399) == 0
    assert analysis.max_hz == 8000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample_rate": 0}, "`sample_rate` must be at least 1 Hz"),
        ({"step_seconds": 0.0}, "at least one sample a step"),
        ({"step_seconds": 0.05}, "`step_seconds` <= `frame_seconds`"),
        ({"fft_length": 512}, "at least the frame's 960 samples"),
        ({"min_hz": 5000.0, "max_hz": 4000.0}, "`min_hz` < `max_hz`"),
        ({"max_hz": 13000.0}, "half the sample rate"),
        ({"num_mel_bins": 0}, "`num_mel_bins` must be at least 1"),
        ({"mel_scale": "bark"}, "'bark'"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        Analysis(**settings)
