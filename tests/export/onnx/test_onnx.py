"""ONNX files, opened by ONNX Runtime alone: classifiers and dreams of any length."""

import importlib
import json
import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.models import RATE, make_classifier

from keras_sounddream import DeepDream, ExportError, InputError, applications, objectives
from keras_sounddream.cli.main import main
from keras_sounddream.export import Metadata, export_model
from keras_sounddream.export.onnx.graph import graphs
from keras_sounddream.export.onnx.writer import OnnxWriter
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.tasks import find_tasks

onnx = pytest.importorskip("onnx", reason="needs onnx")
pytest.importorskip("tf2onnx", reason="needs tf2onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")

MODELS = {
    "log_mel_cnn": lambda: applications.LogMelCNN(weights="esc10"),
    "urban_sound_cnn": lambda: applications.UrbanSoundCNN(weights=None),
    "soundnet8": lambda: applications.SoundNet8(weights=None),
    "efficientat": lambda: applications.EfficientAT("mn04", weights=None),
}


def opened(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def close(found, wanted, limit=1e-5):
    wanted = np.asarray(wanted)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=limit * np.abs(wanted).max())


@pytest.fixture(scope="module")
def classifier_file(classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "tiny.onnx"
    return path, export_model(classifier, path, "onnx")


@pytest.fixture(scope="module")
def small_dream(classifier):
    return DeepDream(classifier, objectives.layer("conv2"), octaves=1, steps=2)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_any_batch_and_length_are_classified(make, tmp_path):
    keras.utils.set_random_seed(0)
    model = make()
    path = tmp_path / "model.onnx"
    report = export_model(model, path, "onnx", tasks=["classify"])
    assert report["tasks"]["classify"]["largest_relative"] <= 1e-5
    least = Metadata.from_json(props(path)["sounddream.json"]).min_samples
    (task,) = find_tasks(model, ["classify"])
    for batch, samples in ((1, least), (3, least + 777)):
        rows = np.concatenate([speech_like(samples, 16000, seed) for seed in range(batch)])
        found = opened(path).run(list(task.outputs), {"waveform": rows})
        for one, wanted in zip(found, task.function(rows).values(), strict=True):
            close(one, wanted)


def props(path):
    return {prop.key: prop.value for prop in onnx.load(path).metadata_props}


def test_what_the_file_says_of_itself(classifier_file):
    path, report = classifier_file
    found, model = props(path), onnx.load(path)
    metadata = Metadata.from_json(found["sounddream.json"])
    assert (metadata.tasks, metadata.sample_rate, metadata.samples) == (("classify",), RATE, None)
    assert found["labels.txt"] == "bark\nrain\nclock\n"
    assert [(one.domain, one.version) for one in model.opset_import] == [("", int(found["opset"]))]
    sizes = model.graph.input[0].type.tensor_type.shape.dim
    assert [size.dim_param for size in sizes] == ["batch", "samples"]
    (output,) = model.graph.output
    sizes = output.type.tensor_type.shape.dim
    assert (output.name, [one.dim_param or one.dim_value for one in sizes]) == (
        "scores",
        ["batch", 3],
    )
    assert json.loads(path.with_name("tiny.onnx.json").read_text()) == report
    assert "Conv" in report["tasks"]["classify"]["operations"]


def test_a_short_sound_is_repeated(classifier_file, classifier):
    sound = speech_like(100, RATE)
    (found,) = opened(classifier_file[0]).run(None, {"waveform": sound})
    least = Metadata.from_json(props(classifier_file[0])["sounddream.json"]).min_samples
    close(found, classifier(np.resize(sound, (1, least))))


def test_features(classifier, tmp_path):
    report = export_model(classifier, tmp_path / "e.onnx", "onnx", tasks=["embed"], layer="conv1")
    assert report["tasks"]["embed"]["largest_relative"] <= 1e-5
    (found,) = opened(tmp_path / "e.onnx").run(["features"], {"waveform": speech_like(6000, RATE)})
    assert found.shape == (1, 6)


def test_a_model_of_one_length_stays_one(tmp_path):
    export_model(make_classifier(samples=4000), tmp_path / "fixed.onnx", "onnx")
    (given,) = opened(tmp_path / "fixed.onnx").get_inputs()
    assert given.shape == ["batch", 4000]


SMOOTHED = {"smoothing": "gaussian", "smoothing_width": (1.0, 0.5)}


@pytest.mark.parametrize(("place", "settings"), [(0, {}), (3, {}), (3, SMOOTHED)])
def test_a_step_at_any_place_is_the_dreams(classifier, tmp_path, place, settings):
    dream = DeepDream(classifier, objectives.layer("conv2"), octaves=2, steps=2, **settings)
    path = tmp_path / "step.onnx"
    seconds = 0.5 if place else None
    report = export_model(dream, path, "onnx", tasks=["dream_step"], seconds=seconds)
    assert report["tasks"]["dream_step"]["largest_relative"] <= 1e-5  # at one length or two
    sound = speech_like(RATE // 2, RATE)
    given = {"waveform": sound, "place": np.array(place, "int32")}
    found = opened(path).run(["dream", "objective"], given)
    for one, wanted in zip(found, dream.step(sound, place), strict=True):
        close(one, wanted, 2e-5)


def test_a_dream_of_any_length_is_one_file(small_dream, tmp_path):
    path = tmp_path / "dream.onnx"
    report = export_model(small_dream, path, "onnx", tasks=["dream"])["tasks"]["dream"]
    assert {"Loop", "If"} < set(report["operations"])
    outputs = [(each.name, each.shape) for each in opened(path).get_outputs()]
    assert outputs == [("dream", [1, "samples"])]
    assert not {"ReverseSequence", "Greater"} < set(report["operations"])
    session = opened(path)
    for samples in (400, RATE // 2, 9001):
        sound = speech_like(samples, RATE, seed=5)
        (found,) = session.run(["dream"], {"waveform": sound})
        close(found, small_dream(sound), 2e-3)
    assert small_dream.score(found) > small_dream.score(sound)
    metadata = Metadata.from_json(props(path)["sounddream.json"])
    assert (metadata.samples, metadata.settings["steps"]) == (None, 2)
    check_constants(onnx.load(path).graph)


def check_constants(graph):
    """A loop hands on what changes alone, and no large constant is there twice."""
    each = list(graphs(graph))
    kept = [one.raw_data for graph in each for one in graph.initializer]
    kept = [content for content in kept if len(content) >= 1024]
    assert len(kept) == len(set(kept))
    (loop,) = (node for node in graph.node if node.op_type == "Loop")
    assert len(loop.output) == 4  # the number of the step, a logarithm, a cosine and a sine
    (body,) = (attribute.g for attribute in loop.attribute)
    local = {one.name for one in body.initializer}
    convolutions = [node for node in body.node if node.op_type in {"Conv", "ConvTranspose"}]
    assert len(convolutions) >= 4
    assert all(node.input[1] in local for node in convolutions)


def test_the_first_task_is_written_where_none_is_asked_for(small_dream, tmp_path):
    assert set(export_model(small_dream, tmp_path / "a.onnx", "onnx")["tasks"]) == {"classify"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks": ["classify", "embed"]}, "'onnx' holds 1 task.*Received: classify, embed"),
        ({"tasks": ["dream"], "seconds": 0.01}, "at least 0.04 s of sound for dream.*=0.01"),
        ({"tasks": ["dream"], "seconds": float("nan")}, "finite lengths, such as 5.*: nan"),
        ({"tasks": ["dream"], "seconds": (1, float("inf"))}, "finite lengths, such as 5.*, inf"),
        ({"serving_name": "a"}, "serving_name"),
    ],
)
def test_what_a_file_cannot_hold_is_said(small_dream, tmp_path, options, message):
    with pytest.raises((InputError, TypeError), match=message):
        export_model(small_dream, tmp_path / "a.onnx", "onnx", **options)
    assert not list(tmp_path.iterdir())


def test_seconds_of_a_model_of_one_length_are_its_own(tmp_path):
    model = make_classifier(samples=4000)
    with pytest.raises(InputError, match="takes 0.5 s of sound. Received: seconds=1"):
        export_model(model, tmp_path / "a.onnx", "onnx", seconds=1)


def unfit(operation):
    inputs = keras.Input((800,), name="waveform")
    x = keras.layers.Lambda(operation, output_shape=(3,), name="odd")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(x), name="strange")
    model.sample_rate = RATE
    return model


def test_an_operation_without_a_form_is_named_with_its_layer(tmp_path):
    model = unfit(lambda x: tf.math.lgamma(x[:, :3]))
    with pytest.raises(ExportError, match="Operation Lgamma of layer 'odd' .*no form in ONNX"):
        export_model(model, tmp_path / "a.onnx", "onnx")
    assert not list(tmp_path.iterdir())


def test_what_onnx_says_in_other_words_is_exported(tmp_path):
    """`Erfc`, and a spectrum of Keras's own, in real numbers."""
    inputs = keras.Input((800,), name="waveform")
    x = keras.layers.MelSpectrogram(fft_length=128, sequence_stride=64, num_mel_bins=4)(inputs)
    x = keras.layers.Lambda(lambda x: tf.math.erfc(x / 80.0), name="odd")(x)
    x = keras.layers.GlobalAveragePooling1D(data_format="channels_first")(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(x), name="spectral")
    model.sample_rate = RATE
    report = export_model(model, tmp_path / "a.onnx", "onnx", tasks=["classify"])
    assert {"Erf", "MatMul"} < set(report["tasks"]["classify"]["operations"])


def test_wrong_answers_leave_nothing_behind(classifier, tmp_path, monkeypatch):
    module = importlib.import_module("keras_sounddream.export.onnx.writer")
    function = module.portable_function

    def wrong(task, samples):
        made = function(task, samples)
        return lambda **inputs: {name: 1.01 * each for name, each in made(**inputs).items()}

    monkeypatch.setattr(module, "portable_function", wrong)
    with pytest.raises(ExportError, match="classify of tiny differs once exported: by 0.01"):
        export_model(classifier, tmp_path / "a.onnx", "onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_none_is_one_line(classifier, tmp_path):
    writer = OnnxWriter()
    (tmp_path / "a.onnx").write_bytes(b"no graph")
    with pytest.raises(ExportError, match="does not open the classify of tiny: [^\n]*$"):
        writer.read(tmp_path / "a.onnx", find_tasks(classifier, ["classify"]))


@pytest.mark.parametrize("name", ["tf2onnx", "onnx", "onnxruntime"])
def test_what_is_missing_is_said(classifier, tmp_path, monkeypatch, name):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(InputError, match=rf"needs the package {name}. Install it: .*\[export\]"):
        export_model(classifier, tmp_path / "a.onnx", "onnx")
    assert not list(tmp_path.iterdir())


def test_the_command_line(tmp_path, capsys):
    make_classifier().save(tmp_path / "tiny.keras")
    arguments = ["export", str(tmp_path / "tiny.keras"), "-o", str(tmp_path / "t.onnx")]
    assert main([*arguments, "--format", "onnx"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [f"{tmp_path / 't.onnx'}:", "classify"]


def test_an_optimizer_of_tf2onnx_that_fails_is_left_out(classifier, tmp_path, monkeypatch):
    optimizer = importlib.import_module("tf2onnx.optimizer.transpose_optimizer").TransposeOptimizer
    tried = []

    def fail(self, graph, iteration):
        tried.append(os.environ.get("TF2ONNX_CATCH_ERRORS"))
        raise ValueError("no such node")

    monkeypatch.setattr(optimizer, "optimize", fail)
    report = export_model(classifier, tmp_path / "a.onnx")
    assert report["tasks"]["classify"]["largest_relative"] < 1e-5
    assert tried[0] == "FALSE"  # first without copies of the graph
    assert set(tried[1:]) == {None}
