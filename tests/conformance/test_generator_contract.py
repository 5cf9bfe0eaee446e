"""The contract of generators, autoencoders and CatDogNet, and of their files in every runtime."""

import keras
import numpy as np
import pytest
from conformance.generators import ROWS

from keras_sounddream import InputError, export_model

FORMATS = {"litert": "ai_edge_litert", "onnx": "onnxruntime", "saved_model": "tensorflow"}
_NEAR = 1e-4  # largest difference, of the peak


@pytest.fixture(scope="module", params=ROWS, ids=lambda row: row.name)
def row(request):
    return request.param


@pytest.fixture(scope="module")
def model(row):
    return row.model()


def made(row, model, examples):
    """Outputs of a model, by the names that its file has for them."""
    if row.name.startswith("Autoencoder"):
        latents = model.get_layer("encoder")(examples)
        return {"latent": latents, "picture": model.layers[-1](latents)}
    return {next(iter(row.outputs)): model(examples, training=False)}


def assert_near(found, wanted):
    for name, value in wanted.items():
        value = np.asarray(value)
        assert found[name].shape == value.shape
        difference = np.abs(found[name] - value).max() / np.abs(value).max()
        assert difference < _NEAR, (name, difference)


def test_the_constructor_has_as_many_parameters_as_its_table(row):
    assert row.full().count_params() == row.parameters


def test_outputs_have_their_shapes_and_differ_from_input_to_input(row, model):
    for name, value in made(row, model, row.examples()).items():
        assert tuple(value.shape[1:]) == row.outputs[name]
        assert np.ptp(value, axis=0).max() > 1e-3


def test_an_input_counts_alone_as_in_a_batch(row, model):
    examples = row.examples(3)
    alone = made(row, model, examples[1:2])
    assert_near({k: np.asarray(v)[1:2] for k, v in made(row, model, examples).items()}, alone)


def test_a_saved_model_comes_back(row, model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    wanted = made(row, model, row.examples())
    assert_near({k: np.asarray(v) for k, v in made(row, again, row.examples()).items()}, wanted)


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_computes_the_same_in_its_own_runtime(row, model, tmp_path, format):
    pytest.importorskip(FORMATS[format])
    path = tmp_path / "model"
    report = export_model(model, path, format)
    assert list(report["tasks"]) == list(row.tasks[: 1 if format == "onnx" else None])
    assert all(task["excess"] <= 1 for task in report["tasks"].values())
    examples = row.examples(1, seed=5)  # seeded, and none of those that the export compared
    assert_near(RUN[format](path, row, examples), made(row, model, examples))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tasks": ["dream"]}, "'dream'"),
        ({"tasks": ["paint"]}, "`tasks` are classify"),
        ({"seconds": 2}, "`seconds`|of pictures|takes pictures"),
        ({"size": (7, 9)}, "leave `size` out|takes 52 x 48 pixels"),
    ],
)
def test_options_that_do_not_fit_are_named(row, tmp_path, options, text):
    with pytest.raises(InputError, match=text):
        export_model(row.build(), tmp_path / "a.tflite", **options)
    assert not list(tmp_path.iterdir())


def _litert(path, row, examples):
    from ai_edge_litert.interpreter import Interpreter

    from keras_sounddream.export.litert.packing import unpack

    flatbuffer, _ = unpack(path.read_bytes(), str(path))
    signature = Interpreter(model_content=flatbuffer).get_signature_runner(row.tasks[0])
    return signature(**{row.input: examples})


def _onnx(path, row, examples):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    return dict(zip(names, session.run(None, {row.input: examples}), strict=True))


def _saved_model(path, row, examples):
    import tensorflow as tf

    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    outputs = {k: v.numpy() for k, v in signature(**{row.input: tf.constant(examples)}).items()}
    assert outputs.pop("error").tolist() == [b""]
    return outputs


RUN = {"litert": _litert, "onnx": _onnx, "saved_model": _saved_model}
