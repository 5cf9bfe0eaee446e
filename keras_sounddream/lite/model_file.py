"""One exported LiteRT file, verified before it is opened and called by the names of its tasks."""

import collections
import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.export.litert.packing import read_packed
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.lite import tflite_metadata
from keras_sounddream.lite.runtime import SharedInterpreter, one_line
from keras_sounddream.types import Array, PathLike

_LATENCY_CALLS = 1000  # the newest ones
_TRIAL_SECONDS = 120
_FEWEST_HZ = 100
_OTHERS = {  # `Metadata.input`: what such a file does, and what opens it
    "state": ("generates sounds", "Generator"),
    "stream": ("filters sounds", "Filter"),
}


class ModelFile:
    """An exported LiteRT file, of one length of sound.

    The checksum in the file is compared before anything else, since a damaged file could crash the
    process. A third-party file has none: it is opened in a process of its own first.

    Threads may share one: it answers one call at a time.

    Args:
        path: `.tflite` file.
        threads: how many a call may use.
        labels: one per class, if the file has none.
        sample_rate: Hz, of a third-party file without TensorFlow's metadata; its one signature is
            then `classify`.

    Attributes:
        path: `pathlib.Path`.
        metadata: `Metadata`.
        samples: int, the length of sound that it takes.
        sample_rate: int, Hz.

    Raises:
        InputError: if it cannot be read, is damaged, is no LiteRT file, or a third-party file
            without a `sample_rate`.
    """

    def __init__(
        self,
        path: PathLike,
        threads: int = 1,
        labels: Sequence[str] | None = None,
        sample_rate: int | None = None,
    ):
        self.path = pathlib.Path(path)
        flatbuffer, metadata = read_packed(self.path)
        if metadata is None:
            known = tflite_metadata.read_sample_rate(flatbuffer)
            sample_rate = known if sample_rate is None else sample_rate
            labels = tflite_metadata.read_labels(flatbuffer) if labels is None else labels
            self._check_foreign(sample_rate)
        elif metadata.input in _OTHERS:
            does, name = _OTHERS[metadata.input]
            raise InputError(f"{self.path} {does}: open it with {name}.")
        elif metadata.input != "waveform":
            takes = "latents" if metadata.input == "latent" else "pictures"
            raise InputError(
                f"{self.path} takes {takes}, not sounds: call its signatures with the "
                "Interpreter of ai_edge_litert."
            )
        elif sample_rate is not None and sample_rate != metadata.sample_rate:
            raise InputError(
                f"{self.path} takes sound at {metadata.sample_rate} Hz, by its metadata. "
                f"Received `sample_rate`: {sample_rate}."
            )
        integers = metadata is not None and metadata.settings.get("quantization") == "int8"
        self._interpreter = SharedInterpreter(flatbuffer, threads, integers)
        self._tasks = {name: self._open_task(name) for name in self._signatures(metadata)}
        self._sound_inputs, self.samples = self._find_sound_inputs()
        self.metadata = metadata or self._foreign_metadata(sample_rate)
        if labels is not None and self.metadata.labels is None:
            self.metadata = Metadata(**{**vars(self.metadata), "labels": tuple(labels)})
        self.sample_rate = self.metadata.sample_rate
        self._check_metadata()
        self._seconds: collections.deque[float] = collections.deque(maxlen=_LATENCY_CALLS)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that the file can do."""
        return tuple(self._tasks)

    @property
    def latency(self) -> dict[str, Any]:
        """Seconds per call: dict of `calls`, `median` and `longest`."""
        return summary(self._seconds)

    def outputs(self, task: str) -> dict[str, tuple[int, ...]]:
        """Lists the outputs of a task.

        Args:
            task: one of `tasks`.

        Returns:
            dict of output name to shape.
        """
        return dict(self._find_task(task).outputs)

    def run(self, task: str, waveform: Array, **options: int) -> dict[str, Array]:
        """Calls a task once.

        Args:
            task: one of `tasks`.
            waveform: float32 `(samples,)`, exactly as many as the file takes.
            **options: further inputs of the task: `place` of `dream_step`.

        Returns:
            dict of output name to array, without the batch axis.

        Raises:
            InputError: if the file has no such task, LiteRT refuses the call, or an output is not
                finite.
        """
        called = self._find_task(task)
        if np.shape(waveform) != (self.samples,):
            raise InputError(f"Expected {self.samples} samples. Received: {np.shape(waveform)}.")
        details, sound = called.inputs, self._sound_inputs[task]
        if set(options) != set(details) - {sound}:
            raise InputError(
                f"{task} of {self.path} takes {set(details)}. Received: {set(options)}."
            )
        inputs = {key: _filled(value, details[key]) for key, value in options.items()}
        inputs[sound] = np.asarray(waveform, "float32").reshape(details[sound]["shape"])
        try:
            outputs, seconds = called(**inputs)
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"LiteRT cannot run {task} of {self.path}: {one_line(error)}."
            ) from None
        self._seconds.append(seconds)
        if not all(np.isfinite(value).all() for value in outputs.values()):
            raise InputError(f"{task} of {self.path} outputs values that are no numbers.")
        return {key: value[0] if value.ndim else value for key, value in outputs.items()}

    def warm_up(self) -> None:
        """Calls every task once with silence: first calls are slow, and allocate the memory."""
        for task, called in self._tasks.items():
            options = dict.fromkeys(set(called.inputs) - {self._sound_inputs[task]}, 0)
            self.run(task, np.zeros(self.samples, "float32"), **options)
        self._seconds.clear()

    def _find_task(self, task):
        if task not in self._tasks:
            raise InputError(f"{self.path} does {', '.join(self.tasks)}. It cannot {task}.")
        return self._tasks[task]

    def _signatures(self, metadata):
        """Names of the tasks; the only signature of a third-party file counts as `classify`."""
        names = self._interpreter.names
        if metadata is None:
            if len(names) != 1:
                raise InputError(f"Expected one signature in {self.path}. It has {len(names)}.")
            return ["classify"]
        missing = set(metadata.tasks) - set(names)
        if missing or not metadata.tasks:
            raise InputError(
                f"The metadata of {self.path} lists {metadata.tasks}, but its signatures are "
                f"{names}."
            )
        return list(metadata.tasks)

    def _open_task(self, task):
        names = self._interpreter.names
        try:
            return self._interpreter.task(task if task in names else names[0])
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"LiteRT cannot prepare {task} of {self.path}: {one_line(error)}. A newer "
                "ai-edge-litert may."
            ) from None

    def _find_sound_inputs(self):
        """Dict of task to the name of its float32 input of sound, and the one length of all."""
        names, lengths = {}, set()
        for task, called in self._tasks.items():
            shapes = {
                name: tuple(int(n) for n in one["shape"])
                for name, one in called.inputs.items()
                if one["dtype"] == np.float32
            }
            if len(shapes) != 1 or next(iter(shapes.values()))[:-1] not in ((1,), ()):
                raise InputError(
                    f"Expected one input of sound, float32 (1, samples), of {task} in {self.path}. "
                    f"It takes: {shapes}."
                )
            names[task], shape = next(iter(shapes.items()))
            lengths.add(shape[-1] if shape else 0)
        if len(lengths) != 1 or min(lengths) < 2:
            raise InputError(f"Expected one length of sound in {self.path}. It has: {lengths}.")
        return names, lengths.pop()

    def _check_metadata(self):
        rate = self.sample_rate
        if not isinstance(rate, int) or rate < _FEWEST_HZ:
            raise InputError(f"Expected a sample rate of {self.path} in Hz. Received: {rate!r}.")
        if self.metadata.samples not in (None, self.samples):
            raise InputError(
                f"The metadata of {self.path} says {self.metadata.samples} samples, but it takes "
                f"{self.samples}."
            )

    def _check_foreign(self, sample_rate):
        """Refuses a file without metadata, or tries it out in a process that may crash."""
        if sample_rate is None:
            raise InputError(
                f"{self.path} holds no metadata: it is cut off, or `export_model` did not write "
                "it. To use a third-party classifier, give its labels and sample rate "
                "(`labels=`, `sample_rate=`; on the command line --labels and --rate)."
            )
        command = [sys.executable, "-m", "keras_sounddream.lite.trial_process", str(self.path)]
        paths = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            run = subprocess.run(command, env=paths, capture_output=True, timeout=_TRIAL_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{self.path} could not be tried out ({error}).") from None
        if run.returncode < 0:
            raise InputError(f"{self.path} is damaged: LiteRT crashes on it.")
        if run.returncode:
            raise InputError(f"{self.path}: {one_line(run.stderr.decode(errors='replace'))}.")

    def _foreign_metadata(self, sample_rate):
        return Metadata(self.path.stem, self.tasks, sample_rate, self.samples, self.samples)


def summary(seconds: collections.deque[float]) -> dict[str, Any]:
    """Seconds of calls in short: dict of `calls`, `median` and `longest`."""
    ordered = sorted(seconds.copy())  # threads may add to it
    if not ordered:
        return {"calls": 0, "median": None, "longest": None}
    return {"calls": len(ordered), "median": ordered[len(ordered) // 2], "longest": ordered[-1]}


def _filled(value, details):
    """An integer in the shape that a file takes: `(1,)`, or `()` (LiteRT 2.1 crashes on Arm)."""
    return np.full(tuple(details["shape"]), value, details["dtype"])
