"""Objectives by the names of layers, classes and files."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, audio
from keras_sounddream.images.io import save_picture
from keras_sounddream.workflows.objective_from_files import find_objective, middle_layer


def network(count, kind=keras.layers.Conv2D, shape=(None, None, 3)):
    inputs = x = keras.Input(shape)
    for i in range(count):
        x = kind(2, 3, padding="same", name=f"conv{i}")(x)
    return keras.Model(inputs, keras.layers.Activation("relu", name="relu")(x), name="net")


@pytest.mark.parametrize(
    ("count", "name"), [(1, "conv0"), (2, "conv1"), (3, "conv2"), (5, "conv3"), (9, "conv6")]
)
def test_the_middle_layer_is_two_thirds_of_the_way(count, name):
    assert middle_layer(network(count)) == name
    assert middle_layer(network(count, keras.layers.Conv1D, (None, 1))) == name


def test_a_model_without_convolutions_has_no_middle():
    with pytest.raises(InputError, match="has no convolution"):
        middle_layer(network(0))


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ((), "1 * layer('conv1')"),
        (("conv0",), "1 * layer('conv0')"),
        (("conv0:1",), "1 * channel('conv0', 1)"),
        (("conv0", "conv1:0"), "1 * layer('conv0') + 1 * channel('conv1', 0)"),
    ],
)
def test_layers_add_up(layers, name):
    assert repr(find_objective(network(2), layers)) == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": "tabby"}, "net has no classes here, without its top. Name a layer"),
        ({"layers": ["conv0:1"], "guides": ["a.png"]}, "A guide takes whole layers: leave"),
        ({"guides": ["gone.png"]}, "Cannot read gone.png: there is no such file"),
        ({"guides": ["chirp.wav"]}, "chirp.wav is a sound, and net takes pictures"),
        ({"guidance": "matched"}, "matched needs guides"),
        ({"guidance": "locally", "guides": ["a.png"]}, "`guidance` must be one of guided"),
        ({"layers": ["conv0:x"]}, "Expected LAYER or LAYER:CHANNEL"),
    ],
)
def test_what_cannot_be_an_objective_is_named(arguments, message, tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    audio.save("chirp.wav", chirp, 24000)
    with pytest.raises(InputError, match=message):
        find_objective(network(2), **arguments)


def test_a_label_and_layers_add_up(small_model):
    outputs = keras.layers.Dense(3, name="top")(
        keras.layers.GlobalAveragePooling2D()(small_model.output)
    )
    model = keras.Model(small_model.inputs[0], outputs, name="three")
    model.labels = ["cat", "dog", "owl"]
    objective = find_objective(model, ["conv1"], label="owl")
    assert repr(objective) == "1 * logit(None, 2) + 1 * layer('conv1')"
    with pytest.raises(InputError, match="no label 'ow'. Did you mean"):
        find_objective(model, label="ow")


@pytest.mark.parametrize(
    ("guidance", "kinds"),
    [
        ("guided", ["guided"] * 2),
        ("guided_locally", ["guided_locally"] * 2),
        ("matched", ["matched"] * 2),
    ],
)
def test_guides_are_followed_in_each_way(tmp_path, rng, guidance, kinds):
    save_picture(tmp_path / "a.png", rng.uniform(0, 255, (9, 9, 3)))
    guides = [tmp_path / "a.png"]
    objective = find_objective(network(2), ["conv0", "conv1"], guides, guidance=guidance)
    assert [term["kind"] for term in objective.terms] == kinds
    assert [term["layer"] for term in objective.terms] == ["conv0", "conv1"]


def test_guides_are_read_in_any_number(tmp_path, rng):
    paths = [tmp_path / f"{i}.png" for i in range(2)]
    for path in paths:
        save_picture(path, rng.uniform(0, 255, (9, 9, 3)))
    alone = find_objective(network(2), ["conv0"], paths[:1])
    both = find_objective(network(2), ["conv0", "conv1"], paths)
    assert len(alone.terms) < len(both.terms)
    assert not np.array_equal(
        alone.terms[0]["settings"]["weights"], both.terms[0]["settings"]["weights"]
    )
