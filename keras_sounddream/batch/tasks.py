"""The three tasks: a model, and what it makes of files."""

import numpy as np

from keras_sounddream.applications import registry
from keras_sounddream.applications.classify import (
    check_classifier,
    known_sample_rate,
    name_scores,
    prepare_pieces,
)
from keras_sounddream.audio.io import check_sound_output, load, open_sound
from keras_sounddream.batch.outputs import dream_path
from keras_sounddream.batch.tables import KINDS, part_path
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.network.checks import check_network, takes_pictures
from keras_sounddream.errors import InputError
from keras_sounddream.export.outputs import embedding_network
from keras_sounddream.images import io
from keras_sounddream.workflows.dream import dream_to_file
from keras_sounddream.workflows.objective_from_files import check_kind, find_objective

_TOGETHER = 16  # sounds of one length that go through a network at once
_MOST_SECONDS = 600.0  # in memory at once, but for a file that is longer by itself


class Dreams:
    """Dreams each file into one of its own.

    Args:
        job: `Job`.
        folder: `outputs.Folder`.
    """

    def __init__(self, job, folder):
        model, settings = _load_any(job)
        check_network(model)
        check = io.check_photo_output if takes_pictures(model) else check_sound_output
        check(folder.path / f"dream{job.suffix}", overwrite=True)
        self._folder, self._suffix = folder, job.suffix
        settings = {**settings, **job.settings}
        mode = settings.get("preprocessing", "tf")
        objective = find_objective(model, job.layers, job.guides, job.label, mode)
        self._dream = DeepDream(model, objective, **settings)

    def do(self, number, files, go_on):
        """Dreams files, one after the other: by length, so that graphs and memory serve again.

        Args:
            number: int, of the unit.
            files: list of `[name, path]`.
            go_on: function that raises where the work is not wanted any more.

        Yields:
            `(name, error)` of each that could not be done.
        """
        for name, path in sorted(files, key=lambda file: _length_of(file[1])):
            output = dream_path(self._folder.path, name, self._suffix)
            go_on()
            if output.exists():  # by a worker that was killed later in this unit
                continue
            try:
                check_kind(path, self._dream.model)
                output.parent.mkdir(parents=True, exist_ok=True)
                dream_to_file(self._dream, path, output)
            except Exception as error:  # whatever it is, it is this file's
                yield name, error


class _Answers:
    """One vector a file, from a network, into a part with those of other files."""

    def __init__(self, job, folder):
        self._model, self._family = registry.load_model(job.model, job.weights)
        if len(self._model.inputs) != 1 or len(self._model.inputs[0].shape) != 2:
            raise InputError(
                "Expected a model from waveforms (batch, samples). "
                f"{self._model.name} takes {self._model.inputs[0].shape}."
            )
        self._rate = known_sample_rate(self._model)
        self._job, self._folder = job, folder
        self._network = self._find_network()

    def do(self, number, files, go_on):
        """Lets a network answer to files, sounds of one length at once, and writes the part.

        Args:
            number: int, of the unit, and of the part.
            files: list of `[name, path]`; those that the part has already stay in it.
            go_on: as of `Dreams.do`.

        Yields:
            `(name, error)` of each that could not be done.
        """
        suffix, read, write = KINDS[self._job.task]
        path, rows = part_path(self._folder.path, number, suffix), []
        for group in _groups(files):
            go_on()
            for name, answer in self._answer_all(group):
                if isinstance(answer, Exception):
                    yield name, answer
                elif not np.isfinite(answer).all():
                    yield name, InputError("What the network answers is not finite.")
                else:
                    rows.append({"file": name, **self._describe(answer)})
        go_on()
        kept = {row["file"]: row for row in [*read(path), *rows]}
        if rows:
            write(path, list(kept.values()))

    def _answer_all(self, group):
        """The answer to each of some files, or the exception in its place."""
        heard = {}
        for name, path in group:
            try:
                heard[name] = prepare_pieces(self._model, load(path, self._rate), self._family)
            except Exception as error:  # whatever it is, it is this file's
                yield name, error
        try:
            yield from zip(heard, self._answers(list(heard.values())), strict=True)
        except Exception as error:
            if len(heard) == 1:
                yield next(iter(heard)), error
            else:  # one of them, too short for a layer perhaps: each alone
                for file in group:
                    yield from self._answer_all([file]) if file[0] in heard else ()

    def _answers(self, sounds):
        """The mean over each sound's pieces, `(channels,)`; pieces of one length go together."""
        lengths = {}
        for number, pieces in enumerate(sounds):
            for piece in pieces:
                lengths.setdefault(piece.shape[1], []).append((number, piece))
        found = [[] for _ in sounds]
        for same in lengths.values():
            for start in range(0, len(same), _TOGETHER):
                numbers, pieces = zip(*same[start : start + _TOGETHER], strict=True)
                answers = self._network.predict_on_batch(np.concatenate(pieces))
                for number, answer in zip(numbers, answers, strict=True):
                    found[number].append(answer.mean(axis=tuple(range(answer.ndim - 1))))
        return [np.mean(each, axis=0) for each in found]


class Scores(_Answers):
    """Names the likeliest classes of each file.

    Args:
        job: `Job`.
        folder: `outputs.Folder`.
    """

    def _find_network(self):
        check_classifier(self._model)
        return self._model

    def _describe(self, answer):
        best = name_scores(self._model, answer[None], self._job.top)
        return {"scores": [{"label": label, "score": score} for _, label, score in best]}


class Features(_Answers):
    """Reads the features of each file off a layer, averaged over time.

    Args:
        job: `Job`.
        folder: `outputs.Folder`.
    """

    def _find_network(self):
        return embedding_network(self._model, self._job.layer)

    def _describe(self, answer):
        return {"features": answer.astype("float32")}


TASKS = {"dream": Dreams, "classify": Scores, "embed": Features}


def _load_any(job):
    """A model, and the settings of a dream that it asks for."""
    if job.model in io.NETWORKS:
        model, preprocessing = io.load_network(job.model, job.weights)
        return model, {"preprocessing": preprocessing}
    return registry.load_model(job.model, job.weights)[0], {}


def _groups(files):
    """Cuts files, in the order of their lengths, into groups that go through a network at once."""
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
    """Seconds of a sound; 0 of what is none, or is broken, which is found out when it is read."""
    try:
        with open_sound(path) as sound:
            return sound.frames / sound.samplerate
    except InputError:
        return 0.0
