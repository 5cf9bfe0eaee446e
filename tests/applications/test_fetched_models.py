"""Every constructor in one line: its weights are fetched from a server of this machine."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from file_server import FileServer
from places import shared_data

from keras_sounddream import InputError, applications
from keras_sounddream.applications import fetching, pretrained

FETCHED = [each for each in pretrained.every_pretrained() if each.row.get("urls")]
AT_HAND = {  # real files, by the name of the file in the row
    "sound8.npy": "weights/soundnet8/sound8.npy",
    "yamnet_audio_classifier_with_metadata.tflite": "weights/yamnet/yamnet_classifier_int8.tflite",
}


def lines(each):
    return str(each).replace("(", "_").replace(")", "")


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.delenv(fetching.OFFLINE)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with FileServer().running() as running:
        yield running


def serve(server, monkeypatch, row, content):
    """Sends `content` as the file of a row, in the row's archive if it has one."""
    if "archive" in row:
        stored = io.BytesIO()
        with tarfile.open(fileobj=stored, mode="w:gz", compresslevel=1) as tar:
            info = tarfile.TarInfo(row["archive"]["member"])
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        packed = stored.getvalue()
        known = {"sha256": hashlib.sha256(packed).hexdigest(), "bytes": len(packed)}
        monkeypatch.setitem(row, "archive", {**row["archive"], **known})
        content = packed
    server.content[row["file"]] = content
    monkeypatch.setitem(row, "urls", (f"{server.address}/whole/{row['file']}",))


@pytest.mark.parametrize("each", FETCHED, ids=lines)
def test_a_line_of_code_fetches_and_loads_what_is_at_hand(each, server, monkeypatch):
    if each.row["file"] not in AT_HAND:
        pytest.skip(f"{each.row['file']} is not at hand, and no test reaches beyond this machine")
    content = shared_data(AT_HAND[each.row["file"]]).read_bytes()
    serve(server, monkeypatch, each.row, content)
    model = eval(f"applications.{each}")
    assert len(server.asked) == 1
    rate = model.sample_rate
    sound = 0.1 * np.sin(np.arange(rate) / 5).astype("float32")[None]
    scores = model.predict(model.preprocess_input(sound, rate), verbose=0)
    assert model.decode_predictions(scores)
    eval(f"applications.{each}")
    assert len(server.asked) == 1


def random_model(each):
    arguments = {key: value for key, value in each.arguments.items() if key != "weights"}
    if each.arguments["weights"] == "audioset_tflite":
        arguments["activation"] = "relu6"
    return getattr(applications, each.constructor)(weights=None, **arguments)


@pytest.mark.parametrize("each", FETCHED, ids=lines)
def test_a_line_of_code_fetches_and_loads_made_weights(each, server, monkeypatch, tmp_path):
    """The made file is one of ours: the layouts of the publishers' have tests of their own."""
    model = random_model(each)
    applications.save_weights(model, tmp_path / "made.npz")
    content = (tmp_path / "made.npz").read_bytes()
    known = {"file": "made.npz", "sha256": hashlib.sha256(content).hexdigest()}
    for name, value in {**known, "bytes": len(content)}.items():
        monkeypatch.setitem(each.row, name, value)
    (tmp_path / "made.npz").unlink()
    serve(server, monkeypatch, each.row, content)
    again = eval(f"applications.{each}")
    first, second = model.weights[0].value, again.weights[0].value
    np.testing.assert_allclose(first, second, atol=1e-3)  # they are stored in 16 bits
    assert again.weight_settings == model.weight_settings
    assert len(server.asked) == 1


@pytest.mark.parametrize("each", pretrained.every_pretrained(), ids=lines)
def test_without_network_a_line_of_code_works_or_says_what_to_do(each, monkeypatch, tmp_path):
    monkeypatch.delenv(fetching.OFFLINE)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if each.ships:
        assert eval(f"applications.{each}").weights
        return
    if each.row["urls"]:  # a port on which nobody answers
        monkeypatch.setitem(each.row, "urls", ("http://127.0.0.1:1/file",))
    with pytest.raises(InputError) as caught:
        eval(f"applications.{each}")
    message = str(caught.value)
    assert "Fetch http" in message
    assert f"put it at {tmp_path}/models/{each.row['file']}" in message
    assert "\n" not in message
