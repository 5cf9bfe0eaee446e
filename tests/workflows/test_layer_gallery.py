"""One dream for each layer, and their page."""

import json
import re

import numpy as np
import pytest
from browser import look_at
from reports.results import of_sound

from keras_sounddream import InputError, audio
from keras_sounddream.images.io import save_picture
from keras_sounddream.workflows import layer_gallery
from keras_sounddream.workflows.layer_gallery import dream_layers

QUICK = {"octaves": 1, "steps": 2, "progress": False}


@pytest.fixture
def folder(tmp_path, chirp):
    audio.save(tmp_path / "chirp.wav", chirp, 24000)
    return tmp_path


@pytest.fixture
def dreamed(monkeypatch, chirp):
    """Layers that were dreamed on, in order; the dreams are the input, and quick."""
    layers = []

    def quick(input_path, output_path, model, chosen, plot, overwrite, progress, **settings):
        layers.extend(chosen)
        audio.save(output_path, chirp, 24000, overwrite=overwrite)
        plot.write_bytes(b"picture")
        return of_sound(chirp, chirp)

    monkeypatch.setattr(layer_gallery, "dream_file", quick)
    return layers


def test_every_convolution_gets_a_sound_a_picture_and_a_place_on_the_page(folder, small_model):
    done = dream_layers(folder / "chirp.wav", folder / "g", small_model, **QUICK)
    assert list(done) == ["conv1", "conv2"]
    assert {path.name for path in (folder / "g").iterdir()} == {
        "conv1.wav", "conv1.png", "conv2.wav", "conv2.png",
        "input.wav", "index.html", "gallery.json",
    }  # fmt: skip
    page = (folder / "g" / "index.html").read_text("utf-8")
    for text, figures in done.items():
        assert figures["gain"] > 1
        assert f"gain {figures['gain']:.1f} ×" in page
        assert f'src="{text}.wav"' in page
        assert f'href="{text}.png"' in page
    found = look_at(folder / "g" / "index.html", folder)
    assert found["sounds"] == pytest.approx([1, 1, 1], abs=0.01)
    assert len(found["images"]) == 4
    assert min(found["images"]) > 0
    assert found["unnamed"] == 0
    assert found["overflow"] <= 0
    assert found["errors"] == found["console"] == []


def test_what_is_finished_is_not_made_again(folder, small_model, dreamed):
    def make(**settings):
        dreamed.clear()
        dream_layers(folder / "chirp.wav", folder / "g", small_model, **QUICK, **settings)
        return list(dreamed)

    assert make(layers=["conv2"]) == ["conv2"]
    assert make() == ["conv1"]
    assert make() == []
    (folder / "g" / "conv2.png").unlink()
    assert make() == ["conv2"]
    (folder / "g" / "input.wav").unlink()
    assert make() == ["conv1", "conv2"]
    assert make(layers=["conv2"], overwrite=True) == ["conv2"]
    (folder / "g" / "conv1.wav").unlink()
    assert make(layers=["conv2"], overwrite=True) == ["conv2"]
    assert make() == ["conv1"]
    page = (folder / "g" / "index.html").read_text("utf-8")
    assert 'src="conv1.wav"' in page
    assert 'src="conv2.wav"' in page


def test_an_interruption_leaves_a_whole_page(folder, small_model, dreamed, monkeypatch):
    quick = layer_gallery.dream_file

    def interrupted(input_path, output_path, model, chosen, **settings):
        if chosen == ["conv2"]:
            raise KeyboardInterrupt
        return quick(input_path, output_path, model, chosen, **settings)

    monkeypatch.setattr(layer_gallery, "dream_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dream_layers(folder / "chirp.wav", folder / "g", small_model, **QUICK)
    assert 'src="conv1.wav"' in (folder / "g" / "index.html").read_text("utf-8")
    assert list(json.loads((folder / "g" / "gallery.json").read_text())["layers"]) == ["conv1"]


def test_names_of_layers_become_names_of_files(folder, small_model, dreamed):
    layers = ["conv2:3", "conv2:4", "conv2:3"]
    done = dream_layers(folder / "chirp.wav", folder / "g", small_model, layers, **QUICK)
    assert [figures["file"] for figures in done.values()] == ["conv2_3", "conv2_4"]
    names = layer_gallery._file_names(["a/b", "a:b", "input", "index"], {})
    assert list(names.values()) == ["a_b", "a_b_2", "input_2", "index_2"]


@pytest.mark.parametrize("what", ["input", "weights", "settings"])
def test_dreams_of_another_kind_are_kept_apart(folder, small_model, dreamed, what):
    import keras

    dream_layers(folder / "chirp.wav", folder / "g", small_model, ["conv1"], **QUICK)
    model, settings = small_model, dict(QUICK)
    if what == "input":
        audio.save(folder / "chirp.wav", np.full(24000, 0.1), 24000, overwrite=True)
    elif what == "weights":
        model = keras.models.clone_model(small_model)
    else:
        settings["steps"] = 3
    dreamed.clear()
    with pytest.raises(InputError, match=f"holds dreams of another {what}. Choose another folder"):
        dream_layers(folder / "chirp.wav", folder / "g", model, ["conv1"], **settings)
    assert dreamed == []
    dream_layers(folder / "chirp.wav", folder / "g", model, ["conv1"], overwrite=True, **settings)
    assert dreamed == ["conv1"]
    assert np.allclose(
        audio.load(folder / "g" / "input.wav", 24000),
        audio.load(folder / "chirp.wav", 24000),
        atol=1e-4,
    )


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": 3, "layers": 4}'])
def test_a_record_that_is_damaged_is_said(folder, small_model, content):
    (folder / "g").mkdir()
    (folder / "g" / "gallery.json").write_text(content)
    with pytest.raises(InputError, match="holds dreams of another input, model, weights, settings"):
        dream_layers(folder / "chirp.wav", folder / "g", small_model, **QUICK)


@pytest.mark.parametrize(
    ("name", "target", "layers", "message"),
    [
        ("missing.wav", "g", [], "there is no"),
        ("silent.wav", "g", [], "it is silent"),
        ("long.wav", "g", [], "at most 60 s for a gallery. "),
        ("chirp.wav", "chirp.wav", [], "Expected a folder"),
        ("chirp.wav", "taken", [], "conv1.wav exists"),
        ("chirp.wav", "g", ["conv9"], "no layer 'conv9'"),
        ("chirp.wav", "g", ["conv2:x"], "Expected LAYER or LAYER:CHANNEL"),
        ("chirp.wav", "g", ["conv1", "conv2:99"], "99"),
    ],
)
def test_bad_input_is_said_and_nothing_is_left(folder, small_model, name, target, layers, message):
    audio.save(folder / "silent.wav", np.zeros(24000), 24000)
    audio.save(folder / "long.wav", np.zeros(8000 * 61), 8000)
    (folder / "taken").mkdir()
    (folder / "taken" / "conv1.wav").write_bytes(b"mine")
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match=re.escape(message)):
        dream_layers(folder / name, folder / target, small_model, layers, **QUICK)
    assert sorted(folder.rglob("*")) == before
    assert (folder / "taken" / "conv1.wav").read_bytes() == b"mine"


def test_models_without_convolutions_or_rate_are_said(folder):
    import keras

    inputs = keras.Input((1000,))
    model = keras.Model(inputs, keras.layers.Dense(3, name="dense")(inputs))
    with pytest.raises(InputError, match="has no convolution. Name layers"):
        dream_layers(folder / "chirp.wav", folder / "g", model)
    with pytest.raises(InputError, match="sample rate of .* is not known"):
        dream_layers(folder / "chirp.wav", folder / "g", model, ["dense"])


def eye():
    import keras

    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv1")(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(4, 3, name="conv2")(x), name="eye")


def test_pictures_have_a_gallery_too(folder, rng):
    model = eye()
    save_picture(folder / "photo.png", rng.uniform(0, 255, (20, 30, 3)))
    settings = {**QUICK, "preprocessing": "unit"}
    done = dream_layers(folder / "photo.png", folder / "g", model, **settings)
    assert list(done) == ["conv1", "conv2"]
    names = {path.name for path in (folder / "g").iterdir()}
    assert names == {"conv1.png", "conv2.png", "input.png", "index.html", "gallery.json"}
    found = look_at(folder / "g" / "index.html", folder)
    assert found["sounds"] == []
    assert len(found["images"]) == 3
    assert min(found["images"]) > 0
    assert found["unnamed"] == 0
    assert found["errors"] == found["console"] == []
    times = [path.stat().st_mtime_ns for path in (folder / "g").glob("conv*")]
    dream_layers(folder / "photo.png", folder / "g", model, **settings)
    assert times == [path.stat().st_mtime_ns for path in (folder / "g").glob("conv*")]


def test_a_sound_and_a_picture_are_told_apart(folder, small_model, rng):
    save_picture(folder / "photo.png", rng.uniform(0, 255, (20, 30, 3)))
    with pytest.raises(InputError, match="photo.png is a picture, and small takes sounds"):
        dream_layers(folder / "photo.png", folder / "g", small_model)
    with pytest.raises(InputError, match="chirp.wav is a sound, and eye takes pictures"):
        dream_layers(folder / "chirp.wav", folder / "g", eye())
    assert not (folder / "g").exists()
