"""Descriptions of jobs, as plain data that is sent to workers."""

import dataclasses
import json
import os
from typing import Any

from keras_sounddream.checks import check, choice
from keras_sounddream.deepdream.objectives.spelling import GUIDANCES
from keras_sounddream.digests import file_digest
from keras_sounddream.errors import InputError

TASKS = ("dream", "classify", "embed")
FILES_PER_UNIT = {"dream": 8, "classify": 256, "embed": 256}  # at most, of a unit of work
_SETTINGS = {  # of one task alone
    "dream": {"layers", "guides", "guidance", "label", "settings", "suffix", "rendering"},
    "classify": {"top"},
    "embed": {"layer"},
}


@dataclasses.dataclass(frozen=True)
class Job:
    """The work on each file.

    Attributes:
        task: `"dream"`, `"classify"` or `"embed"`.
        model: a model of the zoo, a `.keras` file, or, to dream, an image network.
        weights: key of pretrained weights or path; `None` for the model's default.
        layers: to dream: each `"NAME"` or `"NAME:CHANNEL"`.
        guides: to dream: paths of files whose features guide the dream.
        guidance: to dream: the objective of guides, `"guided"`, `"guided_locally"` or `"matched"`.
        label: to dream: a class, or `None`.
        settings: to dream: arguments of `DeepDream`, such as `preset`.
        suffix: to dream: of the output files, such as `".flac"`, or `".png"` for pictures.
        rendering: to dream: arguments of `deepdream.Rendering`, such as `mono`.
        top: to classify: number of best classes.
        layer: to embed: whose output the features are; `None` for the input of the last layer with
            weights.
    """

    task: str
    model: str = "log_mel_cnn"
    weights: str | None = None
    layers: tuple[str, ...] = ()
    guides: tuple[str, ...] = ()
    guidance: str = GUIDANCES[0]
    label: str | None = None
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    suffix: str = ".wav"
    rendering: dict[str, Any] = dataclasses.field(default_factory=dict)
    top: int = 5
    layer: str | None = None

    def __post_init__(self) -> None:
        check("task", self.task, choice(TASKS))
        for name in ("layers", "guides"):  # in JSON they are lists
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for field in dataclasses.fields(self):
            others = {name for task in _SETTINGS if task != self.task for name in _SETTINGS[task]}
            if field.name in others and getattr(self, field.name) != _default(field):
                raise InputError(f"`{field.name}` is no setting of the task {self.task}.")

    def to_json(self) -> str:
        """The job as text; `Job(**json.loads(text))` is equal to it."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def identity(self) -> dict[str, Any]:
        """The job with digests of its files, for JSON: equal identities give equal results."""
        paths = [self.model, self.weights, *self.guides]
        digests = {path: file_digest(path) for path in paths if _is_file(path)}
        return {**json.loads(self.to_json()), "sha256": digests}


def absolute(job: Job) -> Job:
    """The job with absolute paths, for workers in any folder."""
    given = {name: getattr(job, name) for name in ("model", "weights")}
    paths: dict[str, Any] = {
        n: os.path.abspath(path) for n, path in given.items() if _is_file(path)
    }
    paths["guides"] = tuple(os.path.abspath(path) for path in job.guides)
    return dataclasses.replace(job, **paths)


def _default(field):
    factory = field.default_factory
    return field.default if factory is dataclasses.MISSING else factory()


def _is_file(path):
    return path is not None and os.path.isfile(path)
