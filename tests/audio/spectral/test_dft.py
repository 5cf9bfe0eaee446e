"""The Fourier transform in matrix products, against NumPy's and against its own transpose."""

import numpy as np
import pytest
import tensorflow as tf
from runtimes import run_lite, run_onnx

from keras_sounddream.audio.spectral import dft
from keras_sounddream.export.portable.gradients import portable_gradient

# samples of a frame, of the transform, rows of its first stage; 0 where there is but one
LENGTHS = {
    "factors": (960, 960, 30),
    "factors, padded": (900, 1024, 32),
    "factors, odd": (945, 945, 27),
    "short": (320, 320, 0),
    "short, padded": (400, 512, 0),
    "short, odd": (399, 512, 0),
    "prime": (509, 509, 0),
    "least": (2, 2, 0),
}


def frames_of(rng, length, count=3):
    framed = rng.uniform(-1, 1, (2, count, length)).astype("float32")
    framed[..., 0] = 0
    return framed


@pytest.mark.parametrize(("length", "fft_length", "rows"), LENGTHS.values(), ids=LENGTHS)
def test_forward_is_that_of_numpy_from_the_middle_of_the_frame(length, fft_length, rows, rng):
    framed = frames_of(rng, length)
    turn = np.exp(1j * np.pi * length * np.arange(fft_length // 2 + 1) / fft_length)
    wanted = np.fft.rfft(framed, fft_length) * turn
    real, imaginary = dft.forward(framed, fft_length)
    np.testing.assert_allclose(real, wanted.real, atol=1e-6 * np.abs(wanted).max())
    np.testing.assert_allclose(imaginary, wanted.imag, atol=1e-6 * np.abs(wanted).max())
    assert dft._rows(length, fft_length) == rows


@pytest.mark.parametrize(("length", "fft_length", "rows"), LENGTHS.values(), ids=LENGTHS)
def test_inverse_gives_the_frames_back(length, fft_length, rows, rng):
    framed = frames_of(rng, length)
    back = dft.inverse(*dft.forward(framed, fft_length), fft_length, length)
    np.testing.assert_allclose(back[..., 1:], framed[..., 1:], atol=2e-6)


@pytest.mark.parametrize(("length", "fft_length", "rows"), LENGTHS.values(), ids=LENGTHS)
def test_the_transpose_is_the_gradient(length, fft_length, rows, rng):
    framed = tf.constant(frames_of(rng, length))
    parts = rng.normal(size=(2, 2, 3, fft_length // 2 + 1)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(framed)
        score = tf.reduce_sum(tf.stack(dft.forward(framed, fft_length)) * parts)
    wanted = tape.gradient(score, framed)
    found = dft.transposed(*parts, fft_length, length)
    np.testing.assert_allclose(found[..., 1:], wanted[..., 1:], atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("name", ["factors", "short, padded"])
def test_other_runtimes_go_there_and_back(name, rng):
    length, fft_length, _ = LENGTHS[name]

    def score(framed):
        parts = dft.forward(framed, fft_length)
        return tf.reduce_sum(dft.inverse(*parts, fft_length, length) ** 3, 2)

    framed = frames_of(rng, length)
    for run in (run_lite, run_onnx):
        found = run(lambda x: portable_gradient(score, x)[1], framed)
        np.testing.assert_allclose(found[..., 1:], 3 * framed[..., 1:] ** 2, atol=2e-5)
