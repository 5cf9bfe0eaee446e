"""The constructor contract, over every model of the table."""

import keras
import numpy as np
import pytest
from conformance.models import MODELS

from keras_sounddream import InputError, applications
from keras_sounddream.applications import _weights

each = pytest.mark.parametrize("row", MODELS, ids=lambda row: row.constructor.__name__)


def noise(row, batch=1, seconds=0.5):
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.1, (batch, round(seconds * row.sample_rate))).astype("float32")


def test_the_table_holds_every_model():
    named = {name for name in applications.__all__ if name[0].isupper() and not name.isupper()}
    assert {row.constructor.__name__ for row in MODELS} == named == set(applications.FAMILIES)


@each
def test_pretrained_weights_load_offline_and_name_classes(row):
    model = row.constructor()
    assert model.sample_rate == row.sample_rate
    assert len(model.labels) == row.labels
    scores = model.predict(noise(row), verbose=0)
    assert scores.shape == (1, row.labels)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    best = row.module.decode_predictions(scores, top=3)[0]
    assert [label for _, label, _ in best] == [model.labels[i] for i, _, _ in best]
    assert best[0][2] >= best[1][2] >= best[2][2]


@each
def test_any_length_from_the_least(row):
    model = row.constructor(weights=None)
    for seconds in (row.min_seconds, 0.33, 2.0):
        assert model.predict(noise(row, 2, seconds), verbose=0).shape == (2, row.labels)


@each
def test_a_clip_scores_alike_alone_and_in_a_batch(row):
    model = row.constructor()
    batch = np.concatenate([0.01 * noise(row), noise(row, 3)])
    alone = np.concatenate([model(clip[None]) for clip in batch])
    np.testing.assert_allclose(model(batch), alone, atol=1e-5)


@each
def test_saves_and_reloads_with_labels_and_rate(row, tmp_path):
    model = row.constructor()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (again.labels, again.sample_rate) == (model.labels, model.sample_rate)
    np.testing.assert_allclose(again(noise(row)), model(noise(row)), atol=1e-6)


@each
def test_front_end_can_be_left_out(row):
    model = row.constructor()
    network = row.constructor(include_front_end=False)
    spectrogram = model.get_layer("front_end")(noise(row))
    np.testing.assert_allclose(network(spectrogram), model(noise(row)), atol=1e-5)


@each
@pytest.mark.parametrize("pooling", [None, "avg", "max"])
def test_top_can_be_left_out(row, pooling):
    features = row.constructor(include_top=False, pooling=pooling)(noise(row))
    assert features.shape[-1] == row.features
    assert len(features.shape) == (4 if pooling is None else 2)


@each
def test_input_tensor_other_classes_and_activation(row):
    inputs = keras.Input((None,))
    model = row.constructor(
        weights=None, input_tensor=inputs, classes=3, classifier_activation=None, labels=["a"] * 3
    )
    assert model.labels == ("a", "a", "a")
    assert model.input is inputs
    assert model(noise(row)).shape == (1, 3)


@each
def test_weights_by_path_are_those_that_were_saved(row, tmp_path):
    model = row.constructor(weights=None)
    _weights.save(model, tmp_path / "w.npz", dtype="float32")
    model.save_weights(tmp_path / "w.weights.h5")
    for name in ("w.npz", "w.weights.h5"):
        again = row.constructor(weights=str(tmp_path / name))
        np.testing.assert_array_equal(again(noise(row)), model(noise(row)))


@each
def test_weights_none_reads_no_file(row, monkeypatch):
    monkeypatch.setattr(_weights, "shipped_path", lambda name: pytest.fail(f"read {name}"))
    row.constructor(weights=None)


@each
def test_preprocess_input_brings_rate_channels_and_length(row):
    prepare = row.module.preprocess_input
    least = round(row.min_seconds * row.sample_rate)
    assert prepare(np.ones(2 * row.sample_rate), 2 * row.sample_rate).shape == (1, row.sample_rate)
    assert prepare(np.ones((2, 30, 5)), row.sample_rate).shape == (2, least)
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
        "text.weights.h5": "does not fit",
    }


@each
def test_weights_that_do_not_fit_are_named(row, tmp_path):
    for name, message in misfits(tmp_path, row).items():
        with pytest.raises(InputError, match=message):
            row.constructor(weights=str(tmp_path / name))


@each
def test_a_changed_file_is_refused(row, tmp_path, monkeypatch):
    (tmp_path / "changed.npz").write_bytes(b"changed")
    monkeypatch.setattr(_weights, "shipped_path", lambda name: tmp_path / "changed.npz")
    with pytest.raises(InputError, match="SHA-256"):
        row.constructor()
    monkeypatch.setattr(_weights, "shipped_path", lambda name: tmp_path / "gone.npz")
    with pytest.raises(InputError, match="missing"):
        row.constructor()


@each
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "esc11"}, "`weights` must be None, one of"),
        ({"weights": "/nowhere/w.npz"}, "or a file. Received: '/nowhere/w.npz'"),
        ({"pooling": "median"}, "`pooling` must be one of"),
        ({"classes": 0, "weights": None}, "`classes` must be an int above 0. Received: 0"),
        ({"classes": 7}, "`classes` must be 10 with `weights='esc10'`"),
        ({"labels": ["a"], "weights": None}, "Expected 10 `labels`, one a class. Received: 1"),
        ({"input_tensor": 3}, "`input_tensor` must be a Keras tensor"),
        ({"input_tensor": "rank"}, r"Expected an `input_tensor` of shape \(batch, \*\(None,\)\)"),
    ],
)
def test_bad_arguments_are_named(row, arguments, message):
    if arguments.get("input_tensor") == "rank":
        arguments = {"input_tensor": keras.Input((None, 2, 2))}
    with pytest.raises(InputError, match=message):
        row.constructor(**arguments)


@each
@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0), "Expected a waveform"),
        (np.zeros((1, 1, 1, 1)), r"shape: \(1, 1, 1, 1\)"),
        (np.array([0.0, np.nan]), "finite"),
    ],
)
def test_bad_waveforms_are_named(row, waveform, message):
    with pytest.raises(InputError, match=message):
        row.module.preprocess_input(waveform, row.sample_rate)


@each
def test_decode_predictions_wants_a_column_a_label(row):
    with pytest.raises(InputError, match="Expected scores of shape"):
        row.module.decode_predictions(np.zeros((1, row.labels + 1)))
