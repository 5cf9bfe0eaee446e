"""The constructor contract, over every model of the table."""

import inspect

import keras
import numpy as np
import pytest
from conformance.models import MODELS

from keras_sounddream import InputError, applications
from keras_sounddream.applications import base, weights

each = pytest.mark.parametrize("row", MODELS, ids=lambda row: row.constructor.__name__)


of_sounds = pytest.mark.parametrize(
    "row", [row for row in MODELS if row.sample_rate], ids=lambda row: row.constructor.__name__
)


def outputs(scores):
    """The arrays of a model's outputs."""
    return [np.asarray(each) for each in keras.tree.flatten(scores)]


def assert_alike(scores, others, tolerance):
    for one, other in zip(outputs(scores), outputs(others), strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance)


def is_shape(scores, steps, batch, classes):
    return scores.shape == (batch, scores.shape[1], classes)[:: 1 if steps else 2]


def test_the_table_holds_every_model():
    named = {name for name in applications.__all__ if name[0].isupper() and not name.isupper()}
    assert {row.constructor.__name__ for row in MODELS} == named == set(applications.FAMILIES)


@pytest.mark.parametrize(
    "row", [row for row in MODELS if row.pretrained], ids=lambda row: row.constructor.__name__
)
def test_pretrained_weights_load_offline_and_name_classes(row):
    model = row.constructor(weights=row.pretrained)
    assert model.sample_rate == row.sample_rate
    assert len(model.labels) == row.labels
    scores = model.predict(row.example(), verbose=0)
    assert scores.shape == (1, row.labels)
    best = row.module.decode_predictions(scores, top=3)[0]
    assert [label for _, label, _ in best] == [model.labels[i] for i, _, _ in best]
    assert best[0][2] >= best[1][2] >= best[2][2]


@each
def test_weights_that_do_not_ship_are_asked_for(row, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert inspect.signature(row.constructor).parameters["weights"].default == row.first_key
    for key in (key for key, kept in row.module.PRETRAINED.items() if "urls" in kept):
        with pytest.raises(InputError, match=f"Fetch http.* and put it at {tmp_path}"):
            row.constructor(weights=key)


@each
def test_any_length_from_the_least(row):
    model = row.constructor(weights=None)
    for seconds in (0.0, 0.33, 2.0):
        found = outputs(model.predict(row.example(2, seconds), verbose=0))
        for scores, classes in zip(found, row.widths, strict=True):
            assert is_shape(scores, row.steps, 2, classes)
            if row.softmax:
                np.testing.assert_allclose(scores.sum(axis=-1), 1, atol=1e-5)


@each
def test_a_clip_scores_alike_alone_and_in_a_batch(row):
    model = row.constructor(weights=row.weights)
    batch = np.concatenate([0.01 * row.example(), row.example(3)])
    alone = [outputs(model(clip[None])) for clip in batch]
    assert_alike(model(batch), [np.concatenate(each) for each in zip(*alone, strict=True)], 1e-5)


@each
def test_saves_and_reloads_with_labels_and_rate(row, tmp_path):
    model = row.constructor(weights=row.weights)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (again.labels, again.sample_rate) == (model.labels, model.sample_rate)
    assert_alike(again(row.example()), model(row.example()), 1e-6)


@pytest.mark.parametrize(
    "row", [row for row in MODELS if row.front_end], ids=lambda row: row.constructor.__name__
)
def test_front_end_can_be_left_out(row):
    model = row.constructor(weights=row.weights)
    network = row.constructor(weights=None, include_front_end=False)
    network.set_weights(model.get_weights())
    spectrogram = model.get_layer("front_end")(row.example())
    assert_alike(network(spectrogram), model(row.example()), 1e-5)


@each
@pytest.mark.parametrize("pooling", [None, "avg", "max"])
def test_top_can_be_left_out(row, pooling):
    features = row.constructor(include_top=False, weights=row.weights, pooling=pooling)(
        row.example()
    )
    assert features.shape[-1] == row.features
    assert len(features.shape) == (row.features_rank if pooling is None else 2)


@each
def test_input_tensor_other_classes_and_activation(row):
    inputs = keras.Input(row.constructor(weights=None).input_shape[1:])
    model = row.constructor(
        weights=None, input_tensor=inputs, classes=3, classifier_activation=None, labels=["a"] * 3
    )
    assert model.labels == ("a", "a", "a")
    assert model.input is inputs
    steps = row.steps if row.own_steps is None else row.own_steps
    assert is_shape(model(row.example()), steps, 1, 3)


@each
def test_weights_by_path_are_those_that_were_saved(row, tmp_path):
    model = row.constructor(weights=None)
    weights.save(model, tmp_path / "w.npz", dtype="float32")
    model.save_weights(tmp_path / "w.weights.h5")
    for name in ("w.npz", "w.weights.h5"):
        again = row.constructor(weights=str(tmp_path / name))
        assert_alike(again(row.example()), model(row.example()), 0)


@each
def test_weights_none_reads_no_file(row, monkeypatch):
    monkeypatch.setattr(base, "shipped_path", lambda name: pytest.fail(f"read {name}"))
    row.constructor(weights=None)


@of_sounds
def test_preprocess_input_brings_rate_channels_and_length(row):
    prepare = row.module.preprocess_input
    rate = row.sample_rate
    assert prepare(np.ones(2 * rate), 2 * rate).shape == (1, row.prepared(rate))
    assert prepare(np.ones((2, 30, 5)), rate).shape == (2, row.prepared(0))
    stereo = np.stack([np.ones((1, 8000)), -np.ones((1, 8000))], axis=-1)
    assert not np.any(prepare(stereo, row.sample_rate))
    waveform = np.ones((1, 8000), "float32")
    prepare(waveform, row.sample_rate)[:] = 0
    assert waveform.all()


def misfits(folder, row):
    """Weight files that do not fit, each with what the error says."""
    model = row.constructor(weights=None)
    arrays = {weight.path: np.asarray(weight.value) for weight in model.weights}
    name, first = next(iter(arrays.items()))
    np.savez(folder / "missing.npz", **{k: v for k, v in arrays.items() if k != name})
    np.savez(folder / "extra.npz", **arrays, **{"ghost/kernel": first})
    np.savez(folder / "misshapen.npz", **{**arrays, name: np.zeros((7, 7))})
    np.savez(folder / "pickled.npz", **{**arrays, name: np.array([{}], dtype=object)})
    (folder / "text.npz").write_text("not weights")
    (folder / "text.weights.h5").write_text("not weights")
    return {
        "missing.npz": f"lacks the tensor '{name}'",
        "extra.npz": "holds the tensor 'ghost/kernel'",
        "misshapen.npz": rf"'{name}' .* shape \(7, 7\)",
        "pickled.npz": "of numbers alone",
        "text.npz": "Expected weights as .npz",
        "text.weights.h5": "no complete HDF5 file",
    }


@each
def test_weights_that_do_not_fit_are_named(row, tmp_path):
    for name, message in misfits(tmp_path, row).items():
        with pytest.raises(InputError, match=message):
            row.constructor(weights=str(tmp_path / name))


@pytest.mark.parametrize(
    "row", [row for row in MODELS if row.pretrained], ids=lambda row: row.constructor.__name__
)
def test_a_changed_file_is_refused(row, tmp_path, monkeypatch):
    (tmp_path / "changed.npz").write_bytes(b"changed")
    monkeypatch.setattr(base, "shipped_path", lambda name: tmp_path / "changed.npz")
    with pytest.raises(InputError, match="SHA-256"):
        row.constructor(weights=row.pretrained)
    monkeypatch.setattr(base, "shipped_path", lambda name: tmp_path / "gone.npz")
    with pytest.raises(InputError, match="missing"):
        row.constructor(weights=row.pretrained)


@each
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "esc11"}, "`weights` must be None, one of"),
        ({"weights": "/nowhere/w.npz"}, "or a file. Received: '/nowhere/w.npz'"),
        ({"pooling": "median"}, "`pooling` must be one of"),
        ({"classes": 0, "weights": None}, "`classes` must be an int above 0. Received: 0"),
        ({"classes": True, "weights": None}, "`classes` must be an int above 0. Received: True"),
        ({"classes": 2, "labels": "ab", "weights": None}, "`labels` must be a list of str"),
        ({"weights": ""}, "or a file. Received: ''"),
        ({"weights": False}, "or a file. Received: False"),
        ({"classes": 7}, "`classes` must be {labels} with `weights='{first_key}'`"),
        (
            {"labels": ["a"], "classes": 2, "weights": None},
            "Expected 2 `labels`, one per class. Received: 1",
        ),
        ({"input_tensor": 3, "weights": None}, "`input_tensor` must be a Keras tensor"),
        (
            {"input_tensor": "rank", "weights": None},
            r"Expected an `input_tensor` of shape \(batch, \*\(",
        ),
    ],
)
def test_bad_arguments_are_named(row, arguments, message):
    if arguments.get("input_tensor") == "rank":
        arguments = {**arguments, "input_tensor": keras.Input((None, 2, 2, 2, 2))}
    if "first_key" in message and row.first_key is None:
        pytest.skip("no weights of it are known by a key")
    message = message.replace("{labels}", str(row.labels)).replace(
        "{first_key}", str(row.first_key)
    )
    with pytest.raises(InputError, match=message):
        row.constructor(**arguments)


@of_sounds
@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0), "Expected a waveform"),
        (np.zeros((1, 1, 1, 1)), r"shape: \(1, 1, 1, 1\)"),
        (np.array([0.0, np.nan]), "finite"),
        (np.zeros((1, 100, 0)), r"shape: \(1, 100, 0\)"),
        (np.array([3000, -20000], "int16"), r"in \[-1, 1\]. Received int16, up to 20000"),
        ("rooster.wav", "Expected a waveform, an array of numbers. Received: str"),
        ([[0.1, 0.2], [0.1]], "an array of numbers. Received: list"),
    ],
)
def test_bad_waveforms_are_named(row, waveform, message):
    with pytest.raises(InputError, match=message):
        row.module.preprocess_input(waveform, row.sample_rate)


@of_sounds
@pytest.mark.parametrize("rate", [None, "16000", 0])
def test_a_bad_sample_rate_is_named(row, rate):
    with pytest.raises(InputError, match=f"sample rates above 0 Hz.*Received: {rate!r} and"):
        row.module.preprocess_input(np.zeros(100), rate)


@each
def test_decode_predictions_wants_a_column_a_label(row):
    with pytest.raises(InputError, match="Expected scores of shape"):
        row.module.decode_predictions(np.zeros((1, row.widths[0] + 1)))


@each
def test_decode_predictions_takes_labels_of_any_sequence_and_names_bad_arguments(row):
    decode = row.module.decode_predictions
    assert decode(np.eye(3)[:1], top=1, labels=np.array(["a", "b", "c"])) == [[(0, "a", 1.0)]]
    for top in (0, -1, 2.5, None):
        with pytest.raises(InputError, match="`top` must be an int above 0"):
            decode(np.zeros((1, 3)), top=top, labels=["a", "b", "c"])
    with pytest.raises(InputError, match="Expected scores, an array of numbers"):
        decode("scores", top=1)
    with pytest.raises(InputError, match=r"Expected scores of shape \(batch, 0\)"):
        decode(np.zeros((1, 3)), labels=[])
