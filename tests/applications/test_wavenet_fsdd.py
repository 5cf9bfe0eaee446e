"""The WaveNet that ships: it loads, is small, says words that begin and end, and knows speech."""

import json

import numpy as np
import pytest
from places import ROOT, shared_data

from keras_sounddream import InputError, applications, generate
from keras_sounddream.training.recipes import fsdd
from keras_sounddream.training.wavenet.evaluation import compare_bits

CONDITIONS = {"digit": ["seven", "two"], "speaker": ["theo", "jackson"]}


@pytest.fixture(scope="module")
def model():
    return applications.WaveNet(weights="fsdd")


@pytest.mark.parametrize(
    ("name", "rate", "field"), [("fsdd", 8000, 4096), ("music16k", 16000, 3071)]
)
def test_each_row_is_of_a_file_that_ships(name, rate, field):
    row, model = applications.wavenet.PRETRAINED[name], applications.WaveNet(weights=name)
    manifest = json.loads((ROOT / "saved_models" / "manifest.json").read_text())["files"]
    (found,) = (each for each in manifest if each["name"] == row["file"])
    assert found["sha256"] == row["sha256"]
    assert found["bytes"] <= 4_000_000
    assert (model.sample_rate, model.receptive_field) == (rate, field)
    assert model.conditions == {
        key: tuple(names) for key, names in row["plan"]["conditions"].items()
    }


def test_other_settings_than_its_own_are_refused():
    with pytest.raises(InputError, match="`skip_channels` must be 128 with `weights='fsdd'`"):
        applications.WaveNet(weights="fsdd", skip_channels=64)


def test_it_says_words(model):
    made = generate(model, 0.5, conditions=CONDITIONS)
    assert made.shape == (2, 4000)
    for word in made:
        assert 0.02 < np.sqrt(np.mean(word[:2000] ** 2)) < 0.5


def test_it_foretells_words_that_it_never_heard(model, tmp_path):
    data = shared_data("fsdd")
    words = fsdd.read_words(data, tmp_path, test=True)
    assert len(words) == 300
    peaks = [np.abs(words.waveform(number)).max() for number in range(300)]
    np.testing.assert_allclose(peaks, fsdd.PEAK, atol=1e-4)
    few = words.part([number % 50 == 0 for number in range(300)])
    found = list(compare_bits(model, few, few).values())
    assert found[0] < found[-1] - 2  # of the entropy, which is about 7 bits


def test_data_without_recordings_are_named(tmp_path):
    with pytest.raises(InputError, match="Expected recordings such as recordings/7_jackson_32"):
        fsdd.list_words(tmp_path, test=True)
