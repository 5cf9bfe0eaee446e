"""Models of pictures, exported: scores, features and dreams, in every format."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.models import make_classifier
from keras import layers
from PIL import Image

from keras_sounddream import DeepDream, InputError, applications, export_model, objectives
from keras_sounddream.cli.main import main
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.export.image_inputs import image_like
from keras_sounddream.export.litert import flatbuffer
from keras_sounddream.export.litert.packing import unpack
from keras_sounddream.export.onnx.writer import OnnxWriter
from keras_sounddream.export.saved_model.warmup import warmup_requests
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.lite import Classifier

SIZE = (40, 52)
LABELS = ("cat", "dog", "tripod")


def make_network(size=(None, None)):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((*size, 3))
    x = layers.Rescaling(0.01)(inputs)
    x = layers.Conv2D(6, 3, strides=2, use_bias=False, name="conv1")(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2")(x)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x), name="tiny_eye")
    model.labels = LABELS
    return model


@pytest.fixture(scope="module")
def network():
    return make_network()


@pytest.fixture(scope="module")
def dream(network):
    return DeepDream(network, objectives.layer("conv2"), octaves=2, steps=2)


@pytest.fixture(scope="module")
def saved(dream, tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "saved"
    return path, export_model(dream, path)


@pytest.fixture(scope="module")
def lite_file(dream, tmp_path_factory):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    path = tmp_path_factory.mktemp("pictures") / "dreamer.tflite"
    return path, export_model(dream, path, "litert", size=SIZE)


def lite_runner(path, task):
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path)).get_signature_runner(task)


def assert_within(report, limits):
    for name, limit in limits.items():
        assert report["tasks"][name]["largest_relative"] <= limit, name


def test_a_saved_model_does_everything_at_any_size(saved, dream, network):
    path, report = saved
    assert_within(report, {"classify": 1e-5, "embed": 1e-5, "dream": 1e-5, "dream_step": 1e-5})
    loaded = tf.saved_model.load(str(path)).signatures
    pictures = np.concatenate([image_like((33, 47), seed) for seed in (3, 4)])
    scores = loaded["serving_default"](picture=tf.constant(pictures))["scores"]
    np.testing.assert_allclose(scores, network(dream.model_input(pictures)), atol=1e-6)
    options = {"steps": [1, 0], "step_size": [2.0, 0.0]}  # the second has the settings'
    made = loaded["dream"](picture=tf.constant(pictures), **options)["picture"]
    other = DeepDream(network, dream.objective, octaves=2, steps=1, step_size=2.0)
    np.testing.assert_allclose(made[:1], other(pictures[:1]), atol=1e-3)
    np.testing.assert_allclose(made[1:], dream(pictures[1:]), atol=1e-3)


@pytest.mark.parametrize("wrong", [np.nan, -1.0, 300.0])
def test_what_are_no_pixels_are_a_row_at_fault(saved, wrong):
    pictures = np.repeat(image_like(SIZE), 2, axis=0)
    pictures[0, 3, 4, 1] = wrong
    function = tf.saved_model.load(str(saved[0])).signatures["dream"]
    found = function(picture=tf.constant(pictures), steps=[0, 0], step_size=[0.0, 0.0])
    said = [error.decode() for error in found["error"].numpy().tolist()]
    assert re.match(r"Expected (finite )?pixels", said[0])
    assert said[1] == ""
    assert np.isnan(found["picture"][0]).all()
    alone = function(picture=tf.constant(pictures[1:]), steps=[0], step_size=[0.0])
    np.testing.assert_allclose(found["picture"][1], alone["picture"][0], atol=1e-3)


def test_a_server_is_warmed_up_with_pictures(dream):
    requests = dict(warmup_requests(find_tasks(dream)))
    assert set(requests) == {"serving_default", "embed", "dream", "dream_step"}
    assert requests["dream"]["picture"].shape == (1, 96, 128, 3)
    assert requests["dream"]["steps"] == 1


def test_a_dream_in_litert_is_the_dream(lite_file, dream):
    path, report = lite_file
    assert_within(report, {"dream": 1e-5, "dream_step": 1e-5})
    picture = image_like(SIZE, 5)
    found = lite_runner(path, "dream")(picture=picture)["picture"]
    np.testing.assert_allclose(found, dream(picture), atol=2e-3)
    place = np.array([7], "int32")
    step = lite_runner(path, "dream_step")(picture=picture, place=place)
    wanted = [part.numpy() for part in dream.step(tf.constant(picture), 7)]
    change = np.abs(wanted[0] - picture).max()  # by which 1e-5 is less than a last bit of 255
    np.testing.assert_allclose(step["picture"], wanted[0], atol=1e-5 * change + 2.0**-15)
    np.testing.assert_allclose(step["objective"], wanted[1], rtol=1e-5)


def test_a_litert_file_says_what_it_takes(lite_file):
    content, metadata = unpack(lite_file[0].read_bytes())
    kinds = {kind for one in flatbuffer.operations(content).values() for kind in one}
    assert not any(kind.startswith("CUSTOM") for kind in kinds)
    assert (metadata.input, metadata.size, metadata.sample_rate) == ("picture", SIZE, None)
    assert metadata.tasks == ("dream", "dream_step")
    assert metadata.settings["preprocessing"] == "tf"


def test_lite_is_for_sounds_and_says_so(network, tmp_path):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    path = tmp_path / "a.tflite"
    export_model(network, path, "litert", ["classify"], size=SIZE)
    assert unpack(path.read_bytes())[1].labels == LABELS
    with pytest.raises(InputError, match="takes pictures, not sounds"):
        Classifier(path)


@pytest.mark.parametrize(("name", "least"), [("float16", 0), ("int8", 1e-6)])
def test_smaller_files_answer_nearly_alike(network, tmp_path, name, least):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    examples = [image_like(SIZE, seed) for seed in range(3)]
    more = {"representative": examples} if name == "int8" else {}
    report = export_model(
        network, tmp_path / "a", "litert", ["classify"], size=SIZE, quantization=name, **more
    )
    assert least <= report["tasks"]["classify"]["largest_relative"] < 0.1


@pytest.mark.parametrize("mode", ["tf", "caffe"])
def test_pixels_are_preprocessed_in_the_file(network, tmp_path, mode):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    path, picture = tmp_path / "a.tflite", image_like(SIZE, 6)
    export_model(network, path, "litert", size=SIZE, preprocessing=mode)
    found = lite_runner(path, "classify")(picture=picture)["scores"]
    np.testing.assert_allclose(found, network(preprocess(picture, mode)), rtol=1e-4)
    assert unpack(path.read_bytes())[1].settings == {"preprocessing": mode}


def test_onnx_takes_any_batch_and_size(network, tmp_path):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    path, tasks = tmp_path / "a.onnx", find_tasks(network, ["classify"])
    assert_within(export_model(network, path, "onnx", ["classify"]), {"classify": 1e-5})
    pictures = np.concatenate([image_like((61, 30), seed) for seed in (0, 1)])
    found = OnnxWriter().read(path, tasks).run("classify", pictures)["scores"]
    np.testing.assert_allclose(found, network(pictures), rtol=1e-4)


def test_a_dream_in_onnx_is_the_dream_at_any_size(network, tmp_path):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    dream = DeepDream(network, objectives.layer("conv1"), octaves=1, steps=2)
    report = export_model(dream, tmp_path / "a.onnx", "onnx", ["dream"])
    assert report["tasks"]["dream"]["sounds"] == 2  # of two sizes
    assert_within(report, {"dream": 1e-5})


def test_a_model_of_one_size_takes_that_size():
    (task,) = find_tasks(make_network(SIZE), ["classify"])
    assert (task.size, task.shape, task.input) == (SIZE, (*SIZE, 3), "picture")


def test_made_pictures_are_pictures():
    first, second = (image_like(SIZE, seed) for seed in (0, 1))
    assert first.shape == (1, *SIZE, 3)
    assert 0 <= first.min() < 30
    assert 225 < first.max() <= 255
    np.testing.assert_array_equal(first, np.round(first))
    assert np.abs(first - second).mean() > 20


WRONG = {
    "no size": (make_network, {}, "takes one size of picture"),
    "a length": (make_network, {"seconds": 2}, "takes pictures: give `size="),
    "no pair": (make_network, {"size": 40}, "`size` of two ints"),
    "another size": (lambda: make_network((9, 9)), {"size": SIZE}, "tiny_eye takes 9 x 9 pixels"),
    "too small": (make_network, {"size": (2, 9)}, "2 x 9 pixels are too few for tiny_eye"),
    "size of sounds": (make_classifier, {"size": SIZE}, "`size` is of pictures"),
    "pixels of sounds": (
        make_classifier,
        {"preprocessing": "tf", "seconds": 1},
        "`preprocessing` is of models of pictures",
    ),
}


@pytest.mark.parametrize(("make", "options", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_said_and_leaves_nothing(tmp_path, make, options, message):
    with pytest.raises(InputError, match=message):
        export_model(make(), tmp_path / "a.tflite", "litert", **options)
    assert not list(tmp_path.iterdir())


def test_a_dream_too_small_for_its_octaves_is_refused(dream, tmp_path):
    with pytest.raises(InputError, match="too few for layer 'conv2': dream in fewer octaves"):
        export_model(dream, tmp_path / "a.tflite", "litert", size=(3, 3))


@pytest.mark.parametrize("format", ["saved_model", "litert"])
def test_a_dream_of_one_size_too_small_for_its_octaves_is_refused(tmp_path, format):
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="seen")(inputs))
    dream = DeepDream(model, objectives.layer("seen"), octaves=4, steps=1)
    with pytest.raises(InputError, match="too few for layer 'seen': dream in fewer octaves"):
        export_model(dream, tmp_path / "a", format)


def test_the_command_line_takes_a_size(network, tmp_path, capsys):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    network.save(tmp_path / "eye.keras")
    Image.fromarray(image_like((70, 60))[0].astype("uint8")).save(tmp_path / "a.png")
    arguments = ["export", str(tmp_path / "eye.keras"), "-o", str(tmp_path / "a.tflite")]
    arguments += ["--format", "litert", "--task", "classify", "--sound", str(tmp_path / "a.png")]
    assert main([*arguments, "--size", "40by52"]) == 2
    assert "Expected --size of rows and columns" in capsys.readouterr().err
    assert main([*arguments, "--size", "40x52", "--preprocessing", "tf"]) == 0
    assert "s for 40 x 52 pixels" in capsys.readouterr().out


def test_squeezenet_names_a_photograph_in_litert(media, tmp_path):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    weights = media.parent / "weights/squeezenet_v1_0/squeezenet_v1_0.npz"
    path, photo = tmp_path / "a.tflite", media / "images/burger.jpg"
    model = applications.SqueezeNet(weights=str(weights))
    report = export_model(model, path, "litert", ["classify"], size=(227, 227), sounds=[photo])
    assert_within(report, {"classify": 1e-5})
    pixels = np.asarray(Image.open(photo).convert("RGB").resize((227, 227)), "float32")[None]
    scores = lite_runner(path, "classify")(picture=pixels)["scores"][0]
    assert unpack(path.read_bytes())[1].labels[np.argmax(scores)] == "cheeseburger"
