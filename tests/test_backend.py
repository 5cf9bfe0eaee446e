"""Other backends of Keras: what needs TensorFlow, or lacks a package, says so in a line."""

import os
import subprocess
import sys

import keras
import pytest

import keras_sounddream
from keras_sounddream import InputError, applications, backend
from keras_sounddream.training import distillation, wavenet

ENTRIES = {
    "a dream": lambda: keras_sounddream.DeepDream(None, "conv1"),
    "generation": lambda: keras_sounddream.generate(None, 1),
    "an export": lambda: keras_sounddream.export_model(None, "x.tflite"),
    "an export of a generator": lambda: keras_sounddream.export.export_generator(None, "x.tflite"),
    "an export for serving": lambda: keras_sounddream.export.export_serving(None, "x", 1),
    "distillation": lambda: distillation.distill(None, None, None),
    "a WaveNet's training": lambda: wavenet.train(None, None, None, None),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_needs_tensorflow_says_so(entry, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="needs Keras's TensorFlow backend, but .* runs on jax"):
        ENTRIES[entry]()


def test_models_do_not_need_it(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert applications.WaveNet(dilations=(1,), residual_channels=2).name == "wavenet"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("jax", ModuleNotFoundError("No module", name="jax"), "the package jax is not installed"),
        ("torch", ModuleNotFoundError("No module", name="torch"), "backend torch, which KERAS_B"),
        ("numpyro", ValueError("Unable to import backend : x"), "Unable to import backend : x"),
    ],
)
def test_a_backend_that_is_not_there_is_named(monkeypatch, name, error, message):
    monkeypatch.setenv("KERAS_BACKEND", name)
    found = backend.explain_failed_import(error)
    assert isinstance(found, InputError)
    assert isinstance(found, ImportError)
    assert message in str(found)
    assert "\n" not in str(found)


def test_other_errors_of_the_import_stay_as_they_are(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    error = ImportError("h5py")
    assert backend.explain_failed_import(error) is error


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jax", "nothing"])
def test_the_command_ends_with_a_line(name, tmp_path):
    (tmp_path / "jax.py").write_text("raise ModuleNotFoundError('No module', name='jax')\n")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    environment = {**os.environ, "KERAS_BACKEND": name, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "keras_sounddream.cli.main", "layers", "LogMelCNN"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    (line,) = [line for line in run.stderr.splitlines() if line.strip()]
    assert f"Keras cannot start on the backend {name}" in line
