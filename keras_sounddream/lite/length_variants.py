"""Files of one model exported for several lengths of sound: picks the shortest that fits."""

import math
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_sounddream.audio.waveforms import check_scale
from keras_sounddream.errors import InputError
from keras_sounddream.lite.model_file import ModelFile
from keras_sounddream.types import Array, PathLike


class LengthVariants:
    """Exported files that differ in their length alone.

    Args:
        *paths: `.tflite` files, or folders of them.
        tasks: files that do none of these are left out.
        **options: of `ModelFile`.

    Attributes:
        files: list of `ModelFile`, the shortest first.

    Raises:
        InputError: see `ModelFile`; also if no file is left, or they are not of one model.
    """

    def __init__(self, *paths: PathLike, tasks: tuple[str, ...], **options: Any):
        files = [ModelFile(path, **options) for path in _find(paths)]
        self.files = [file for file in files if set(tasks) & set(file.tasks)]
        self.files.sort(key=lambda file: file.samples)
        if not self.files:
            raise InputError(
                f"{files[0].path} does {', '.join(files[0].tasks)}. Expected a file that can "
                f"{' or '.join(tasks)}."
            )
        shortest = self.files[0]
        for file in self.files:
            if _identity(file) != _identity(shortest):
                raise InputError(
                    f"Expected files of one model. {shortest.path} is of "
                    f"{shortest.metadata.model}, {file.path} of {file.metadata.model}, or their "
                    "rates or labels differ."
                )

    def fitting(self, num_samples: int) -> ModelFile:
        """The shortest file that fits a sound of `num_samples`, or the longest there is."""
        long_enough = (file for file in self.files if file.samples >= num_samples)
        return next(long_enough, self.files[-1])


def check_waveform(waveform: Array) -> Array:
    """float32 `(samples,)` of a checked float `(samples,)` or `(1, samples)`, or InputError."""
    try:
        waveform = np.asarray(waveform)
    except ValueError:  # lists of different lengths
        waveform = np.array(None)
    if waveform.ndim == 2 and len(waveform) == 1:
        waveform = waveform[0]
    if waveform.ndim != 1 or not len(waveform) or waveform.dtype.kind != "f":
        raise InputError(
            "Expected one waveform, float (samples,) in [-1, 1]. "
            f"Received: {waveform.dtype} {waveform.shape}."
        )
    peak = float(np.abs(waveform).max())
    if not math.isfinite(peak):
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak}.")
    check_scale(peak)
    return waveform.astype("float32", copy=False)


def _identity(file: ModelFile) -> tuple:
    """What files of one model have in common."""
    return file.metadata.model, file.metadata.sample_rate, file.metadata.labels


def _find(paths: Iterable[PathLike]) -> list[pathlib.Path]:
    files: list[pathlib.Path] = []
    for path in map(pathlib.Path, paths):
        inside = sorted(path.glob("*.tflite")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"The folder {path} holds no .tflite file.")
        files += inside
    if not files:
        raise InputError("Expected a .tflite file, or a folder of them. Received none.")
    return files
