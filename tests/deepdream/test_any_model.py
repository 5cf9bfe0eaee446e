"""Dreams on the networks of any Keras user: each kind of network, in any precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.audio import Analysis, StftMagnitude
from keras_sounddream.deepdream import wrap_model

RATE = 8000
ANALYSIS = Analysis(sample_rate=RATE)
QUICK = {"octaves": 1, "steps": 2}


@pytest.fixture(autouse=True)
def settings_of_keras():
    before = keras.config.dtype_policy(), keras.config.floatx(), keras.config.image_data_format()
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_floatx(before[1])
    keras.config.set_dtype_policy(before[0])
    keras.config.set_image_data_format(before[2])


def sound(seconds=0.5):
    return np.random.default_rng(0).normal(0, 0.1, (1, int(RATE * seconds))).astype("float32")


def of_waveforms(*following, samples=4000, name="net"):
    """A network whose first layer makes frames of 80 samples: `(frames, 4)`."""
    inputs = keras.Input((samples, 1), name="waveform")
    x = layers.Conv1D(4, 160, strides=80, activation="tanh", name="begin")(inputs)
    for layer in following:
        x = layer(x)
    return keras.Model(inputs, x, name=name)


def adapted():
    norm = layers.Normalization(name="norm")
    norm.adapt(np.random.default_rng(0).normal(3, 2, (20, 4)))
    return norm


def two_outputs():
    body = of_waveforms()
    first = layers.Conv1D(3, 3, name="first")(body.output)
    second = layers.GlobalAveragePooling1D(name="second")(body.output)
    return keras.Model(body.inputs, {"a": first, "b": second})


def within():
    inner = keras.Sequential([keras.Input((None, 4)), layers.Conv1D(5, 3)], name="inner")
    return of_waveforms(inner, layers.Conv1D(3, 3, name="behind"))


KINDS = {
    "behind flatten": (lambda: of_waveforms(layers.Flatten(), layers.Dense(5, name="x")), "x"),
    "recurrent": (lambda: of_waveforms(layers.GRU(3, name="x"), layers.Dense(2)), "x"),
    "bidirectional": (
        lambda: of_waveforms(layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="x")),
        "x",
    ),
    "normalised": (
        lambda: of_waveforms(layers.LayerNormalization(), layers.Dense(4, name="x")),
        "x",
    ),
    "of two outputs": (two_outputs, "first"),
    "the other output": (two_outputs, "second"),
    "behind preprocessing": (
        lambda: of_waveforms(layers.Rescaling(2.0), adapted(), layers.Conv1D(3, 3, name="x")),
        "x",
    ),
    "folded, behind preprocessing": (
        lambda: of_waveforms(
            adapted(), layers.Conv1D(3, 3), layers.BatchNormalization(name="x"), layers.ReLU()
        ),
        "x",
    ),
    "with noise": (
        lambda: of_waveforms(layers.GaussianNoise(0.5), layers.Dropout(0.5, name="x")),
        "x",
    ),
    "a model within": (within, "inner"),
    "behind a model within": (within, "behind"),
    "sequential": (
        lambda: keras.Sequential([keras.Input((None, 1)), layers.Conv1D(3, 9, name="x")]),
        "x",
    ),
    "sequential, built late": (
        lambda: _called(keras.Sequential([layers.Conv1D(3, 9, name="x")])),
        "x",
    ),
}


def _called(model):
    model(np.zeros((1, 4000, 1), "float32"))
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_network_is_dreamed_on(kind):
    make, layer = KINDS[kind]
    model = make()
    dream = DeepDream(model, layer, ANALYSIS, **QUICK)
    found, _ = dream.step(tf.constant(sound()))
    reader = keras.Model(model.inputs, model.get_layer(layer).output)
    if isinstance(model.get_layer(layer), keras.Model):
        wanted = model.get_layer(layer)(model.get_layer("begin")(sound()[..., None]))
    else:
        wanted = reader(sound()[..., None], training=False)
    assert np.abs(found - sound()).max() > 1e-3
    np.testing.assert_allclose(dream.score(sound())[0], np.mean(np.square(wanted)), rtol=1e-4)


def test_a_layer_used_twice_is_dreamed_on_by_its_call():
    shared = layers.Conv1D(4, 3, padding="same", name="shared")
    model = of_waveforms(shared, layers.ReLU(), shared)
    scores = [DeepDream(model, f"shared@{i}", ANALYSIS, **QUICK).score(sound()) for i in (1, 2)]
    assert scores[0][0] != pytest.approx(float(scores[1][0]), rel=0.01)
    with pytest.raises(InputError, match="say which call, from 'shared@1' to 'shared@2'"):
        DeepDream(model, "shared", ANALYSIS)


def of_spectrograms(frames=30):
    inputs = keras.Input((frames, 129, 1), name="spectrogram")
    x = layers.Conv2D(3, 3, strides=2, name="conv")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling2D()(x) if frames is None else layers.Flatten()(x)
    x = layers.Dense(4, name="top", activation="softmax")(x)
    return keras.Model(inputs, x, name="net")


def get_spectrogram(waveform):
    return tf.abs(tf.signal.stft(waveform, 255, 128))[..., tf.newaxis]


@pytest.mark.parametrize(
    "settings",
    [
        {"front_end": StftMagnitude(sample_rate=RATE)},
        {"front_end": get_spectrogram, "analysis": ANALYSIS},
    ],
    ids=["layer", "function"],
)
def test_a_network_of_spectrograms_is_dreamed_on(settings):
    dream = DeepDream(of_spectrograms(), objectives.logit(2), octaves=2, steps=3, **settings)
    result = dream.run(sound(0.9))  # of three windows of half a second
    assert dream.sample_rate == RATE
    assert result.objective_real[0] > result.objective_before[0]
    assert result.layers == ("top",)


def test_a_dream_with_a_front_end_is_saved(tmp_path):
    dream = DeepDream(of_spectrograms(), "conv", front_end=StftMagnitude(sample_rate=RATE), **QUICK)
    dream.save(tmp_path / "dream.keras")
    again = keras.models.load_model(tmp_path / "dream.keras")
    np.testing.assert_allclose(again.score(sound()), dream.score(sound()), rtol=1e-5)
    nameless = DeepDream(of_spectrograms(), "conv", ANALYSIS, front_end=get_spectrogram, **QUICK)
    with pytest.raises(InputError, match="'get_spectrogram' has no name to be saved by"):
        nameless.get_config()


def test_a_network_of_spectrograms_is_told_what_it_lacks():
    with pytest.raises(InputError, match=r"\(None, 30, 129, 1\). If these are spectrograms, give"):
        DeepDream(of_spectrograms(), "conv")


def test_a_rate_that_no_layer_tells_is_asked_for():
    with pytest.raises(InputError, match="no layer tells it, as a LogMelSpectrogram does. Give"):
        DeepDream(of_spectrograms(), "conv", front_end=get_spectrogram)


def test_a_constant_second_input_is_held():
    waveform, speaker = keras.Input((None, 1), name="waveform"), keras.Input((2,), name="speaker")
    x = layers.Conv1D(2, 160, strides=80, name="conv")(waveform)
    outputs = layers.Multiply(name="both")([x, layers.Reshape((1, 2))(speaker)])
    model = keras.Model([waveform, speaker], outputs, name="net")
    one, three = (
        DeepDream(model, "both", ANALYSIS, constants={"speaker": [n, n]}, **QUICK) for n in (1, 3)
    )
    np.testing.assert_allclose(three.score(sound()), 9 * one.score(sound()), rtol=1e-4)
    assert np.abs(three.step(tf.constant(sound()))[0] - sound()).max() > 1e-3
    with pytest.raises(InputError, match=r"has 2, waveform, speaker: hold all but one constant"):
        DeepDream(model, "both", ANALYSIS)


POLICIES = ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("when", ["before", "after", "network's own"])
def test_dreams_compute_in_float32_whatever_the_policy(policy, when):
    if when != "after":
        keras.config.set_dtype_policy(policy)
    model = of_spectrograms(frames=None)
    keras.config.set_dtype_policy("float32" if when == "network's own" else policy)
    front_end = get_spectrogram if when == "after" else StftMagnitude(sample_rate=RATE)
    dream = DeepDream(model, "norm", ANALYSIS, front_end=front_end, **QUICK)
    found, objective = dream.step(tf.constant(sound()))
    assert found.dtype == objective.dtype == "float32"
    assert np.abs(found - sound()).max() > 1e-3
    kernel = np.asarray(keras.ops.cast(model.get_layer("conv").kernel, "float32"))
    norm = tf.nn.conv2d(get_spectrogram(sound()), kernel, 2, "VALID") / np.sqrt(1 + 1e-3)
    np.testing.assert_allclose(dream.score(sound())[0], np.mean(np.square(norm)), rtol=1e-3)


@pytest.mark.parametrize("make", ["floatx", "channels_first"])
def test_other_settings_of_keras_change_nothing(make):
    if make == "floatx":
        keras.config.set_floatx("float64")
    model = of_spectrograms(frames=None)
    if make == "channels_first":
        keras.config.set_image_data_format("channels_first")
    model = wrap_model(model, StftMagnitude(sample_rate=RATE))
    found, _ = DeepDream(model, "norm", **QUICK).step(tf.constant(sound()))
    assert np.abs(found - sound()).max() > 1e-3
