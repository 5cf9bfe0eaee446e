"""What `call`, `predict` and `run` are given beside a sound or picture: types, shapes, lengths."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_sounddream import DeepDream, InputError, objectives

BOTH = objectives.layer("conv2") + objectives.channel("conv1", 1)
QUICK = {"octaves": 1, "steps": 1}


@pytest.fixture(scope="module")
def of_sounds(small_model):
    return DeepDream(small_model, BOTH, **QUICK)


@pytest.fixture(scope="module")
def of_pictures():
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, padding="same", name="conv1")(inputs)
    return DeepDream(keras.Model(inputs, x), objectives.layer("conv1"), **QUICK)


WEIGHTS = [
    ([[1.0]], r"`weights` must have the shape \(1, 2\), .* Received shape: \(1, 1\)"),
    ([1.0, 2.0], r"Received shape: \(2,\)"),
    ([[1.0, 2.0], [3.0, 4.0]], r"must have the shape \(1, 2\)"),
    ([[1.0, np.nan]], "`weights` must be finite numbers"),
    ([["a", "b"]], "Expected `weights` of numbers. Received: string"),
    ([[True, False]], "Expected `weights` of numbers. Received: bool"),
    (object(), "Expected `weights` of numbers. Received: object"),
]


@pytest.mark.parametrize(("weights", "message"), WEIGHTS)
def test_weights_that_do_not_fit_are_named_in_run(of_sounds, chirp, weights, message):
    with pytest.raises(InputError, match=message) as refusal:
        of_sounds.run(chirp, weights=weights)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("weights", "message"), WEIGHTS[:4])
def test_weights_that_do_not_fit_are_named_in_call(of_sounds, chirp, weights, message):
    with pytest.raises(InputError, match=message) as refusal:
        of_sounds({"waveform": chirp, "weights": np.array(weights)})
    assert "\n" not in str(refusal.value)


def test_whole_numbers_will_do_as_weights(of_sounds, chirp):
    dreams = [of_sounds({"waveform": chirp, "weights": np.array([w])}) for w in ([1, 0], [1.0, 0])]
    np.testing.assert_array_equal(*dreams)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([24001], r"at least 960, a frame, and at most what a row holds. Received: \[24001\]"),
        ([0], r"at least 960.* Received: \[0\] of 24000"),
        ([-5], r"at least 960.* Received: \[-5\]"),
        ([500], r"at least 960.* Received: \[500\]"),
        ([1000.0], r"ints of shape \(1,\). Received: float32 of shape \(1,\)"),
        ([1000, 2000], r"ints of shape \(1,\). Received: int64 of shape \(2,\)"),
        ([[1000, 2000]], r"ints of shape \(1,\). Received: int64 of shape \(1, 2\)"),
        (["a"], "Expected `num_samples` of numbers. Received: string"),
    ],
)
def test_lengths_that_do_not_fit_are_named(of_sounds, chirp, lengths, message):
    with pytest.raises(InputError, match=message) as refusal:
        of_sounds({"waveform": chirp, "num_samples": np.array(lengths)})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("length", [24001, 0, -5])
def test_a_graph_names_lengths_that_do_not_fit(of_sounds, chirp, length):
    batch = {"waveform": chirp, "num_samples": np.array([length])}
    with pytest.raises(tf.errors.InvalidArgumentError, match="`num_samples` must be at least 960"):
        of_sounds.predict(batch, verbose=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda chirp: {"waveform": chirp, "steps": np.array([0])},
            r"`steps` must be finite and above 0. Received: \[0\]",
        ),
        (
            lambda chirp: {"waveform": chirp, "step_size": np.array([np.nan])},
            "`step_size` must be finite and above 0",
        ),
        (
            lambda chirp: {"waveform": chirp, "steps": np.array([1.5])},
            "`steps` must be ints of shape",
        ),
        (
            lambda chirp: {"picture": chirp},
            "Expected 'waveform', .*'weights' and .*Received: 'picture'",
        ),
        (
            lambda chirp: {"waveform": chirp, "length": chirp},
            "Received: 'waveform', 'length'",
        ),
        (lambda chirp: chirp[0], r"waveforms \(batch, samples\). Received shape: \(24000,\)"),
        (lambda chirp: chirp[:, :500], "at least 960 samples, a frame. Received: 500"),
        (lambda chirp: chirp.astype("int16"), "float numbers.*int16. Divide 16-bit .* by 32768"),
        (lambda chirp: chirp > 0, "Expected a waveform of numbers. Received: bool"),
    ],
)
def test_sounds_that_do_not_fit_are_named(of_sounds, chirp, make, message):
    with pytest.raises(InputError, match=message) as refusal:
        of_sounds(make(chirp))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("waveform", "kind"),
    [({"waveform": [0.1]}, "dict"), ("a.wav", "str"), ([[0.1, 0.2], [0.1]], "list")],
)
def test_what_is_no_array_is_named_in_run(of_sounds, waveform, kind):
    with pytest.raises(InputError, match=f"an array of numbers, to dream on. Received: {kind}"):
        of_sounds.run(waveform)


@pytest.mark.parametrize("callbacks", [None, [5], objectives])
def test_what_is_no_callback_is_named(of_sounds, chirp, callbacks):
    with pytest.raises(InputError, match="`callbacks` must be a list of Callback"):
        of_sounds.run(chirp, callbacks=callbacks)


@pytest.mark.parametrize("kind", ["uint8", "int32", "float64"])
def test_pixels_of_any_type_are_dreamed_alike(of_pictures, rng, kind):
    pixels = rng.integers(0, 256, (1, 20, 24, 3)).astype(kind)
    expected = of_pictures.run(pixels).picture
    for made in (
        of_pictures(pixels),
        of_pictures(tf.constant(pixels)),
        of_pictures({"picture": pixels}),
        of_pictures.predict(pixels, verbose=0),
    ):
        np.testing.assert_allclose(made, expected, atol=0.01)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((20, 24, 3)), r"pictures \(batch, height, width, 3\). .*\(20, 24, 3\)"),
        (np.zeros((1, 20, 24, 1)), r"Received shape: \(1, 20, 24, 1\)"),
        ({"picture": np.zeros((1, 9, 9, 3)), "num_samples": np.array([3])}, "Expected 'picture'"),
    ],
)
def test_pictures_that_do_not_fit_are_named(of_pictures, inputs, message):
    with pytest.raises(InputError, match=message) as refusal:
        of_pictures(inputs)
    assert "\n" not in str(refusal.value)
