"""Sound files: every kind, every rate, and every way to be bad."""

import os

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, audio
from keras_sounddream.audio.io import check_sound_output, is_sound, open_sound, read, sound_format
from keras_sounddream.errors import InputWarning

FORMATS = [
    ("wav", "PCM_U8", 0.02),
    ("wav", "PCM_16", 1e-4),
    ("wav", "PCM_24", 1e-6),
    ("wav", "PCM_32", 1e-6),
    ("wav", "FLOAT", 1e-7),
    ("wav", "ULAW", 0.03),
    ("wav", "MS_ADPCM", 0.05),
    ("wav", "IMA_ADPCM", 0.05),
    ("flac", "PCM_24", 1e-6),
    ("aiff", "PCM_16", 1e-4),
]


def tone(rate=16000, seconds=0.5, hz=440):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize(("suffix", "subtype", "tolerance"), FORMATS)
def test_reads_every_encoding(tmp_path, suffix, subtype, tolerance):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(), 16000, subtype)
    waveform = audio.load(path, 16000)
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform[0, 200:7800], tone()[200:7800], atol=tolerance)


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "opus"])
def test_reads_lossy_formats(tmp_path, suffix):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(48000), 48000, "OPUS" if suffix == "opus" else None,
                    format="OGG" if suffix == "opus" else None)  # fmt: skip
    waveform = audio.load(path, 48000)
    spectrum = np.abs(np.fft.rfft(waveform[0, 4000:20000]))
    assert spectrum.argmax() * 48000 / 16000 == pytest.approx(440, abs=4)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000, 192000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_channels_become_mono_at_the_asked_rate(tmp_path, rate, channels):
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.stack([tone(rate, 1.0)] * channels, axis=1), rate, "FLOAT")
    waveform = audio.load(path, 24000)
    assert waveform.shape == (1, 24000)
    middle = slice(2000, 22000)
    np.testing.assert_allclose(waveform[0, middle], tone(24000, 1.0)[middle], atol=1e-3)


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([tone(), -tone()], axis=1), 16000, "FLOAT")
    with pytest.warns(InputWarning, match="The channels of .*stereo.wav cancel in mono"):
        np.testing.assert_allclose(audio.load(path, 16000), 0, atol=1e-7)


def test_one_sound_in_sixteen_encodings_is_one_sound(media):
    expected = audio.load(media / "derived" / "tabla_s24_stereo.wav", 8000)
    for path in sorted((media / "derived").glob("tabla_*")):
        waveform = audio.load(path, 8000)
        assert waveform.shape[1] == pytest.approx(24000, abs=1200), path.name
        delays = np.fft.irfft(
            np.fft.rfft(waveform[0], 65536) * np.conj(np.fft.rfft(expected[0], 65536))
        )
        scale = np.linalg.norm(waveform) * np.linalg.norm(expected)
        assert delays.max() / scale > 0.95, path.name


def test_save_and_load_give_back_sixteen_bits(tmp_path, rng):
    waveform = rng.uniform(-1, 1, (1, 5000)).astype("float32")
    audio.save(tmp_path / "noise.wav", waveform, 24000)
    assert soundfile.info(tmp_path / "noise.wav").subtype == "PCM_16"
    once = audio.load(tmp_path / "noise.wav", 24000)
    np.testing.assert_allclose(once, waveform, atol=1 / 32768)
    audio.save(tmp_path / "again.wav", once, 24000)
    np.testing.assert_array_equal(audio.load(tmp_path / "again.wav", 24000), once)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aif", ".aiff", ".ogg", ".opus", ".mp3"])
def test_saves_every_format_that_it_names(tmp_path, suffix):
    audio.save(tmp_path / f"tone{suffix}", tone(24000)[None], 24000)
    waveform = audio.load(tmp_path / f"tone{suffix}", 24000)
    assert waveform.shape[1] == pytest.approx(12000, abs=2400)
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.1)


def test_floating_point_keeps_what_is_above_one(tmp_path):
    audio.save(tmp_path / "loud.wav", np.array([[0.0, 2.0, -3.0]]), 24000, bits=32)
    np.testing.assert_array_equal(audio.load(tmp_path / "loud.wav", 24000), [[0, 2, -3]])


def test_a_sample_too_short_for_the_rate_is_one_sample():
    assert audio.resample(np.full((2, 1), 0.3), 192000, 24000).shape == (2, 1)


def bad_files(folder):
    """Files that are not sound, each with what the error says."""
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("this is not a sound\n" * 20)
    soundfile.write(folder / "none.wav", np.zeros(0), 16000)
    soundfile.write(folder / "nan.wav", np.array([0.1, np.nan, 0.2]), 16000, "FLOAT")
    soundfile.write(folder / "whole.flac", tone(), 16000)
    (folder / "header.flac").write_bytes((folder / "whole.flac").read_bytes()[:20])
    return {
        "missing.wav": "there is no",
        "empty.wav": r"empty \(0 bytes\)",
        "text.wav": "Cannot read .* Convert it to WAV",
        "none.wav": "holds no samples",
        "nan.wav": "holds samples that are not finite",
        "header.flac": "Cannot read",
        ".": "is a folder",
    }


def test_bad_files_are_named_in_one_line(tmp_path):
    for name, message in bad_files(tmp_path).items():
        with pytest.raises(InputError, match=message) as caught:
            audio.load(tmp_path / name, 16000)
        assert "\n" not in str(caught.value)


def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path):
    soundfile.write(tmp_path / "whole.wav", tone(), 16000)
    (tmp_path / "half.wav").write_bytes((tmp_path / "whole.wav").read_bytes()[: 44 + 8000])
    assert audio.load(tmp_path / "half.wav", 16000).shape == (1, 4000)


@pytest.mark.parametrize(
    ("waveform", "name", "message"),
    [
        (np.zeros((1, 10)), "sound.raw", "No sound format is called .raw"),
        (np.full((1, 10), 1.2), "loud.wav", "peak is 1.200"),
        (np.array([[np.inf]]), "inf.wav", "finite"),
        (np.zeros((2, 10)), "two.wav", "one waveform"),
        (np.zeros((1, 0)), "none.wav", "one waveform"),
        (np.zeros((1, 10)), "sound.xyz", "No sound format is called .xyz"),
        (np.zeros((1, 10)), "missing/sound.wav", "does not exist"),
        (np.zeros((1, 10)), "exists.wav", "exists"),
        (np.zeros((1, 10)), ".", "is a folder"),
    ],
)
def test_bad_saves_write_nothing(tmp_path, waveform, name, message):
    (tmp_path / "exists.wav").write_bytes(b"mine")
    with pytest.raises(InputError, match=message):
        audio.save(tmp_path / name, waveform, 24000)
    assert [p.name for p in tmp_path.iterdir()] == ["exists.wav"]
    assert (tmp_path / "exists.wav").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("a.flac", {"bits": 32}, "in WAV and AIFF 32 `bits`"),
        ("a.wav", {"bits": 8}, "Received: 8"),
        ("a.wav", {"sample_rate": 0}, "at 0 Hz"),
        ("a.mp3", {"sample_rate": 96000}, "at 96000 Hz"),
    ],
)
def test_bad_settings_of_save_are_named(tmp_path, name, settings, message):
    with pytest.raises(InputError, match=message):
        audio.save(tmp_path / name, np.zeros((1, 10)), **{"sample_rate": 24000, **settings})
    assert not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    audio.save(tmp_path / "a.wav", np.zeros((1, 10)), 24000)
    before = (tmp_path / "a.wav").read_bytes()

    def fail(path, *arguments, **settings):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(soundfile, "write", fail)
    with pytest.raises(KeyboardInterrupt):
        audio.save(tmp_path / "a.wav", np.ones((1, 10)), 24000, overwrite=True)
    assert (tmp_path / "a.wav").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_resample_of_a_batch_is_that_of_each(rng):
    waveform = rng.uniform(-1, 1, (3, 4410)).astype("float32")
    together = audio.resample(waveform, 44100, 24000)
    assert together.shape == (3, 2400)
    np.testing.assert_array_equal(together[1:2], audio.resample(waveform[1:2], 44100, 24000))
    with pytest.raises(InputError, match="above 0 Hz"):
        audio.resample(waveform, 0, 24000)


def test_sound_is_told_from_what_is_not(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(10), 8000)
    (tmp_path / "b.wav").write_bytes(b"hello")
    found = [is_sound(tmp_path / name) for name in ("a.wav", "b.wav", "c.wav", ".")]
    assert found == [True, False, False, False]


@pytest.mark.parametrize("name", ["a.raw", "a.RAW"])
def test_samples_without_a_header_are_one_error(name, tmp_path):
    (tmp_path / name).write_bytes(bytes(100))
    with pytest.raises(InputError, match="Cannot read .* as sound .* Convert it to WAV") as caught:
        audio.load(tmp_path / name, 8000)
    assert "\n" not in str(caught.value)
    assert not is_sound(tmp_path / name)


@pytest.mark.parametrize(
    ("seconds", "samples"), [(None, 8000), (0.1, 1600), (0.5, 8000), (9.0, 8000), (1e-4, 2)]
)
def test_only_the_beginning_may_be_read(seconds, samples, tmp_path):
    soundfile.write(tmp_path / "tone.wav", tone(), 16000, "FLOAT")
    waveform, rate = read(tmp_path / "tone.wav", seconds)
    assert (waveform.shape, rate) == ((1, samples), 16000)
    np.testing.assert_array_equal(waveform[0], tone()[:samples].astype("float32"))


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_names_of_any_letters_are_read_and_written(kind, tmp_path):
    for name in ("ton ä.wav", "音.wav", "a'b\"c.wav", "tone.WAV"):
        audio.save(kind(tmp_path / name), tone()[None], 16000)
        assert audio.load(kind(tmp_path / name), 16000).shape == (1, 8000)


def test_a_name_that_is_no_text_is_read(tmp_path):
    audio.save(tmp_path / "a.wav", tone()[None], 16000)
    path = tmp_path / os.fsdecode(b"\xff.wav")
    (tmp_path / "a.wav").rename(path)
    assert audio.load(path, 16000).shape == (1, 8000)


def test_an_error_while_reading_on_is_one_of_the_file(tmp_path):
    audio.save(tmp_path / "a.wav", tone()[None], 16000)
    with (
        pytest.raises(InputError, match="Cannot read .*a.wav as sound .broken here."),
        open_sound(tmp_path / "a.wav"),
    ):
        raise OSError("something\nbroken here.")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.0, 1.0, -1.0], [0, 32767, -32768]),
        ([2.0, -2.0], [32767, -32768]),
        ([0.5, -0.5], [16384, -16384]),
        ([0.4 / 32768, 0.6 / 32768, -0.6 / 32768], [0, 1, -1]),
        ([1.5 / 32768, 2.5 / 32768], [2, 2]),
        ([], []),
    ],
)
def test_quantize_rounds_and_ends_at_full_scale(values, wanted):
    found = audio.quantize(np.float32(values))
    assert found.dtype == np.int16
    assert found.tolist() == wanted


@pytest.mark.parametrize(
    ("name", "bits", "wanted"),
    [
        ("a.wav", 16, ("WAV", "PCM_16")),
        ("a.WAV", 24, ("WAV", "PCM_24")),
        ("a.wav", 32, ("WAV", "FLOAT")),
        ("a.flac", 24, ("FLAC", "PCM_24")),
        ("a.aif", 32, ("AIFF", "FLOAT")),
        ("a.aiff", 16, ("AIFF", "PCM_16")),
        ("a.ogg", 16, ("OGG", "VORBIS")),
        ("a.opus", 24, ("OGG", "OPUS")),
        ("a.mp3", 32, ("MP3", "MPEG_LAYER_III")),
    ],
)
def test_a_suffix_names_a_format(name, bits, wanted, tmp_path):
    assert sound_format(check_sound_output(tmp_path / name), bits) == wanted


@pytest.mark.parametrize("bits", [0, 8, 15, 20, 64, "16", None, 16.5])
def test_bits_that_no_format_has_are_named(bits, tmp_path):
    with pytest.raises(InputError, match="Expected 16, 24, or in WAV and AIFF 32 `bits`. Received"):
        audio.save(tmp_path / "a.wav", np.zeros(10), 8000, bits=bits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rates", [(0, 8000), (8000, -1), ("8000", 8000), (8000, None), ([1], 1)])
def test_rates_that_are_no_rates_are_named(rates):
    with pytest.raises(
        InputError, match="Expected sample rates above 0 Hz, up to 1536000. Received: "
    ):
        audio.resample(np.zeros((1, 10)), *rates)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_mono_is_the_mean_of_the_channels(channels, rng):
    waveform = rng.normal(size=(2, 7, channels)).astype("float32")
    found = audio.to_mono(waveform)
    assert (found.shape, found.dtype) == ((2, 7), np.float32)
    np.testing.assert_allclose(found, waveform.mean(axis=2), rtol=1e-6)


def test_a_rate_that_stays_changes_nothing_but_the_type():
    found = audio.resample(np.arange(6.0).reshape(2, 3), 8000, 8000)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[0, 1, 2], [3, 4, 5]])
