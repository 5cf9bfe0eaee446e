"""Classifiers as TensorFlow packs them: rate and labels are found, or asked for in a line."""

import json
import struct

import numpy as np
import pytest
from lite import made_files
from lite.made_files import LABELS, RATE, SAMPLES
from places import shared_data

from keras_sounddream import InputError
from keras_sounddream.lite import Classifier, save, tflite_metadata
from keras_sounddream.lite.cli import main

OFFICIAL = "yamnet/yamnet_classifier_int8.tflite"


@pytest.fixture(scope="module")
def packed():
    return made_files.third_party()


@pytest.fixture
def third_party(packed, tmp_path):
    path = tmp_path / "other.tflite"
    path.write_bytes(packed)
    return path


def test_rate_and_labels_are_read_from_the_file(third_party, sound):
    classifier = Classifier(third_party)
    assert (classifier.sample_rate, classifier.labels) == (RATE, LABELS)
    assert classifier.samples == [SAMPLES]
    np.testing.assert_allclose(
        classifier.scores(sound[:SAMPLES]), made_files.scores(sound[:SAMPLES]), rtol=1e-5
    )
    parts = [sound[:1600], sound[1600:3200], sound[3200:4800], sound[3400:5000]]
    wanted = np.array([0.32, 0.32, 0.32, 0.04]) @ [made_files.scores(part) for part in parts]
    np.testing.assert_allclose(classifier.scores(sound), wanted, rtol=1e-5)


def test_what_the_caller_says_goes_before_what_the_file_says(third_party):
    classifier = Classifier(third_party, labels=("a", "b", "c"), sample_rate=16000)
    assert (classifier.sample_rate, classifier.labels) == (16000, ("a", "b", "c"))


def test_the_command_needs_no_flags(third_party, tmp_path, sound, capsys):
    save(tmp_path / "sound.wav", sound, RATE)
    assert main(["classify", str(third_party), str(tmp_path / "sound.wav"), "--json"]) == 0
    best = json.loads(capsys.readouterr().out)["best"]
    assert {one["label"] for one in best} == set(LABELS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 0}, "holds no metadata.*give its labels and sample rate.*--labels and --rate"),
        ({"rate": 3}, "Expected a sample rate of .*other.tflite in Hz. Received: 3"),
        ({"labels": ("one", "two")}, "has 3 classes. Expected as many labels. Received: 2"),
        ({"shape": (2, 800)}, r"Expected one input of sound, float32 \(1, samples\)"),
    ],
)
def test_what_is_missing_or_wrong_is_one_line(third_party, changes, message):
    third_party.write_bytes(made_files.third_party(**changes))
    with pytest.raises(InputError, match=message) as caught:
        Classifier(third_party)
    assert "\n" not in str(caught.value)


def test_damaged_metadata_is_no_metadata(packed, rng):
    whole = made_files.sound_metadata(RATE)
    start = packed.index(whole[:40])
    assert tflite_metadata.read_sample_rate(packed) == RATE
    for _ in range(2000):
        damaged = bytearray(packed)
        for place in rng.integers(start, start + len(whole), 3):
            damaged[place] = rng.integers(256)
        rate = tflite_metadata.read_sample_rate(bytes(damaged))
        assert rate is None or 0 < rate < 2**32
    for length in range(0, len(packed), 97):
        tflite_metadata.read_sample_rate(packed[:length])
        tflite_metadata.read_labels(packed[:length])
    endless = struct.pack("<I", 2**32 - 1) * 50
    assert tflite_metadata.read_sample_rate(endless) is None
    assert tflite_metadata.read_labels(endless) is None


def test_the_official_yamnet_opens_and_names_a_cat(esc10, capsys):
    path = shared_data("weights") / OFFICIAL
    classifier = Classifier(path)
    assert (classifier.samples, classifier.sample_rate) == ([15600], 16000)
    assert (len(classifier.labels), classifier.labels[0]) == (521, "Speech")
    reference = np.load(shared_data("weights") / "yamnet/yamnet_reference.npz")
    for waveform, wanted in zip(
        reference["waveform"], reference["scores_tflite_int8"], strict=True
    ):
        np.testing.assert_allclose(classifier.scores(waveform), wanted, atol=0.02)
    clips = [esc10 / str(clip).removeprefix("esc10/") for clip in reference["clip"][:2]]
    assert main(["classify", str(path), *map(str, clips), "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
