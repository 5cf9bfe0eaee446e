"""Sounds that are decoded once: what is kept, what is dropped, and when it is done again."""

import os
import pathlib

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, audio
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.datasets.corpus_cache import store_sounds, without_silence
from keras_sounddream.datasets.file_lists import SoundFiles, list_folder, list_table

RATE = 8000


def tone(seconds, level=0.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * 440 * time)).astype("float32")


def write(path, waveform, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, waveform, rate)
    return path


@pytest.fixture
def corpus(tmp_path):
    """Two folders of sounds, of which one is short; and one file in none."""
    write(tmp_path / "data/metal/a.wav", tone(0.5))
    write(tmp_path / "data/metal/deep/b.flac", tone(0.3, 0.25))
    write(tmp_path / "data/rock/c.ogg", tone(0.4))
    write(tmp_path / "data/rock/d.wav", tone(0.05))
    write(tmp_path / "data/loose.wav", tone(0.2))
    write(tmp_path / "data/.hidden/e.wav", tone(0.2))
    return tmp_path / "data"


def store(listed, tmp_path, **options):
    return store_sounds(listed, tmp_path / "store", RATE, progress=False, **options)


def test_sounds_are_kept_as_16_bits_of_what_load_gives(corpus, tmp_path):
    listed = list_folder(corpus, "genre")
    sounds = store(listed, tmp_path, min_seconds=0.1)
    assert [pathlib.Path(name).name for name in sounds.names] == ["a.wav", "b.flac", "c.ogg"]
    assert sounds.labels == {"genre": ("metal", "metal", "rock")}
    assert sounds.conditions == {"genre": ("metal", "rock")}
    assert sounds.dropped == ((str(corpus / "rock/d.wav"), "It lasts 0.050 s, less than 0.1 s."),)
    assert sounds.samples.dtype == "int16"
    assert isinstance(sounds.samples, np.memmap)
    for number, name in enumerate(sounds.names):
        loaded = audio.load(name, RATE)
        np.testing.assert_allclose(sounds.waveform(number), loaded, atol=0.5 / 32768)
    assert sounds.seconds == pytest.approx(1.2, abs=0.01)


def test_what_is_kept_is_opened_without_decoding(corpus, tmp_path, monkeypatch):
    listed = list_folder(corpus, "genre")
    first = store(listed, tmp_path, seconds=0.25)
    relabelled = SoundFiles(listed.paths, {"mood": ("calm",) * 4})
    with monkeypatch.context() as patch:
        patch.setattr(SoundFiles, "waveforms", None)
        again = store(relabelled, tmp_path, seconds=0.25)
        np.testing.assert_array_equal(first.samples, again.samples)
        assert again.conditions == {"mood": ("calm",)}
    assert len(list((tmp_path / "store").glob("*.npy"))) == 1
    assert first.lengths.tolist() == [2000, 2000, 2000, 400]
    store(listed, tmp_path, seconds=0.2)
    os.utime(listed.paths[0], ns=(1, 1))
    store(listed, tmp_path, seconds=0.25)
    assert len(list((tmp_path / "store").glob("*.npy"))) == 3


def test_the_start_of_a_long_sound_is_the_same_without_reading_on(tmp_path):
    path = write(tmp_path / "long.wav", tone(60, rate=44100), 44100)
    listed = SoundFiles((path,), {})
    (start,) = listed.waveforms(RATE, 1.5)
    np.testing.assert_array_equal(start, audio.load(path, RATE)[0, : 3 * RATE // 2])
    assert store(listed, tmp_path, seconds=1.5).lengths.tolist() == [3 * RATE // 2]


def test_an_interrupted_run_leaves_nothing(corpus, tmp_path, monkeypatch):
    def stopped(self, sample_rate, most_seconds):
        yield tone(0.1)
        raise KeyboardInterrupt

    listed = list_folder(corpus)
    with monkeypatch.context() as patch:
        patch.setattr(SoundFiles, "waveforms", stopped)
        with pytest.raises(KeyboardInterrupt):
            store(listed, tmp_path)
    assert not list((tmp_path / "store").iterdir())
    assert len(store(listed, tmp_path)) == 5


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize(("quiet", "left"), [(0.0, (0.2, 0.5)), (0.004, (0.2, 0.5)), (0.1, (0, 1))])
def test_silence_is_cut_below_the_level_of_the_sound_itself(rate, quiet, left):
    whole = tone(1.0, quiet, rate)
    begin, end = round(0.2 * rate), round(0.5 * rate)
    whole[begin:end] = tone(0.3, 0.5, rate)
    for gain in (1.0, 0.01):  # -40 dB: the same is cut of a sound as a whole quiet
        kept = without_silence(whole * np.float32(gain), rate, silence_db=30)
        assert len(kept) / rate == pytest.approx(left[1] - left[0], abs=0.041)
        assert np.abs(kept).max() == np.abs(whole * np.float32(gain)).max()


@pytest.mark.parametrize("waveform", [np.zeros(5000), np.ones(1), np.eye(1, 9000, 8999)[0]])
def test_a_whole_sound_is_never_silence(waveform):
    assert len(without_silence(waveform.astype("float32"), RATE, 0.001))


def test_broken_files_are_named_or_fatal(corpus, tmp_path):
    (corpus / "rock/bad.wav").write_bytes(b"no sound")
    (corpus / "rock/empty.flac").write_bytes(b"")
    listed = list_folder(corpus)
    sounds = store(listed, tmp_path)
    assert [name for name, _ in sounds.dropped] == [
        str(corpus / "rock" / name) for name in ("bad.wav", "empty.flac")
    ]
    assert "is empty (0 bytes)" in sounds.dropped[1][1]
    for folder in ("store", "other"):  # where they are kept already, and where not
        with pytest.raises(InputError, match="Cannot read .*bad.wav"):
            store_sounds(listed, tmp_path / folder, RATE, broken="fail", progress=False)
    assert not list((tmp_path / "other").iterdir())


def test_a_table_gives_several_conditions(corpus, tmp_path):
    table = corpus / "table.csv"
    table.write_text("file,digit,who\nmetal/a.wav,7,Jürgen\nrock/c.ogg, 3 ,Ann\n", encoding="utf-8")
    listed = list_table(table, ["digit", "who"])
    sounds = store(listed, tmp_path)
    assert sounds.labels == {"digit": ("7", "3"), "who": ("Jürgen", "Ann")}
    assert sounds.part([False, True]).labels == {"digit": ("3",), "who": ("Ann",)}
    np.testing.assert_array_equal(sounds.part([False, True]).waveform(0), sounds.waveform(1))


def test_every_encoding_of_a_sound_is_the_same_sound(media, tmp_path):
    paths = tuple(sorted((media / "derived").glob("tabla_*")))
    sounds = store(SoundFiles(paths, {}), tmp_path)
    assert (len(sounds), sounds.dropped) == (16, ())
    assert sounds.lengths.min() == 3 * RATE
    assert sounds.lengths.max() <= 3.1 * RATE  # MP3 adds some


def test_sound_of_films_is_read_where_libsndfile_cannot(tmp_path):
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.m4a"), "w") as file:
        stream = file.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(1.0, 0.5, 16000)[None], "fltp", "mono")
        frame.sample_rate = 16000
        for packet in (*stream.encode(frame), *stream.encode()):
            file.mux(packet)
    sounds = store(list_folder(tmp_path), tmp_path)
    level = np.sqrt(np.mean(sounds.waveform(0)[0, 2000:6000] ** 2))
    assert level == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sample_rate": 4000}, "`sample_rate` must be an int from 8000 to 96000. Received: 4000"),
        ({"sample_rate": 16000.0}, "Received: 16000.0"),
        ({"silence_db": -3}, "`silence_db` must be finite and above 0, or None. Received: -3"),
        ({"seconds": float("nan")}, "`seconds` must be finite and above 0"),
        ({"seconds": 1, "min_seconds": 2}, "`min_seconds` must be 0 or more, and below 1"),
        ({"broken": "ignore"}, "`broken` must be one of"),
        ({"min_seconds": 60}, "No sound is left of 5. .*loose.wav: It lasts 0.200 s"),
    ],
)
def test_settings_out_of_range_are_refused(corpus, tmp_path, options, words):
    options = {"sample_rate": RATE, "progress": False} | options
    with pytest.raises(InputError, match=words):
        store_sounds(list_folder(corpus), tmp_path / "store", **options)


@pytest.mark.parametrize("suffix", ["npy", "json"])
@pytest.mark.parametrize("change", [lambda old: b"", lambda old: old[:-9], lambda old: b"[1]"])
def test_a_damaged_store_is_refused(corpus, tmp_path, suffix, change):
    listed = list_folder(corpus)
    store(listed, tmp_path)
    (path,) = (tmp_path / "store").glob(f"*.{suffix}")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match="do not hold these sounds. Delete both."):
        store(listed, tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expected the columns file, digit"),
        ("file,number\na.wav,1\n", "Expected the columns digit in"),
        ("file,digit\n", "Expected rows in"),
        ("file,digit\na.wav,\n", "Line 2 of .* has no 'digit'"),
        ("file,digit\na.wav\n", "Line 2 of .* has no 'digit'"),
        ("file,digit\n ,1\n", "has no 'file'"),
        ("file,digit\n\xff,1\n", "Cannot read the table"),
        (None, "Cannot read the table"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, words):
    if text is not None:
        (tmp_path / "table.csv").write_bytes(text.encode("latin1"))
    with pytest.raises(InputError, match=words):
        list_table(tmp_path / "table.csv", ["digit"])


def test_folders_without_sounds_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        list_folder(tmp_path / "missing")
    with pytest.raises(InputError, match="Found none"):
        list_folder(tmp_path)
    write(tmp_path / "a.wav", tone(0.1))
    with pytest.raises(InputError, match="one per genre. Found sounds in no folder"):
        list_folder(tmp_path, "genre")


@pytest.mark.parametrize(
    ("waveforms", "labels", "words"),
    [
        ([], None, "Received: none"),
        ([np.zeros((2, 5))], None, "Sound 0 is"),
        ([np.zeros(5), np.zeros(0)], None, "Sound 1 is"),
        ([np.zeros(5)], {"digit": ("1", "2")}, "for each of 1 sounds. Received: 2"),
        ([np.zeros(5)], {"digit": (1,)}, "Expected a label"),
    ],
)
def test_waveforms_that_are_none_are_refused(waveforms, labels, words):
    with pytest.raises(InputError, match=words):
        hold_sounds(waveforms, RATE, labels)


@pytest.mark.parametrize("keep", [[True], [False, False], []])
def test_a_part_has_sounds(keep):
    with pytest.raises(InputError, match="Expected True or False for each of 2 sounds"):
        hold_sounds([np.zeros(5), np.ones(3) / 2], RATE).part(keep)


def test_a_corpus_of_digital_silence_is_named():
    silent = [np.zeros(50), np.full(20, 1 / 32768)]
    with pytest.raises(InputError, match="sounds to train on, but all 2 are digital silence"):
        hold_sounds(silent, RATE).check_audible()
    hold_sounds([*silent, np.full(9, -3 / 32768)], RATE).check_audible()
