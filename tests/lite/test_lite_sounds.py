"""Sound files without soundfile, other sample rates without soxr."""

import io
import struct
import sys
import wave

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, lite
from keras_sounddream.lite.wav import decode_wav, encode_wav

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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_wav_files_of_libsndfile_are_read_as_it_reads_them(kind, form, channels, rng):
    buffer = io.BytesIO()
    written = rng.uniform(-0.99, 0.99, (101, channels))
    soundfile.write(buffer, written, 22050, kind, format=form)
    found, rate = decode_wav(buffer.getvalue())
    buffer.seek(0)
    np.testing.assert_array_equal(found, soundfile.read(buffer, dtype="float32", always_2d=True)[0])
    np.testing.assert_allclose(found, written, atol=STEPS.get(kind, 1e-7))
    assert (found.dtype, rate) == ("float32", 22050)


def test_what_is_written_is_what_the_standard_library_and_libsndfile_read(tmp_path, rng):
    sound = rng.uniform(-1, 1, 1001).astype("float32")
    sound[:2] = 1, -1
    lite.save(tmp_path / "sound.wav", sound, 16000)
    whole = np.clip(np.round(sound * 32768), -32768, 32767)
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (16000, 1, 1001)
        np.testing.assert_array_equal(np.frombuffer(file.readframes(2000), "<i2"), whole)
    np.testing.assert_array_equal(lite.load(tmp_path / "sound.wav", 16000), whole / 32768)


def test_odd_and_unknown_chunks_are_passed_over():
    data = np.int16([1, -2, 3]).tobytes()
    contents = riff((b"LIST", b"odd"), (b"fmt ", header()), (b"junk", b"x" * 7), (b"data", data))
    np.testing.assert_array_equal(decode_wav(contents)[0][:, 0], np.float32([1, -2, 3]) / 32768)


def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(rng):
    contents = encode_wav(rng.uniform(-1, 1, 100).astype("float32"), 8000)
    whole = decode_wav(contents)[0]
    np.testing.assert_array_equal(decode_wav(contents[:-3])[0], whole[:98])


@pytest.mark.parametrize("unknown", [0, 2**32 - 1])
def test_a_file_written_to_a_pipe_does_not_know_its_size(unknown, rng):
    contents = bytearray(encode_wav(rng.uniform(-1, 1, 100).astype("float32"), 8000))
    whole = decode_wav(contents)[0]
    contents[4:8] = contents[40:44] = struct.pack("<I", unknown)
    np.testing.assert_array_equal(decode_wav(bytes(contents))[0], whole)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is no WAV file"),
        (b"RIFX1234WAVE", "is no WAV file"),
        (b"RIFF1234WAVE", "without a header"),
        (riff((b"fmt ", header())), "without samples"),
        (riff((b"data", b"1234")), "without a header"),
        (riff((b"fmt ", b"short"), (b"data", b"1234")), "without a header"),
        (riff((b"fmt ", header()), (b"data", b"")), "without samples"),
        (riff((b"fmt ", header()), (b"data", b"1")), "without samples"),
        (riff((b"fmt ", header(code=6, bits=8)), (b"data", b"1234")), "format 6 of 8 bits"),
        (riff((b"fmt ", header(bits=12)), (b"data", b"1234")), "format 1 of 12 bits"),
        (riff((b"fmt ", header(channels=0)), (b"data", b"1234")), "0 channels"),
        (riff((b"fmt ", header(rate=0)), (b"data", b"1234")), "at 0 Hz"),
    ],
)
def test_what_is_no_whole_wav_file_is_one_error(contents, message):
    with pytest.raises(InputError, match=message):
        decode_wav(contents)


def test_no_damage_of_a_header_is_more_than_one_error(rng):
    good = riff((b"fmt ", header(channels=2)), (b"LIST", b"abc"), (b"data", bytes(rng.bytes(64))))
    for place in range(len(good)):
        for value in (0, 1, 127, 255):
            contents = good[:place] + bytes([value]) + good[place + 1 :]
            try:
                samples, _ = decode_wav(contents)
            except InputError:
                continue
            assert samples.ndim == 2
            assert len(samples)


def test_other_formats_are_read_by_soundfile_or_name_it(tmp_path, monkeypatch, rng):
    sound = np.round(rng.uniform(-0.5, 0.5, 800) * 32768) / 32768
    soundfile.write(tmp_path / "sound.flac", sound, 8000)
    np.testing.assert_array_equal(lite.load(tmp_path / "sound.flac", 8000), sound)
    (tmp_path / "text.flac").write_text("no sound")
    with pytest.raises(InputError, match=r"Cannot read .*text.flac as sound \(Error opening it:"):
        lite.load(tmp_path / "text.flac", 8000)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install soundfile"):
        lite.load(tmp_path / "sound.flac", 8000)


@pytest.mark.parametrize(
    ("name", "sound", "message"),
    [
        ("sound.mp3", [0.5, 0.1], "ends in .wav"),
        ("sound.wav", [1.5, 0.1], "The peak is 1.5"),
        ("sound.wav", [np.nan, 0.1], "The peak is nan"),
        ("sound.wav", [], "Expected one waveform"),
        ("sound.wav", [[[0.1]]], "Expected one waveform"),
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
    found = lite.resample(tone, before, after, method="numpy")
    assert (found.dtype, len(found)) == ("float32", after)
    edge = after // 20
    np.testing.assert_allclose(found[edge:-edge], wanted[edge:-edge], atol=2e-5)


def test_what_the_lower_rate_cannot_hold_is_gone():
    tone = np.sin(2 * np.pi * 13000 * np.arange(48000) / 48000).astype("float32")
    found = lite.resample(tone, 48000, 24000, method="numpy")
    assert np.abs(found[1000:-1000]).max() < 1e-5


def test_numpy_resamples_as_soxr_does(rng):
    pytest.importorskip("soxr")
    time = np.arange(20000) / 44100
    sound = sum(np.sin(2 * np.pi * hz * time + hz) for hz in (100, 3000, 9000)) / 3
    one, other = (
        lite.resample(sound.astype("float32"), 44100, 24000, method=method)
        for method in ("numpy", "soxr")
    )
    np.testing.assert_allclose(one[500:-500], other[500:-500], atol=1e-4)


def test_without_soxr_numpy_resamples(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "soxr", None)
    assert lite.resampler() == "numpy"
    np.testing.assert_allclose(lite.resample(np.ones(4000, "f"), 8000, 4000)[500:-500], 1, 1e-5)


@pytest.mark.parametrize("rates", [(8000, 0), (-1, 8000), (8000, 0.5)])
def test_a_rate_is_a_whole_number(rates):
    with pytest.raises(InputError, match="sample rates in Hz"):
        lite.resample(np.ones(10, "f"), *rates)


@pytest.mark.parametrize("method", ["numpy", "soxr"])
def test_short_sounds_have_as_many_samples_as_fit(method):
    for count in (1, 2, 7):
        assert len(lite.resample(np.ones(count, "f"), 44100, 8000, method)) == max(
            round(count * 8000 / 44100), 1
        )
