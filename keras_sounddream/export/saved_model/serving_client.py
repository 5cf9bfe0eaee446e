"""Client of a served model, for WAV files. A copy of this file stands beside every served model.

    python serving_client.py MODEL classify rooster.wav
    python serving_client.py MODEL dream rooster.wav dreamed.wav

Over REST it needs Python alone; over gRPC (--grpc) it needs `pip install tensorflow-serving-api`.
"""

import argparse
import base64
import json
import pathlib
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

_TIMEOUT = 300  # s
_MOST_BYTES = 256 * 2**20  # of a gRPC message; its own limit, 4 MiB, is 40 s of sound at 24 kHz


def ask_rest(address: str, model: str, signature: str, inputs: dict[str, Any]) -> Any:
    """Calls a model over REST.

    Args:
        address: of the server, such as `"localhost:8501"`.
        model: its name in the server.
        signature: such as `"serving_default"` or `"wav"`.
        inputs: nested lists of numbers or bytes by name, one row per example.

    Returns:
        Nested lists of numbers, str or bytes by the outputs' names; of a signature with a single
        output, that output's nested lists.

    Raises:
        RuntimeError: if the server refuses, with its message, or does not respond.
    """
    body = json.dumps({"signature_name": signature, "inputs": _packed(inputs)}).encode()
    url = f"http://{address}/v1/models/{model}:predict"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            return _unpacked(json.load(response)["outputs"])
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode(errors="replace")) from None
    except urllib.error.URLError as error:
        raise RuntimeError(f"No server answers at {address}: {error.reason}") from None


def ask_grpc(address: str, model: str, signature: str, inputs: dict[str, Any]) -> Any:
    """Calls a model over gRPC, as `ask_rest` does over REST; all text comes as bytes.

    Args:
        address: of the server, such as `"localhost:8500"`.
        model: its name in the server.
        signature: such as `"serving_default"` or `"wav"`.
        inputs: arrays, or lists of bytes, by name, one row per example.

    Raises:
        RuntimeError: if the server refuses, with its message, or does not respond.
    """
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    options = [(f"grpc.max_{way}_message_length", _MOST_BYTES) for way in ("send", "receive")]
    with grpc.insecure_channel(address, options) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            response = service.Predict(request, _TIMEOUT).outputs
        except grpc.RpcError as error:
            raise RuntimeError(f"{error.code().name}: {error.details()}") from None
    outputs = {name: tf.make_ndarray(value).tolist() for name, value in response.items()}
    return outputs if len(outputs) > 1 else next(iter(outputs.values()))


def classify(
    ask: Callable, address: str, model: str, wav_bytes: bytes, top: int = 5
) -> list[tuple[str, float]]:
    """Labels and scores of the `top` likeliest classes of a WAV file, highest first.

    `ask` is `ask_rest` or `ask_grpc`.
    """
    outputs = ask(address, model, "wav", {"wav_bytes": [wav_bytes]})
    labels = [one.decode() if isinstance(one, bytes) else one for one in outputs["labels"][0]]
    return sorted(zip(labels, outputs["scores"][0], strict=True), key=lambda pair: -pair[1])[:top]


def dream(ask: Callable, address: str, model: str, wav_bytes: bytes) -> bytes:
    """The dream of a WAV file, as the bytes of another; `ask` is `ask_rest` or `ask_grpc`."""
    return ask(address, model, "dream_wav", {"wav_bytes": [wav_bytes]})[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="name of the model in the server")
    parser.add_argument("task", choices=("classify", "dream"))
    parser.add_argument("input", type=pathlib.Path, help="WAV file")
    parser.add_argument("output", type=pathlib.Path, nargs="?", help="WAV file to write a dream to")
    parser.add_argument("--grpc", action="store_true", help="ask over gRPC, not REST")
    parser.add_argument("--address", help="of the server  [localhost:8501, or 8500 with --grpc]")
    given = parser.parse_args(arguments)
    if given.task == "dream" and given.output is None:
        parser.error("a dream needs a file to write")
    ask = ask_grpc if given.grpc else ask_rest
    address = given.address or f"localhost:{8500 if given.grpc else 8501}"
    try:
        contents = given.input.read_bytes()
        if given.task == "dream":
            given.output.write_bytes(dream(ask, address, given.model, contents))
        else:
            for label, score in classify(ask, address, given.model, contents):
                print(f"{score:6.1%}  {label}")
    except (RuntimeError, OSError) as error:
        print(f"serving_client: {error}", file=sys.stderr)
        return 2
    return 0


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
            return base64.b64decode(value["b64"])
        return {key: _unpacked(item) for key, item in value.items()}
    return [_unpacked(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
