"""The client's manners: whatever answers, one line; what exists is kept."""

import contextlib
import json
import pathlib
import socketserver
import threading

import pytest

from keras_sounddream.export.saved_model import serving_client

GOOD = {"outputs": {"scores": [[0.2, 0.8]], "labels": [["rain", "bark"]], "error": [""]}}
HEADS = {"a": [[0.2]], "a_labels": [["x"]], "b": [[0.7]], "b_labels": [["y"]], "error": [""]}
WAV = {"outputs": {"wav_bytes": [{"b64": "UklGRjEy"}], "error": [""]}}  # RIFF12


@contextlib.contextmanager
def server(answer):
    """Answers every request by the given bytes, and nothing more; yields the address."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            length = 0
            while (line := self.rfile.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.server.body = self.rfile.read(length)
            if answer is None:
                self.server.wait.wait(5)
            else:
                self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as running:
        running.wait = threading.Event()
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        running.address = f"127.0.0.1:{running.server_address[1]}"
        yield running
        running.wait.set()
        running.shutdown()


def http(body, status="200 OK", length=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


@pytest.fixture
def wav(tmp_path):
    (tmp_path / "in.wav").write_bytes(b"RIFF")
    return str(tmp_path / "in.wav")


NOT_ONE = "The server answered what this client does not know"
NO_JSON = "answered what is no prediction"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "is not whole: RemoteDisconnected"),
        (b"hello\r\n", "is not whole: BadStatusLine hello"),
        (b"HTTP/1.1 200 OK\r\nConte", f"HTTP 200: {{}} {NO_JSON}: ''"),
        (http(GOOD, length=9999), "is not whole: IncompleteRead"),
        (http(b""), f"HTTP 200: {{}} {NO_JSON}: ''"),
        (http(b"<html>\n<b>Sign in</b>"), f"HTTP 200: {{}} {NO_JSON}: '<html>"),
        (http(b"\xff\xfe"), NO_JSON),
        (http(b"[" * 100000), NO_JSON),
        (http([1]), NO_JSON),
        (http({"predictions": []}), NO_JSON),
        (http({"outputs": {"wav_bytes": [{"b64": "?"}]}}), NO_JSON),
        (http({"outputs": [[0.1]]}), NOT_ONE),
        (http({"outputs": {"scores": 3, "labels": 4}}), NOT_ONE),
        (http({"outputs": {"scores": [], "labels": []}}), NOT_ONE),
        (http({"outputs": {"scores": [["a"]], "labels": [["b"]]}}), "Expected scores and their l"),
        (http({"outputs": {"scores": [[1]], "labels": [[]]}}), "Expected scores and their labels"),
        (http({"outputs": {"features": [[1]]}}), "m gives no scores"),
        (http({"outputs": {**GOOD["outputs"], "error": ["too\nloud"]}}), ": too loud"),
        (http({"error": "no \x1b[31mmodel"}, "404 Not Found"), "HTTP 404: no \\x1b[31mmodel"),
        (http(b"<h1>Bad gateway</h1>", "502 Bad Gateway"), "HTTP 502: <h1>Bad gateway</h1>"),
        (http(b"x", "500 No", length=9), "HTTP 500: and the rest of the answer broke off"),
        (http(b"", "301 Moved"), "HTTP 301"),
        (None, "did not answer within 0.2 s"),
    ],
)
def test_any_answer_is_one_line(answer, message, wav, capsys):
    with server(answer) as running:
        limit = "0.2" if answer is None else "60"
        arguments = ["m", "classify", wav, "--address", running.address, "--timeout", limit]
        assert serving_client.main(arguments) == 2
    said = capsys.readouterr()
    assert message.replace("{}", running.address) in said.err
    assert said.err.startswith("serving_client: ")
    assert len(said.err.splitlines()) == 1
    assert not said.out


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nowhere.invalid:80", "a b", "h:x", "[::1", ""])
def test_an_address_without_a_server_is_one_line(address, wav, capsys):
    assert serving_client.main(["m", "classify", wav, f"--address={address}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_scores_are_printed_highest_first(wav, capsys):
    with server(http(GOOD)) as running:
        assert serving_client.main(["m", "classify", wav, "--address", running.address]) == 0
    assert capsys.readouterr().out == " 80.0%  bark\n 20.0%  rain\n"


def test_each_head_is_printed_by_its_name(wav, capsys):
    with server(http({"outputs": HEADS})) as running:
        assert serving_client.main(["m", "classify", wav, "--address", running.address]) == 0
    assert capsys.readouterr().out == " 20.0%  a: x\n 70.0%  b: y\n"


@pytest.mark.parametrize(("force", "kept"), [((), b"mine"), (("--force",), b"RIFF12")])
def test_what_exists_is_kept_unless_it_is_forced(force, kept, wav, tmp_path, capsys):
    out = tmp_path / "out.wav"
    out.write_bytes(b"mine")
    with server(http(WAV)) as running:
        given = ["m", "dream", wav, str(out), "--address", running.address, *force]
        assert serving_client.main(given) == (0 if force else 2)
    assert out.read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "out.wav"]


def test_what_is_no_wav_file_is_not_written(wav, tmp_path, capsys):
    with server(http({"outputs": {"wav_bytes": ["no"], "error": [""]}})) as running:
        given = ["m", "dream", wav, str(tmp_path / "out.wav"), "--address", running.address]
        assert serving_client.main(given) == 2
    assert "Expected a WAV file of the server. Received: 'no'" in capsys.readouterr().err
    assert not (tmp_path / "out.wav").exists()


def test_generating_sends_labels_and_writes(tmp_path):
    out = tmp_path / "out.wav"
    with server(http(WAV)) as running:
        given = ["m", "generate", str(out), "--address", running.address, "--seed", "3"]
        assert serving_client.main([*given, "--condition", "digit=two", "--samples", "9"]) == 0
    asked = json.loads(running.body)
    assert asked["signature_name"] == "generate_wav"
    inputs = {"num_samples": [9], "seed": [3], "temperature": [1.0], "digit": ["two"]}
    assert asked["inputs"] == inputs
    assert out.read_bytes() == b"RIFF12"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["classify", "gone.wav"], "No such file"),
        (["classify", "a.wav", "b.wav"], "classify takes 1 file."),
        (["dream", "a.wav"], "dream takes 2 files."),
        (["dream", ".", "out.wav"], "Is a directory"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert serving_client.main(["m", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not list(pathlib.Path().iterdir())


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "x"])
def test_a_time_out_is_above_0(seconds, capsys):
    with pytest.raises(SystemExit):
        serving_client.main(["m", "classify", "a.wav", f"--timeout={seconds}"])
    assert "--timeout" in capsys.readouterr().err
