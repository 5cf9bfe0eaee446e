"""ONNX Runtime for browsers: the three files of it that the page needs, of one known version."""

from __future__ import annotations

import tarfile

from keras_sounddream.applications.fetching import fetch

VERSION = "1.30.0"
PACKAGE = {
    "file": f"onnxruntime-web-{VERSION}.tgz",
    "urls": [f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"],
    "by_hand": f"the file that `npm pack onnxruntime-web@{VERSION}` makes",
    "bytes": 33106585,
    "sha256": "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71",
}
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


def runtime_files() -> dict[str, bytes]:
    """The files by their names: WebAssembly for one thread and several, without WebGPU.

    The package is fetched once into Keras's cache folder, and known by its hash.

    Raises:
        InputError: if it is not there and cannot be fetched, with what to fetch by hand.
    """
    with tarfile.open(fetch(PACKAGE)) as archive:
        return {name: _member(archive, f"package/dist/{name}") for name in FILES}


def _member(archive, name):
    """The bytes of a file in an archive whose hash is known."""
    return archive.extractfile(name).read()
