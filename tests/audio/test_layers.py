"""LogMelSpectrogram, against tf.signal and librosa, in any batch, saved and reloaded."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError
from keras_sounddream.audio import Analysis, LogMelSpectrogram
from keras_sounddream.audio.spectral.mel import hz_to_mel, mel_matrix, mel_to_hz

YAMNET = Analysis(16000, 0.025, 0.010, fft_length=512, min_hz=125.0, max_hz=7500.0)


def test_htk_equals_tf_signal(rng):
    waveform = rng.uniform(-1, 1, (2, 16000)).astype("float32")
    magnitude = tf.abs(tf.signal.stft(waveform, 400, 160, 512))
    weights = tf.signal.linear_to_mel_weight_matrix(64, 257, 16000, 125, 7500, tf.float64)
    expected = np.log(magnitude.numpy() @ weights.numpy() + 1e-3)
    spectrogram = LogMelSpectrogram(YAMNET, power=1)(waveform)
    np.testing.assert_allclose(spectrogram, expected, atol=1e-5)


def test_slaney_equals_librosa(rng):
    librosa = pytest.importorskip("librosa")
    analysis = Analysis(22050, 2048 / 22050, 512 / 22050, num_mel_bins=40, min_hz=0.0,
                        mel_scale="slaney")  # fmt: skip
    waveform = rng.uniform(-1, 1, (1, 22050)).astype("float32")
    mel = librosa.feature.melspectrogram(
        y=waveform[0], sr=22050, n_fft=2048, hop_length=512, n_mels=40, center=False
    )
    spectrogram = LogMelSpectrogram(analysis, log_offset=1e-3)(waveform)
    np.testing.assert_allclose(spectrogram[0], np.log(mel.T + 1e-3), atol=1e-4)


def test_silence_is_the_offset_and_has_a_finite_gradient():
    for power in (1, 2):
        layer = LogMelSpectrogram(Analysis(), power=power)
        silence = tf.zeros((1, 2400))
        with tf.GradientTape() as tape:
            tape.watch(silence)
            spectrogram = layer(silence)
        np.testing.assert_allclose(spectrogram, np.log(1e-3), atol=1e-5)
        assert np.isfinite(tape.gradient(spectrogram, silence)).all()


def test_a_clip_is_the_same_alone_and_beside_a_loud_one(rng):
    quiet = rng.normal(0, 1e-3, (1, 9600)).astype("float32")
    loud = rng.normal(0, 0.5, (1, 9600)).astype("float32")
    layer = LogMelSpectrogram(Analysis())
    together = layer(np.concatenate([quiet, loud]))
    np.testing.assert_allclose(together[:1], layer(quiet), atol=1e-5)


def test_output_shape_is_what_is_promised():
    layer = LogMelSpectrogram(Analysis(num_mel_bins=20))
    for num_samples in (960, 2400, 24001):
        shape = layer(np.zeros((2, num_samples), "float32")).shape
        assert layer.compute_output_shape((2, num_samples)) == shape
    assert layer.compute_output_shape((None, None)) == (None, None, 20)


def test_less_than_a_frame_is_named():
    with pytest.raises(ValueError, match="at least 960 samples, a frame. Received: 500"):
        LogMelSpectrogram(Analysis())(np.zeros((1, 500), "float32"))


def test_saves_and_reloads(tmp_path, rng):
    inputs = keras.Input((None,))
    model = keras.Model(inputs, LogMelSpectrogram(YAMNET, power=1, log_offset=0.01)(inputs))
    model.save(tmp_path / "front_end.keras")
    waveform = rng.uniform(-1, 1, (1, 8000)).astype("float32")
    again = keras.models.load_model(tmp_path / "front_end.keras")
    np.testing.assert_array_equal(again(waveform), model(waveform))


@pytest.mark.parametrize(
    ("settings", "message"), [({"power": 3}, "`power`"), ({"log_offset": 0.0}, "`log_offset`")]
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        LogMelSpectrogram(Analysis(), **settings)


def test_an_empty_band_is_an_error_that_says_what_to_do():
    with pytest.raises(InputError, match="fewer bands"):
        mel_matrix(Analysis(16000, 0.008, 0.004, num_mel_bins=128))


@pytest.mark.parametrize("mel_scale", ["htk", "slaney"])
def test_mel_to_hz_inverts_hz_to_mel(mel_scale):
    hz = np.linspace(0, 12000, 200)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz, mel_scale), mel_scale), hz, atol=1e-8)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_a_loud_sound_is_finite_under_any_policy(policy):
    square = np.where(np.arange(2400) % 48 < 24, 1.0, -1.0)[None].astype("float32")
    expected = LogMelSpectrogram(Analysis())(square)
    for options in ({}, {"dtype": policy}):
        layer = LogMelSpectrogram(Analysis(), **options)
        found = keras.ops.cast(layer(square), "float32")
        np.testing.assert_allclose(found, expected, atol=0.05)
    keras.config.set_dtype_policy(policy)
    try:
        np.testing.assert_array_equal(LogMelSpectrogram(Analysis())(square), expected)
    finally:
        keras.config.set_dtype_policy("float32")
