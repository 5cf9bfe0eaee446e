"""`keras-sounddream-lite` in an environment of its own: what it brings, and that it works there."""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

import pytest
from lite.made_files import LABELS, RATE

from keras_sounddream.lite import save

ROOT = pathlib.Path(__file__).parents[2]
_NEEDED = (
    "keras_sounddream",
    "setup.py",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "docs/deploy/raspberry_pi.md",
    "docs/site/requirements.txt",
)
_NO_INDEX = ("Could not find a version", "No matching distribution", "Connection", "timed out")


def pip(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=500,
        **options,
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Folder of an environment with `keras-sounddream-lite` and nothing else."""
    folder = tmp_path_factory.mktemp("install")
    for name in _NEEDED:
        (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / "tree" / name)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    lite = {**os.environ, "SOUNDDREAM_DISTRIBUTION": "lite"}
    run = pip("--python", python, "install", "-q", "--retries", "1", folder / "tree", env=lite)
    if run.returncode and any(sign in run.stderr for sign in _NO_INDEX):
        pytest.skip(f"pip cannot fetch what it needs: {run.stderr.strip().splitlines()[-1]}")
    assert run.returncode == 0, run.stderr
    return folder / "venv"


def test_it_brings_neither_tensorflow_nor_keras(environment):
    found = pip("--python", environment / "bin" / "python", "list", "--format=freeze").stdout
    names = {line.split("==")[0].lower().replace("_", "-") for line in found.split()}
    assert {"keras-sounddream-lite", "numpy", "ai-edge-litert", "soundfile", "soxr"} <= names
    assert not {"tensorflow", "tensorflow-cpu", "keras", "keras-sounddream", "click"} & names


def test_its_command_classifies_and_dreams(environment, model, tmp_path, sound):
    save(tmp_path / "sound.wav", sound, RATE)
    command = environment / "bin" / "sounddream-lite"
    alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for arguments in (
        ["classify", model, tmp_path / "sound.wav"],
        ["dream", model, tmp_path / "sound.wav", "-o", tmp_path / "dream.wav"],
    ):
        run = subprocess.run(
            [command, *arguments], capture_output=True, text=True, env=alone, cwd=tmp_path
        )
        assert run.returncode == 0, run.stderr
        if arguments[0] == "classify":
            assert all(label in run.stdout for label in LABELS)
    assert (tmp_path / "dream.wav").stat().st_size == 44 + 2 * 5000
