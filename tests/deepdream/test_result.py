"""Measurements of a dream."""

import json

import numpy as np
import pytest

from keras_sounddream.audio import Analysis
from keras_sounddream.deepdream.result import DreamResult, levels_db


def result(analysis=None, before=(1.0, 0.0), believed=(3.0, 0.0), real=(2.0, 0.0)):
    shape = (2, 4800) if analysis else (2, 4, 4, 3)
    return DreamResult(
        source=np.zeros(shape, "float32"),
        dream=np.full(shape, 0.5, "float32"),
        analysis=analysis,
        objective=np.array([[1, 0], [2, 0]], "float32"),
        objective_before=np.array(before, "float32"),
        objective_believed=np.array(believed, "float32"),
        objective_real=np.array(real, "float32"),
        seconds=1.5,
        layers=("conv1",),
        name="layer('conv1')",
    )


def test_gain_and_retained_are_ratios_per_example():
    np.testing.assert_array_equal(result().gain, [2, np.nan])
    np.testing.assert_array_equal(result().retained, [0.5, np.nan])


def test_figures_are_json_without_nan():
    assert json.loads(json.dumps(result().figures(0), allow_nan=False)) == {
        "objective_before": 1.0,
        "objective_believed": 3.0,
        "objective_real": 2.0,
        "gain": 2.0,
        "retained": 0.5,
        "objective": [1.0, 2.0],
        "seconds": 1.5,
        "steps": 2,
        "layers": ["conv1"],
        "name": "layer('conv1')",
        "precision": "float32",
        "sample_rate": None,
    }
    silent = result().figures(1)
    assert (silent["gain"], silent["retained"]) == (None, None)


def test_a_ratio_to_zero_is_no_number_in_figures():
    figures = result(before=(0.0, 0.0)).figures()
    assert figures["gain"] is None
    assert figures["retained"] == pytest.approx(2 / 3)


def test_a_picture_has_no_waveform():
    picture = result()
    assert picture.picture is picture.dream
    assert picture.waveform is picture.sample_rate is None
    assert picture.spectrogram_before is picture.spectrogram_after is None


def test_a_sound_has_no_picture():
    sound = result(Analysis(24000))
    assert sound.waveform is sound.dream
    assert (sound.picture, sound.sample_rate) == (None, 24000)
    assert sound.figures()["sample_rate"] == 24000
    assert sound.spectrogram_before.shape == sound.spectrogram_after.shape
    assert sound.spectrogram_after.max() > sound.spectrogram_before.max()


@pytest.mark.parametrize("level", [1.0, 0.1])
def test_a_sine_of_full_scale_has_0_db(level):
    analysis = Analysis(16000)
    hz = 50 * analysis.bin_hz
    sine = level * np.sin(2 * np.pi * hz * np.arange(16000) / 16000)
    peak = levels_db(sine[np.newaxis].astype("float32"), analysis)[0, 10:-10].max(axis=1)
    np.testing.assert_allclose(peak, 20 * np.log10(level), atol=0.01)


def test_a_step_without_a_number_is_none_in_figures():
    odd = result()
    odd.objective[0, 0] = np.inf
    assert odd.figures()["objective"] == [None, 2.0]
