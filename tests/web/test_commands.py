"""`sounddream web` and `sounddream demo` as commands."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

import keras_sounddream
from keras_sounddream.cli.main import main

ROOT = pathlib.Path(keras_sounddream.__file__).parents[1]


@pytest.fixture(scope="module")
def saved(page_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small.keras"
    page_model.save(path)
    return str(path)


def test_a_page_that_exists_is_left_as_it_is(page_folder, saved, capsys):
    before = {path: path.stat().st_mtime_ns for path in page_folder.rglob("*")}
    assert main(["web", "-o", str(page_folder / "page"), "--model", saved]) == 2
    assert main(["web", "-o", str(page_folder / "clips"), "--model", saved, "--force"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "exists" in lines[0]
    assert "holds something else (no page.json)" in lines[1]
    assert {path: path.stat().st_mtime_ns for path in page_folder.rglob("*")} == before


@contextlib.contextmanager
def served(*arguments):
    """The address of `sounddream demo`, and its process."""
    pytest.importorskip("uvicorn", reason="needs the extra demo")
    command = [sys.executable, "-m", "keras_sounddream.cli.main", "demo", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    try:
        yield re.search(r"http://\S+/", process.stdout.readline())[0], process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_demo_serves_until_it_is_interrupted(saved, host):
    with served("--model", saved, "--host", host) as (address, process):
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert b"<title>Dream a sound</title>" in answer.read()
        with urllib.request.urlopen(f"{address}page.json", timeout=30) as answer:
            styles = json.load(answer)["offers"]["styles"]["names"]
        assert styles == ["small_classifier", "random_convolution", "sound_texture"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_a_port_that_is_taken_is_told(saved):
    with served("--model", saved) as (address, _):
        port = address.split(":")[-1].strip("/")
        command = [sys.executable, "-m", "keras_sounddream.cli.main", "demo"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [*command, "--model", saved, "--port", port],
            capture_output=True, text=True, env=environment,
        )  # fmt: skip
        assert run.returncode == 2
        assert f"Cannot listen on 127.0.0.1, port {port}" in run.stderr
