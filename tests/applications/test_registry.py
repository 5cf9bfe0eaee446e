"""Models by name, and the files of weights that carry labels."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.applications import registry, weights

LABELS = ["dog", "rain"]


def small(**settings):
    return applications.LogMelCNN(**{"weights": None, "classes": 2, "labels": LABELS, **settings})


@pytest.mark.parametrize("constructor", applications.FAMILIES)
def test_constructors_and_families_are_found(constructor):
    name, family = registry.find(constructor)
    assert name == constructor
    assert callable(getattr(family, constructor))
    of_family, same = registry.find(applications.FAMILIES[constructor])
    assert same is family
    assert applications.FAMILIES[of_family] == applications.FAMILIES[constructor]


def test_every_family_has_the_same_three_functions():
    for constructor in applications.FAMILIES:
        family = registry.find(constructor)[1]
        assert {"PRETRAINED", "decode_predictions", "preprocess_input"} <= set(dir(family))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("LogMelCN", "no model 'LogMelCN'. Did you mean LogMelCNN"),
        ("yamnat", "Did you mean yamnet"),
        ("", "Take efficientat, log_mel_cnn"),
        ("qqqq", "A model of your own is named by its .keras file."),
    ],
)
def test_unknown_names_get_the_nearest(name, message):
    with pytest.raises(InputError, match=message):
        registry.find(name)


def test_saved_weights_bring_their_classes_and_labels(tmp_path):
    model = small()
    registry.save_weights(model, tmp_path / "w.npz")
    again, family = registry.build("log_mel_cnn", weights=str(tmp_path / "w.npz"))
    assert family is applications.log_mel_cnn
    assert again.labels == tuple(LABELS)
    assert again.output_shape == (None, 2)
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs.astype("float16").astype("float32"))
    assert family.decode_predictions(np.eye(2)[:1], 1, again) == [[(0, "dog", 1.0)]]


def test_saved_weights_of_other_classes_are_named(tmp_path):
    registry.save_weights(small(), tmp_path / "w.npz")
    with pytest.raises(InputError, match="has 2 classes: dog, rain. Give classes=2."):
        applications.LogMelCNN(weights=str(tmp_path / "w.npz"))


def test_weights_are_written_as_npz_and_not_over_others(tmp_path):
    with pytest.raises(InputError, match="weights to write as .npz. Received: .*w.h5"):
        registry.save_weights(small(), tmp_path / "w.h5")
    (tmp_path / "w.npz").write_text("mine")
    with pytest.raises(InputError, match="w.npz"):
        registry.save_weights(small(), tmp_path / "w.npz")
    assert (tmp_path / "w.npz").read_text() == "mine"


def test_a_keras_file_is_read_with_its_own_or_other_weights(tmp_path):
    model = small()
    model.save(tmp_path / "m.keras")
    weights.save(small(), tmp_path / "other.npz", dtype="float32")
    path = str(tmp_path / "m.keras")
    again, family = registry.load_model(path)
    assert family is None
    assert again.labels == tuple(LABELS)
    np.testing.assert_array_equal(again.get_weights()[4], model.get_weights()[4])
    other, _ = registry.load_model(path, str(tmp_path / "other.npz"))
    assert not np.array_equal(other.get_weights()[4], model.get_weights()[4])


def test_what_is_no_keras_file_is_named(tmp_path):
    with pytest.raises(InputError, match="gone.keras as a Keras model: there is no such file"):
        registry.load_model(str(tmp_path / "gone.keras"))
    (tmp_path / "text.keras").write_text("text")
    with pytest.raises(InputError, match="Cannot read .*text.keras as a Keras model"):
        registry.load_model(str(tmp_path / "text.keras"))


def test_untrained_models_need_no_weights():
    model, family = registry.load_model("YAMNet", trained=False)
    assert (model.name, family) == ("yamnet", applications.yamnet)


@pytest.mark.parametrize(
    ("content", "expected"), [("a\nb", ("a", "b")), ("Müll", ("Müll",)), ("", ("",))]
)
def test_labels_are_utf8_lines_of_a_file_of_weights(content, expected, tmp_path):
    array = np.frombuffer(content.encode("utf-8"), "uint8")
    np.savez(tmp_path / "w.npz", labels=array)
    assert weights.stored_labels(tmp_path / "w.npz") == expected


def test_files_without_labels_and_damaged_ones(tmp_path):
    np.savez(tmp_path / "none.npz", kernel=np.zeros(2))
    np.savez(tmp_path / "damaged.npz", labels=np.array([255, 254], "uint8"))
    for path in (tmp_path / "none.npz", tmp_path / "gone.npz", "w.h5", None, 3):
        assert weights.stored_labels(path) is None
    with pytest.raises(InputError, match="The labels in .*damaged.npz are damaged"):
        weights.stored_labels(tmp_path / "damaged.npz")


@pytest.mark.parametrize("turn", [None, np.transpose])
def test_layouts_name_and_turn_the_tensors_of_others(turn, tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs), name="one")
    kernel = np.arange(6.0).reshape(3, 2)
    np.savez(tmp_path / "w.npz", k=kernel if turn is None else kernel.T, b=np.ones(2))
    layout = {
        "dense/kernel": weights.Foreign("k", turn),
        "dense/bias": weights.Foreign("k", lambda k, b: b, ("b",)),
    }
    weights.load(model, tmp_path / "w.npz", layouts=[layout])
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    np.testing.assert_array_equal(model.get_weights()[1], np.ones(2))
    with pytest.raises(InputError, match="lacks the tensor 'dense/bias' that one has"):
        weights.load(model, tmp_path / "w.npz")


@pytest.mark.parametrize(("head", "is_one"), [(b"\x1c\0\0\0TFL3", True), (b"TFL3", False)])
def test_a_tflite_file_is_known_by_its_content(head, is_one, tmp_path):
    (tmp_path / "file").write_bytes(head)
    assert weights.is_tflite(tmp_path / "file") is is_one
    assert not weights.is_tflite(tmp_path / "gone")
    assert not weights.is_tflite(None)
