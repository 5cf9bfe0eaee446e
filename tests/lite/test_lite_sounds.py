"""Sound files and sample rates in `keras_sounddream.lite`."""

import io
import struct
import wave

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, audio, lite

KINDS = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
STEPS = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23}


def riff(*chunks):
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(part)) + part + bytes(len(part) % 2) for name, part in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def header(code=1, channels=1, rate=8000, bits=16):
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits)


def pcm(values):
    """Bytes of a 16-bit mono WAV file at 8000 Hz, by the standard library."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.asarray(values, "<i2").tobytes())
    return buffer.getvalue()


def load(folder, contents, rate=8000, name="sound.wav"):
    (folder / name).write_bytes(contents)
    return lite.load(folder / name, rate)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_wav_files_of_every_kind_are_read_as_the_mean_of_their_channels(
    kind, form, channels, rng, tmp_path
):
    written = rng.uniform(-0.99, 0.99, (101, channels))
    soundfile.write(tmp_path / "sound.wav", written, 22050, kind, format=form)
    waveform = lite.load(tmp_path / "sound.wav", 22050)
    assert (waveform.dtype, waveform.shape) == ("float32", (101,))
    np.testing.assert_allclose(waveform, written.mean(axis=1), atol=STEPS.get(kind, 1e-7))


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [("flac", "PCM_16", 2**-15), ("ogg", "VORBIS", 0.05), ("aiff", "PCM_24", 2**-23)],
)
def test_other_formats_are_read(suffix, subtype, tolerance, tmp_path):
    tone = 0.5 * np.sin(np.arange(8000) / 5)
    soundfile.write(tmp_path / f"sound.{suffix}", tone, 8000, subtype)
    np.testing.assert_allclose(lite.load(tmp_path / f"sound.{suffix}", 8000), tone, atol=tolerance)


def test_it_reads_what_the_whole_package_reads(tmp_path, rng):
    soundfile.write(tmp_path / "sound.wav", rng.uniform(-0.5, 0.5, (4410, 2)), 44100, "PCM_24")
    for rate in (44100, 24000, 48000):
        wanted = audio.load(tmp_path / "sound.wav", rate)[0]
        np.testing.assert_array_equal(lite.load(tmp_path / "sound.wav", rate), wanted)


def test_what_is_written_is_what_the_standard_library_and_libsndfile_read(tmp_path, rng):
    sound = rng.uniform(-1, 1, 1001).astype("float32")
    sound[:2] = 1, -1
    lite.save(tmp_path / "sound.wav", sound, 16000)
    whole = np.clip(np.round(sound * 32768), -32768, 32767)
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (16000, 1, 1001)
        np.testing.assert_array_equal(np.frombuffer(file.readframes(2000), "<i2"), whole)
    np.testing.assert_array_equal(lite.load(tmp_path / "sound.wav", 16000), whole / 32768)


def test_the_bytes_written_are_those_of_the_standard_library(tmp_path):
    values = np.arange(-300, 300)
    lite.save(tmp_path / "sound.wav", (values / 32768).astype("float32"), 8000)
    assert (tmp_path / "sound.wav").read_bytes() == pcm(values)


def test_odd_and_unknown_chunks_are_passed_over(tmp_path):
    data = np.int16([1, -2, 3]).tobytes()
    contents = riff((b"LIST", b"odd"), (b"fmt ", header()), (b"junk", b"x" * 7), (b"data", data))
    np.testing.assert_array_equal(load(tmp_path, contents), np.float32([1, -2, 3]) / 32768)


@pytest.mark.parametrize(("missing", "samples"), [(1, 99), (3, 98), (50, 75), (198, 1)])
def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(missing, samples, tmp_path, rng):
    values = rng.integers(-32768, 32767, 100)
    waveform = load(tmp_path, pcm(values)[:-missing])
    np.testing.assert_array_equal(waveform, values[:samples] / 32768)


def test_a_file_written_to_a_pipe_does_not_know_its_size(tmp_path, rng):
    values = rng.integers(-32768, 32767, 100)
    contents = bytearray(pcm(values))
    contents[4:8] = contents[40:44] = struct.pack("<I", 2**32 - 1)
    np.testing.assert_array_equal(load(tmp_path, bytes(contents)), values / 32768)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is empty"),
        (b"RIFX1234WAVE", "Cannot read"),
        (b"RIFF1234WAVE", "Cannot read"),
        (riff((b"fmt ", header())), "Cannot read|holds no samples"),
        (riff((b"data", b"1234")), "Cannot read"),
        (riff((b"fmt ", b"short"), (b"data", b"1234")), "Cannot read"),
        (riff((b"fmt ", header()), (b"data", b"")), "holds no samples"),
        (riff((b"fmt ", header()), (b"data", b"1")), "holds no samples"),
        (riff((b"fmt ", header(code=999)), (b"data", b"1234")), "Cannot read"),
        (riff((b"fmt ", header(channels=0)), (b"data", b"1234")), "Cannot read"),
        (riff((b"fmt ", header(rate=0)), (b"data", b"1234")), "Cannot read"),
        (riff((b"fmt ", header(3, bits=32)), (b"data", b"\0\0\xc0\x7f")), "not finite"),
    ],
)
def test_what_is_no_whole_wav_file_is_one_error(contents, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path, contents)
    assert "\n" not in str(caught.value)


def test_no_damage_of_a_header_is_more_than_one_error(rng, tmp_path):
    good = riff((b"fmt ", header(channels=2)), (b"LIST", b"abc"), (b"data", bytes(rng.bytes(64))))
    for place in range(len(good) - 64):
        for value in (0, 1, 127, 255):
            contents = good[:place] + bytes([value]) + good[place + 1 :]
            try:
                waveform = load(tmp_path, contents)
            except InputError:
                continue
            assert waveform.ndim == 1
            assert len(waveform)


def test_what_is_no_sound_file_is_one_error(tmp_path):
    (tmp_path / "text.flac").write_text("no sound")
    with pytest.raises(InputError, match=r"Cannot read .*text.flac as sound \(Format not recog"):
        lite.load(tmp_path / "text.flac", 8000)
    with pytest.raises(InputError, match="is a folder"):
        lite.load(tmp_path, 8000)
    with pytest.raises(InputError, match="there is no .*nothing.wav"):
        lite.load(tmp_path / "nothing.wav", 8000)


@pytest.mark.parametrize(
    ("name", "sound", "message"),
    [
        ("sound.mp3", [0.5, 0.1], "ends in .wav"),
        ("sound", [0.5, 0.1], "ends in .wav"),
        ("sound.wav", [1.5, 0.1], "The peak is 1.5"),
        ("sound.wav", [np.nan, 0.1], "The peak is nan"),
        ("sound.wav", [], "Expected one waveform"),
        ("sound.wav", [[[0.1]]], "Expected one waveform"),
        ("sound.wav", [[0.1], [0.1]], "Expected one waveform"),
        ("nowhere/sound.wav", [0.1], "does not exist"),
    ],
)
def test_what_cannot_be_saved_is_one_error(tmp_path, name, sound, message):
    with pytest.raises(InputError, match=message):
        lite.save(tmp_path / name, np.array(sound, "float32"), 8000)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_only_when_asked(tmp_path):
    for overwrite in (False, True):
        lite.save(tmp_path / "sound.wav", np.float32([0.1]), 8000, overwrite)
    with pytest.raises(InputError, match="exists"):
        lite.save(tmp_path / "sound.wav", np.float32([0.1]), 8000)


@pytest.mark.parametrize("rates", [(44100, 24000), (8000, 24000), (48000, 16000), (22050, 22051)])
def test_a_tone_is_the_same_tone_at_another_rate(rates):
    before, after = rates
    hz = 0.39 * min(rates)
    tone = np.sin(2 * np.pi * hz * np.arange(before) / before).astype("float32")
    wanted = np.sin(2 * np.pi * hz * np.arange(after) / after)
    waveform = lite.resample(tone, before, after)
    assert (waveform.dtype, len(waveform)) == ("float32", after)
    edge = after // 20
    np.testing.assert_allclose(waveform[edge:-edge], wanted[edge:-edge], atol=1e-4)


def test_what_the_lower_rate_cannot_hold_is_gone():
    tone = np.sin(2 * np.pi * 13000 * np.arange(48000) / 48000).astype("float32")
    waveform = lite.resample(tone, 48000, 24000)
    assert np.abs(waveform[1000:-1000]).max() < 1e-5


@pytest.mark.parametrize("samples", [1, 2, 5, 100, 4411])
@pytest.mark.parametrize("rates", [(44100, 8000), (8000, 44100), (16000, 16000)])
def test_a_resampled_sound_is_as_long_and_has_a_sample_at_least(samples, rates):
    waveform = lite.resample(np.ones(samples, "float32"), *rates)
    assert waveform.dtype == "float32"
    assert len(waveform) == max(round(samples * rates[1] / rates[0]), 1)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ((8000, 0), "`to_rate` must be finite and at least 1. Received: 0"),
        ((-1, 8000), "`from_rate` must be finite and at least 1. Received: -1"),
        ((8000, 0.5), "`to_rate` must be finite and at least 1. Received: 0.5"),
        ((8000, None), "`to_rate` must be finite and at least 1. Received: None"),
        (("8000", 8000), "`from_rate` must be finite and at least 1. Received: '8000'"),
        ((8000, float("inf")), "`to_rate` must be finite"),
    ],
)
def test_a_rate_is_a_number_of_hz(rates, message):
    with pytest.raises(InputError, match=message):
        lite.resample(np.ones(10, "f"), *rates)
