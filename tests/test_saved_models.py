"""What ships: the manifest is of the files that lie there, and they answer as the models do."""

import ast
import hashlib
import importlib.util
import json
import re

import numpy as np
import pytest
from places import ROOT

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.applications import log_mel_cnn, urban_sound_cnn
from keras_sounddream.lite import Classifier, Dreamer

FOLDER = ROOT / "saved_models"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text())
FILES = {row["name"]: row for row in MANIFEST["files"]}
EXPORTS = {name: row for name, row in FILES.items() if row.get("format") == "litert"}
SERVED = FOLDER / "serving/log_mel_cnn/1"
OF_THEMSELVES = {"manifest.json", "exports/make.py"}
MODELS = {"log_mel_cnn_esc10": log_mel_cnn, "urban_sound_cnn_esc10": urban_sound_cnn}
LAYER = "block3_conv2"
FARTHEST = {"float16": 1e-5, "int8": 0.2}  # of a score


def test_the_manifest_lists_what_lies_there():
    found = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == set(FILES) | OF_THEMSELVES


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_the_one_of_its_hash(name):
    content = (FOLDER / name).read_bytes()
    assert len(content) == FILES[name]["bytes"]
    assert hashlib.sha256(content).hexdigest() == FILES[name]["sha256"]


def test_all_together_are_small():
    assert sum(row["bytes"] for row in FILES.values()) == MANIFEST["bytes"] <= 30_000_000


@pytest.mark.parametrize("name", MODELS)
def test_weights_are_those_that_load(name):
    row = MODELS[name].PRETRAINED["esc10"]
    assert FILES[row["file"]]["sha256"] == row["sha256"]


def test_the_card_names_every_export():
    card = (FOLDER / "log_mel_cnn_esc10.md").read_text()
    assert len(EXPORTS) == 3
    assert all(f"`{file}`" in card for file in (*EXPORTS, "serving/log_mel_cnn/1"))


def test_what_may_come_out_with_other_bytes_is_told():
    """The graph of a SavedModel and the files of LiteRT but for ranges that are read off sums."""
    other = {
        name.rpartition("/")[2] for name, row in FILES.items() if not row.get("same_bytes", True)
    }
    assert other == {
        "log_mel_cnn_esc10_classify_5s_int8.tflite",
        "fingerprint.pb",
        "variables.index",
        "variables.data-00000-of-00001",
    }


def test_the_served_folder_answers_as_the_model_does():
    tensorflow = pytest.importorskip("tensorflow")
    served = tensorflow.saved_model.load(str(SERVED)).signatures
    assert {"serving_default", "embed", "wav", "dream"} <= set(served)
    model = applications.LogMelCNN()
    sounds = np.stack(examples(model, 2))
    lengths = np.full(len(sounds), sounds.shape[1], "int32")
    found = served["serving_default"](
        waveform=tensorflow.constant(sounds), num_samples=tensorflow.constant(lengths)
    )
    np.testing.assert_allclose(found["scores"], model.predict(sounds, verbose=0), atol=1e-5)
    dreamed = served["dream"](
        waveform=tensorflow.constant(sounds[:1]),
        num_samples=tensorflow.constant(lengths[:1]),
        steps=tensorflow.constant([1]),
        step_size=tensorflow.constant([0.0]),
    )["waveform"]
    dream = DeepDream(model, objectives.layer(LAYER))
    assert dream.score(np.asarray(dreamed)) > 1.2 * dream.score(sounds[:1])


def test_versions_are_told():
    assert {"tensorflow", "ai-edge-litert", "tf2onnx"} <= set(MANIFEST["versions"])


def examples(model, seconds):
    paths = sorted((ROOT / "examples").glob("*.flac"))
    count = seconds * model.sample_rate
    return [np.resize(audio.load(path, model.sample_rate)[0], count) for path in paths]


@pytest.mark.parametrize("name", [n for n, row in EXPORTS.items() if row["task"] == "classify"])
def test_classifiers_answer_as_the_models_do(name):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    row = EXPORTS[name]
    model, classifier = applications.LogMelCNN(), Classifier(FOLDER / name)
    assert classifier.labels == tuple(model.labels)
    assert classifier.metadata.settings == {"quantization": row["variant"]}
    sounds = examples(model, row["seconds"])
    wanted = model.predict(np.stack(sounds), verbose=0)
    found = np.stack([classifier.scores(sound) for sound in sounds])
    np.testing.assert_allclose(found, wanted, atol=FARTHEST[row["variant"]])
    assert found.argmax(axis=1).tolist() == wanted.argmax(axis=1).tolist()


@pytest.mark.parametrize("name", [n for n, row in EXPORTS.items() if row["task"] == "dream"])
def test_dreams_rise_as_high_as_those_in_python(name):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    row, dreamer = EXPORTS[name], Dreamer(FOLDER / name)
    dream = DeepDream(applications.LogMelCNN(), objectives.layer(LAYER))
    sound = examples(dream.model, row["seconds"])[-1]
    made = np.round(dreamer.dream(sound) * 32767).astype("float32")[np.newaxis] / 32768
    wanted = dream.score(dream.run(sound[np.newaxis]).dream)
    np.testing.assert_allclose(dream.score(made), wanted, rtol=0.05)
    assert dream.score(made) > 2 * dream.score(sound[np.newaxis])


def test_the_wheel_carries_weights_and_cards_and_nothing_else():
    """`setup.py` is read, not run: what it lists of the folder, and which folders are packages."""
    (whole,) = (
        node.value
        for node in ast.parse((ROOT / "setup.py").read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "WHOLE"
    )
    lists = {key.value: value for key, value in zip(whole.keys, whole.values, strict=True)}
    patterns = ast.literal_eval(lists["package_data"])["keras_sounddream.saved_models"]
    carried = {path.name for pattern in patterns for path in FOLDER.glob(pattern)}
    assert carried == {name for name, row in FILES.items() if "task" not in row}
    assert not list(FOLDER.glob("*.py"))  # of a package every module is carried
    assert "include_package_data" not in lists
    assert "saved_models" not in (ROOT / "MANIFEST.in").read_text()


@pytest.fixture(scope="module")
def cross_validation():
    """The script that measures LogMelCNN, and writes into its card."""
    path = ROOT / "benchmarks" / "esc10_cross_validation.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_card_is_what_its_script_makes_of_the_figures_in_it(cross_validation):
    card = cross_validation.CARD.read_text()
    accuracies = re.search(r"^\| accuracy \(%\) \|(( [\d.]+ \|){5})", card, re.MULTILINE)[1]
    fold5 = re.search(r"Fold 5 with the shipped weights: \*\*([\d.]+) %", card)[1]
    rows = re.findall(r"^\| [a-z_]+ \|((?: \d+ \|){10})$", card, re.MULTILINE)
    total = [[int(count) for count in re.findall(r"\d+", row)] for row in rows]
    figures = [float(figure) for figure in re.findall(r"[\d.]+", accuracies)]
    text = cross_validation.section(figures, float(fold5), total)
    assert cross_validation.with_section(card, text) == card


def test_the_script_leaves_the_other_sections_of_the_card_alone(cross_validation):
    card = "# A card\n\nWords.\n\n## Accuracy\n\n90 %\n\n## Exports\n\nfiles\n"
    text = "## Accuracy\n\n91 %\n"
    assert cross_validation.with_section(card, text) == card.replace("90", "91")
    last = card.partition("\n## Exports")[0]
    assert cross_validation.with_section(last, text) == last.replace("90", "91")
    with pytest.raises(SystemExit, match="has no section '## Accuracy'"):
        cross_validation.with_section("# Another\n", text)
