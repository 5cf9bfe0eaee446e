"""Networks of spectrograms, and of constants beside, wrapped into ones of waveforms."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_sounddream import InputError
from keras_sounddream.audio import LibrosaMel, StftMagnitude
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import wrap_model
from keras_sounddream.deepdream.network.wrapping_layers import (
    Constant,
    JoinWindows,
    Windows,
    count_windows,
)

RATE = 16000


def get_spectrogram(waveform):
    """That of TensorFlow's tutorial "Simple audio recognition"."""
    spectrogram = tf.signal.stft(waveform, frame_length=255, frame_step=128)
    return tf.abs(spectrogram)[..., tf.newaxis]


@pytest.fixture(scope="module")
def tutorial():
    """The tutorial's network, with fewer channels."""
    keras.utils.set_random_seed(0)
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(0).uniform(0, 3, (4, 124, 129, 1)))
    return keras.Sequential(
        [
            keras.Input((124, 129, 1)),
            layers.Resizing(32, 32),
            norm,
            layers.Conv2D(4, 3, activation="relu", name="conv1"),
            layers.Conv2D(8, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(8, activation="relu"),
            layers.Dense(3, name="top"),
        ],
        name="tutorial",
    )


def of_spectrograms(*shape, name="net"):
    inputs = keras.Input(shape, name="spectrogram")
    x = layers.Conv2D(2, 3, padding="same", name="conv")(inputs)
    return keras.Model(inputs, layers.GlobalAveragePooling2D(name="mean")(x), name=name)


def noise(samples, batch=1):
    return np.random.default_rng(1).normal(0, 0.1, (batch, samples)).astype("float32")


def test_a_window_of_the_tutorials_second_is_scored_as_there(tutorial):
    whole = wrap_model(tutorial, StftMagnitude())
    assert whole.get_layer("windows").length == RATE
    assert find_sample_rate(whole) == RATE
    sound = noise(RATE, batch=2)
    np.testing.assert_allclose(whole(sound), tutorial(get_spectrogram(sound)), atol=1e-5)


def test_a_function_does_as_a_layer_does(tutorial):
    whole = wrap_model(tutorial, get_spectrogram, sample_rate=RATE)
    assert find_sample_rate(whole) == RATE
    sound = noise(RATE)
    np.testing.assert_allclose(whole(sound), tutorial(get_spectrogram(sound)), atol=1e-5)


def test_a_longer_sound_has_the_mean_of_its_windows_scores(tutorial):
    whole, sound = wrap_model(tutorial, get_spectrogram, sample_rate=RATE), noise(20000, batch=2)
    padded = np.pad(sound, ((0, 0), (0, 4000)))
    parts = [tutorial(get_spectrogram(padded[:, s : s + RATE])) for s in (0, 8000)]
    np.testing.assert_allclose(whole(sound), np.mean(parts, axis=0), atol=1e-5)
    short = np.pad(sound[:, :9000], ((0, 0), (0, 7000)))
    np.testing.assert_allclose(whole(sound[:, :9000]), tutorial(get_spectrogram(short)), atol=1e-5)


def test_weights_are_shared_and_the_network_is_as_before(tutorial):
    before = tutorial.get_layer("conv1").output
    whole = wrap_model(tutorial, StftMagnitude())
    assert whole.get_layer("conv1") is tutorial.get_layer("conv1")
    assert tutorial.get_layer("conv1").output is before
    assert next(layer.name for layer in tutorial.layers) == "resizing"


def test_a_wrapped_network_is_saved(tutorial, tmp_path):
    whole, sound = wrap_model(tutorial, StftMagnitude()), noise(20000)
    whole.save(tmp_path / "whole.keras")
    again = keras.models.load_model(tmp_path / "whole.keras")
    np.testing.assert_allclose(again(sound), whole(sound), atol=1e-6)
    assert find_sample_rate(again) == RATE


@pytest.mark.parametrize(
    ("front_end", "shape", "length"),
    [
        (StftMagnitude(256, 128), (None, 129, 1), None),
        (StftMagnitude(256, 128), (50, 129, 1), 6560),  # of 6528 to 6655: 0.41 s
        (LibrosaMel(22050, n_mels=40), (40, 44, 1), 22050),  # a second
        (LibrosaMel(22050, n_mels=40), (40, None, 1), None),
        (LibrosaMel(22050, n_mels=40, bands_first=False), (None, 40, 1), None),
        (keras.layers.MelSpectrogram(num_mel_bins=20, sampling_rate=8000), (20, None, 1), None),
    ],
)
def test_windows_have_the_roundest_length(front_end, shape, length):
    whole = wrap_model(of_spectrograms(*shape), front_end)
    rate = getattr(front_end, "sample_rate", None) or front_end.sampling_rate
    assert find_sample_rate(whole) == rate
    names = {layer.name: layer for layer in whole.layers}
    assert names["windows"].length == length if length else "windows" not in names
    assert whole(noise(30000)).shape == (1, 2)


@pytest.mark.parametrize(("length", "samples"), [(5, 5), (5, 6), (4, 11), (4, 3), (1, 3)])
def test_windows_hold_every_sample_and_are_joined(length, samples):
    sound = np.arange(1.0, 2 * samples + 1).reshape(2, samples).astype("float32")
    parts = np.asarray(Windows(length)(sound))
    assert len(parts) == 2 * count_windows(samples, length)
    step = -(-length // 2)
    for example, windows in zip(sound, np.split(parts, 2), strict=True):
        filled = np.pad(example, (0, length + (len(windows) - 1) * step - samples))
        assert len(filled) - samples < max(step, length - samples + 1)
        wanted = [filled[i * step : i * step + length] for i in range(len(windows))]
        np.testing.assert_array_equal(windows, wanted)
    joined = JoinWindows(length)(parts[:, :1], sound)
    np.testing.assert_allclose(joined[:, 0], parts[:, 0].reshape(2, -1).mean(axis=1))
    along = JoinWindows(length)(parts[..., np.newaxis], sound)
    np.testing.assert_array_equal(along, parts.reshape(2, -1, 1))
    assert along.shape == JoinWindows(length).compute_output_shape((None, length, 1), sound.shape)


def conditioned(kind="int32"):
    """A network of a spectrogram, or a waveform, and the number of a speaker."""
    sound = keras.Input((None, 129, 1), name="spectrogram")
    speaker = keras.Input((), dtype=kind, name="speaker")
    place = keras.Input((2,), name="place")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(sound))
    x = layers.Add()([x, layers.Embedding(5, 4)(speaker), layers.Dense(4)(place)])
    inputs = {"spectrogram": sound, "speaker": speaker, "place": place}
    return keras.Model(inputs, {"class": layers.Dense(3, name="top")(x)}, name="net")


def test_constants_are_the_same_for_every_example(tmp_path):
    model, sound = conditioned(), noise(RATE, batch=2)
    whole = wrap_model(model, StftMagnitude(), {"speaker": 3, "place": [0.5, 2]})
    given = {"spectrogram": get_spectrogram(sound), "speaker": np.array([3, 3])}
    wanted = model({**given, "place": np.array([[0.5, 2], [0.5, 2]], "float32")})
    np.testing.assert_allclose(whole(sound)["class"], wanted["class"], atol=1e-5)
    whole.save(tmp_path / "whole.keras")
    again = keras.models.load_model(tmp_path / "whole.keras")
    np.testing.assert_allclose(again(sound)["class"], wanted["class"], atol=1e-5)


def test_constants_need_no_front_end():
    picture, style = keras.Input((8, 8, 3), name="picture"), keras.Input((3,), name="style")
    outputs = layers.Multiply()([picture, layers.Reshape((1, 1, 3))(style)])
    whole = wrap_model(keras.Model([picture, style], outputs), constants={"style": [1, 2, 3]})
    assert [tensor.shape for tensor in whole.inputs] == [(None, 8, 8, 3)]
    np.testing.assert_array_equal(whole(np.ones((2, 8, 8, 3)))[1, 0, 0], [1, 2, 3])
    assert Constant(4, "int32")(np.zeros((3, 1))).dtype == "int32"


def test_nothing_to_wrap_leaves_the_model_as_it_is():
    model = of_spectrograms(None, 20, 1)
    assert wrap_model(model) is model


def fails(waveform):
    raise RuntimeError("no such operation\nat all")


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (of_spectrograms(None, 64, 1), {"front_end": StftMagnitude()}, r"makes \(None, None, 129"),
        (
            of_spectrograms(20, None, 1),
            {"front_end": keras.layers.MelSpectrogram(num_mel_bins=30)},
            "let it make the same axes in the same order",
        ),
        (of_spectrograms(9, 9, 1), {"front_end": lambda x: x[:, :81]}, "the same axes"),
        (of_spectrograms(None, 9, 1), {"front_end": fails}, r"RuntimeError: no such operation\)"),
        (of_spectrograms(None, 9, 1), {"front_end": "stft"}, "a layer or a function. Received: 's"),
        (
            of_spectrograms(3, 129, 1),
            {"front_end": lambda x: tf.repeat(get_spectrogram(x), 2, axis=1)},
            "takes 3 frames, and its front end never makes as many",
        ),
        (
            of_spectrograms(None, 129, 1),
            {"front_end": StftMagnitude(), "constants": {"speakr": 1}},
            "net has no input 'speakr'",
        ),
        (
            conditioned(),
            {"front_end": StftMagnitude()},
            "`constants` for all inputs of net but one",
        ),
        (
            conditioned(),
            {"constants": {"speaker": 1, "spectrogram": np.zeros((9, 129, 1)), "place": [1, 2]}},
            "but one. It has: .*Received: speaker, spectrogram, place",
        ),
        (conditioned(), {"constants": {"place": [1, 2, 3]}}, r"shape \(2,\) for .*'place'.*\(3,\)"),
        (conditioned(), {"constants": {"place": "here"}}, "Received: str"),
        (lambda x: x, {"front_end": StftMagnitude()}, "Expected a keras.Model to dream with"),
        (keras.Sequential([layers.Dense(3)]), {"front_end": StftMagnitude()}, "no known inputs"),
    ],
)
def test_what_cannot_be_wrapped_is_told_in_a_line(model, settings, message):
    with pytest.raises(InputError, match=message) as refusal:
        wrap_model(model, **settings)
    assert "\n" not in str(refusal.value)


def test_a_front_end_of_few_bits_is_made_anew():
    half = keras.layers.MelSpectrogram(num_mel_bins=20, dtype="mixed_float16")
    whole = wrap_model(of_spectrograms(20, None, 1), half)
    assert whole.get_layer(half.name).compute_dtype == "float32"


def test_names_that_are_taken_are_left_alone():
    inputs = keras.Input((None, 129, 1), name="spectrogram")
    x = layers.Conv2D(2, 3, name="waveform")(inputs)
    whole = wrap_model(keras.Model(inputs, x), StftMagnitude())
    assert next(layer.name for layer in whole.layers) == "waveform_"
