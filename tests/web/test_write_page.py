"""The folder that `sounddream web` writes: parts, choices, sentences, and weights in halves."""

import json

import numpy as np
import pytest

from keras_sounddream.applications import fetching
from keras_sounddream.errors import InputError
from keras_sounddream.web import choices, filters, runtime
from keras_sounddream.web.static import PAGE


def test_the_folder_holds_what_the_service_worker_keeps(page_folder):
    folder = page_folder / "page"
    line = next(x for x in (folder / "sw.js").read_text().splitlines() if "const PAGE" in x)
    listed = json.loads(line.removeprefix("const PAGE = ").removesuffix(";"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert listed["later"] == ["models/filter_0.onnx"]
    assert {*listed["files"], *listed["later"]} == {"./", *there} - {"sw.js"}
    assert {f"ort/{name}" for name in runtime.FILES} < there
    for path in folder.rglob("*.[hmj]*"):
        assert not any(word in path.read_text("utf-8") for word in ("%POLICY%", "%FILES%"))


def test_nothing_on_the_page_names_another_host(page_folder):
    for path in (page_folder / "page").rglob("*"):
        if path.suffix in (".html", ".css", ".mjs", ".js") and path.parent.name != "ort":
            hosts = path.read_text("utf-8").replace("http://www.w3.org", "")
            assert "//" not in hosts.replace("// ", "").replace('"//', ""), path


def test_the_pages_source_is_read_without_scrolling():
    for path in PAGE.rglob("*.*"):
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) <= 300, path
        assert max(map(len, lines)) <= 100 or path.suffix == ".svg", path


def test_layers_and_classes_are_offered_with_their_smoothing(page_folder, page_model):
    page = json.loads((page_folder / "page" / "page.json").read_text())
    (network,) = page["networks"]
    offered = {g["title"]: [(t["name"], t["smoothing"]) for t in g["terms"]]
               for g in network["groups"]}  # fmt: skip
    classes = [(label, 2.0) for label in page_model.labels]
    assert offered == {"Layers": [("conv1", 0.0), ("conv2", 0.0)], "Classes": classes}
    assert (network["rate"], network["bins"], network["octaves"]) == (24000, 481, 4)
    terms = choices.find_terms(page_model, ["conv2:3"], ["1"])
    assert [(term.name, term.is_class) for term in terms] == [("conv2:3", False), ("1", True)]


def test_a_filter_is_described_as_the_page_runs_it(page_folder):
    (one,) = json.loads((page_folder / "page" / "page.json").read_text())["filters"]
    assert (one["name"], one["shown"]) == ("filter:rooster", "rooster")
    assert (one["rate"], one["samples"], one["delay"]) == (24000, 12000, 1440)
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    path = page_folder / "page" / "models" / f"{one['file']}.onnx"
    takes = {node.name: node.shape for node in onnxruntime.InferenceSession(path).get_inputs()}
    assert takes == {"waveform": [1, one["samples"]], **one["state"]}
    assert path.stat().st_size < 1.6e6


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["chicken"], r"one of \['block3_conv2', 'rain_style', 'rooster'\], or a file"),
        (["missing.npz"], "or a file. Received: 'missing.npz'"),
        (["rooster", "rooster"], "of different names. Received 'rooster' twice"),
    ],
)
def test_filters_that_there_are_not_are_named(given, sentence):
    with pytest.raises(InputError, match=sentence):
        filters.find_filters(given)


@pytest.mark.parametrize(
    ("layers", "classes", "sentence"),
    [
        (["conv9"], (), "has no layer 'conv9'"),
        (["conv1:99"], (), "channel"),
        ((), ["Middle"], "has no label 'Middle'"),
        ((), ["7"], "has classes 0 to 2"),
    ],
)
def test_what_the_model_lacks_is_named(page_model, layers, classes, sentence):
    with pytest.raises(InputError, match=sentence):
        choices.find_terms(page_model, layers, classes)


def test_a_model_of_one_length_is_refused(page_model):
    import keras

    from keras_sounddream.web.steering import make_dream

    inputs = keras.Input((24000,))
    fixed = keras.Model(inputs, page_model(inputs), name="fixed")
    with pytest.raises(
        InputError, match=r"any length.*fixed takes inputs of shape \(None, 24000\)"
    ):
        make_dream(fixed, choices.find_terms(page_model))


def test_without_onnx_runtime_the_error_says_what_to_fetch(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"forbids fetching.*npm pack onnxruntime-web@1\.30\.0"):
        runtime.runtime_files()
    path = fetching.cached_path(runtime.PACKAGE)
    path.parent.mkdir()
    path.write_bytes(b"another file")
    with pytest.raises(InputError, match="damaged or another file"):
        runtime.runtime_files()


def test_halves_are_stored_where_they_are_exact(tmp_path):
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    from keras_sounddream.web.precision import halve_weights

    rng = np.random.default_rng(0)
    exact = rng.normal(size=(64, 64)).astype("float16").astype("float32")
    large = exact * 1e5
    nodes = [onnx.helper.make_node("MatMul", ["x", "exact"], ["middle"]),
             onnx.helper.make_node("MatMul", ["middle", "large"], ["y"])]  # fmt: skip
    ends = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, 64]) for n in "xy"]
    weights = [onnx.numpy_helper.from_array(a, n) for a, n in ((exact, "exact"), (large, "large"))]
    graph = onnx.helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)])
    model.ir_version = 10
    path = tmp_path / "m.onnx"
    onnx.save(model, path)
    x = {"x": rng.normal(size=(1, 64)).astype("float32")}
    before, size = onnxruntime.InferenceSession(path).run(None, x)[0], path.stat().st_size
    halve_weights(path)
    kinds = {tensor.name: tensor.data_type for tensor in onnx.load(path).graph.initializer}
    assert kinds == {"exact_float16": 10, "large": 1}
    assert path.stat().st_size < 0.8 * size
    np.testing.assert_array_equal(onnxruntime.InferenceSession(path).run(None, x)[0], before)
