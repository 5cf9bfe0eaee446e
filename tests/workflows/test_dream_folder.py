"""Folders of files with one network: all that can be dreamed on are, each once."""

import numpy as np
import pytest
import soundfile

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.workflows import dream as workflow
from keras_sounddream.workflows.dream_folder import dream_files, find_pairs


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    soundfile.write("in/one.wav", np.stack([chirp[0], -0.3 * chirp[0]], 1), 44100)
    soundfile.write("in/deep/two.flac", chirp[0], 24000)
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    (tmp_path / "in" / "notes.txt").write_text("no sound either")
    (tmp_path / "in" / ".hidden.wav").write_text("of the system")
    return tmp_path


@pytest.fixture
def dream(small_model):
    return DeepDream(small_model, objectives.layer("conv2"), octaves=1, steps=2)


def test_a_bad_file_stops_no_other_and_what_exists_is_left(folder, dream, monkeypatch):
    found = dream_files(["in"], "out", dream, progress=False)
    assert sorted(found) == ["in/bad.wav", "in/deep/two.flac", "in/one.wav"]
    assert "Cannot read in/bad.wav as sound" in found["in/bad.wav"]["error"]
    assert found["in/one.wav"]["gain"] > 1
    written = sorted(str(path) for path in (folder / "out").rglob("*.*"))
    assert [path.removeprefix(f"{folder}/") for path in written] == [
        "out/deep/two.flac",
        "out/one.wav",
    ]
    assert soundfile.info("out/one.wav").channels == 2
    monkeypatch.setattr(workflow, "dream_to_file", None)  # not to be called for those
    assert sorted(dream_files(["in"], "out", dream)) == ["in/bad.wav"]


def test_files_and_folders_are_found_without_the_dreams(folder):
    (folder / "in" / "out").mkdir()
    soundfile.write("in/out/old.wav", np.zeros(9), 8000)
    names = {str(path): str(to) for path, to in find_pairs(["in"], "in/out", "sound")}
    assert names == {
        "in/bad.wav": "in/out/bad.wav",
        "in/deep/two.flac": "in/out/deep/two.flac",
        "in/one.wav": "in/out/one.wav",
    }
    assert find_pairs(["in/one.wav", "in/one.wav"], "o") == find_pairs(["in/one.wav"], "o")


def test_a_format_that_is_not_written_becomes_wav(folder):
    soundfile.write("in/old.au", np.zeros(9), 8000)
    assert [to.name for _, to in find_pairs(["in/old.au"], "out")] == ["old.wav"]


@pytest.mark.parametrize(
    ("inputs", "output", "message"),
    [
        (["in/one.wav", "other/one.wav"], "out", "would both be written to out/one.wav"),
        (["in/one.wav", "in"], "in", "The dream of in/one.wav would replace it"),
        (["empty"], "out", "Expected files to dream on, but there are none in empty"),
        (["in"], "in/one.wav", "Expected a folder for several dreams, but in/one.wav is a file"),
    ],
)
def test_pairs_that_cannot_be_are_named(inputs, output, message, folder):
    for name in ("empty", "other"):
        (folder / name).mkdir()
    soundfile.write("other/one.wav", np.zeros(9), 8000)
    with pytest.raises(InputError, match=message):
        find_pairs(inputs, output)
