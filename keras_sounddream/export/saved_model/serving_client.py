"""Client of a served model, for WAV files. A copy of this file stands beside every served model.

    python serving_client.py MODEL classify rooster.wav
    python serving_client.py MODEL dream rooster.wav dreamed.wav
    python serving_client.py MODEL generate seven.wav --condition digit=seven

Over REST it needs Python alone; over gRPC (--grpc) it needs `pip install tensorflow-serving-api`.
"""

import argparse
import base64
import http.client
import json
import math
import os
import pathlib
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

_TIMEOUT = 300.0  # s
_MOST_BYTES = 256 * 2**20  # of a gRPC message; its own limit, 4 MiB, is 40 s of sound at 24 kHz
_MOST_LETTERS = 300  # of a server's message


def ask_rest(
    address: str, model: str, signature: str, inputs: dict[str, Any], timeout: float = _TIMEOUT
) -> Any:
    """Calls a model over REST.

    Args:
        address: of the server, such as `"localhost:8501"`.
        model: its name in the server.
        signature: such as `"serving_default"` or `"wav"`.
        inputs: nested lists of numbers or bytes by name, one row per example.
        timeout: seconds in which the server must say something.

    Returns:
        Nested lists of numbers, str or bytes by the outputs' names; of a signature with a single
        output, that output's nested lists. `error` holds, for each row, "", or why the row was not
        answered; its other outputs are then NaN or empty.

    Raises:
        RuntimeError: if the server refuses, with its message, or does not respond as one.
    """
    body = json.dumps({"signature_name": signature, "inputs": _packed(inputs)}).encode()
    url = f"http://{address}/v1/models/{model}:predict"
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=timeout) as response:
            answer, status = response.read(), response.status
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"HTTP {error.code}: {_message(error)}") from None
    except TimeoutError:
        raise RuntimeError(f"{address} did not answer within {timeout:g} s.") from None
    except urllib.error.URLError as error:
        raise RuntimeError(f"No server answers at {address}: {error.reason}") from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        kind = f"{type(error).__name__} {error}".strip()
        raise RuntimeError(f"The answer of {address} is not whole: {kind}") from None
    try:
        return _unpacked(json.loads(answer)["outputs"])
    except (ValueError, TypeError, KeyError, RecursionError):
        text = answer[:_MOST_LETTERS].decode(errors="replace")
        raise RuntimeError(
            f"HTTP {status}: {address} answered what is no prediction: {text!r}"
        ) from None


def ask_grpc(
    address: str, model: str, signature: str, inputs: dict[str, Any], timeout: float = _TIMEOUT
) -> Any:
    """Calls a model over gRPC, as `ask_rest` does over REST; all text comes as bytes.

    Args:
        address: of the server, such as `"localhost:8500"`.
        model: its name in the server.
        signature: such as `"serving_default"` or `"wav"`.
        inputs: arrays, or lists of bytes, by name, one row per example.
        timeout: seconds in which the server must answer.

    Raises:
        RuntimeError: if the server refuses, with its message, or does not respond.
    """
    try:
        import grpc
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
    except ImportError as error:
        raise RuntimeError(f"--grpc needs tensorflow-serving-api: {error}") from None

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    options = [(f"grpc.max_{way}_message_length", _MOST_BYTES) for way in ("send", "receive")]
    with grpc.insecure_channel(address, options) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            response = service.Predict(request, timeout).outputs
        except grpc.RpcError as error:
            raise RuntimeError(f"{error.code().name}: {error.details()}") from None
    outputs = {name: tf.make_ndarray(value).tolist() for name, value in response.items()}
    return outputs if len(outputs) > 1 else next(iter(outputs.values()), None)


def classify(
    ask: Callable, address: str, model: str, wav_bytes: bytes, top: int = 5
) -> list[tuple[str, float]]:
    """Labels and scores of the `top` likeliest classes of a WAV file, highest first.

    `ask` is `ask_rest` or `ask_grpc`. Of a model with several heads the labels begin with the
    head's name.

    Raises:
        RuntimeError: if the server does not answer, or not for this file.
    """
    outputs = _row(ask(address, model, "wav", {"wav_bytes": [wav_bytes]}))
    found = []
    for name in sorted(outputs):
        labels = outputs.get("labels" if name == "scores" else f"{name}_labels")
        if labels is not None:
            head = "" if name == "scores" else f"{name}: "
            found += _highest(head, labels, outputs[name], top)
    if not found:
        raise RuntimeError(f"{model} gives no scores.")
    return found


def _highest(head, labels, scores, top):
    try:
        pairs = [(head + _text(labels[i]), float(score)) for i, score in enumerate(scores)]
    except (TypeError, ValueError, IndexError):
        raise RuntimeError(f"Expected scores and their labels. Received: {scores!r:.80}") from None
    return sorted(pairs, key=lambda pair: -pair[1])[:top]


def dream(ask: Callable, address: str, model: str, wav_bytes: bytes) -> bytes:
    """The dream of a WAV file, as the bytes of another; see `classify`."""
    return _wav(ask(address, model, "dream_wav", {"wav_bytes": [wav_bytes]}))


def generate(
    ask: Callable,
    address: str,
    model: str,
    num_samples: int,
    seed: int = 0,
    temperature: float = 1.0,
    **labels: str,
) -> bytes:
    """The bytes of a WAV file that a WaveNet makes, of one label per condition; see `classify`."""
    inputs: dict[str, Any] = {"num_samples": [num_samples], "seed": [seed]}
    inputs |= {"temperature": [temperature], **{name: [label] for name, label in labels.items()}}
    return _wav(ask(address, model, "generate_wav", inputs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except KeyboardInterrupt:
        return 130
    except (RuntimeError, OSError) as error:
        print(f"serving_client: {_line(str(error))}", file=sys.stderr)
        return 2
    return 0


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="name of the model in the server")
    parser.add_argument("task", choices=("classify", "dream", "generate"))
    parser.add_argument(
        "files", type=pathlib.Path, nargs="+", help="WAV file to read, and to write"
    )
    parser.add_argument("--grpc", action="store_true", help="ask over gRPC, not REST")
    parser.add_argument("--address", help="of the server  [localhost:8501, or 8500 with --grpc]")
    parser.add_argument("--timeout", type=_seconds, default=_TIMEOUT, help="s to wait  [300]")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument("--samples", type=int, default=8000, help="number to generate  [8000]")
    parser.add_argument("--seed", type=int, default=0, help="of what is generated  [0]")
    parser.add_argument("--condition", action="append", default=[], metavar="NAME=LABEL")
    return parser


def _run(given):
    """Reads, asks, and prints or writes."""
    expected = {"classify": 1, "dream": 2, "generate": 1}[given.task]
    if len(given.files) != expected:
        raise RuntimeError(f"{given.task} takes {expected} file{'s' * (expected > 1)}.")
    output = None if given.task == "classify" else given.files[-1]
    if output is not None and output.is_file() and not given.force:
        raise RuntimeError(f"{output} exists. Choose another name, or replace it with --force.")
    address = given.address or f"localhost:{8500 if given.grpc else 8501}"

    def ask(*asked):
        return (ask_grpc if given.grpc else ask_rest)(*asked, timeout=given.timeout)

    if given.task == "generate":
        labels = dict(text.partition("=")[::2] for text in given.condition)
        made = generate(ask, address, given.model, given.samples, given.seed, **labels)
        return _write(output, made)
    contents = given.files[0].read_bytes()
    if given.task == "dream":
        return _write(output, dream(ask, address, given.model, contents))
    for label, score in classify(ask, address, given.model, contents):
        print(f"{score:6.1%}  {_line(label)}")


def _write(path, contents):
    """Writes a whole file or none; into a device or pipe as it is."""
    if path.exists() and not path.is_file():
        path.write_bytes(contents)
        return
    path = pathlib.Path(os.path.realpath(path))
    temporary = path.with_name(f".{os.getpid()}{path.suffix}")
    try:
        temporary.write_bytes(contents)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _row(outputs):
    """The outputs of the only row, if the server answered it."""
    if not isinstance(outputs, dict) or not all(
        isinstance(rows, list) and len(rows) == 1 for rows in outputs.values()
    ):
        raise RuntimeError(f"The server answered what this client does not know: {outputs!r:.200}")
    error = _text(outputs.get("error", [""])[0])
    if error:
        raise RuntimeError(error)
    return {name: rows[0] for name, rows in outputs.items()}


def _wav(outputs):
    contents = _row(outputs).get("wav_bytes")
    if not isinstance(contents, bytes) or contents[:4] != b"RIFF":
        raise RuntimeError(f"Expected a WAV file of the server. Received: {contents!r:.80}")
    return contents


def _message(response):
    """What a server says with a status that is no success."""
    try:
        answer = response.read()
    except (http.client.HTTPException, OSError):
        return "and the rest of the answer broke off."
    try:
        return str(json.loads(answer)["error"])[:_MOST_LETTERS]
    except (ValueError, TypeError, KeyError, RecursionError):
        return answer[:_MOST_LETTERS].decode(errors="replace")


def _seconds(text):
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"expected seconds above 0. Received: {text}")
    return number


def _text(value):
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _line(text):
    """One line, in which nothing moves the cursor."""
    text = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _packed(value):
    """What JSON can hold, with bytes as the server takes them."""
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: _packed(item) for key, item in value.items()}
    return [_packed(item) for item in value] if isinstance(value, list) else value


def _unpacked(value):
    if isinstance(value, dict):
        if set(value) == {"b64"}:
            return base64.b64decode(value["b64"], validate=True)
        return {key: _unpacked(item) for key, item in value.items()}
    return [_unpacked(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
