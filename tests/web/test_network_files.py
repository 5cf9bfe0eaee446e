"""Networks that a visitor opens: what a file says of itself in Node, and its use in Chromium."""

import numpy as np
import pytest
import soundfile
import soxr
from javascript import call
from places import shared_data
from visitor import choose, dream, faults, heard, in_sixteen_bits, open_clip, text_of

from keras_sounddream.export.metadata import Metadata

LABELS = ("Loud", "Soft", "Ünclear <b>")


def network_file(metadata, outputs=3, name="scores"):
    """Bytes of an ONNX file that scores the mean square of a sound; `metadata` as properties."""
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    helper = onnx.helper
    weights = np.linspace(-1, 1, outputs, dtype="float32")[np.newaxis]
    nodes = [
        helper.make_node("ReduceSumSquare", ["waveform", "axes"], ["power"], keepdims=1),
        helper.make_node("MatMul", ["power", "weights"], [name]),
    ]
    numbers = {"weights": weights, "axes": np.array([1])}
    constants = [onnx.numpy_helper.from_array(array, key) for key, array in numbers.items()]
    shapes = {"waveform": [1, "samples"], name: [1, outputs]}
    ends = [helper.make_tensor_value_info(key, 1, shape) for key, shape in shapes.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    helper.set_model_props(model, metadata)
    return model.SerializeToString()


def told(**changes):
    """The properties of a file that classifies, with changes."""
    fields = {"model": "loudness", "tasks": ("classify",), "sample_rate": 16000,
              "min_samples": 400, "labels": LABELS}  # fmt: skip
    files = Metadata(**{**fields, **changes}).to_files()
    return {name: content.decode() for name, content in files.items()}


def read(content):
    """What the page reads in a file: a dict, or the sentence that refuses it."""
    answer = call("dream/metadata.mjs", "readNetwork", content)
    return answer.get("error", answer)


def test_name_rate_and_classes_are_read():
    wanted = {"name": "loudness", "rate": 16000, "labels": list(LABELS)}
    assert read(network_file(told())) == wanted
    many = tuple(f"class {i}" for i in range(5000))  # a length of several bytes
    assert read(network_file(told(labels=many)))["labels"] == list(many)


def test_what_the_page_itself_was_given_is_read(page_folder, page_model):
    answer = read((page_folder / "page" / "models" / "classify.onnx").read_bytes())
    wanted = {"name": page_model.name, "rate": 24000, "labels": list(page_model.labels)}
    assert answer == wanted


NO_FILE = "This is no ONNX file, or a damaged one: choose another one."
CASES = {
    "empty": (lambda: b"", "This file is empty: choose another one."),
    "text": (lambda: b"hello, this is a text", NO_FILE),
    "zeros": (lambda: bytes(64), NO_FILE),
    "endless number": (lambda: b"\xff" * 64, NO_FILE),
    "cut off": (lambda: network_file(told())[:-9], NO_FILE),
    "no properties": (lambda: network_file({}), "does not tell its classes: write one with"),
    "no JSON": (lambda: network_file({"sounddream.json": "{"}), NO_FILE),
    "no object": (lambda: network_file({"sounddream.json": "null"}), "holds the task undefined"),
    "another task": (lambda: network_file(told(tasks=("dream",))), "holds the task dream, where"),
    "pictures": (lambda: network_file(told(input="picture")), "takes pictures: choose one"),
    "one length": (lambda: network_file(told(samples=16000)), "export it without --seconds"),
    "no rate": (lambda: network_file(told(sample_rate=None)), "names a sample rate of null Hz"),
    "rate of 0": (lambda: network_file(told(sample_rate=0)), "names a sample rate of 0 Hz"),
    "no classes": (lambda: network_file(told(labels=None)), "has no one list of classes"),
    "two lists": (lambda: network_file(told(labels={"a": ("b",)})), "has no one list of classes"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_recognise_is_refused_in_a_sentence(case):
    make, sentence = CASES[case]
    answer = read(make())
    assert isinstance(answer, str), answer
    assert sentence in answer
    assert "\n" not in answer


def test_damage_anywhere_ends_in_an_answer_or_a_sentence(rng):
    content = network_file(told())
    for _ in range(20):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), 8):
            damaged[place] = rng.integers(0, 256)
        answer = read(bytes(damaged))
        known = ("This network", "This is no ONNX", "This ONNX file does not")
        assert isinstance(answer, dict) or answer.startswith(known)


@pytest.fixture
def open_network(visit, page_folder, voice):
    """Function that has a page, in which a voice is open, open a network too."""
    browser = visit()
    open_clip(browser, "voice.wav")

    def open_file(name, content):
        (page_folder / "clips" / name).write_bytes(content)
        return browser, open_clip(browser, name, "network")

    return open_file


def test_a_file_recognises_at_its_own_rate(open_network, voice):
    browser, said = open_network("loudness.onnx", network_file(told()))
    assert said == "loudness recognises 3 classes, at 16000 Hz."
    at_16k = soxr.resample(in_sixteen_bits(voice)[0], 24000, 16000, "VHQ")
    power = float(np.sum(at_16k.astype("float64") ** 2))
    assert list(heard(browser)) == ["Ünclear <b>", "Soft", "Loud"]
    percent = browser.run("document.querySelector('#heard li').lastChild.textContent")
    assert float(percent.rstrip(" %")) == pytest.approx(100 * power, rel=1e-3)
    assert text_of(browser, "of") == "in the sound, by loudness"
    choose(browser, namer="own")
    browser.wait("document.querySelector('#of').textContent === 'in the sound'")
    assert set(heard(browser)) == {"Low", "High", "Noise"}
    assert faults(browser) == ([], [], set())


def test_an_exported_network_gives_the_pages_own_scores(open_network, page_folder):
    content = (page_folder / "page" / "models" / "classify.onnx").read_bytes()
    browser, said = open_network("own.onnx", content)
    assert said == "small_classifier recognises 3 classes, at 24000 Hz."
    scores = heard(browser)
    choose(browser, namer="own")
    browser.wait("document.querySelector('#of').textContent === 'in the sound'")
    assert heard(browser) == scores
    choose(browser, namer="opened", on="filter:rooster")
    dream(browser)
    assert text_of(browser, "of") == "in the dream, by small_classifier"


def test_a_file_that_is_dropped_recognises(visit, page_folder):
    (page_folder / "clips" / "dropped.onnx").write_bytes(network_file(told()))
    browser = visit()
    browser.run("""(async () => {
      const files = new DataTransfer(), bytes = await (await fetch("../clips/dropped.onnx")).blob();
      files.items.add(new File([bytes], "dropped.onnx"));
      document.body.dispatchEvent(
        new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    })()""")
    browser.wait("document.querySelector('#namer').value === 'opened'")
    open_clip(browser, "voice.wav")
    assert set(heard(browser)) == set(LABELS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: network_file(told(), outputs=4), "it outputs 4 scores for 3 classes"),
        (lambda: network_file(told(), name="others"), "it outputs no scores for 3 classes"),
        (lambda: network_file(told()).replace(b"MatMul", b"MatMal"), "does not open bad.onnx"),
        (lambda: b"no network", "no ONNX file"),
    ],
)
def test_a_bad_file_is_told_and_the_pages_network_stays(open_network, content, sentence):
    browser, said = open_network("bad.onnx", content())
    assert sentence in said
    assert "\n" not in said
    assert set(heard(browser)) == {"Low", "High", "Noise"}
    assert browser.run("document.querySelector('#namers').hidden")
    choose(browser, on="filter:rooster")
    dream(browser)
    assert text_of(browser, "of") == "in the dream"


def test_yamnet_names_a_sound_as_in_python(open_network, page_folder, tmp_path):
    weights = shared_data("weights/yamnet") / "yamnet_folded.npz"
    from keras_sounddream.applications import YAMNet
    from keras_sounddream.export.reference_sounds import speech_like

    model = YAMNet(weights=weights)
    model.export(tmp_path / "yamnet.onnx", tasks=["classify"], verify=False)
    browser, said = open_network("yamnet.onnx", (tmp_path / "yamnet.onnx").read_bytes())
    assert said == "yamnet recognises 521 classes, at 16000 Hz."
    path = page_folder / "clips" / "voice16.wav"
    soundfile.write(path, speech_like(32000, 16000)[0], 16000)
    open_clip(browser, path.name)
    sound, _ = soundfile.read(path, dtype="float32")
    wanted = dict(zip(model.labels, np.asarray(model(sound[np.newaxis]))[0], strict=True))
    found = heard(browser)
    assert list(found) == sorted(wanted, key=wanted.get, reverse=True)[:5]
    for label, score in found.items():
        assert abs(score - wanted[label]) < 1e-4
