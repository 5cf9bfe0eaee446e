"""Servers that answer as TensorFlow Serving's protocols say, from a SavedModel."""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import threading

import tensorflow as tf


def answer(loaded, signature, inputs):
    """Runs a signature on inputs of any kind, cast as the signature wants them."""
    function = loaded.signatures[signature]
    specs = function.structured_input_signature[1]
    given = {name: tf.constant(value, specs[name].dtype) for name, value in inputs.items()}
    return {name: value.numpy() for name, value in function(**given).items()}


@contextlib.contextmanager
def rest_server(folder, model):
    """Serves `POST /v1/models/MODEL:predict`, in columns; yields the address."""
    loaded = tf.saved_model.load(str(folder))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                if self.path != f"/v1/models/{model}:predict":
                    raise LookupError(f"Servable not found for request: {self.path}")
                found = answer(loaded, request["signature_name"], from_json(request["inputs"]))
                found = {name: to_json(value.tolist(), name) for name, value in found.items()}
                code = 200
                body = {"outputs": found if len(found) > 1 else next(iter(found.values()))}
            except (tf.errors.OpError, LookupError) as error:
                code, body = 400, {"error": str(error)}
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def grpc_server(folder):
    """Serves `PredictionService.Predict`; yields the address."""
    import grpc
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    loaded = tf.saved_model.load(str(folder))

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            try:
                found = answer(loaded, request.model_spec.signature_name, inputs)
            except tf.errors.OpError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            response = predict_pb2.PredictResponse()
            for name, value in found.items():
                response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return response

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def from_json(value):
    if isinstance(value, dict):
        if set(value) == {"b64"}:
            return base64.b64decode(value["b64"])
        return {key: from_json(item) for key, item in value.items()}
    return [from_json(item) for item in value] if isinstance(value, list) else value


def to_json(value, name):
    """Text as text, but of outputs whose name ends in `_bytes`, as the REST API has it."""
    if isinstance(value, bytes):
        if name.endswith("_bytes"):
            return {"b64": base64.b64encode(value).decode()}
        return value.decode()
    return [to_json(item, name) for item in value] if isinstance(value, list) else value
