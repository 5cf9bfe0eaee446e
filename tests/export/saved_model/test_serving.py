"""A served folder: versions, warm-up, configurations, and a client that asks."""

import importlib.util
import io
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import tensorflow as tf
from export.models import RATE
from export.saved_model.servers import grpc_server, rest_server
from tensorflow.core.framework import tensor_pb2

from keras_sounddream import ExportError, InputError
from keras_sounddream.export import export_serving
from keras_sounddream.export.saved_model import serving_client
from keras_sounddream.export.saved_model.warmup import _varint
from keras_sounddream.locks import locked

HAS_GRPC = importlib.util.find_spec("tensorflow_serving") is not None
needs_grpc = pytest.mark.skipif(not HAS_GRPC, reason="needs the serve extra")


@pytest.fixture
def folder(served):
    return served[0] / "models" / "tiny" / "1"


@pytest.fixture
def wav(sounds, tmp_path):
    soundfile.write(tmp_path / "sound.wav", sounds[0][0], RATE, "PCM_16")
    return tmp_path / "sound.wav"


def fields(message):
    """Fields of a protocol buffer: list of `(number, bytes)`; read by hand, as it was written."""
    found, place = [], 0

    def varint():
        nonlocal place
        number, shift = 0, 0
        while True:
            byte, place = message[place], place + 1
            number, shift = number | (byte & 127) << shift, shift + 7
            if byte < 128:
                return number

    while place < len(message):
        key, size = varint(), varint()
        assert key & 7 == 2
        found.append((key >> 3, message[place : place + size]))
        place += size
    return found


def requests_of(folder):
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        ((kind, log),) = fields(record)
        assert kind == 6  # predict_log
        ((_, request),) = fields(log)
        parts = fields(request)
        spec = dict(fields(parts[0][1]))
        inputs = {}
        for _, entry in parts[1:]:
            name, tensor = (value for _, value in fields(entry))
            proto = tensor_pb2.TensorProto.FromString(tensor)
            inputs[name.decode()] = tf.make_ndarray(proto)
        yield spec[1].decode(), spec[3].decode(), inputs


def test_every_warm_up_request_is_answered(folder):
    loaded = tf.saved_model.load(str(folder))
    asked = []
    for model, signature, inputs in requests_of(folder):
        assert model == "tiny"
        found = loaded.signatures[signature](**{k: tf.constant(v) for k, v in inputs.items()})
        assert found
        asked.append(signature)
    assert sorted(asked) == sorted(loaded.signatures)


@needs_grpc
def test_the_server_would_read_its_configuration(served):
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    text = (served[0] / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (entry,) = config.model_config_list.config
    assert (entry.name, entry.base_path) == ("tiny", "/served/models/tiny")


@needs_grpc
def test_warm_up_requests_are_what_the_servers_own_messages_read(folder):
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    wanted = list(requests_of(folder))
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        model, signature, inputs = wanted.pop(0)
        assert (request.model_spec.name, request.model_spec.signature_name) == (model, signature)
        assert set(request.inputs) == set(inputs)
    assert not wanted


@pytest.mark.parametrize(("number", "digits"), [(0, [0]), (127, [127]), (300, [172, 2])])
def test_numbers_are_written_as_protocol_buffers_have_them(number, digits):
    assert _varint(number) == bytes(digits)


def test_versions_are_counted_up_and_never_replaced(classifier, tmp_path):
    def add(version=None):
        options = {"tasks": ["embed"], "verify": False}
        return export_serving(classifier, tmp_path, version=version, **options)["served_version"]

    assert [add(), add(), add(7), add()] == [1, 2, 7, 8]
    marks = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("saved_model.pb")}
    with pytest.raises(InputError, match="Version 2 of tiny exists.*for 9"):
        add(2)
    for version in (0, -1, True, "3"):
        with pytest.raises(InputError, match="`version` must be an int of at least 1"):
            add(version)
    assert marks == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("saved_model.pb")}


def test_a_version_that_differs_leaves_nothing_a_server_would_load(
    classifier, tmp_path, monkeypatch
):
    from keras_sounddream.export import verify

    monkeypatch.setattr(verify, "_difference", lambda *arguments: 1.0)
    with pytest.raises(ExportError):
        export_serving(classifier, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_files_around_the_models_can_be_edited(classifier, tmp_path):
    options = {"tasks": ["embed"], "verify": False}
    export_serving(classifier, tmp_path, **options)
    (tmp_path / "batching.config").write_text("max_batch_size { value: 2 }\n")
    export_serving(classifier, tmp_path, name="other", **options)
    export_serving(classifier, tmp_path, name="other", **options)
    assert (tmp_path / "batching.config").read_text() == "max_batch_size { value: 2 }\n"
    config = (tmp_path / "models.config").read_text()
    assert config.count("config {") == 2
    assert config.count("{") == config.count("}") == 3
    assert config.index('"tiny"') < config.index('"other"')
    with pytest.raises(InputError, match="`name` must be letters"):
        export_serving(classifier, tmp_path, name="../out")


def test_a_list_of_models_that_cannot_be_read_is_said_before_any_work(classifier, tmp_path):
    (tmp_path / "models.config").write_text("model_config_list {\n  config [\n")
    with pytest.raises(InputError, match="models.config, line 2: expected a value"):
        export_serving(classifier, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["models.config"]


def test_two_exports_to_one_folder_are_told(classifier, tmp_path):
    with (
        locked(tmp_path / "models.config", "export"),
        pytest.raises(InputError, match="Another process writes .*models.config"),
    ):
        export_serving(classifier, tmp_path)


def test_the_compose_file_names_what_is_there(served):
    out = served[0]
    text = (out / "compose.yaml").read_text()
    for name in ("models.config", "batching.config"):
        assert f"/served/{name}" in text
        assert (out / name).exists()
    assert ":latest" not in text
    assert "/served/models/tiny" in (out / "models.config").read_text()
    assert "pad_variable_length_inputs: true" in (out / "batching.config").read_text()


def test_the_client_needs_python_alone(served, wav, classifier, sounds):
    best = int(np.argmax(classifier.predict(sounds[0], verbose=0)))
    with rest_server(served[0] / "models" / "tiny" / "1", "tiny") as address:
        script = served[0] / "serving_client.py"
        command = [sys.executable, "-I", "-S", script, "tiny", "classify", wav]
        done = subprocess.run(
            [*map(str, command), "--address", address], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split()[-1] == ("bark", "rain", "clock")[best]


def test_a_dream_over_rest(folder, wav, dream, sounds, tmp_path, capsys):
    with rest_server(folder, "tiny") as address:
        arguments = ["tiny", "dream", str(wav), str(tmp_path / "out.wav"), "--address", address]
        assert serving_client.main(arguments) == 0
        made, _ = soundfile.read(tmp_path / "out.wav", dtype="float32")
        np.testing.assert_allclose(made, dream.run(sounds[0]).dream[0], atol=1e-3)
        wav.write_bytes(b"no sound")
        assert serving_client.main(arguments) == 2
        assert "out.wav exists. Choose another name" in capsys.readouterr().err
        arguments.append("--force")
        assert serving_client.main(arguments) == 2
        assert "this is none" in capsys.readouterr().err
        assert serving_client.main(["other", *arguments[1:]]) == 2
    assert serving_client.main(arguments) == 2
    assert "No server answers" in capsys.readouterr().err


def test_arrays_over_rest(folder, classifier, sounds):
    inputs = {"waveform": sounds[0].tolist(), "num_samples": [sounds[0].shape[1]]}
    with rest_server(folder, "tiny") as address:
        found = serving_client.ask_rest(address, "tiny", "serving_default", inputs)
    assert found["error"] == [""]
    np.testing.assert_allclose(found["scores"], classifier.predict(sounds[0], verbose=0), rtol=1e-4)


@needs_grpc
def test_the_same_over_grpc(folder, wav, dream, sounds, tmp_path, capsys):
    with grpc_server(folder) as address:
        more = ["--grpc", "--address", address]
        assert serving_client.main(["tiny", "classify", str(wav), *more]) == 0
        by_grpc = capsys.readouterr().out
        out = tmp_path / "out.wav"
        assert serving_client.main(["tiny", "dream", str(wav), str(out), *more]) == 0
        made, _ = soundfile.read(io.BytesIO(out.read_bytes()), dtype="float32")
        np.testing.assert_allclose(made, dream.run(sounds[0]).dream[0], atol=1e-3)
        wav.write_bytes(b"no sound")
        assert serving_client.main(["tiny", "classify", str(wav), *more]) == 2
        assert "this is none" in capsys.readouterr().err
        assert serving_client.main(["other", "dream", str(wav), str(out), *more, "--force"]) == 2
    assert len(by_grpc.splitlines()) == 3
