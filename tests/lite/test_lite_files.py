"""Files: whole, damaged, cut off, of other makers. The process lives on."""

import dataclasses
import pathlib
import platform
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
from lite import made_files

from keras_sounddream import InputError
from keras_sounddream.export.litert.packing import pack, unpack
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.lite import Classifier, Dreamer, Embedder, ModelFile, model_file, runtime

BARE = b"\x1c\0\0\0TFL3" + bytes(range(200))


def test_packing_keeps_every_byte_and_every_field():
    metadata = made_files.metadata()
    packed = pack(BARE, metadata)
    flatbuffer, found = unpack(packed)
    assert (flatbuffer, found) == (BARE, metadata)
    assert packed.startswith(BARE)
    assert packed == pack(BARE, metadata)
    assert dataclasses.asdict(found)["labels"] == made_files.LABELS


def test_any_unzip_program_opens_it(model):
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        names = ["sounddream.json", "labels.txt", "flatbuffer.sha256"]
        assert archive.namelist() == names
        assert archive.read("labels.txt").decode().split() == list(made_files.LABELS)


def test_only_models_are_packed():
    with pytest.raises(InputError, match="Expected a LiteRT flatbuffer"):
        pack(b"PK nothing", made_files.metadata())


def test_no_damaged_byte_goes_unnoticed():
    packed = pack(BARE, Metadata("model", ("classify",), 8000, 100))
    whole, noticed = unpack(packed), 0
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 0x55
        try:
            found = unpack(bytes(damaged))
        except InputError:
            noticed += 1
            continue
        assert found[1] is None or found == whole, place  # dates and the like, in the archive
    assert noticed > 0.6 * len(packed)


def test_no_cut_goes_unnoticed():
    packed = pack(BARE, Metadata("model", ("classify",), 8000, 100))
    for length in range(len(packed)):
        try:
            _, metadata = unpack(packed[:length])
        except InputError:
            continue
        assert metadata is None, length
        assert length <= len(BARE) + 60  # nothing of the archive is left to know it by


def cut(contents):
    return contents[: len(contents) // 2]


def without_archive(contents):
    return unpack(contents)[0]


def damaged(contents):
    return contents[:700] + b"\xff" * 20 + contents[720:]


@pytest.mark.parametrize("kind", [Classifier, Embedder, Dreamer])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda contents: b"", "no LiteRT model"),
        (lambda contents: b"RIFF0000WAVE", "no LiteRT model"),
        (cut, "holds no metadata: it is cut off"),
        (lambda contents: contents[:-9], "damaged or cut off"),
        (without_archive, "holds no metadata"),
        (damaged, "damaged: its checksum is another"),
        (lambda contents: b"\0" + contents, "no LiteRT model"),
        (lambda contents: pack(BARE, made_files.metadata()), "LiteRT cannot open the model"),
    ],
)
def test_what_is_no_whole_file_is_one_error(model, tmp_path, kind, change, message):
    path = tmp_path / "model.tflite"
    path.write_bytes(change(model.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        kind(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_an_empty_folder_are_errors(tmp_path):
    with pytest.raises(InputError, match="Cannot read .*nothing.tflite: No such file"):
        Classifier(tmp_path / "nothing.tflite")
    with pytest.raises(InputError, match="holds no .tflite file"):
        Classifier(tmp_path)
    with pytest.raises(InputError, match="Received none"):
        Classifier()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": 1000}, "says 1000 samples, but it takes 1600"),
        ({"sample_rate": 0}, "Expected a sample rate"),
        ({"tasks": ("classify", "sing")}, "lists .*sing.*, but its signatures are"),
        ({"tasks": ("embed",)}, "does embed. Expected a file that can classify"),
        ({"labels": ("one", "two")}, "has 3 classes. Expected as many labels. Received: 2"),
    ],
)
def test_metadata_that_does_not_fit_is_an_error(model, tmp_path, changes, message):
    flatbuffer, metadata = unpack(model.read_bytes())
    path = tmp_path / "model.tflite"
    path.write_bytes(pack(flatbuffer, dataclasses.replace(metadata, **changes)))
    with pytest.raises(InputError, match=message):
        Classifier(path)


def test_a_file_knows_its_tasks_its_outputs_and_its_times(model):
    file = ModelFile(model)
    assert file.tasks == ("classify", "embed", "dream", "dream_step")
    assert file.outputs("dream_step") == {"waveform": (1, 1600), "objective": (1,)}
    assert file.latency == {"calls": 0, "median": None, "longest": None}
    file.warm_up()
    assert file.latency["calls"] == 0
    file.run("classify", np.zeros(1600, "f"))
    assert 0 < file.latency["median"] <= file.latency["longest"]
    with pytest.raises(InputError, match="It cannot sing"):
        file.run("sing", np.zeros(1600, "f"))
    with pytest.raises(InputError, match="Expected 1600 samples"):
        file.run("classify", np.zeros(1599, "f"))
    with pytest.raises(InputError, match="takes {'waveform'}. Received: {'place'}"):
        file.run("classify", np.zeros(1600, "f"), place=1)


def test_a_file_of_another_maker_needs_labels_and_rate(tmp_path, sound):
    path = tmp_path / "foreign.tflite"
    path.write_bytes(made_files.flatbuffer(tasks=("classify",)))
    with pytest.raises(InputError, match="give its labels and sample rate"):
        Classifier(path)
    classifier = Classifier(path, labels=("a", "b", "c"), sample_rate=8000)
    found = classifier.scores(sound[:1600])
    np.testing.assert_allclose(found, made_files.scores(sound[:1600]), rtol=1e-5)
    assert classifier.labels == ("a", "b", "c")
    assert Classifier(path, sample_rate=8000).labels == ("0", "1", "2")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_broken_file_of_another_maker_ends_no_process_but_its_trial(tmp_path, share):
    path = tmp_path / "foreign.tflite"
    whole = made_files.flatbuffer(tasks=("classify",))
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match="foreign.tflite") as caught:
        Classifier(path, sample_rate=8000)
    assert "\n" not in str(caught.value)


def test_a_file_of_another_maker_that_crashes_litert_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "foreign.tflite"
    path.write_bytes(BARE)
    crash = subprocess.CompletedProcess([], -11, b"", b"")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: crash)
    with pytest.raises(InputError, match="LiteRT crashes on it"):
        Classifier(path, sample_rate=8000)


def test_a_rate_that_contradicts_the_file_is_an_error(model):
    with pytest.raises(InputError, match="takes sound at 8000 Hz"):
        Classifier(model, sample_rate=16000)


def test_a_missing_runtime_is_named(model, monkeypatch):
    for package in ("ai_edge_litert", "tflite_runtime"):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.setitem(sys.modules, f"{package}.interpreter", None)
    with pytest.raises(InputError, match=r"pip install 'keras-sounddream\[lite\]'"):
        Classifier(model)


def test_the_older_runtime_does_where_the_newer_is_missing(model, monkeypatch):
    import ai_edge_litert.interpreter as interpreter

    monkeypatch.setitem(sys.modules, "tflite_runtime", interpreter)
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", interpreter)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert Classifier(model).labels == made_files.LABELS


def test_answers_that_are_no_numbers_are_an_error(model):
    with pytest.raises(InputError, match="values that are no numbers"):
        ModelFile(model).run("classify", np.full(1600, 1e30, "f"))  # its energy overflows


@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_place_of_a_step_may_be_a_scalar_or_of_one_element(tmp_path, sound, shape):
    path = tmp_path / "steps.tflite"
    flatbuffer = made_files.flatbuffer(tasks=("dream_step",), place=shape)
    path.write_bytes(pack(flatbuffer, made_files.metadata(tasks=("dream_step",))))
    made, _ = Dreamer(path).step(sound[:1600], place=7)
    np.testing.assert_allclose(made, made_files.step(sound[:1600], 7), atol=1e-6)


@pytest.mark.parametrize(
    ("machine", "integers", "wanted"),
    [("aarch64", True, "plain"), ("aarch64", False, None), ("x86_64", True, None)],
)
def test_integers_on_arm_are_computed_by_the_plain_kernels(monkeypatch, machine, integers, wanted):
    given = {}
    kinds = types.SimpleNamespace(BUILTIN_WITHOUT_DEFAULT_DELEGATES="plain")
    module = types.SimpleNamespace(OpResolverType=kinds, Interpreter=given.update)
    monkeypatch.setattr(runtime, "_find_module", lambda: module)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    runtime.open_interpreter(b"", 1, integers)
    assert given.get("experimental_op_resolver_type") == wanted


def test_a_file_says_that_it_computes_in_integers(model, monkeypatch, tmp_path):
    asked = []
    opened = runtime.open_interpreter
    monkeypatch.setattr(
        runtime, "open_interpreter", lambda *given: asked.append(given[2]) or opened(*given)
    )
    flatbuffer, metadata = unpack(pathlib.Path(model).read_bytes(), "a")
    metadata = dataclasses.replace(metadata, settings={"quantization": "int8"})
    (tmp_path / "b.tflite").write_bytes(pack(flatbuffer, metadata))
    for path in (model, tmp_path / "b.tflite"):
        model_file.ModelFile(path)
    assert asked == [False, True]
