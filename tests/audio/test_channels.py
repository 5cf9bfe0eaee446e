"""Files with several channels and of other depths than 16 bits: what is written is what is read."""

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, audio
from keras_sounddream.audio.io import bits_like, read, read_channels
from keras_sounddream.audio.streaming import check_writable, read_channel_blocks, write_blocks


@pytest.mark.parametrize("channels", [1, 2, 6, 10])
def test_the_mean_of_the_channels_is_the_mono_sound(channels, tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, (70_000, channels)), 44100, "PCM_24")
    waveform, rate, coding = read_channels(tmp_path / "a.wav")
    assert (waveform.shape, rate, coding) == ((channels, 70_000), 44100, "WAV PCM_24")
    mono, _ = read(tmp_path / "a.wav")
    np.testing.assert_array_equal(waveform.mean(axis=0, keepdims=True), mono)


@pytest.mark.parametrize(("suffix", "bits"), [("wav", 16), ("wav", 24), ("flac", 24), ("aiff", 32)])
def test_every_depth_gives_back_what_it_holds(suffix, bits, tmp_path, rng):
    grid = 2.0 ** (min(bits, 24) - 1)
    waveform = (np.round(rng.uniform(-1, 0.99, (3, 5000)) * grid) / grid).astype("float32")
    path = tmp_path / f"a.{suffix}"
    audio.save(path, waveform, 48000, bits=bits, channels=True)
    found, rate, coding = read_channels(path)
    np.testing.assert_array_equal(found, waveform)
    assert (rate, bits_like(coding, path)) == (48000, bits)
    write_blocks(tmp_path / f"b.{suffix}", np.split(waveform.T, 5), 48000, False, 3, bits)
    assert (tmp_path / f"b.{suffix}").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("coding", "name", "bits"),
    [
        ("WAV PCM_16", "a.wav", 16),
        ("WAV PCM_24", "a.flac", 24),
        ("WAV FLOAT", "a.wav", 32),
        ("WAV FLOAT", "a.flac", 24),
        ("AIFF PCM_32", "a.AIFF", 32),
        ("WAV DOUBLE", "a.wav", 32),
        ("WAV PCM_U8", "a.wav", 16),
        ("WAV ULAW", "a.wav", 16),
        ("OGG VORBIS", "a.wav", 16),
        ("WAV PCM_24", "a.ogg", 24),
    ],
)
def test_a_depth_is_kept_as_far_as_the_format_has_it(coding, name, bits):
    assert bits_like(coding, name) == bits


@pytest.mark.parametrize("rate", [None, 22050, 44100, 48000])
def test_blocks_of_channels_are_each_channel(rate, tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, (150_001, 2)), 44100)
    waveform, own, _ = read_channels(tmp_path / "a.wav")
    wanted = audio.resample(waveform, own, rate or own)
    found = np.concatenate(list(read_channel_blocks(tmp_path / "a.wav", rate)))
    np.testing.assert_allclose(found.T, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "message"),
    [
        ("a.opus", 44100, 2, r"It takes 48000 Hz: give --rate 48000 \(rate=48000\)"),
        ("a.mp3", 96000, 2, "It takes 48000 Hz: give --rate 48000"),
        ("a.mp3", 48000, 6, r"fewer channels than 6: give --mono \(mono=True\)"),
    ],
)
def test_what_a_format_takes_instead_is_said(name, rate, channels, message, tmp_path):
    with pytest.raises(InputError, match=f"Cannot write .*{name} at {rate} Hz .* {message}"):
        check_writable(tmp_path / name, rate, channels=channels)
    with pytest.raises(InputError, match=r"It takes [^:]*: choose another format, such as \.wav"):
        check_writable(tmp_path / name, rate, channels=channels, converts=False)
    assert not list(tmp_path.iterdir())


def test_a_batch_is_not_taken_for_channels(tmp_path):
    with pytest.raises(InputError, match=r"Received shape: \(2, 10\).*say `channels=True`"):
        audio.save(tmp_path / "a.wav", np.zeros((2, 10)), 8000)
