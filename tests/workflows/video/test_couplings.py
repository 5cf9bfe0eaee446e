"""Couplings: their spelling, what cannot be coupled, and signals with known values."""

import numpy as np
import pytest
from workflows.video.conftest import RATE, pan, tone

from keras_sounddream import InputError
from keras_sounddream.workflows.video import signals
from keras_sounddream.workflows.video.couplings import (
    Coupling,
    Curve,
    layer_weights,
    parse_all,
)
from keras_sounddream.workflows.video.pictures import Drive


def test_couplings_are_spelled_signal_and_target():
    first, second = parse_all(["loudness:strength", "motion:strength"])
    assert (first.read, first.driven, str(first)) == ("sound", "pictures", "loudness:strength")
    assert (second.read, second.driven) == ("pictures", "sound")
    assert parse_all([Coupling("heard", "layers")])[0].driven == "pictures"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["loudness"], "Expected SIGNAL:TARGET, such as loudness:strength. Received: 'loudness'"),
        (["loudnes:strength"], "no signal 'loudnes'. Did you mean loudness?"),
        (["loudness:streng"], "no target 'streng'. Did you mean strength?"),
        (["motion:layers"], "couple motion to strength"),
        (["loudness:strength", "heard:strength"], "one signal for each target"),
    ],
)
def test_what_cannot_be_coupled_is_told(texts, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        parse_all(texts)


@pytest.mark.parametrize(
    ("value", "weights"),
    [(0, [1, 0, 0]), (0.25, [0.5, 0.5, 0]), (0.5, [0, 1, 0]), (1, [0, 0, 1])],
)
def test_layers_fade_one_into_the_next(value, weights):
    np.testing.assert_allclose(layer_weights(value, 3), weights)


def test_what_drives_nothing_shows_all_of_the_dream():
    assert Drive().strength_at(3.0) == 1
    assert Drive().weights_at(3.0, 2) is None
    curve = Curve(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    drive = Drive(curve, curve)
    assert [drive.strength_at(t) for t in (0, 1.25, 9)] == [0, 0.25, 1]
    np.testing.assert_allclose(drive.weights_at(1.25, 2), [0.75, 0.25])


def test_loudness_is_in_decibels_below_the_loudest():
    sound = np.concatenate([tone(0.5), tone(0.5, level=0.03), np.zeros(RATE // 2)])
    blocks = [sound[i : i + 1000, None] for i in range(0, len(sound), 1000)]
    curve = signals.loudness(blocks, RATE)
    np.testing.assert_allclose(curve.at([0.25, 0.75, 1.25]), [1, 0.5, 0], atol=0.03)
    assert 0.2 < curve.at(0.5) < 0.9  # within a hop of the change
    assert not signals.loudness([np.zeros((999, 2))], RATE).values.any()


def test_brightness_and_motion_are_those_of_the_frames():
    frames = [(i / 25, frame) for i, frame in enumerate(pan(6, 64, 128, 2))]
    curves = signals.follow(frames, ["brightness", "motion"], None)
    means = [frame.mean() / 255 for _, frame in frames]
    np.testing.assert_allclose(curves["brightness"].values, means, rtol=1e-5)
    assert curves["motion"].values[0] == 0
    widths_per_second = 2 / 128 * 25
    np.testing.assert_allclose(curves["motion"].values[1:], widths_per_second / 0.5, rtol=0.15)


def class_dream(shape, labels, kind):
    import keras

    from keras_sounddream import DeepDream, objectives

    keras.utils.set_random_seed(1)
    if kind == "picture":
        inputs = keras.Input((None, None, 3))
        x = keras.layers.GlobalAveragePooling2D()(inputs)
    else:
        from keras_sounddream.audio import Analysis, LogMelSpectrogram

        inputs = keras.Input((None,))
        analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=32)
        x = LogMelSpectrogram(analysis, name="front_end")(inputs)
        x = keras.layers.GlobalAveragePooling1D()(x)
    outputs = keras.layers.Dense(labels, "softmax", name="scores")(x)
    return DeepDream(keras.Model(inputs, outputs), objectives.logit(1, "scores"), octaves=1)


def test_scores_of_a_class_are_the_networks_own(rng):
    eye, ear = class_dream(3, 3, "picture"), class_dream(1, 4, "sound")
    frame = rng.integers(0, 255, (20, 30, 3)).astype("uint8")
    expected = eye.model.predict(eye.model_input(frame[None].astype("float32")), verbose=0)[0, 1]
    curve = signals.follow([(0.0, frame)], ["seen"], eye)["seen"]
    assert curve.at(0.0) == pytest.approx(expected, rel=1e-5)
    sound = np.concatenate([tone(11), rng.normal(0, 0.1, 2 * RATE).astype("float32")])
    curve = signals.heard([sound[:, None]], RATE, ear)
    piece = sound[3 * RATE : 4 * RATE]
    expected = ear.model.predict(piece[None], verbose=0)[0, 1]
    assert curve.at(3.5) == pytest.approx(expected, rel=1e-3)
    assert curve.times.max() < 13
    assert abs(curve.at(12.5) - curve.at(3.5)) > 1e-3


def test_scores_need_a_class(picture_dream):
    for dream in (None, picture_dream):
        with pytest.raises(InputError, match="seen is the score of a class"):
            signals.seen(dream)
