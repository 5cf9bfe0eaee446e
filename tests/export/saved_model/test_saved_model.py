"""What a server loads: signatures, without our package, without Keras, through the C API."""

import io
import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from export.models import RATE, make_classifier
from tensorflow.core.protobuf import saved_model_pb2

from keras_sounddream import DeepDream, audio, export_model, objectives
from keras_sounddream.export import Metadata

SIGNATURES = {
    "serving_default": ({"waveform", "num_samples"}, {"scores"}),
    "embed": ({"waveform", "num_samples"}, {"features"}),
    "dream": ({"waveform", "num_samples", "steps", "step_size"}, {"waveform"}),
    "dream_step": (
        {"waveform", "num_samples", "place", "step_size"},
        {"waveform", "objective"},
    ),
    "wav": ({"wav_bytes"}, {"scores", "labels"}),
    "dream_wav": ({"wav_bytes"}, {"wav_bytes"}),
}

# In a process where neither our package nor Keras can be imported.
ALONE = """
import sys
for name in ("keras", "keras_sounddream", "soundfile", "soxr"):
    sys.modules[name] = None
import numpy as np, tensorflow as tf
folder, request, answer = sys.argv[1:]
loaded = tf.saved_model.load(folder)
arrays = np.load(request)
found = loaded.signatures["serving_default"](
    waveform=tf.constant(arrays["waveform"]), num_samples=tf.constant(arrays["num_samples"]))
wav = tf.constant([arrays["wav"].tobytes()])
for contents in (wav[0] + "", tf.strings.substr(wav[0], 0, 400), tf.constant("fLaC" * 99)):
    by_wav = loaded.signatures["wav"](wav_bytes=contents[tf.newaxis])
    assert (contents == wav[0]) == (by_wav["error"][0] == b""), by_wav
    assert (contents == wav[0]) == np.isfinite(by_wav["scores"]).all(), by_wav
np.savez(answer, scores=found["scores"], by_wav=loaded.signatures["wav"](wav_bytes=wav)["scores"])
"""


@pytest.fixture
def folder(served):
    return served[0] / "models" / "tiny" / "1"


@pytest.fixture
def request_of(sounds, tmp_path):
    rows = [np.pad(sound[0], (0, 8000 - sound.shape[1])) for sound in sounds]
    lengths = np.array([sound.shape[1] for sound in sounds], "int32")
    wav = np.frombuffer(wav_of(sounds[0]), "uint8")
    np.savez(tmp_path / "in.npz", waveform=np.stack(rows), num_samples=lengths, wav=wav)
    return tmp_path / "in.npz"


def wav_of(sound, rate=RATE, subtype="PCM_16", kind="WAV"):
    file = io.BytesIO()
    soundfile.write(file, np.asarray(sound).reshape(-1), rate, subtype, format=kind)
    return file.getvalue()


def test_names_and_kinds_of_signatures_are_a_contract(folder):
    found = tf.saved_model.load(str(folder)).signatures
    assert set(found) == set(SIGNATURES)
    for name, (inputs, outputs) in SIGNATURES.items():
        specs = found[name].structured_input_signature[1]
        assert set(specs) == inputs, name
        assert set(found[name].structured_outputs) == outputs | {"error"}, name
        assert all(spec.shape[0] is None for spec in specs.values())  # or a server cannot batch
    kinds = {
        name: spec.dtype for name, spec in found["dream"].structured_input_signature[1].items()
    }
    assert kinds["num_samples"] == kinds["steps"] == tf.int32
    assert kinds["waveform"] == kinds["step_size"] == tf.float32


def test_what_lies_beside_the_graph(folder):
    assert (folder / "assets" / "labels.txt").read_text() == "bark\nrain\nclock\n"
    metadata = Metadata.from_json((folder / "assets" / "sounddream.json").read_bytes())
    assert metadata.tasks == ("classify", "embed", "dream", "dream_step")
    assert (metadata.sample_rate, metadata.settings["steps"]) == (RATE, 3)
    report = json.loads((folder / "assets.extra" / "verification.json").read_text())
    limits = {"classify": 1e-5, "embed": 1e-5, "dream": 2e-3, "dream_step": 1e-5}
    for name, limit in limits.items():
        assert report["tasks"][name]["largest_relative"] <= limit


def test_needs_neither_our_package_nor_keras(folder, request_of, classifier, sounds, tmp_path):
    command = [sys.executable, "-c", ALONE, str(folder), str(request_of), str(tmp_path / "o.npz")]
    subprocess.run(command, check=True, capture_output=True)
    found = np.load(tmp_path / "o.npz")
    for row, sound in zip(found["scores"], sounds, strict=True):
        np.testing.assert_allclose(row, classifier.predict(sound, verbose=0)[0], rtol=1e-4)
    np.testing.assert_allclose(found["by_wav"], found["scores"][:1], rtol=1e-5)


def test_saved_model_cli_runs_a_signature(folder, request_of, tmp_path):
    cli = pathlib.Path(sys.executable).with_name("saved_model_cli")
    given = [f"waveform={request_of}[waveform]", f"num_samples={request_of}[num_samples]"]
    command = [cli, "run", "--dir", folder, "--tag_set", "serve", "--outdir", tmp_path]
    command += ["--signature_def", "embed", "--inputs", ";".join(given)]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    assert np.load(tmp_path / "features.npy").shape == (3, 8)


def tensors(folder, signature):
    """Names of the tensors that a signature takes and gives, as the file has them."""
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    found = saved.meta_graphs[0].signature_def[signature]
    return [
        {key: info.name for key, info in infos.items()} for infos in (found.inputs, found.outputs)
    ]


def through_c_api(folder, signature, inputs, tmp_path):
    libraries = sorted(pathlib.Path(tf.__file__).parent.glob("libtensorflow_cc.so*"))
    if not libraries:
        pytest.skip("needs libtensorflow_cc, which this TensorFlow lacks")
    takes, gives = tensors(folder, signature)
    request = {f"out/{name}": np.zeros(0) for name in gives.values()}
    for name, value in inputs.items():
        kind = "bytes" if value.dtype == "uint8" else "in"
        request[f"{kind}/{takes[name]}"] = value
    np.savez(tmp_path / "request.npz", **request)
    script = pathlib.Path(__file__).with_name("tf_c_api.py")
    command = [sys.executable, script, libraries[0], folder]
    command += [tmp_path / "request.npz", tmp_path / "answer.npz"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer = np.load(tmp_path / "answer.npz")
    return {key: answer[name] for key, name in gives.items()}, done.stdout


def test_the_c_api_gives_the_same_scores(folder, request_of, classifier, sounds, tmp_path):
    arrays = np.load(request_of)
    inputs = {name: arrays[name] for name in ("waveform", "num_samples")}
    found, _ = through_c_api(folder, "serving_default", inputs, tmp_path)
    wanted = [classifier.predict(sound, verbose=0)[0] for sound in sounds]
    np.testing.assert_allclose(found["scores"], wanted, rtol=1e-4)


def test_the_c_api_dreams_and_outlives_what_is_no_sound(folder, dream, sounds, tmp_path):
    inputs = {"wav_bytes": np.frombuffer(wav_of(sounds[0]), "uint8")}
    found, said = through_c_api(folder, "dream_wav", inputs, tmp_path)
    assert "Expected the bytes of a WAV file, and this is none, of bytes. Received: 8" in said
    made, rate = soundfile.read(io.BytesIO(found["wav_bytes"].tobytes()), dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(made, dream.run(sounds[0]).dream[0], atol=1e-3)


def test_files_of_other_rates_and_kinds_are_answered_alike(folder, sounds):
    loaded = tf.saved_model.load(str(folder))
    plain = loaded.signatures["wav"](wav_bytes=tf.constant([wav_of(sounds[0])]))
    twice = audio.resample(sounds[0], RATE, 22050)
    stereo = io.BytesIO()
    soundfile.write(stereo, np.repeat(twice.T, 2, 1), 22050, "FLOAT", format="WAVEX")
    other = loaded.signatures["wav"](wav_bytes=tf.constant([stereo.getvalue()]))
    np.testing.assert_allclose(other["scores"], plain["scores"], atol=5e-3)
    assert plain["labels"].numpy().tolist() == [[b"bark", b"rain", b"clock"]]


@pytest.fixture(scope="module")
def two_heads(tmp_path_factory, sounds):
    """A model of two heads, as SoundNet's: `(model, folder)`."""
    inputs = keras.Input((None, 1))
    x = keras.layers.Conv1D(4, 64, strides=32)(inputs)
    sizes = {"scenes": 3, "objects": 5}
    heads = {name: keras.layers.Conv1D(n, 1, name=f"{name}_8")(x) for name, n in sizes.items()}
    model = keras.Model(inputs, heads)
    model.sample_rate = RATE
    model.labels = {name: tuple(f"{name} {i}" for i in range(n)) for name, n in sizes.items()}
    folder = tmp_path_factory.mktemp("heads") / "served"
    export_model(model, folder, tasks=["classify"], sounds=sounds[:1])
    return model, folder


def test_each_head_is_named_by_its_own_labels(two_heads, sounds):
    model, folder = two_heads
    wav = tf.constant([wav_of(sounds[0]), wav_of(sounds[1])])
    found = tf.saved_model.load(str(folder)).signatures["wav"](wav_bytes=wav)
    assert set(found) == {"objects", "scenes", "objects_labels", "scenes_labels", "error"}
    for name, labels in model.labels.items():
        assert found[f"{name}_labels"].numpy().tolist() == 2 * [[one.encode() for one in labels]]
        wanted = np.mean(model(sounds[1][..., None])[name], axis=1)
        np.testing.assert_allclose(found[name][1:], wanted, atol=1e-4)
        listed = (folder / "assets" / f"{name}_labels.txt").read_text().splitlines()
        assert listed == list(labels)


def test_silence_is_dreamed_of_as_silence(folder):
    loaded = tf.saved_model.load(str(folder))
    silence = wav_of(np.zeros(4000, "float32"))
    found = loaded.signatures["dream_wav"](wav_bytes=tf.constant([silence]))["wav_bytes"][0]
    made, _ = soundfile.read(io.BytesIO(found.numpy()))
    assert np.abs(made).max() <= 2**-15


def test_sounds_of_different_lengths_share_a_request_of_files(folder, classifier, sounds):
    loaded = tf.saved_model.load(str(folder))
    found = loaded.signatures["wav"](wav_bytes=tf.constant([wav_of(sound) for sound in sounds]))
    wanted = [classifier.predict(sound, verbose=0)[0] for sound in sounds]
    np.testing.assert_allclose(found["scores"], wanted, rtol=1e-4)


RIFF = b"RIFF0000WAVE"


@pytest.mark.parametrize("signature", ["wav", "dream_wav"])
def test_what_is_no_sound_is_its_own_answer(folder, sounds, signature):
    function = tf.saved_model.load(str(folder)).signatures[signature]
    files = [wav_of(sounds[0]), b"no sound", RIFF, wav_of(np.zeros(0)), wav_of(sounds[1])]
    files += [wav_of(sounds[0] * 0 + 1e30, subtype="FLOAT"), wav_of(np.zeros(601), 1)]
    files += [wav_of(sounds[0], 44101)]
    found = {key: value.numpy() for key, value in function(wav_bytes=tf.constant(files)).items()}
    errors = [error.decode() for error in found["error"]]
    assert [not error for error in errors] == [i in (0, 4) for i in range(len(files))], errors
    for i in (0, 4):
        alone = function(wav_bytes=tf.constant(files[i : i + 1]))
        if signature == "wav":
            np.testing.assert_allclose(found["scores"][i], alone["scores"][0], rtol=1e-5)
        else:
            assert found["wav_bytes"][i] == alone["wav_bytes"][0]
    if signature == "wav":
        assert np.isnan(found["scores"][1:4]).all()
    else:
        assert set(found["wav_bytes"][1:4]) == {b""}


def test_longer_files_than_the_export_allows_are_their_own_answer(classifier, sounds, tmp_path):
    options = {"tasks": ["classify"], "max_seconds": 0.9, "sounds": [sounds[1]], "verify": False}
    export_model(classifier, tmp_path / "out", **options)
    function = tf.saved_model.load(str(tmp_path / "out")).signatures["wav"]
    found = function(wav_bytes=tf.constant([wav_of(sounds[0]), wav_of(sounds[1])]))
    said = found["error"].numpy().tolist()
    assert said == [b"Expected at most 0.9 s of sound. Received: 1", b""]


def test_without_classes_the_first_task_is_the_default(small_model, tmp_path):
    dream = DeepDream(small_model, objectives.layer("conv1"), octaves=1, steps=1)
    export_model(dream, tmp_path / "out", tasks=["dream"], verify=False)
    found = tf.saved_model.load(str(tmp_path / "out")).signatures
    assert set(found) == {"serving_default", "dream", "dream_wav"}


def test_a_model_of_one_length_says_so(tmp_path):
    report = export_model(make_classifier(samples=4000), tmp_path / "out")
    metadata = Metadata.from_json((tmp_path / "out" / "assets" / "sounddream.json").read_bytes())
    assert metadata.samples == metadata.min_samples == 4000
    assert report["tasks"]["classify"]["sound_seconds"] == 0.5


def test_log_mel_cnn_is_exported_whole(tmp_path):
    from keras_sounddream.applications import LogMelCNN

    report = export_model(LogMelCNN(), tmp_path / "out", min_seconds=0.1)
    assert report["tasks"]["classify"]["largest_relative"] <= 1e-5
    assert len((tmp_path / "out" / "assets" / "labels.txt").read_text().splitlines()) == 10
