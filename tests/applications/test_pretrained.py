"""Tables of the zoo that need no Keras: what the constructors do by them."""

import inspect

import keras
import numpy as np
import pytest

from keras_sounddream import applications
from keras_sounddream.applications import pretrained
from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.errors import InputError

LABELLED = [name for name in pretrained.PRETRAINED if name != "WaveNet"]


def test_every_constructor_has_rows():
    assert set(pretrained.PRETRAINED) == set(pretrained.FAMILIES)


@pytest.mark.parametrize("constructor", LABELLED)
def test_the_first_key_is_the_constructors_default(constructor):
    parameters = inspect.signature(getattr(applications, constructor)).parameters
    assert parameters["weights"].default == next(iter(pretrained.PRETRAINED[constructor]))


@pytest.mark.parametrize("constructor", ["LogMelCNN", "UrbanSoundCNN"])
def test_labels_are_known_without_the_model(constructor):
    model = getattr(applications, constructor)()
    assert pretrained.known_labels(constructor, None) == model.labels


@pytest.mark.parametrize(
    ("constructor", "weights", "first"),
    [
        ("LogMelCNN", "esc10", "dog"),
        ("LogMelCNN", "labelled.npz", "doggo"),
        ("LogMelCNN", "plain.npz", None),
        ("YAMNet", None, "Speech"),
        ("YAMNet", "plain.npz", "Speech"),
        ("YAMNet", "labelled.npz", "doggo"),
        ("SqueezeNet", "plain.npz", "tench, Tinca tinca"),
    ],
)
def test_labels_are_those_of_the_weights(tmp_path, monkeypatch, constructor, weights, first):
    monkeypatch.chdir(tmp_path)
    np.savez("labelled.npz", labels=np.frombuffer(b"doggo\ncat", "uint8"))
    np.savez("plain.npz", a=np.zeros(3))
    labels = pretrained.known_labels(constructor, weights)
    assert (None if labels is None else labels[0]) == first


def test_labels_of_several_outputs_are_by_output():
    labels = pretrained.known_labels("SoundNet8", None)
    assert {output: len(names) for output, names in labels.items()} == {
        "objects": 1000,
        "scenes": 401,
    }


@pytest.mark.parametrize(
    ("constructor", "weights", "message"),
    [
        ("LogMelCNN", "esc50", r"one of \['esc10'\], or a file. Received: 'esc50'"),
        ("LogMelCNN", "gone.npz", "or a file. Received: 'gone.npz'"),
        ("SoundNet8", None, "sound8.npy is not there, and KERAS_SOUNDDREAM_OFFLINE forbids"),
    ],
)
def test_weights_that_are_not_there_are_refused(monkeypatch, constructor, weights, message):
    monkeypatch.setenv("KERAS_HOME", "/nowhere")
    with pytest.raises(InputError, match=message):
        pretrained.check_weights(constructor, weights)


@pytest.mark.parametrize("constructor", ["LogMelCNN", "UrbanSoundCNN"])
def test_weights_that_ship_are_there(constructor):
    pretrained.check_weights(constructor, None)


def layers_of(constructor, **arguments):
    build = getattr(applications, constructor)
    known = {k: v for k, v in arguments.items() if k in inspect.signature(build).parameters}
    calls = calls_of(build(weights=None, **known))
    return [name for name, call in calls.items() if isinstance(call.layer, keras.Layer)]


@pytest.mark.parametrize("constructor", [n for n in pretrained.FAMILIES if n != "WaveNet"])
def test_names_of_layers_are_the_models(constructor):
    names = layers_of(constructor) + layers_of(constructor, classifier_activation="softmax")
    expected = tuple(dict.fromkeys(names))
    line = f'"{constructor}": "{" ".join(expected)}"'
    assert pretrained.layer_names(constructor) == expected, f"layer_names.json wants {line}"


def test_the_layers_of_a_wavenet_are_not_known_beforehand():
    assert pretrained.layer_names("WaveNet") is None
