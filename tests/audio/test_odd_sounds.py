"""Odd files are read whole by every reader, or named in one line; what is left out is told."""

import os
import threading
import warnings

import numpy as np
import pytest
from odd_sounds import BAD, COUNT, GOOD, RATE, coded, written

from keras_sounddream import InputError, audio, lite
from keras_sounddream.audio.io import MOST_SAMPLES, is_sound, read, seconds_of
from keras_sounddream.audio.streaming import read_blocks
from keras_sounddream.datasets.inspection.measures import measure_file
from keras_sounddream.errors import InputWarning


def at_rate(path):
    """A sound by every reader, at its own rate; they must agree to the last bit."""
    waveform, rate = read(path)
    others = [
        audio.load(path, rate)[0],
        lite.load(path, rate),
        np.concatenate(list(read_blocks(path, rate))),
    ]
    for other in others:
        np.testing.assert_array_equal(other, waveform[0])
    return waveform[0]


def put(folder, name, data):
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("name", GOOD)
def test_what_holds_sound_is_read_to_its_end(name, tmp_path):
    data, count, warning = GOOD[name]
    path = put(tmp_path, name, data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        waveform = at_rate(path)
    least, most = count if isinstance(count, tuple) else (count, count)
    assert least <= len(waveform) <= most
    assert 0 < np.abs(waveform).max() < 8 or warning == "cancel in mono" or "silen" in name
    messages = {str(each.message) for each in caught if each.category is InputWarning}
    assert len(messages) == (warning is not None)
    if warning:
        with pytest.warns(InputWarning, match=warning):
            audio.load(path, RATE)


@pytest.mark.parametrize("name", GOOD)
def test_what_holds_sound_has_a_length_and_can_be_measured(name, tmp_path):
    path = put(tmp_path, name, GOOD[name][0])
    seconds, rate = seconds_of(path), read(path)[1]
    assert seconds > 0
    if name in ("cut at 50%.mp3", "cut at 90%.mp3", "damaged.flac") or "%.flac" in name:
        with pytest.raises(InputError, match="breaks off|is damaged after"):
            measure_file(path)
    elif "cut at" not in name:
        assert measure_file(path).seconds * rate == pytest.approx(read(path)[0].shape[1])


@pytest.mark.parametrize("name", BAD)
def test_what_holds_none_is_one_error_of_every_reader(name, tmp_path):
    data, message = BAD[name]
    path = put(tmp_path, name, data)
    readers = [
        lambda: audio.load(path, RATE),
        lambda: lite.load(path, RATE),
        lambda: list(read_blocks(path, RATE)),
    ]
    for reader in readers:
        with pytest.raises(InputError, match=message) as caught:
            reader()
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        measure_file(path)
    assert is_sound(path) in (True, False)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.wav", "there is no nowhere.wav"),
        ("folder", "folder is a folder"),
        ("a.wav/b.wav", "there is no"),
        ("a\0b.wav", "there is no"),
        ("n" * 300 + ".wav", "Cannot read|there is no"),
        ("loop.wav", "Cannot read|there is no"),
        (7, "Expected the path of a sound file. Received: int"),
        (None, "Expected the path of a sound file. Received: NoneType"),
        ("/dev/null", "is empty"),
    ],
)
def test_what_is_no_file_is_one_error(path, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.wav").write_bytes(coded())
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    for reader in (audio.load, lite.load, lambda *given: list(read_blocks(*given))):
        with pytest.raises(InputError, match=message):
            reader(path, RATE)


@pytest.mark.parametrize("kind", [("WAV", None), ("WAV", "GSM610"), ("FLAC", None), ("OGG", None)])
def test_a_pipe_is_read_as_a_file_is(kind, tmp_path):
    data = coded(*kind)
    expected = read(put(tmp_path, "a", data))[0]
    output, entry = os.pipe()
    with open(entry, "wb") as pipe:
        thread = threading.Thread(target=lambda: (pipe.write(data), pipe.close()))
        thread.start()
        found = audio.load(f"/dev/fd/{output}", RATE)
    thread.join()
    os.close(output)
    np.testing.assert_array_equal(found, expected)


def test_a_pipe_that_was_read_is_empty():
    output, entry = os.pipe()
    os.close(entry)
    with pytest.raises(InputError, match="/dev/fd/.* is empty. Write it to a file first"):
        audio.load(f"/dev/fd/{output}", RATE)
    os.close(output)


def test_joined_sounds_are_each_as_they_are_alone(tmp_path):
    """Also where their pages and frames begin in the middle of a block that is searched."""
    for kind, count in (("OGG", 40), ("MP3", 60), ("FLAC", 20)):
        parts = [coded(kind, count=COUNT), coded(kind, count=count * COUNT), coded(kind)]
        alone = [read(put(tmp_path, "a", part))[0][0] for part in parts]
        joined = read(put(tmp_path, "b", b"".join(parts)))[0][0]
        np.testing.assert_array_equal(joined, np.concatenate(alone))


def test_the_beginning_of_a_long_file_is_read_alone(tmp_path):
    path = put(tmp_path, "a.flac", coded("FLAC", count=20 * COUNT))
    np.testing.assert_array_equal(read(path, 0.5)[0], read(path)[0][:, : RATE // 2])


def test_what_would_be_too_long_is_refused_before_it_is_made(tmp_path):
    path = put(tmp_path, "a.wav", written(np.zeros(200_000), rate=100))
    with pytest.raises(InputError, match=f"200000 samples would become more than {MOST_SAMPLES}"):
        audio.load(path, 1_536_000)
    with pytest.raises(InputError, match="would become more than"):
        audio.resample(np.zeros((1, 200_000)), 1, 24000)
    with pytest.raises(InputError, match="up to 1536000. Received: 8000 and inf"):
        audio.resample(np.zeros((1, 9)), 8000, float("inf"))
