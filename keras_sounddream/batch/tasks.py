"""The three tasks of batch jobs: dreams, scores, and features of files."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from keras_sounddream.applications import registry
from keras_sounddream.applications.classify import (
    check_classifier,
    known_sample_rate,
    name_scores,
    prepare_pieces,
)
from keras_sounddream.audio.io import load, seconds_of
from keras_sounddream.batch.jobs import Job
from keras_sounddream.batch.outputs import Folder, dream_path
from keras_sounddream.batch.tables import KINDS, part_path
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.network.checks import check_network
from keras_sounddream.errors import InputError
from keras_sounddream.export.outputs import embedding_network
from keras_sounddream.images import io
from keras_sounddream.workflows.dream import dream_to_file
from keras_sounddream.workflows.making import make_dream
from keras_sounddream.workflows.media import files_of

_TOGETHER = 16  # sounds of one length in a batch
_MOST_SECONDS = 600.0  # in memory at once, except for a single longer file

Files: TypeAlias = Sequence[Sequence[str]]  # name and path of each
Failures: TypeAlias = Iterator[tuple[str, Exception]]  # name and error of each that failed


class Dreams:
    """Dreams: one output file per input file."""

    def __init__(self, job: Job, folder: Folder) -> None:
        model, settings = _load_any(job)
        check_network(model)
        files_of(model).check_output(folder.path / f"dream{job.suffix}", overwrite=True)
        self._folder, self._suffix = folder, job.suffix
        self._rendering = Rendering(**job.rendering)
        settings = {**settings, **job.settings}
        self._dream = make_dream(model, job.layers, job.guides, job.label, job.guidance, **settings)

    def do(self, number: int, files: Files, go_on: Callable[[], None]) -> Failures:
        """Dreams files by length, to reuse graphs and memory; yields `(name, error)` of failures.

        `go_on` raises where the run is over.
        """
        for name, path in sorted(files, key=lambda file: _length_of(file[1])):
            output = dream_path(self._folder.path, name, self._suffix)
            go_on()
            if output.exists():  # from a worker that was killed later in this unit
                continue
            try:
                output.parent.mkdir(parents=True, exist_ok=True)
                dream_to_file(self._dream, path, output, rendering=self._rendering)
            except Exception as error:  # of whatever kind: it is this file's
                yield name, error


class _Outputs:
    """One output vector per file, in a part with those of other files."""

    def __init__(self, job: Job, folder: Folder) -> None:
        self._model, self._family = registry.load_model(job.model, job.weights)
        if len(self._model.inputs) != 1 or len(self._model.inputs[0].shape) != 2:
            raise InputError(
                "Expected a model from waveforms (batch, samples). "
                f"{self._model.name} takes {self._model.inputs[0].shape}."
            )
        self._rate = known_sample_rate(self._model)
        self._job, self._folder = job, folder
        self._network = self._find_network()

    def do(self, number: int, files: Files, go_on: Callable[[], None]) -> Failures:
        """Runs a network on files and writes their part, whose earlier files stay in it.

        Sounds of one length go together; see `Dreams.do` for the rest.
        """
        suffix, read, write = KINDS[self._job.task]
        path, rows = part_path(self._folder.path, number, suffix), []
        for group in _groups(files):
            go_on()
            for name, vector in self._vectors(group):
                if isinstance(vector, Exception):
                    yield name, vector
                elif not np.isfinite(vector).all():
                    yield name, InputError("The network's output is not finite.")
                else:
                    rows.append({"file": name, **self._describe(vector)})
        go_on()
        by_name = {row["file"]: row for row in [*read(path), *rows]}
        if rows:
            write(path, list(by_name.values()))

    def _vectors(self, group):
        """The output vector of each of some files, or the exception in its place."""
        sounds = {}
        for name, path in group:
            try:
                sounds[name] = prepare_pieces(self._model, load(path, self._rate), self._family)
            except Exception as error:  # of whatever kind: it is this file's
                yield name, error
        try:
            yield from zip(sounds, self._means(list(sounds.values())), strict=True)
        except Exception as error:
            if len(sounds) == 1:
                yield next(iter(sounds)), error
            else:  # one of them, too short for a layer perhaps: each alone
                for file in group:
                    yield from self._vectors([file]) if file[0] in sounds else ()

    def _means(self, sounds):
        """Mean output over each sound's pieces, `(channels,)`; pieces of one length go together."""
        lengths = {}
        for number, pieces in enumerate(sounds):
            for piece in pieces:
                lengths.setdefault(piece.shape[1], []).append((number, piece))
        outputs: list[list[Any]] = [[] for _ in sounds]
        for same in lengths.values():
            for start in range(0, len(same), _TOGETHER):
                numbers, pieces = zip(*same[start : start + _TOGETHER], strict=True)
                batch = self._network.predict_on_batch(np.concatenate(pieces))
                for number, output in zip(numbers, batch, strict=True):
                    outputs[number].append(output.mean(axis=tuple(range(output.ndim - 1))))
        return [np.mean(vectors, axis=0) for vectors in outputs]

    def _find_network(self):
        """The network to run."""
        raise NotImplementedError

    def _describe(self, vector):
        """What is stored of an output vector `(channels,)`: a dict."""
        raise NotImplementedError


class Scores(_Outputs):
    """Scores: the most probable classes of each file."""

    def _find_network(self):
        check_classifier(self._model)
        return self._model

    def _describe(self, vector):
        best = name_scores(self._model, vector[None], self._job.top)
        return {"scores": [{"label": label, "score": score} for _, label, score in best]}


class Features(_Outputs):
    """Features: the output of a layer for each file, averaged over time."""

    def _find_network(self):
        return embedding_network(self._model, self._job.layer)

    def _describe(self, vector):
        return {"features": vector.astype("float32")}


TASKS = {"dream": Dreams, "classify": Scores, "embed": Features}


def _load_any(job):
    """A model of the zoo or an image network, and its settings of `DeepDream`."""
    if job.model in io.NETWORKS:
        is_class = job.label is not None
        model, preprocessing = io.load_network(job.model, job.weights, include_top=is_class)
        return model, {"preprocessing": preprocessing}
    return registry.load_model(job.model, job.weights)[0], {}


def _groups(files):
    """Files by length, in groups that fit in memory at once."""
    seconds = {path: _length_of(path) for _, path in files}
    group, total = [], 0.0
    for file in sorted(files, key=lambda file: seconds[file[1]]):
        if group and (len(group) == _TOGETHER or total + seconds[file[1]] > _MOST_SECONDS):
            yield group
            group, total = [], 0.0
        group.append(file)
        total += seconds[file[1]]
    yield group


def _length_of(path):
    """Seconds of a sound; 0 if it is none or broken: reading it will say why."""
    try:
        return seconds_of(path)
    except InputError:
        return 0.0
