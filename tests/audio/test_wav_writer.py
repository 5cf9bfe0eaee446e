"""A file that grows is whole after every piece."""

import errno

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError, applications, audio, generate
from keras_sounddream.audio.wav_writer import GrowingWav
from keras_sounddream.generation import fast

SMALL = {"dilations": (1, 2), "residual_channels": 4, "dilation_channels": 4, "skip_channels": 4}


def grow(path, sound):
    """Adds pieces of 5 samples, writes every 8, checks after each, and is interrupted."""
    with GrowingWav(path, 8000, 8) as file:
        for count in range(0, 40, 5):
            assert path.exists() == (count >= 10)
            if path.exists():
                samples, rate = soundfile.read(path)
                np.testing.assert_allclose(samples, sound[: count // 10 * 10], atol=1 / 32768)
                assert rate == 8000
            file.add(sound[count : count + 5])
        raise KeyboardInterrupt


def test_what_is_there_can_be_played_at_any_time(tmp_path):
    path = tmp_path / "grows.wav"
    with pytest.raises(KeyboardInterrupt):
        grow(path, np.linspace(-1, 1, 50).astype("float32"))
    assert soundfile.info(path).frames == 40


def test_samples_that_are_not_counted_yet_are_not_heard(tmp_path):
    path = tmp_path / "cut.wav"
    with GrowingWav(path, 8000, 1) as file:
        file.add(np.ones(5, "float32"))
    with path.open("ab") as file:
        file.write(b"\1\2\3")
    assert soundfile.info(path).frames == 5


def test_an_interrupted_generation_keeps_what_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(fast, "CHUNK", 100)
    model = applications.WaveNet(**SMALL)
    path, pieces = tmp_path / "half.wav", []

    def stop(count):
        pieces.append(count)
        if len(pieces) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(model, 1.0, path=path, save_every=0.01, on_samples=stop)
    whole = generate(model, 300 / 16000)
    np.testing.assert_allclose(audio.load(path, 16000), whole, atol=1 / 32768)


def test_what_cannot_be_written_is_said_and_the_rest_plays(tmp_path, monkeypatch):
    path = tmp_path / "full.wav"
    with GrowingWav(path, 10, 5) as file:
        file.add(np.ones(5, "float32"))
        monkeypatch.setattr(GrowingWav, "_put", full_disk)
        with pytest.raises(InputError, match="No space left.* Its first 0.5 s can be played"):
            file.add(np.ones(5, "float32"))
    assert soundfile.info(path).frames == 5


def full_disk(*given):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_both_ways_of_writing_give_the_same_file(tmp_path):
    model = applications.WaveNet(**SMALL)
    generate(model, 0.01, path=tmp_path / "end.wav")
    generate(model, 0.01, path=tmp_path / "grown.wav", save_every=0.001)
    ends, grown = (audio.load(tmp_path / name, 16000) for name in ("end.wav", "grown.wav"))
    np.testing.assert_array_equal(ends, grown)
    with pytest.raises(InputError, match="exists"):
        generate(model, 0.01, path=tmp_path / "end.wav")
    with pytest.raises(InputError, match="Only a .wav"):
        generate(model, 0.01, path=tmp_path / "a.flac", save_every=1)


@pytest.mark.parametrize("sizes", [[1], [7, 0, 3], [100], [1] * 30])
@pytest.mark.parametrize("every", [1, 8, 10_000])
def test_the_file_is_the_one_that_save_writes(sizes, every, tmp_path, rng):
    pieces = [rng.uniform(-1, 1, size).astype("float32") for size in sizes]
    with GrowingWav(str(tmp_path / "grown.wav"), 8000, every) as file:
        for piece in pieces:
            file.add(piece)
    audio.save(tmp_path / "saved.wav", np.concatenate(pieces), 8000)
    grown, saved = ((tmp_path / name).read_bytes() for name in ("grown.wav", "saved.wav"))
    assert grown == saved


def test_nothing_is_written_without_samples_or_a_path(tmp_path):
    with GrowingWav(tmp_path / "none.wav", 8000, 1):
        pass
    with GrowingWav(None, 8000, 1) as file:
        file.add(np.ones(5, "float32"))
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_replaced_by_the_first_samples(tmp_path):
    (tmp_path / "a.wav").write_bytes(bytes(10_000))
    with GrowingWav(tmp_path / "a.wav", 8000, 1) as file:
        assert (tmp_path / "a.wav").stat().st_size == 10_000
        file.add(np.ones(5, "float32"))
    assert (tmp_path / "a.wav").stat().st_size == 44 + 10


def test_a_folder_that_is_missing_is_named(tmp_path):
    with (
        pytest.raises(InputError, match="Cannot write .*nowhere/a.wav: No such file.* first 0.0 s"),
        GrowingWav(tmp_path / "nowhere" / "a.wav", 8000, 1) as file,
    ):
        file.add(np.ones(5, "float32"))
