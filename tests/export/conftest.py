"""What the tests of exports share: a small classifier, its dream, and both as served."""

import numpy as np
import pytest
from export.models import RATE, make_classifier

from keras_sounddream import DeepDream, objectives
from keras_sounddream.export import export_serving
from keras_sounddream.export.reference_sounds import speech_like


@pytest.fixture(scope="session")
def classifier():
    return make_classifier()


@pytest.fixture(scope="session")
def dream(classifier):
    return DeepDream(classifier, objectives.layer("conv2"), octaves=2, steps=3)


@pytest.fixture(scope="session")
def served(dream, tmp_path_factory):
    """Folder of a served dream: `(folder, report)`."""
    folder = tmp_path_factory.mktemp("served") / "out"
    return folder, export_serving(dream, folder)


@pytest.fixture(scope="session")
def sounds():
    """Three sounds of different lengths, rounded to 16 bits: float32 `(1, samples)`."""
    lengths = (8000, 5300, 6111)
    made = [speech_like(count, RATE, seed) for seed, count in enumerate(lengths)]
    return [np.round(sound * 32768) / np.float32(32768) for sound in made]
