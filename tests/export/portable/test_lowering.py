"""Recurrent layers, complex numbers and Fourier transforms: TensorFlow's gradients, everywhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.portable.test_gradients import check, portable
from keras import layers
from runtimes import run_lite, run_onnx

from keras_sounddream import ExportError
from keras_sounddream.export.portable.gradients import portable_gradient
from keras_sounddream.export.portable.lowering import fourier
from keras_sounddream.export.portable.lowering.complex_numbers import Pair

SERIES, WAVE = (1, 4, 3), (1, 300)


def network(make, shape):
    """A function of a Keras network with random weights, made when it is first called."""
    made = []

    def call(x):
        if not made:
            with tf.init_scope():
                keras.utils.set_random_seed(1)
                inputs = keras.Input(shape[1:])
                made.append(keras.Model(inputs, make(inputs)))
        return made[0](x, training=False)

    return call


def beside(inputs):
    return layers.Add()([layers.Dense(3)(inputs), layers.GRU(3, return_sequences=True)(inputs)])


def both_ways(inputs):
    return layers.Bidirectional(layers.GRU(3, return_sequences=True))(inputs)


def stacked(inputs):
    return layers.SimpleRNN(2)(layers.LSTM(3, return_sequences=True)(inputs))


def mel(inputs):
    return layers.MelSpectrogram(fft_length=64, sequence_stride=32, num_mel_bins=8)(inputs)


def short(inputs):
    return layers.STFTSpectrogram(mode="log", frame_length=40, frame_step=20)(inputs[..., None])


def as_complex(x):
    return tf.cast(x, tf.complex64)


def turning(x):
    z = tf.signal.rfft(x[:, :60]) * tf.exp(tf.complex(0.0, 0.5))
    return tf.abs(z) + tf.math.angle(z / (1.0 + tf.square(z))) + tf.math.imag(z - 1)


TABLE = {
    "GRU": (network(layers.GRU(3, return_sequences=True), SERIES), SERIES),
    "GRU, unrolled": (network(layers.GRU(3, unroll=True), SERIES), SERIES),
    "LSTM of one": (network(layers.LSTM(3), SERIES), SERIES),
    "a branch of it": (network(beside, SERIES), SERIES),
    "Bidirectional": (network(both_ways, SERIES), SERIES),
    "stacked": (network(stacked, SERIES), SERIES),
    "MelSpectrogram": (network(mel, WAVE), WAVE),
    "STFTSpectrogram": (network(short, WAVE), WAVE),
    "a branch of RFFT": (lambda x: x[..., :151] ** 2 + tf.abs(tf.signal.rfft(x)), WAVE),
    "FFT of a prime": (lambda x: tf.abs(tf.signal.fft(as_complex(x[:, :17]))), WAVE),
    "IFFT": (lambda x: tf.math.real(tf.signal.ifft(tf.complex(x, x * x))), WAVE),
    "IRFFT": (lambda x: tf.signal.irfft(tf.math.conj(tf.signal.rfft(x)) * 2) * x, WAVE),
    "IRFFT of an odd length": (lambda x: tf.signal.irfft(tf.signal.rfft(x[:, :45]), [45]), WAVE),
    "complex functions": (turning, WAVE),
    "a gradient of one's own": (lambda x: tf.nn.silu(tf.abs(tf.signal.rfft(x)) - 1), WAVE),
}
SLOW_IN_ONNX = {"GRU, unrolled", "a branch of it", "Bidirectional", "stacked"}
UNKNOWN = "its number of rounds is not known before it runs: give the file one length"


@pytest.mark.parametrize("name", TABLE)
def test_tensorflows_numbers(name, rng):
    function, shape = TABLE[name]
    x = rng.normal(size=shape).astype("float32")
    check(tf.function(portable(function), autograph=False)(x), function, x)


@pytest.mark.parametrize("name", TABLE)
def test_in_litert_too(name, rng):
    function, shape = TABLE[name]
    x = rng.normal(size=shape).astype("float32")
    check(run_lite(portable(function), x), function, x)


@pytest.mark.parametrize("name", [name for name in TABLE if name not in SLOW_IN_ONNX])
def test_in_onnx_runtime_too(name, rng):
    function, shape = TABLE[name]
    x = rng.normal(size=shape).astype("float32")
    check(run_onnx(portable(function), x, fixed=True), function, x)


@pytest.mark.parametrize("length", [1, 2, 17, 24, 45])
@pytest.mark.parametrize("inverse", [False, True])
def test_transforms_are_numpys(length, inverse, rng):
    z = rng.normal(size=(2, 3, length)) + 1j * rng.normal(size=(2, 3, length))
    parts = Pair(tf.constant(z.real, "float32"), tf.constant(z.imag, "float32"))
    real, imaginary = fourier.transform(*parts, length, length, inverse)
    wanted = (np.fft.ifft if inverse else np.fft.fft)(z)
    np.testing.assert_allclose(real.numpy() + 1j * imaginary.numpy(), wanted, atol=1e-5)


def until_large(x):
    return tf.while_loop(lambda v: tf.reduce_sum(v) < 9, lambda v: (v * 2,), (x,))[0]


@pytest.mark.parametrize(
    ("function", "spec", "message"),
    [
        (TABLE["GRU"][0], (1, None, 3), "of layer 'gru' .*is not known before it runs: give"),
        (until_large, (1, 4), f"StatelessWhile .*{UNKNOWN}"),
        (lambda x: tf.abs(tf.signal.fft2d(as_complex(x))), (2, 2), "FFT2D .*complex numbers"),
        (lambda x: tf.math.real(tf.signal.fft(tf.cast(x, tf.complex128))), (2,), "double prec"),
        (lambda x: tf.abs(tf.signal.rfft(x, [10007])), (1, 12000), "no factors to transform"),
        (lambda x: tf.round(x), (3,), "The objective has no gradient"),
        (lambda x: tf.ones(3), (3,), "The objective has no gradient"),
    ],
)
def test_what_would_be_zero_or_partial_is_refused_by_name(function, spec, message):
    inputs = keras.Input(spec[1:])

    def scores(x):
        if function is not TABLE["GRU"][0]:
            return function(x)
        with tf.init_scope():
            model = keras.Model(inputs, layers.GRU(2, name="gru")(inputs))
        return model(x)

    def dreamed(x):
        return portable_gradient(scores, x, ["gru"])[1]

    with pytest.raises(ExportError, match=message):
        tf.function(dreamed, autograph=False).get_concrete_function(tf.TensorSpec(spec))
