"""Scores of sounds by every kind of output: with a time axis, several, named or not."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, audio
from keras_sounddream.applications import base, classify
from keras_sounddream.applications.pieces import windows
from keras_sounddream.applications.sound_scores import check_scoring, score_sound

RATE = 8000
NAMES = ("quiet", "loud")


def loudness(kind, labels=NAMES, samples=None, channel=False):
    """A model at 8 kHz whose two classes are told by the mean size of the samples, by 0.1 s."""
    inputs = keras.Input((samples, 1) if channel else (samples,), name="waveform")
    x = inputs if channel else keras.layers.Reshape((-1, 1))(inputs)
    x = keras.layers.AveragePooling1D(800, name="tenths")(keras.layers.ReLU()(x))
    dense = keras.layers.Dense(2, activation="softmax", name="top")
    outputs = {
        "whole": lambda: dense(keras.layers.GlobalAveragePooling1D()(x)),
        "steps": lambda: dense(x),
        "dict": lambda: {"b": dense(x), "a": dense(keras.layers.GlobalAveragePooling1D()(x))},
        "list": lambda: [dense(x), keras.layers.Identity(name="again")(dense(x))],
    }[kind]()
    model = base.describe(base.AudioModel(inputs, outputs, name="loudness"), RATE, labels)
    dense.set_weights([np.array([[0.0, 100.0]]), np.array([0.0, -10.0])])
    return model


@pytest.fixture
def getting_loud():
    """Two seconds, silent and then not: float32 `(1, 16000)`."""
    return np.repeat([[0.0, 0.5]], RATE, axis=1).astype("float32")


@pytest.mark.parametrize(
    ("kind", "labels", "heads"),
    [
        ("whole", NAMES, {None: NAMES}),
        ("steps", NAMES, {None: NAMES}),
        ("steps", None, {None: ("0", "1")}),
        ("dict", {"b": NAMES, "a": ("x", "y")}, {"a": ("x", "y"), "b": NAMES}),
        ("dict", {"b": NAMES}, {"a": ("0", "1"), "b": NAMES}),
        ("list", None, {"top": ("0", "1"), "again": ("0", "1")}),
    ],
)
@pytest.mark.parametrize("samples", [None, 4000])
@pytest.mark.parametrize("channel", [False, True])
def test_every_output_is_named_as_a_whole_and_in_time(
    kind, labels, heads, samples, channel, getting_loud
):
    scores = score_sound(loudness(kind, labels, samples, channel), getting_loud, by_step=True)
    assert {name: {label for _, label, _ in one.best(2)} for name, one in scores.items()} == {
        name: set(labels) for name, labels in heads.items()
    }
    for name, one in scores.items():
        for start, end, best in one.best_of_steps(1):
            assert 0 <= start < end <= 2
            if end <= 1 or start >= 1:
                assert best[0][1] == heads[name][start >= 1]
                assert best[0][2] > 0.9
        assert one.times[0, 0] == 0
        assert one.times[-1, 1] == 2


def test_steps_of_the_output_have_the_times_that_they_depend_on(getting_loud):
    scores = score_sound(loudness("steps"), getting_loud)[None]
    np.testing.assert_allclose(scores.times[:, 0], np.arange(20) / 10)
    np.testing.assert_allclose(scores.times[:, 1], np.arange(1, 21) / 10)
    np.testing.assert_allclose(scores.whole, scores.steps.mean(axis=0))


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (4000, [0]),
        (8000, [0]),
        (16000, [0, 8000]),
        (16010, [0, 8010]),  # next to nothing more is no window
        (17000, [0, 8000, 9000]),
        (23000, [0, 8000, 15000]),
    ],
)
def test_windows_cover_a_sound(samples, starts):
    found, batch = windows(loudness("whole"), np.ones((1, samples), "float32"))
    assert found == starts
    assert batch.shape == (len(starts), 8000)


def test_steps_of_a_sound_that_is_repeated_end_with_it(chirp):
    model = applications.SoundNet8(weights=None)
    short = audio.io.resample(np.tile(chirp, (1, 4)), 24000, 22050)
    scores = score_sound(model, np.tile(short, (1, 5)))
    assert set(scores) == {"objects", "scenes"}
    assert scores["scenes"].steps.shape == (4, 401)
    assert scores["scenes"].best(1)[0][1].isdecimal()  # random weights have no labels
    alone = score_sound(model, short)["objects"]  # repeated to twenty seconds
    assert alone.times[0].tolist() == [0, 4]
    assert (alone.times[:, 0] < 4).all()
    assert (alone.times[:, 1] == 4).all()


def test_a_file_is_named_by_each_output(tmp_path, getting_loud):
    audio.save(tmp_path / "a.wav", getting_loud, RATE)
    named = classify.classify_file(loudness("dict", {"b": NAMES}), tmp_path / "a.wav", 1)
    assert {name: best[0][1] for name, best in named.items()} == {"a": "1", "b": "loud"}
    assert classify.classify_file(loudness("steps"), tmp_path / "a.wav", 1)[0][1] == "loud"


def picture_network():
    return keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()], name="eye")


def not_finite():
    model = loudness("whole")
    model.get_layer("top").set_weights([np.full((1, 2), np.nan), np.zeros(2)])
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (picture_network, "Expected a model from waveforms"),
        (lambda: applications.WaveNet(weights=None), "names no classes: it is for `generate`"),
        (not_finite, "The scores of loudness are not finite"),
    ],
)
def test_what_cannot_name_sounds_is_refused(make, message, getting_loud):
    model = make()

    def score():
        check_scoring(model)
        score_sound(model, getting_loud)

    with pytest.raises(InputError, match=message):
        score()
