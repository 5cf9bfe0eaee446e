"""LiteRT files: built-in operations alone, the model's own numbers, and `lite` opens them."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.models import RATE, make_classifier

from keras_sounddream import DeepDream, InputError, applications, export_model, objectives
from keras_sounddream.errors import ExportError
from keras_sounddream.export.litert import flatbuffer, quantization
from keras_sounddream.export.litert.packing import unpack
from keras_sounddream.export.litert.writer import LiteRTWriter
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.lite import Classifier, Dreamer, Embedder

pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")


@pytest.fixture(scope="module")
def dreamer(tmp_path_factory):
    """A small dream of half a second, and its file: `(dream, path, report)`."""
    settings = {"octaves": 1, "steps": 2, "smoothing": "gaussian"}
    dream = DeepDream(make_classifier(), objectives.layer("conv2"), **settings)
    path = tmp_path_factory.mktemp("litert") / "dreamer.tflite"
    return dream, path, export_model(dream, path, "litert", seconds=0.5)


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    """`LogMelCNN` at one second, and its file: `(model, path, report)`."""
    model, folder = applications.LogMelCNN(), tmp_path_factory.mktemp("litert")
    path = folder / "scorer.tflite"
    return model, path, export_model(model, path, "litert", seconds=1)


def test_scores_and_features_are_the_models(scorer):
    model, path, report = scorer
    assert set(report["tasks"]) == {"classify", "embed"}
    assert all(row["largest_relative"] <= 1e-5 for row in report["tasks"].values())
    assert json.loads(path.with_name("scorer.tflite.json").read_text()) == report
    classifier, sound = Classifier(path), speech_like(24000, 24000, 3)
    assert (classifier.labels, classifier.sample_rate) == (tuple(model.labels), 24000)
    wanted = model.predict(sound, verbose=0)[0]
    np.testing.assert_allclose(classifier.scores(sound), wanted, atol=1e-5)
    assert Embedder(path).features(sound).shape == (model.get_layer("predictions").input.shape[1],)


def test_a_dream_is_the_dream(dreamer):
    dream, path, report = dreamer
    assert set(report["tasks"]) == {"dream", "dream_step"}  # and no scores: a dreamer is large
    assert report["tasks"]["dream"]["largest_relative"] <= 2e-3
    assert report["tasks"]["dream_step"]["largest_relative"] <= 1e-5
    sound = speech_like(RATE // 2, RATE, 3)
    found = Dreamer(path).dream(sound[0])
    np.testing.assert_allclose(found, dream(sound)[0], atol=2e-3 * np.abs(sound).max())


@pytest.mark.parametrize("place", [0, 1, 7])
def test_a_single_step_is_that_of_its_place(dreamer, place):
    dream, path, _ = dreamer
    sound = speech_like(RATE // 2, RATE, 4)
    made, objective = Dreamer(path).step(sound[0], place)
    wanted = [part.numpy()[0] for part in dream.step(tf.constant(sound), place)]
    np.testing.assert_allclose(made, wanted[0], atol=1e-4 * np.abs(sound).max())
    assert objective == pytest.approx(wanted[1], rel=1e-4)


def test_steps_are_counted_from_outside(dreamer):
    dream, path, _ = dreamer
    sound = speech_like(RATE // 2, RATE, 5)
    after = dream.score(Dreamer(path).dream(sound[0], steps=4)[np.newaxis])
    assert (
        after > dream.score(Dreamer(path).dream(sound[0], steps=1)[np.newaxis]) > dream.score(sound)
    )


def test_nothing_but_built_in_operations(dreamer):
    content, metadata = unpack(dreamer[1].read_bytes())
    found = flatbuffer.operations(content)
    assert {"WHILE", "CONV_2D"} <= set(found["dream"])  # what is in the loop counts
    assert "WHILE" not in found["dream_step"]
    assert not any(kind.startswith("CUSTOM") for kinds in found.values() for kind in kinds)
    assert metadata.samples == metadata.min_samples == RATE // 2
    assert metadata.tasks == ("dream", "dream_step")


def test_a_ladder_of_lengths_is_a_file_each(tmp_path):
    reports = export_model(make_classifier(), tmp_path / "a.tflite", "litert", seconds=(0.5, 1))
    names = [f"a_{length}s.tflite" for length in ("0.5", "1")]
    assert [report["path"] for report in reports] == [str(tmp_path / name) for name in names]
    assert Classifier(tmp_path).samples == [RATE // 2, RATE]


def test_a_ladder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(InputError, match="Received: seconds=0.001"):
        export_model(make_classifier(), tmp_path / "a.tflite", "litert", seconds=(1, 0.001))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["float16", "dynamic_range", "int8"])
def test_smaller_files_answer_nearly_alike(scorer, tmp_path, name):
    model, _, plain = scorer
    sounds = [speech_like(24000, 24000, seed) for seed in range(4)]
    more = {"representative": sounds} if name == "int8" else {}
    path = tmp_path / "small.tflite"
    report = export_model(model, path, "litert", ["classify"], seconds=1, quantization=name, **more)
    assert report["bytes"] < 0.6 * plain["bytes"]
    differs = report["tasks"]["classify"]["largest_relative"]
    assert differs < 1e-5 if name == "float16" else 1e-5 < differs < 0.15  # they are stored so
    assert unpack(path.read_bytes())[1].settings == {"quantization": name}
    assert ("QUANTIZE" in report["tasks"]["classify"]["operations"]) == (name == "int8")
    for sound in sounds:
        assert np.argmax(Classifier(path).scores(sound)) == np.argmax(model(sound))


@pytest.mark.parametrize("name", ["float16", "dynamic_range"])
def test_smaller_dreams_rise_as_high(tmp_path, name):
    dream = DeepDream(
        applications.LogMelCNN(), objectives.layer("block2_conv2"), octaves=2, steps=2
    )
    path = tmp_path / "small.tflite"
    report = export_model(dream, path, "litert", seconds=0.5, quantization=name)
    assert report["tasks"]["dream"]["limit"] is None  # its objective is what was compared
    model = flatbuffer.schema.ModelT.InitFromPackedBuf(unpack(path.read_bytes())[0], 0)
    kinds = {
        flatbuffer._NAMES[flatbuffer.kind_of(model, operator)]: graph.tensors[index].type
        for graph in model.subgraphs
        for operator in graph.operators
        for index in operator.inputs
        if index >= 0
        and model.buffers[graph.tensors[index].buffer].data is not None
        and len(model.buffers[graph.tensors[index].buffer].data) > 40_000
    }
    stored = {flatbuffer.schema.TensorType.FLOAT16: "16", flatbuffer.schema.TensorType.INT8: "8"}
    rounded = {kind: stored[type] for kind, type in kinds.items() if type in stored}
    wanted = {"DEQUANTIZE": "16"} if name == "float16" else {"CONV_2D": "8"}
    assert rounded == wanted
    assert "BATCH_MATMUL" in kinds  # transforms are left as they are
    sound = speech_like(12000, 24000, 3)
    found, wanted = Dreamer(path).dream(sound[0])[None], dream(sound)
    within = {"float16": 0.01, "dynamic_range": 0.05}[name]  # the latter is what export allows
    np.testing.assert_allclose(dream.score(found), dream.score(wanted), rtol=within)


def test_a_dream_that_does_not_rise_is_refused(dreamer, tmp_path, monkeypatch):
    monkeypatch.setattr(quantization, "quantize", lambda make, *_: _silenced(make().convert()))
    with pytest.raises(ExportError, match="its objective by .*, where 0.05 is allowed"):
        export_model(
            dreamer[0], tmp_path / "a.tflite", "litert", seconds=0.5, quantization="float16"
        )
    assert not list(tmp_path.iterdir())


def _silenced(content):
    """A file whose convolutions' weights are zeros."""
    model = flatbuffer.schema.ModelT.InitFromPackedBuf(content, 0)
    for graph in model.subgraphs:
        for operator in graph.operators:
            if flatbuffer.kind_of(model, operator) == flatbuffer.schema.BuiltinOperator.CONV_2D:
                buffer = model.buffers[graph.tensors[operator.inputs[1]].buffer]
                buffer.data = None if buffer.data is None else np.zeros_like(buffer.data)
    return flatbuffer.packed(model)


WRONG = {
    "no length": ({}, "takes one length of sound"),
    "too short": ({"seconds": 0.001}, "at least .* s of sound for"),
    "twice the same": ({"seconds": (1, 1)}, "different lengths"),
    "no such variant": ({"seconds": 1, "quantization": "int3"}, "`quantization` must be"),
    "int8 features": (
        {"seconds": 1, "quantization": "int8", "tasks": ["embed"]},
        "is for classify",
    ),
    "int8 of nothing": (
        {"seconds": 1, "quantization": "int8", "tasks": ["classify"]},
        "reads its ranges off sounds",
    ),
    "no such option": ({"seconds": 1, "serving_name": "a"}, "Received: `serving_name`"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_said_and_leaves_nothing(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        export_model(make_classifier(), tmp_path / "a.tflite", "litert", **options)
    assert not list(tmp_path.iterdir())


@keras.saving.register_keras_serializable("tests")
class Odd(keras.layers.Layer):
    """A layer whose operation LiteRT lacks."""

    def call(self, x):
        return tf.math.bessel_i0e(x)


def test_an_operation_that_is_not_built_in_is_named(tmp_path):
    base = make_classifier()
    x = Odd(name="odd_one")(base.get_layer("conv2").output)
    model = keras.Model(base.inputs, keras.layers.GlobalMaxPooling2D()(x))
    with pytest.raises(ExportError, match="BesselI0e.*odd_one"):
        export_model(model, tmp_path / "a.tflite", "litert", seconds=1)
    assert not list(tmp_path.iterdir())


def test_a_file_that_answers_otherwise_is_refused(tmp_path):
    model = make_classifier()  # NaN in weights reaches the scores on any processor, in sound not
    model.set_weights([np.full_like(values, np.nan) for values in model.get_weights()])
    with pytest.raises(ExportError, match="not finite"):
        export_model(model, tmp_path / "a.tflite", "litert", seconds=1)
    assert not list(tmp_path.iterdir())


def test_front_ends_are_what_logarithms_come_from(tmp_path):
    tasks = find_tasks(make_classifier(), ["classify"])
    path = tmp_path / "a.tflite"
    LiteRTWriter().write(tasks, _metadata(tasks), path, seconds=0.5, quantization="dynamic_range")
    model = flatbuffer.schema.ModelT.InitFromPackedBuf(unpack(path.read_bytes())[0], 0)
    graph = model.subgraphs[0]
    front = flatbuffer.front_end(model, graph)
    assert 0 < len(front) < len(graph.operators)
    kinds = {graph.tensors[index].type for each in front for index in each.inputs if index >= 0}
    assert flatbuffer.schema.TensorType.INT8 not in kinds


def _metadata(tasks):
    from keras_sounddream.export import Metadata

    return Metadata("tiny", ("classify",), RATE, tasks[0].min_samples)
