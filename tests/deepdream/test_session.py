"""From file to file: short sounds whole, long ones streamed, pictures of both."""

import numpy as np
import pytest
import soundfile

from keras_sounddream.deepdream import session
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.streaming import StreamResult

QUICK = {"octaves": 1, "steps": 2, "progress": False}


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    soundfile.write("short.wav", chirp[0], 24000)
    soundfile.write("long.wav", np.tile(chirp[0], 62), 24000)
    return tmp_path


@pytest.mark.parametrize(("name", "kind"), [("short", DreamResult), ("long", StreamResult)])
def test_sounds_of_any_length_are_dreamed_and_drawn(name, kind, folder, small_model):
    result = session.dream_file(
        f"{name}.wav", "out.wav", small_model, ["conv2"], plot="out.png", **QUICK
    )
    assert isinstance(result, kind)
    assert soundfile.info("out.wav").frames == soundfile.info(f"{name}.wav").frames
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")
    assert result.real_gain[0] > 1
    assert result.kept[0] == pytest.approx(1, abs=0.05)
    assert {"objective", "seconds", "steps", "name", "kept"} <= set(result.figures())
