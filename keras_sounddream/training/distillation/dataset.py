"""Data set of a distillation: the sound of videos, and teachers' probabilities for their pictures.

Both are kept in a file per video, so that each is read once, however long the training.
"""

import hashlib
import itertools
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from keras_sounddream.datasets import videos
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside
from keras_sounddream.training.distillation.teachers import Teacher
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array, PathLike

_BATCH = 16  # pictures of a teacher's batch


class VideoWindow(NamedTuple):
    """A window of a video: the file with its sound and probabilities, and its first time step."""

    path: pathlib.Path
    first: int


class VideoWindows(StepBatches):
    """Batches of windows: sound, and the probabilities of each teacher for each time step.

    `along_time` tells whether the probabilities have an axis of time steps, or one step and none.
    Fewer windows than `batch_size` are all in each batch. With a `seed` every pass leaves out what
    fills no batch; without one, all windows come in their order.
    """

    def __init__(
        self,
        windows: Iterable[VideoWindow],
        heads: Iterable[str],
        steps: int,
        along_time: bool = True,
        epochs: int = 1,
        batch_size: int = 64,
        seed: int | None = None,
    ) -> None:
        super().__init__(epochs, seed)
        self.windows, self.heads, self.steps = list(windows), tuple(heads), steps
        self.along_time = along_time
        self.batch_size = min(batch_size, len(self.windows))

    @property
    def steps_per_epoch(self) -> int:
        """Batches in a pass over the windows."""
        full, rest = divmod(len(self.windows), self.batch_size)
        return full + (rest > 0 and self.seed is None)

    def batch(self, step: int) -> tuple[Array, dict[str, Array]]:
        """Reads the batch of a step: sound `(batch, samples)`, and probabilities of each head."""
        epoch, index = self.position(step)
        order = self.order(epoch, len(self.windows))
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        examples = [read_window(self.windows[i], self.heads, self.steps) for i in chosen]
        sounds, targets = zip(*examples, strict=True)
        join = np.stack if self.along_time else np.concatenate
        return np.stack(sounds), {head: join([t[head] for t in targets]) for head in self.heads}


def read_window(
    window: VideoWindow, heads: Iterable[str], steps: int
) -> tuple[Array, dict[str, Array]]:
    """Waveform `(samples,)`, and `(steps, classes)` of each head; a shorter video is repeated."""
    with np.load(window.path) as stored:
        sound, targets = stored["sound"], {head: stored[f"said_{head}"] for head in heads}
    numbers = (window.first + np.arange(steps)) % len(sound)
    waveform = sound[numbers].reshape(-1).astype("float32") / 32768
    return waveform, {head: rows[numbers] for head, rows in targets.items()}


def prepare(
    paths: Sequence[PathLike],
    teachers: Mapping[str, Teacher],
    folder: PathLike,
    sample_rate: int,
    step_seconds: float,
    steps: int,
    pictures_per_step: int = 1,
) -> tuple[list[list[VideoWindow]], dict[str, str]]:
    """Reads videos and computes the teachers' probabilities, except where both are kept already.

    A step is `step_seconds` of sound and `pictures_per_step` evenly spaced pictures, over which the
    probabilities are averaged; what is left of a video behind its windows of `steps` goes unused.

    Returns `(windows, skipped)`: a list of windows for each video that can be used, and a dict from
    the path of a video that cannot to the reason. An `InputError` if none can, or a teacher's
    outputs are no probabilities.
    """
    folder = keep_folder(folder)
    for teacher in teachers.values():
        teacher.judge([teacher.fit(np.full((8, 8, 3), 128, "uint8"))])
    windows, skipped = [], {}
    for path in tqdm(paths, desc="watch", unit="video"):
        try:
            stored = folder / f"{_name(path)}.npz"
            content = None
            if not _is_whole(stored, teachers):
                content = _watch(path, teachers, sample_rate, step_seconds, pictures_per_step)
        except Exception as error:  # of whatever kind: it is this video's
            skipped[str(path)] = str(error) or type(error).__name__
            continue
        if content is not None:
            with written_beside(stored, overwrite=True) as temporary:  # another worker may, too
                np.savez(temporary, **content)
        windows.append([VideoWindow(stored, first) for first in _first_steps(stored, steps)])
    if not windows:
        path, reason = next(iter(skipped.items()))
        raise InputError(f"None of {len(skipped)} videos can be used. {path}: {reason}")
    return windows, skipped


def _watch(path, teachers, sample_rate, step_seconds, pictures_per_step):
    """Sound, int16 `(steps, samples per step)`, and the probabilities of each teacher."""
    times = ((i + 0.5) * step_seconds / pictures_per_step for i in itertools.count())
    probabilities = _judge(videos.pictures(path, times), teachers)
    num_pictures = len(next(iter(probabilities.values())))
    num_steps = max(num_pictures // pictures_per_step, 1)
    sound = videos.read_sound(path, sample_rate, num_steps * step_seconds)
    if not sound.any():
        raise InputError("its sound is silence")
    length = num_steps * round(step_seconds * sample_rate)
    sound = np.pad(sound, (0, max(0, length - len(sound))))[:length]
    content = {"sound": sound.reshape(num_steps, -1)}
    for head, rows in probabilities.items():
        parts = np.array_split(rows[: num_steps * pictures_per_step], num_steps)
        content[f"said_{head}"] = np.stack([part.mean(axis=0) for part in parts])
    return content


def _judge(pictures, teachers):
    """Each teacher's probabilities for pictures: dict to float32 `(pictures, classes)`."""
    probabilities = {head: [] for head in teachers}
    while batch := list(itertools.islice(pictures, _BATCH)):
        for head, teacher in teachers.items():
            probabilities[head].append(teacher.judge([teacher.fit(picture) for picture in batch]))
    return {head: np.concatenate(rows) for head, rows in probabilities.items()}


def _is_whole(stored, heads):
    """Whether a kept file is there, and all of it can be read."""
    try:
        with np.load(stored) as content:
            return all(len(content[name]) for name in ("sound", *(f"said_{h}" for h in heads)))
    except Exception:  # of zip files and NumPy: the video is read again
        return False


def _first_steps(stored, steps):
    """First time steps of the windows of a video."""
    with np.load(stored) as content:
        count = len(content["sound"])
    return range(0, max(count - steps, 0) + 1, steps)


def _name(path):
    """Name of a video's kept file: another, if the video has changed."""
    path = pathlib.Path(path)
    status = path.stat()
    identity = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
    return f"{path.stem[:40]}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
