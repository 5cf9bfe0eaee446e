"""Files that several tests of `keras_sounddream.lite` open."""

import numpy as np
import pytest
from lite import made_files


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """Path of a file with every task."""
    return made_files.write(tmp_path_factory.mktemp("lite") / "known.tflite")


@pytest.fixture(scope="session")
def variants(tmp_path_factory):
    """Path of a folder of two files: 1600 and 4000 samples."""
    folder = tmp_path_factory.mktemp("variants")
    for name, samples in (("known_half.tflite", 4000), ("known_fifth.tflite", 1600)):
        made_files.write(folder / name, samples)
    return folder


@pytest.fixture
def sound(rng):
    """A noise of 5000 samples: float32 `(5000,)`."""
    return rng.uniform(-0.5, 0.5, 5000).astype(np.float32)
