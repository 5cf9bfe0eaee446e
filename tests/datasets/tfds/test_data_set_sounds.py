"""Sounds of a data set of tensorflow_datasets."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_sounddream import InputError
from keras_sounddream.datasets.corpus_cache import store_sounds
from keras_sounddream.datasets.tfds.sounds import list_data_set

RATE = 8000
WORDS = ("yes", "no", "yes", "no", "no")


class TinySpokenWords(tfds.core.GeneratorBasedBuilder):
    """Five sounds of noise, each of another length; one is empty."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "audio": tfds.features.Audio(sample_rate=RATE),
            "label": tfds.features.ClassLabel(names=["no", "yes"]),
            "who": tfds.features.Text(),
            "bare": tfds.features.Audio(),
            "stereo": tfds.features.Audio(shape=(None, 2), sample_rate=2 * RATE),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number, word in enumerate(WORDS):
            samples = noise(number)
            who = "ann" if number < 2 else "ben"
            yield (
                number,
                {"audio": samples, "label": word, "who": who}
                | {
                    "bare": samples,
                    "stereo": np.stack([samples, 0 * samples], 1),
                },
            )


def noise(number):
    length = 100 * number
    return np.random.default_rng(number).integers(-9999, 9999, length, dtype="int64")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    tfds.builder("tiny_spoken_words", data_dir=folder).download_and_prepare()
    return folder


def test_sounds_and_labels_of_a_data_set_belong_together(folder, tmp_path, monkeypatch):
    conditions = {"word": "label", "speaker": "who"}
    listed = list_data_set("tiny_spoken_words", conditions, data_folder=folder)
    sounds = store_sounds(listed, tmp_path, RATE, progress=False)
    assert sounds.conditions == {"word": ("no", "yes"), "speaker": ("ann", "ben")}
    assert sorted(sounds.lengths) == [100, 200, 300, 400]
    assert [reason for _, reason in sounds.dropped] == ["Expected sound, but it holds no samples."]
    for index, length in enumerate(sounds.lengths):  # which tells the sound
        number = length // 100
        np.testing.assert_array_equal(sounds.waveform(index)[0] * 32768, noise(number))
        assert sounds.labels["word"][index] == WORDS[number]
        assert sounds.labels["speaker"][index] == ("ann" if number < 2 else "ben")
    monkeypatch.setattr(type(listed), "waveforms", None)
    again = store_sounds(listed, tmp_path, RATE, progress=False)
    np.testing.assert_array_equal(again.samples, sounds.samples)


def test_channels_are_averaged_and_rates_changed(folder, tmp_path):
    options = {"feature": "stereo", "data_folder": folder, "split": "train[:60%]"}
    listed = list_data_set("tiny_spoken_words", {}, **options)
    assert len(listed.names) == 3
    for sound in listed.waveforms(2 * RATE):
        if not isinstance(sound, InputError):
            np.testing.assert_allclose(sound * 65536, noise(len(sound) // 100), atol=0.01)
    sounds = store_sounds(listed, tmp_path, RATE, seconds=0.01, progress=False)
    assert set(sounds.lengths) <= {50, 80}
    assert sounds.labels == {}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("no_such_data_set", {}, "There is no data set 'no_such_data_set'"),
        ("tiny_spoken_words", {"split": "test"}, "has nothing in a split 'test'. It has: train"),
        ("tiny_spoken_words", {"split": "train[:0%]"}, "has nothing in a split"),
        ("tiny_spoken_words", {"split": "train[:x]"}, "has nothing in a split"),
        ("tiny_spoken_words", {"feature": "sound"}, "has no feature 'sound'. It has: audio"),
        ("tiny_spoken_words", {"conditions": {"word": "wrd"}}, "has no feature 'wrd'"),
        ("tiny_spoken_words", {"feature": "who"}, "Expected an Audio feature"),
        ("tiny_spoken_words", {"data_folder": "elsewhere"}, "is not prepared in"),
    ],
)
def test_what_a_data_set_lacks_is_named(folder, tmp_path, monkeypatch, name, options, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=words):
        list_data_set(name, **{"conditions": {}, "data_folder": folder, **options})
