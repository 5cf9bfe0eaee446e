"""Files of one model for several lengths of sound: the shortest that holds a sound is taken."""

import pathlib

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.lite.model_file import ModelFile

_FAR_OUT = 100.0  # of range: whole numbers of 16 bits, most likely


class Ladder:
    """Exported files that differ in their length alone.

    Args:
        *paths: str or path of `.tflite` files, or of folders of them.
        tasks: tuple of str; files that do none of them are left out.
        **options: of `ModelFile`.

    Attributes:
        files: list of `ModelFile`, the shortest first.

    Raises:
        InputError: as `ModelFile`, and if no file is left, or they are not of one model.
    """

    def __init__(self, *paths, tasks, **options):
        files = [ModelFile(path, **options) for path in _find(paths)]
        self.files = [file for file in files if set(tasks) & set(file.tasks)]
        self.files.sort(key=lambda file: file.samples)
        if not self.files:
            raise InputError(
                f"{files[0].path} does {', '.join(files[0].tasks)}. Expected a file that can "
                f"{' or '.join(tasks)}."
            )
        first = self.files[0].metadata
        for file in self.files:
            mine = file.metadata
            if (mine.model, mine.sample_rate, mine.labels) != (
                first.model,
                first.sample_rate,
                first.labels,
            ):
                raise InputError(
                    f"Expected files of one model. {self.files[0].path} is of {first.model}, "
                    f"{file.path} of {mine.model}, or their rates or labels differ."
                )

    def holds(self, num_samples):
        """Picks the file for a sound.

        Args:
            num_samples: int.

        Returns:
            `ModelFile`, the shortest that holds the sound, or the longest there is.
        """
        long_enough = (file for file in self.files if file.samples >= num_samples)
        return next(long_enough, self.files[-1])


def check_waveform(waveform):
    """Checks a sound, and takes its batch axis off.

    Args:
        waveform: float array `(samples,)` or `(1, samples)`, in [-1, 1].

    Returns:
        float32 `(samples,)`.

    Raises:
        InputError: if it is not of that shape, empty, not finite or far out of range.
    """
    waveform = np.asarray(waveform)
    if waveform.ndim == 2 and len(waveform) == 1:
        waveform = waveform[0]
    if waveform.ndim != 1 or not len(waveform) or waveform.dtype.kind != "f":
        raise InputError(
            "Expected one waveform, float (samples,) in [-1, 1]. "
            f"Received: {waveform.dtype} {waveform.shape}."
        )
    peak = np.abs(waveform).max()
    if not peak <= _FAR_OUT:
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak}.")
    return waveform.astype("float32", copy=False)


def _find(paths):
    found = []
    for path in map(pathlib.Path, paths):
        inside = sorted(path.glob("*.tflite")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"The folder {path} holds no .tflite file.")
        found += inside
    if not found:
        raise InputError("Expected a .tflite file, or a folder of them. Received none.")
    return found
