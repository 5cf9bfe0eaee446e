"""Blocks of a file are the file: read as `load` reads it, written as `save` writes it."""

import numpy as np
import pytest
import soundfile

from keras_sounddream import audio
from keras_sounddream.audio.streaming import read_blocks, write_blocks


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
