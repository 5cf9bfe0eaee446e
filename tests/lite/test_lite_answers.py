"""Scores, features and dreams of sounds of any length, against the files' closed forms."""

import itertools

import numpy as np
import pytest
from lite import made_files
from lite.made_files import RATE, SAMPLES

from keras_sounddream import InputError
from keras_sounddream.lite import Classifier, Dreamer, Embedder
from keras_sounddream.lite.windows import windows


def test_a_sound_of_the_files_length_is_scored_as_it_is(model, sound):
    for waveform in (sound[:SAMPLES], sound[None, :SAMPLES], sound[:SAMPLES].astype("float64")):
        found = Classifier(model).scores(waveform)
        assert found.dtype == "float32"
        np.testing.assert_allclose(found, made_files.scores(sound[:SAMPLES]), rtol=1e-5)


def test_a_shorter_sound_is_repeated(model, sound):
    wanted = made_files.scores(np.tile(sound[:700], 3)[:SAMPLES])
    np.testing.assert_allclose(Classifier(model).scores(sound[:700]), wanted, rtol=1e-5)


def test_a_longer_sound_is_the_mean_of_its_windows(model, sound):
    parts = [sound[:1600], sound[1600:3200], sound[3200:4800], sound[3400:5000]]
    weights = np.array([1600, 1600, 1600, 200]) / 5000
    wanted = weights @ [made_files.scores(part) for part in parts]
    np.testing.assert_allclose(Classifier(model).scores(sound), wanted, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 99, 100, 101, 199, 200, 201, 1000])
def test_windows_cover_a_sound_and_their_shares_are_one(length):
    found = list(windows(np.arange(length, dtype="float32"), 100))
    assert sum(share for _, share in found) == pytest.approx(1)
    assert {len(window) for window, _ in found} == {100}
    assert set(np.concatenate([window for window, _ in found])) == set(range(length))


def test_the_likeliest_classes_come_first(model):
    best = Classifier(model).best(np.float32([0.1, 0.7, 0.2]), top=2)
    assert best == [(1, "level", pytest.approx(0.7)), (2, "newest", pytest.approx(0.2))]


def test_features_are_the_files(model, sound):
    found = Embedder(model).features(sound[:SAMPLES])
    np.testing.assert_allclose(found, made_files.features(sound[:SAMPLES]), atol=1e-6)


def test_of_several_lengths_the_shortest_that_fits_the_sound_is_used(variants, sound):
    classifier = Classifier(variants)
    assert classifier.samples == [1600, 4000]
    for length, samples in ((1600, 1600), (1601, 4000), (4000, 4000)):
        wanted = made_files.scores(np.tile(sound[:length], 3)[:samples])
        np.testing.assert_allclose(classifier.scores(sound[:length]), wanted, rtol=1e-5)
    paths = sorted(variants.iterdir())
    assert Classifier(*paths).samples == [1600, 4000]


def test_files_of_a_folder_that_do_something_else_are_left_out(tmp_path):
    for task, samples in (("classify", 1600), ("dream", 4000)):
        made_files.write(tmp_path / f"{task}.tflite", samples, tasks=(task,))
    assert Classifier(tmp_path).samples == [1600]
    assert Dreamer(tmp_path).samples == [4000]
    with pytest.raises(InputError, match="does classify. Expected a file that can embed"):
        Embedder(tmp_path)


def test_files_of_two_models_are_no_length_variants(model, tmp_path):
    other = made_files.write(tmp_path / "other.tflite", labels=("x", "y", "z"))
    with pytest.raises(InputError, match="Expected files of one model"):
        Classifier(model, other)


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0, "f"), r"float32 \(0,\)"),
        (np.zeros((2, 1600), "f"), r"float32 \(2, 1600\)"),
        (np.zeros(1600, "int16"), "Received: int16"),
        (np.full(1600, np.nan, "f"), "The peak is nan"),
        (np.full(1600, np.inf, "f"), "The peak is inf"),
        (np.full(1600, 3000.0, "f"), "The peak is 3000"),
    ],
)
@pytest.mark.parametrize("act", ["scores", "features", "dream"])
def test_what_is_no_sound_is_one_error(model, waveform, message, act):
    kind = {"scores": Classifier, "features": Embedder, "dream": Dreamer}[act]
    with pytest.raises(InputError, match=message):
        getattr(kind(model), act)(waveform)


@pytest.mark.parametrize("length", [1, 100, 1599, 1600, 1601, 1700, 2000, 5000, 20011])
def test_a_dream_is_as_long_as_the_sound_and_whole_at_the_seams(model, length, rng):
    time = np.arange(length) / RATE
    sound = (0.3 * np.sin(2 * np.pi * 440 * time)).astype("float32")  # dreams of it agree
    found = Dreamer(model).dream(sound)
    assert (found.shape, found.dtype) == (sound.shape, "float32")
    np.testing.assert_allclose(found, made_files.dream(sound), atol=2e-6)


def test_windows_lie_evenly_at_whole_steps_and_share_enough(model):
    starts, overlap = Dreamer(model)._cut(5000, SAMPLES)
    assert overlap == SAMPLES // 4
    assert all(start % 20 == 0 for start in starts)  # whole steps of the analysis
    assert all(b - a <= SAMPLES - overlap for a, b in itertools.pairwise(starts))
    assert starts[-1] + SAMPLES >= 5000 > starts[-1] + SAMPLES - 20


def test_silence_stays_silence(model):
    assert not Dreamer(model).dream(np.zeros(5000, "f")).any()


def test_steps_are_made_one_by_one(model, sound):
    dreamer, sound = Dreamer(model), sound[:SAMPLES] * 0.1
    made, objective = dreamer.step(sound, place=3)
    np.testing.assert_allclose(made, made_files.step(sound, 3), rtol=1e-5)
    assert objective == pytest.approx(sound.mean(), abs=1e-6)
    wanted = made_files.step(made_files.step(sound, 0), 1)
    np.testing.assert_allclose(dreamer.dream(sound, steps=2), wanted, rtol=1e-5)
    with pytest.raises(InputError, match="Received `steps`: 0"):
        dreamer.dream(sound, steps=0)
    with pytest.raises(InputError, match="Expected 1600 samples"):
        dreamer.step(sound[:-1])


def test_a_file_of_single_steps_makes_as_many_as_its_settings_say(tmp_path, sound):
    path = made_files.write(tmp_path / "steps.tflite", tasks=("dream_step",))
    wanted = sound[:SAMPLES] * 0.1
    for place in range(4):  # two octaves of two steps
        wanted = made_files.step(wanted, place)
    np.testing.assert_allclose(Dreamer(path).dream(sound[:SAMPLES] * 0.1), wanted, rtol=1e-5)


def test_a_file_without_single_steps_cannot_count_them(tmp_path, sound):
    path = made_files.write(tmp_path / "whole.tflite", tasks=("dream",))
    with pytest.raises(InputError, match="export it with the task dream_step"):
        Dreamer(path).dream(sound, steps=3)
