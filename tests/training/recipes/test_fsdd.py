"""The spoken digits: official parts by file name, and words as loud as one another."""

import shutil

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError
from keras_sounddream.applications import WaveNet
from keras_sounddream.applications.pretrained import shipped_path
from keras_sounddream.applications.registry import save_weights
from keras_sounddream.training.recipes import fsdd
from keras_sounddream.training.wavenet import fit


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "fsdd" / "recordings"
    folder.mkdir(parents=True)
    for name, peak in {
        "0_jackson_0": 0.5,
        "7_theo_4": 0.03,
        "7_theo_5": 0.02,
        "9_lucas_49": 0.4,
    }.items():
        wave = peak * np.sin(np.arange(400) / 3)
        soundfile.write(folder / f"{name}.wav", wave, fsdd.SAMPLE_RATE)
    (folder / "readme.txt").write_text("no recording")
    return tmp_path / "fsdd"


@pytest.mark.parametrize(
    ("test", "names", "speakers"),
    [
        (True, ["0_jackson_0", "7_theo_4"], ("jackson", "theo")),
        (False, ["7_theo_5", "9_lucas_49"], ("theo", "lucas")),
    ],
)
def test_parts_are_told_by_the_take(data, test, names, speakers):
    words = fsdd.list_words(data, test)
    assert [path.stem for path in words.paths] == names
    assert tuple(words.labels["speaker"]) == speakers
    assert list(words.labels["digit"]) == [fsdd.DIGITS[int(name[0])] for name in names]


def test_words_are_brought_to_one_peak(data, tmp_path):
    words = fsdd.read_words(data, tmp_path / "kept", test=False)
    peaks = [abs(words.waveform(number)).max() for number in range(len(words))]
    np.testing.assert_allclose(peaks, fsdd.PEAK, atol=1e-3)
    assert words.sample_rate == fsdd.SAMPLE_RATE


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_a_folder_without_recordings_is_named(tmp_path, folder):
    with pytest.raises(InputError, match=r"recordings/7_jackson_32.wav in .*Found none"):
        fsdd.list_words(tmp_path / folder, test=True)


def test_the_network_is_that_of_the_shipped_weights():
    assert len(fsdd.DIGITS) == 10
    assert fsdd.NETWORK["sample_rate"] == fsdd.SAMPLE_RATE
    assert list(fsdd.LENGTHS) == sorted(fsdd.LENGTHS)


@pytest.mark.parametrize(("weights", "rate"), [(None, 2e-3), ("fsdd", 1.5e-3)])
def test_training_begins_with_weights_that_are_given(data, tmp_path, monkeypatch, weights, rate):
    given = []
    monkeypatch.setattr(fsdd, "train_wavenet", lambda *args, **more: given.extend((*args, more)))
    fsdd.train(data, tmp_path / "run", 500, weights=weights)
    build, settings = given[0], given[3]
    assert given[4]["goes_on"] == (weights is not None)
    shipped = WaveNet(weights="fsdd").get_layer("predictions").kernel.numpy()
    begun = build().get_layer("predictions").kernel.numpy()
    assert np.array_equal(begun, shipped) == (weights is not None)
    assert (settings.steps, settings.learning_rate) == (500, rate)


def test_a_run_from_other_weights_is_another_run(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "_fit", lambda *_: None)  # no step is made: the folder is claimed
    save_weights(WaveNet(weights=None, **fsdd.NETWORK), tmp_path / "other.npz")
    shutil.copy(shipped_path("wavenet_fsdd.npz"), tmp_path / "same.npz")
    for weights in ("fsdd", tmp_path / "same.npz"):
        fsdd.train(data, tmp_path / "run", 500, weights=weights)
    with pytest.raises(InputError, match="holds a run with {'beginning_weights': '[0-9a-f]{64}'}"):
        fsdd.train(data, tmp_path / "run", 500, weights=tmp_path / "other.npz")
