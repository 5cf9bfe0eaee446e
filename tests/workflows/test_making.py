"""Dreams made of names: when guides begin a dream of a class, and its settings."""

import numpy as np
import pytest

from keras_sounddream import InputError, audio
from keras_sounddream.applications import LogMelCNN
from keras_sounddream.cli.options.dream import _files_in
from keras_sounddream.deepdream import dream_stream
from keras_sounddream.workflows.making import make_dream


@pytest.fixture(scope="module")
def model():
    return LogMelCNN(weights=None, labels=[f"class {k}" for k in range(10)])


@pytest.fixture
def guides(tmp_path, rng):
    folder = tmp_path / "barks"
    folder.mkdir()
    for name in ("b.wav", "a.wav"):
        audio.save(folder / name, rng.normal(0, 0.1, (1, 12000)).astype("float32"), 12000)
    (folder / "notes.txt").write_text("not a sound")
    return _files_in(folder)


def test_a_folder_stands_for_its_sounds(guides, tmp_path):
    assert [path[-5:] for path in guides] == ["a.wav", "b.wav"]
    assert _files_in(tmp_path / "none.wav") == [str(tmp_path / "none.wav")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="Found no sound file"):
        _files_in(tmp_path / "empty")


def test_guides_beside_a_class_alone_begin_the_dream(model, guides):
    dream = make_dream(model, guides=guides, label="class 3", octaves=None)
    assert [guide.shape for guide in dream.guides] == [(24000,), (24000,)]
    assert [term["kind"] for term in dream.objective.terms] == ["logit"]
    assert (dream.settings.octaves, dream.settings.steps) == (1, 60)
    assert dream.settings.parameterization == "log_magnitude"
    assert make_dream(model, guides=guides, label="class 3", steps=7).settings.steps == 7


@pytest.mark.parametrize("other", [{"layers": ["block2_conv2"]}, {"guidance": "matched"}])
def test_beside_layers_or_a_guidance_they_are_followed(model, guides, other):
    dream = make_dream(model, guides=guides, label="class 3", **other)
    assert not len(dream.guides)
    assert len(dream.objective.terms) == 2


def test_a_class_without_guides_has_a_smoothed_gradient_unless_told(model):
    assert make_dream(model, label="class 3").settings.smoothing == "gaussian"
    assert make_dream(model, label="class 3", smoothing="none").settings.smoothing == "none"
    assert make_dream(model, label="class 3", preset="vivid").settings.smoothing == "none"
    assert make_dream(model, layers=["block2_conv2"]).settings.smoothing == "none"


def test_a_long_sound_does_not_begin_with_guides(model, guides, tmp_path):
    dream = make_dream(model, guides=guides, label="class 3")
    with pytest.raises(InputError, match="cannot begin with guides"):
        dream_stream(dream, guides[0], tmp_path / "long.wav")
    assert not np.any([path.name == "long.wav" for path in tmp_path.iterdir()])
