"""The STFT pair, against tf.signal, against itself, and at silence."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream.audio import Analysis
from keras_sounddream.audio.spectral.stft import (
    fourier,
    frames,
    from_polar,
    istft,
    overlap_add,
    stft,
    to_polar,
)

ANALYSES = (
    Analysis(),
    Analysis(step_seconds=0.02),
    Analysis(step_seconds=0.04 / 3),
    Analysis(sample_rate=16000, frame_seconds=0.025, fft_length=512),
    Analysis(sample_rate=22050, frame_seconds=0.0461, step_seconds=0.0131),  # odd, not divisible
)


@pytest.mark.parametrize("analysis", ANALYSES)
@pytest.mark.parametrize("num_samples", [1, 2, 399, 959, 960, 961, 12345, 24000])
def test_istft_inverts_stft_for_any_length(analysis, num_samples, rng):
    waveform = rng.uniform(-1, 1, (2, num_samples)).astype("float32")
    back = istft(*stft(waveform, analysis), analysis, num_samples)
    np.testing.assert_allclose(back, waveform, atol=2e-6)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_transform_is_the_fft_of_a_frame_turned_to_its_middle(analysis, rng):
    length = analysis.frame_length
    framed = rng.uniform(-1, 1, (1, 3, length)).astype("float32")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    expected = np.fft.rfft(framed * window, analysis.fft_length)
    hertz = np.arange(analysis.num_bins) / analysis.fft_length
    expected = expected * np.exp(1j * np.pi * length * hertz)
    real, imaginary = fourier(framed, analysis)
    np.testing.assert_allclose(real, expected.real, atol=1e-4)
    np.testing.assert_allclose(imaginary, expected.imag, atol=1e-4)


@pytest.mark.parametrize("analysis", ANALYSES[:-1])  # tf.signal's odd windows are not periodic
def test_magnitude_is_that_of_tf_signal(analysis, rng):
    waveform = rng.uniform(-1, 1, (2, 9000)).astype("float32")
    real, imaginary = fourier(frames(waveform, analysis), analysis)
    expected = tf.abs(
        tf.signal.stft(waveform, analysis.frame_length, analysis.frame_step, analysis.fft_length)
    )
    magnitude = np.hypot(real, imaginary)
    assert magnitude.shape == expected.shape
    np.testing.assert_allclose(magnitude, expected, atol=1e-4 * np.max(expected))


@pytest.mark.parametrize("analysis", ANALYSES)
def test_frames_are_those_of_tf_signal(analysis, rng):
    waveform = rng.uniform(-1, 1, (2, 5000)).astype("float32")
    expected = tf.signal.frame(waveform, analysis.frame_length, analysis.frame_step)
    np.testing.assert_array_equal(frames(waveform, analysis), expected)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_overlap_add_is_that_of_tf_signal(analysis, rng):
    framed = rng.uniform(-1, 1, (2, 7, analysis.frame_length)).astype("float32")
    expected = tf.signal.overlap_and_add(framed, analysis.frame_step)
    added = overlap_add(framed, analysis)
    np.testing.assert_allclose(added[:, : expected.shape[1]], expected, atol=1e-6)
    assert not np.any(added[:, expected.shape[1] :])


def test_a_sine_falls_into_its_bin():
    analysis = Analysis()
    hz = 40 * analysis.bin_hz
    waveform = np.sin(2 * np.pi * hz * np.arange(24000) / 24000).astype("float32")[None]
    real, imaginary = fourier(frames(waveform, analysis), analysis)
    magnitude = np.hypot(real, imaginary)[0]
    assert (magnitude.argmax(axis=1) == 40).all()
    np.testing.assert_allclose(magnitude.max(axis=1), analysis.frame_length / 4, rtol=1e-4)


def test_gradient_through_the_pair_is_finite_and_that_of_the_identity():
    waveform = tf.zeros((1, 3000))
    with tf.GradientTape() as tape:
        tape.watch(waveform)
        total = tf.reduce_sum(istft(*stft(waveform, Analysis()), Analysis(), 3000))
    np.testing.assert_allclose(tape.gradient(total, waveform), np.ones((1, 3000)), atol=1e-5)


def test_works_in_a_graph_with_unknown_shape(rng):
    analysis = Analysis()

    @tf.function(input_signature=[tf.TensorSpec((None, None))])
    def there_and_back(waveform):
        return istft(*stft(waveform, analysis), analysis, tf.shape(waveform)[1])

    for shape in ((1, 1000), (3, 4321)):
        waveform = rng.uniform(-1, 1, shape).astype("float32")
        np.testing.assert_allclose(there_and_back(waveform), waveform, atol=2e-6)


def test_frames_that_hardly_overlap_are_refused():
    analysis = Analysis(step_seconds=0.035)
    with pytest.raises(ValueError, match="overlap by a third .* every 0.035 s"):
        istft(*stft(np.zeros((1, 5000), "float32"), analysis), analysis, 5000)


def changed(waveform, analysis, transform="dft"):
    """Magnitudes, and the waveform of other magnitudes under the same phases."""
    log_magnitude, *phase = to_polar(*stft(waveform, analysis, transform))
    louder = log_magnitude * np.linspace(0.5, 1.0, analysis.num_bins, dtype="float32")
    return tf.exp(log_magnitude), istft(
        *from_polar(louder, *phase), analysis, waveform.shape[1], transform
    )


@pytest.mark.parametrize("analysis", ANALYSES)
def test_by_fft_magnitudes_and_waveforms_are_the_same(analysis, rng):
    waveform = rng.uniform(-1, 1, (2, 12345)).astype("float32")
    magnitude, back = changed(waveform, analysis)
    quick_magnitude, quick_back = changed(waveform, analysis, "fft")
    np.testing.assert_allclose(quick_magnitude, magnitude, atol=1e-4)
    np.testing.assert_allclose(quick_back, back, atol=1e-5 * np.abs(back).max())


@pytest.mark.parametrize("analysis", ANALYSES)
def test_by_fft_gradients_are_the_same(analysis, rng):
    def gradient(waveform, transform):
        with tf.GradientTape() as tape:
            tape.watch(waveform)
            magnitude, back = changed(waveform, analysis, transform)
            score = tf.reduce_sum(magnitude) + tf.reduce_sum(back**3)
        return tape.gradient(score, waveform)

    waveform = tf.constant(rng.uniform(-1, 1, (1, 5000)).astype("float32"))
    expected, quick = (gradient(waveform, transform) for transform in ("dft", "fft"))
    np.testing.assert_allclose(quick, expected, atol=1e-4 * np.abs(expected).max())


def test_by_fft_a_graph_has_ffts_and_without_it_none(rng):
    def operations(transform):
        graph = tf.function(lambda x: fourier(x, Analysis(), transform)).get_concrete_function(
            tf.TensorSpec((1, None, 960))
        )
        return {operation.type for operation in graph.graph.get_operations()}

    assert "RFFT" in operations("fft")
    assert not {"RFFT", "FFT"} & operations("dft")
