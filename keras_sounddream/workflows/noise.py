"""A file of noise that a dream starts from."""

from __future__ import annotations

import contextlib
import pathlib
import tempfile
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.maximization import noise
from keras_sounddream.errors import InputWarning
from keras_sounddream.workflows.media import files_of

if TYPE_CHECKING:
    import keras


@contextlib.contextmanager
def noise_file(
    model: keras.Model, length: float | None = None, seed: int = 0
) -> Iterator[pathlib.Path]:
    """Context with a file of noise that a model takes, at its rate; see `maximization.noise`.

    In it nothing warns that the sound is lost in its dream.
    """
    files = files_of(model)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* of the sound is lost", InputWarning)
        path = pathlib.Path(folder) / f"noise{files.gallery_suffixes[0]}"
        files.save(path, noise(model, length, seed), find_sample_rate(model), False)
        yield path
