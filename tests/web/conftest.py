"""A page of a small network, a server of files, and a browser that visits it."""

import functools
import http.server
import threading

import cdp
import numpy as np
import pytest
import soundfile

from keras_sounddream.applications import fetching
from keras_sounddream.web.runtime import PACKAGE

RATE = 24000
# The policy lets nothing read what the page offers for download: it is kept where it is made.
_KEEP = """const kept = new Map(), make = URL.createObjectURL;
URL.createObjectURL = (file) => {
  const address = make.call(URL, file);
  kept.set(address, file);
  return address;
};"""
LABELS = ("Low", "High", "Noise")


@pytest.fixture(scope="session")
def page_model(small_model):
    """The small network with a top of three classes, random and sharp."""
    import keras

    x = keras.layers.GlobalAveragePooling2D(name="pool")(small_model.output)
    top = keras.layers.Dense(3, activation="softmax", name="top")
    model = keras.Model(small_model.inputs[0], top(x), name="small_classifier")
    top.set_weights([np.random.default_rng(0).normal(0, 30, (8, 3)), np.zeros(3)])
    model.labels = LABELS
    return model


@pytest.fixture(scope="session")
def voice():
    """Two seconds of a voice: float32 `(1, 48000)`."""
    from keras_sounddream.export.reference_sounds import speech_like

    return speech_like(2 * RATE, RATE)


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory, page_model, voice):
    """A folder with the page, in `page`, and sounds to open, in `clips`."""
    if not fetching.cached_path(PACKAGE).is_file():
        pytest.skip(f"needs ONNX Runtime for browsers. {fetching.by_hand(PACKAGE)}")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    from keras_sounddream.web import write_page

    folder = tmp_path_factory.mktemp("web")
    write_page(folder / "page", page_model, filters=["rooster"])
    (folder / "clips").mkdir()
    soundfile.write(folder / "clips" / "voice.wav", voice[0], RATE)
    return folder


@pytest.fixture(scope="session")
def address(page_folder):
    """The page's address, on this machine."""
    handler = functools.partial(_QuietHandler, directory=page_folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/page/"
    server.shutdown()


@pytest.fixture
def visit(address, tmp_path):
    """Function that opens the page in a browser of its own, with flags of Chromium."""
    browsers = []

    def open_page(*flags):
        browsers.append(cdp.Browser(tmp_path / f"browser{len(browsers)}", *flags))
        browsers[-1].call("Page.addScriptToEvaluateOnNewDocument", source=_KEEP)
        browsers[-1].open(address)
        browsers[-1].wait("document.querySelector('#status')?.textContent.startsWith('Ready')")
        return browsers[-1]

    yield open_page
    for browser in browsers:
        browser.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
