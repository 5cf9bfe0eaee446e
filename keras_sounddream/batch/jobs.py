"""What a job does to each file, as plain data that is sent to workers."""

import dataclasses
import hashlib
import json
import os
import pathlib

from keras_sounddream.errors import InputError

TASKS = ("dream", "classify", "embed")
FILES_PER_UNIT = {"dream": 8, "classify": 256, "embed": 256}  # at most; a unit is done in one go
_DREAMS = {"layers", "guides", "label", "settings", "suffix"}  # what is of one task alone
_OWN = {"dream": _DREAMS, "classify": {"top"}, "embed": {"layer"}}


@dataclasses.dataclass(frozen=True)
class Job:
    """What is done to each file.

    Attributes:
        task: str, `"dream"`, `"classify"` or `"embed"`.
        model: str, a model of the zoo, a `.keras` file, or, to dream, a network of pictures.
        weights: str, key of pretrained weights or path; `None` for the model's own.
        layers: tuple of str, of a dream, each `"NAME"` or `"NAME:CHANNEL"`.
        guides: tuple of str, paths of files whose features a dream takes up.
        label: str, class of a dream, or `None`.
        settings: dict, of `DeepDream`, a `preset` among them.
        suffix: str, of dreams' files, such as `".flac"`, or `".png"` of pictures.
        top: int, how many classes are named.
        layer: str, whose output the features are; `None` for what the last layer with weights
            takes.
    """

    task: str
    model: str = "log_mel_cnn"
    weights: str | None = None
    layers: tuple = ()
    guides: tuple = ()
    label: str | None = None
    settings: dict = dataclasses.field(default_factory=dict)
    suffix: str = ".wav"
    top: int = 5
    layer: str | None = None

    def __post_init__(self):
        if self.task not in TASKS:
            raise InputError(f"`task` must be one of {', '.join(TASKS)}. Received: {self.task!r}")
        for name in ("layers", "guides"):  # of JSON, they are lists
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for field in dataclasses.fields(self):
            others = {name for task, names in _OWN.items() if task != self.task for name in names}
            if field.name in others and getattr(self, field.name) != _default(field):
                raise InputError(f"`{field.name}` is no setting of the task {self.task}.")

    def to_json(self):
        """Writes the job down; `Job(**json.loads(text))` is equal to it.

        Returns:
            str.
        """
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def identity(self):
        """Tells jobs apart that would give other results, also by what is in the files they name.

        Returns:
            dict that JSON can hold.
        """
        own = json.loads(self.to_json())
        named = [self.model, self.weights, *self.guides]
        return {**own, "sha256": {path: _digest(path) for path in named if _is_file(path)}}


def absolute(job):
    """Gives a job whose files are found from any folder that a worker may be in.

    Args:
        job: `Job`.

    Returns:
        `Job`.
    """
    named = {name: getattr(job, name) for name in ("model", "weights")}
    found = {name: os.path.abspath(path) for name, path in named.items() if _is_file(path)}
    guides = tuple(os.path.abspath(path) for path in job.guides)
    return dataclasses.replace(job, guides=guides, **found)


def _default(field):
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def _is_file(path):
    return path is not None and os.path.isfile(path)


def _digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
