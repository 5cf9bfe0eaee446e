"""Blocks of a file are the file: read as `load` reads it, written as `save` writes it."""

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, audio
from keras_sounddream.audio.streaming import check_writable, read_blocks, write_blocks


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 44100])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_blocks_are_what_load_gives(rate, channels, tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, (200_001, channels)), rate)
    blocks = list(read_blocks(tmp_path / "a.wav", 24000))
    np.testing.assert_array_equal(
        np.concatenate(blocks)[None], audio.load(tmp_path / "a.wav", 24000)
    )


def test_blocks_are_written_as_save_writes_them(chirp, tmp_path):
    audio.save(tmp_path / "a.flac", chirp, 24000)
    blocks = np.split(audio.io.quantize(chirp[0]), 8)
    write_blocks(tmp_path / "b.flac", blocks, 24000)
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


def test_no_block_is_empty_or_long(tmp_path):
    audio.save(tmp_path / "a.wav", np.zeros(200_000), 48000)
    sizes = [len(block) for block in read_blocks(tmp_path / "a.wav", 8000)]
    assert sum(sizes) == round(200_000 / 6)
    assert min(sizes) > 0
    assert max(sizes) <= 2**16


def spoiled(path):
    samples = np.zeros(100_000, "float32")
    samples[99_000] = np.nan
    soundfile.write(path, samples, 8000, "FLOAT")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: None, "there is no"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), r"is empty \(0 bytes\)"),
        (lambda path: path.write_text("no sound"), "Cannot read .* as sound"),
        (lambda path: soundfile.write(path, np.zeros(0), 8000), "holds no samples"),
        (spoiled, "holds samples that are not finite numbers. Repair it"),
    ],
)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_files_that_are_no_sound_are_one_error(write, message, rate, tmp_path):
    write(tmp_path / "a.wav")
    with pytest.raises(InputError, match=message) as caught:
        list(read_blocks(tmp_path / "a.wav", rate))
    assert "\n" not in str(caught.value)


def failing():
    yield np.zeros(10, "int16")
    raise KeyError("the source broke")


def test_a_source_that_breaks_leaves_the_former_file(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"mine")
    with pytest.raises(KeyError, match="the source broke"):
        write_blocks(tmp_path / "a.wav", failing(), 8000, overwrite=True)
    assert (tmp_path / "a.wav").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "rate", "message"),
    [
        ("mine.wav", 8000, "exists"),
        ("a.xyz", 8000, "No sound format is called .xyz"),
        ("a", 8000, "No sound format is called that"),
        ("nowhere/a.wav", 8000, "does not exist"),
        ("a.mp3", 96000, "Cannot write .*a.mp3 at 96000 Hz"),
        ("a.opus", 44100, "Cannot write .*a.opus at 44100 Hz"),
    ],
)
@pytest.mark.parametrize(
    "attempt", [check_writable, lambda path, rate: write_blocks(path, [np.zeros(9, "i2")], rate)]
)
def test_files_that_cannot_be_written_are_one_error(name, rate, message, attempt, tmp_path):
    (tmp_path / "mine.wav").write_bytes(b"mine")
    with pytest.raises(InputError, match=message):
        attempt(tmp_path / name, rate)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.wav"]
    assert (tmp_path / "mine.wav").read_bytes() == b"mine"


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff"])
def test_a_file_that_can_be_written_is_named_and_not_made(suffix, tmp_path):
    assert check_writable(str(tmp_path / f"a{suffix}"), 48000) == tmp_path / f"a{suffix}"
    assert not list(tmp_path.iterdir())
