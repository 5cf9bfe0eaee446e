"""`decode` in a pipeline gives what `load` gives; without tensorflow-io it says what to do."""

import importlib.util

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from keras_sounddream import InputError, audio
from keras_sounddream.audio.tfio import _KINDS, _header

HAS_IO = importlib.util.find_spec("tensorflow_io") is not None
needs_io = pytest.mark.skipif(not HAS_IO, reason="needs the io extra: run `make test-io`")

FORMATS = [
    ("wav", "PCM_U8"),
    ("wav", "PCM_16"),
    ("wav", "PCM_24"),
    ("wav", "FLOAT"),
    ("flac", "PCM_16"),
    ("flac", "PCM_24"),
    ("ogg", "VORBIS"),
    ("mp3", "MPEG_LAYER_III"),
]


def through_pipeline(paths, rate):
    files = tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
    waveforms = files.map(tf.io.read_file).map(lambda contents: audio.decode(contents, rate))
    return list(waveforms.as_numpy_iterator())


@needs_io
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_equals_load(tmp_path, suffix, subtype, channels, rng):
    tone = 0.3 * np.sin(np.outer(np.arange(44100), np.arange(1, channels + 1)) / 30)
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone, 44100, subtype)
    for rate in (44100, 24000):
        (decoded,) = through_pipeline([path], rate)
        expected = audio.load(path, rate)
        assert decoded.dtype == np.float32
        length = min(decoded.shape[1], expected.shape[1])
        assert length > 0.9 * rate
        np.testing.assert_allclose(decoded[:, :length], expected[:, :length], atol=1e-3)


@needs_io
def test_a_model_predicts_over_a_pipeline(tmp_path, small_model, chirp):
    audio.save(tmp_path / "chirp.wav", chirp, 24000)
    (waveform,) = through_pipeline([tmp_path / "chirp.wav"], 24000)
    assert small_model.predict(waveform, verbose=0).shape[0] == 1


@needs_io
def test_bytes_that_are_not_sound_are_named(tmp_path):
    (tmp_path / "text.wav").write_text("hello")
    soundfile.write(tmp_path / "u.wav", np.zeros(10), 8000, "ULAW")
    for name, message in (("text.wav", "Cannot decode 5 bytes"), ("u.wav", "takes no WAV ULAW")):
        with pytest.raises(tf.errors.OpError, match=message):
            through_pipeline([tmp_path / name], 8000)


@pytest.mark.skipif(HAS_IO, reason="tensorflow-io is installed")
def test_without_tensorflow_io_it_says_what_to_install():
    with pytest.raises(InputError, match="keras-sounddream\\[io\\]"):
        audio.decode(b"", 24000)


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
@pytest.mark.parametrize("rate", [8000, 44100])
def test_the_header_tells_kind_and_rate(suffix, subtype, rate, tmp_path):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, np.zeros((rate, 2)), rate, subtype)
    kind, found = _header(path.read_bytes())
    assert (
        _KINDS[kind]
        == {
            "PCM_U8": "wav8",
            "PCM_16": f"{suffix}16",
            "PCM_24": f"{suffix}24",
            "FLOAT": "wavfloat",
            "VORBIS": "vorbis",
            "MPEG_LAYER_III": "mp3",
        }[subtype]
    )
    assert (found, kind.dtype, found.dtype) == (rate, "int64", "int64")


@pytest.mark.parametrize(
    ("suffix", "subtype", "message"),
    [
        ("wav", "PCM_32", "takes no WAV PCM_32. Use `audio.load`, or convert it"),
        ("wav", "ULAW", "takes no WAV ULAW"),
        ("wav", "DOUBLE", "takes no WAV DOUBLE"),
        ("aiff", "PCM_16", "takes no AIFF PCM_16"),
        ("flac", "PCM_S8", "takes no FLAC PCM_S8"),
    ],
)
def test_kinds_that_cannot_be_decoded_are_named(suffix, subtype, message, tmp_path):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, np.zeros(100), 8000, subtype)
    with pytest.raises(InputError, match=message):
        _header(path.read_bytes())


@pytest.mark.parametrize("contents", [b"", b"hello", b"RIFF", b"\0" * 200])
def test_bytes_without_a_header_are_named(contents):
    with pytest.raises(InputError, match=f"Cannot decode {len(contents)} bytes as sound"):
        _header(contents)
