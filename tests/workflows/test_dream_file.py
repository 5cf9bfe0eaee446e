"""From file to file: short sounds whole, long ones streamed, pictures of both."""

import numpy as np
import pytest
import soundfile

from keras_sounddream.deepdream.long_sounds.stream import StreamResult
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.images import io
from keras_sounddream.workflows import dream

QUICK = {"octaves": 1, "steps": 2, "progress": False}


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    soundfile.write("short.wav", chirp[0], 24000)
    soundfile.write("long.wav", np.tile(chirp[0], 62), 24000)
    return tmp_path


@pytest.mark.parametrize(("name", "kind"), [("short", DreamResult), ("long", StreamResult)])
def test_sounds_of_any_length_are_dreamed_and_drawn(name, kind, folder, small_model):
    result = dream.dream_file(
        f"{name}.wav", "out.wav", small_model, ["conv2"], plot="out.png", **QUICK
    )
    assert isinstance(result, kind)
    assert soundfile.info("out.wav").frames == soundfile.info(f"{name}.wav").frames
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")
    assert result.gain[0] > 1
    assert result.retained[0] == pytest.approx(1, abs=0.05)
    assert {"objective", "seconds", "steps", "name", "retained"} <= set(result.figures())


@pytest.mark.parametrize("mode", ["tf", "unit", "none"])
def test_a_picture_that_guides_is_preprocessed_as_the_dream_is(mode, tmp_path, rng):
    import keras

    from keras_sounddream.deepdream.params.pixels import preprocess
    from keras_sounddream.workflows.objective_from_files import find_objective

    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Activation("linear", name="same")(inputs))
    pixels = np.round(rng.uniform(0, 200, (1, 9, 8, 3))).astype("float32")
    io.save_picture(tmp_path / "guide.png", pixels)
    objective = find_objective(model, ["same"], [tmp_path / "guide.png"], preprocessing=mode)
    means = np.mean(preprocess(pixels, mode), axis=(0, 1, 2))
    weights = objective.terms[0]["settings"]["weights"]
    np.testing.assert_allclose(weights, means / np.abs(means).max(), rtol=1e-4)
