"""What there is to learn from videos: sound, and what teachers say of the pictures shown with it.

Kept in a file a video, so that each is looked at once, however long the training.
"""

import hashlib
import itertools
import pathlib
import typing

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.datasets import videos
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside

_BATCH = 16  # pictures that a teacher looks at at a time


class Lesson(typing.NamedTuple):
    """A window of a video: the file of what is kept of it, and its first time step."""

    path: pathlib.Path
    first: int


class Lessons(keras.utils.PyDataset):
    """Batches of windows: sound, and the probabilities of each teacher for each time step.

    Args:
        windows: list of `Lesson`.
        heads: sequence of str, the names of the teachers.
        steps: int, time steps of a window.
        along_time: bool, whether the probabilities have an axis of time steps; `False` with one.
        epochs: int, passes over the windows; the batches of all of them are numbered through.
        batch_size: int, at most; of fewer windows, all are in each batch.
        seed: int, of the order, in which every pass leaves out what fills no batch; `None` for all
            windows in their order.

    Attributes:
        first_step: int, number of the batch that index 0 stands for; set it to go on.
    """

    def __init__(self, windows, heads, steps, along_time=True, epochs=1, batch_size=64, seed=None):
        super().__init__()
        self.windows, self.heads, self.steps = list(windows), tuple(heads), steps
        self.along_time = along_time
        self.epochs, self.seed, self.first_step = epochs, seed, 0
        self.batch_size = min(batch_size, len(self.windows))

    @property
    def steps_per_epoch(self):
        """Batches in a pass over the windows."""
        whole, rest = divmod(len(self.windows), self.batch_size)
        return whole + (rest > 0 and self.seed is None)

    def __len__(self):
        return self.epochs * self.steps_per_epoch - self.first_step

    def __getitem__(self, index):
        epoch, index = divmod(self.first_step + index, self.steps_per_epoch)
        order = np.arange(len(self.windows))
        if self.seed is not None:
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        read = [read_window(self.windows[i], self.heads, self.steps) for i in chosen]
        sounds, said = zip(*read, strict=True)
        join = np.stack if self.along_time else np.concatenate
        return np.stack(sounds), {head: join([s[head] for s in said]) for head in self.heads}


def read_window(window, heads, steps):
    """Reads a window; a video that is shorter is repeated, sound and probabilities.

    Args:
        window: `Lesson`.
        heads: sequence of str, the names of the teachers.
        steps: int, time steps of a window.

    Returns:
        `(waveform, said)`: float32 `(samples,)`, and a dict from head to float32
        `(steps, classes)`.
    """
    with np.load(window.path) as kept:
        sound, said = kept["sound"], {head: kept[f"said_{head}"] for head in heads}
    places = (window.first + np.arange(steps)) % len(sound)
    waveform = sound[places].reshape(-1).astype("float32") / 32768
    return waveform, {head: rows[places] for head, rows in said.items()}


def prepare(paths, teachers, folder, sample_rate, step_seconds, steps, pictures_per_step=1):
    """Reads videos and lets the teachers look at them; what is kept already is not read again.

    Args:
        paths: sequence of paths of videos.
        teachers: dict from head to `Teacher`.
        folder: path, of what is kept; made if it is missing.
        sample_rate: int, Hz, of the student.
        step_seconds: float, of sound that goes with one time step of the student.
        steps: int, time steps of a window; what is left of a longer video goes unused.
        pictures_per_step: int, evenly spaced pictures of a step, whose probabilities are averaged.

    Returns:
        `(windows, skipped)`: a list of lists of `Lesson`, one a video that can be used, and a dict
        from the path of a video that cannot, a str, to the reason.

    Raises:
        InputError: if no video can be used, or what a teacher gives are no probabilities.
    """
    folder = keep_folder(folder)
    for teacher in teachers.values():
        teacher.judge([teacher.fit(np.full((8, 8, 3), 128, "uint8"))])
    found, skipped = [], {}
    for path in tqdm(paths, desc="watch", unit="video"):
        kept = folder / f"{_name(path)}.npz"
        if not kept.exists():
            try:
                content = _watch(path, teachers, sample_rate, step_seconds, pictures_per_step)
            except _UnfitError as error:
                skipped[str(path)] = str(error)
                continue
            with written_beside(kept, overwrite=True) as temporary:  # another worker may, too
                np.savez(temporary, **content)
        found.append([Lesson(kept, i) for i in _firsts(kept, steps)])
    if not found:
        path, reason = next(iter(skipped.items()))
        raise InputError(f"None of {len(skipped)} videos can be used. {path}: {reason}")
    return found, skipped


class _UnfitError(Exception):
    """Why a video is passed over."""


def _watch(path, teachers, sample_rate, step_seconds, pictures_per_step):
    """Sound, int16 `(steps, samples a step)`, and the probabilities of each teacher."""
    times = ((i + 0.5) * step_seconds / pictures_per_step for i in itertools.count())
    try:
        said = _say(videos.pictures(path, times), teachers)
        shown = len(next(iter(said.values())))
        num_steps = max(shown // pictures_per_step, 1)
        sound = videos.read_sound(path, sample_rate, num_steps * step_seconds)
    except InputError as error:
        raise _UnfitError(str(error)) from None
    if not sound.any():
        raise _UnfitError("its sound is silence")
    length = num_steps * round(step_seconds * sample_rate)
    sound = np.pad(sound, (0, max(0, length - len(sound))))[:length]
    content = {"sound": sound.reshape(num_steps, -1)}
    for head, rows in said.items():
        rows = rows[: num_steps * pictures_per_step]
        content[f"said_{head}"] = np.stack(
            [r.mean(axis=0) for r in np.array_split(rows, num_steps)]
        )
    return content


def _say(pictures, teachers):
    """What each teacher says of pictures: dict to float32 `(pictures, classes)`."""
    said = {head: [] for head in teachers}
    while batch := list(itertools.islice(pictures, _BATCH)):
        for head, teacher in teachers.items():
            said[head].append(teacher.judge([teacher.fit(picture) for picture in batch]))
    return {head: np.concatenate(rows) for head, rows in said.items()}


def _firsts(kept, steps):
    """First time steps of the windows of a video."""
    with np.load(kept) as content:
        count = len(content["sound"])
    return range(0, max(count - steps, 0) + 1, steps)


def _name(path):
    """Name for what is kept of a video: another, if the file has changed."""
    path = pathlib.Path(path)
    about = path.stat()
    told = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}"
    return f"{path.stem[:40]}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
