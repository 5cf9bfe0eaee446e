"""The arithmetic of an exported dream: one gradient beside TensorFlow's, before anything is long.

A dream of many steps cannot tell a wrong gradient from a maximum that was nearly a tie. One
gradient can: at points away from ties, which noise makes of any sound or picture, two right
programs agree to rounding. An error of the arithmetic shows at every point, a tie at few, so the
least difference over the points counts. First each rule of the portable gradient is compared with
TensorFlow's own, operation by operation, in TensorFlow; then the whole gradient there; then the
file's runtime computes it.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.errors import ExportError
from keras_sounddream.export.formats import FormatWriter, Task
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.portable.gradients.backward import place_of
from keras_sounddream.export.portable.tasks import both_gradients
from keras_sounddream.export.reference_sounds import under_noise
from keras_sounddream.types import Array

RULE_LIMIT = 1e-3  # of a rule's gradient, where 1e-5 is rounding and 1e-2 a fault
WHOLE_LIMIT = 2e-3  # of a whole gradient, into which a tie or two may still come
_POINTS = 3


def check_arithmetic(
    tasks: Sequence[Task],
    writer: FormatWriter,
    metadata: Metadata,
    options: dict[str, Any],
    sounds: Sequence[Array],
) -> dict[str, float]:
    """Compares the gradient of a file's dream with TensorFlow's, in TensorFlow and in its runtime.

    Args:
        tasks: of the file, at its length; those that are no dreams are left out.
        writer: of the format; nothing is done if it holds TensorFlow's own operations.
        metadata: of the file.
        options: keyword arguments of the writer.
        sounds: float32 `(1, samples)` or `(1, height, width, 3)`, as the tasks take them.

    Returns:
        The least errors, shares of TensorFlow's gradient: `rule`, of the worst rule; `gradient`, in
        TensorFlow; `runtime`; empty where there is nothing to compare.

    Raises:
        ExportError: if one is too large. It names the operation and its layer.
    """
    dreams = [task for task in tasks if task.read is not None]
    if not (dreams and writer.is_portable):
        return {}
    return GradientCheck(dreams[0], writer, metadata, options)(sounds[0])


class GradientCheck:
    """The comparison of `check_arithmetic`, for one sound or picture after the other.

    Args:
        task: a dream's, at the file's length; the rest as of `check_arithmetic`.
    """

    def __init__(
        self, task: Task, writer: FormatWriter, metadata: Metadata, options: dict[str, Any]
    ):
        self._task = task
        self._run: Callable[[Array], Array] | None = None
        self._function, self._checks = both_gradients(task)
        self._open = functools.partial(_open_probe, task, writer, metadata, options)
        self._layers = [layer.name for layer in task.model.model.layers]

    def __call__(self, image: Array) -> dict[str, float]:
        """Returns the errors around a sound or picture, as `check_arithmetic`."""
        points = under_noise(image, _POINTS)
        found = [self._function(tf.constant(point)) for point in points]
        rule = self._check_rules([one["rules"].numpy() for one in found])
        wanted = [one["wanted"].numpy() for one in found]
        gradient = self._least([one["gradient"].numpy() for one in found], wanted, "in TensorFlow")
        run = self._run = self._run or self._open()
        runtime = self._least([run(point) for point in points], wanted, "in its runtime")
        return {"rule": rule, "gradient": gradient, "runtime": runtime}

    def _check_rules(self, points):
        errors = self._checks.errors(points)
        for op, error in errors:
            if error > RULE_LIMIT:
                raise ExportError(
                    f"The portable gradient of operation {place_of(op, self._layers)} differs from "
                    f"TensorFlow's by {error:.2g} of it, where {RULE_LIMIT:.0e} is allowed: the "
                    "arithmetic is wrong, whatever the steps. verify=False (--no-verify) writes "
                    "the file as it is. Nothing was written."
                )
        return max((error for _, error in errors), default=0.0)

    def _least(self, found, wanted, where):
        error = min(relative(one, right) for one, right in zip(found, wanted, strict=True))
        if not error <= WHOLE_LIMIT:
            raise ExportError(
                f"The gradient of the {self._task.name} of {self._task.model.name} differs {where} "
                f"by {error:.2g} of it from TensorFlow's, where {WHOLE_LIMIT:.0e} is allowed, at "
                f"each of {_POINTS} points away from ties: the arithmetic is wrong, whatever the "
                "steps. verify=False (--no-verify) writes the file as it is. Nothing was written."
            )
        return error


def _open_probe(task, writer, metadata, options):
    """A file of the gradient alone, opened in its runtime: a function from a point."""
    probe = dataclasses.replace(task, name="gradient", outputs=("gradient", "objective"))
    rounding = ("quantization", "representative")  # is judged by the objective
    options = {name: value for name, value in options.items() if name not in rounding}
    metadata = dataclasses.replace(metadata, tasks=("gradient",))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "gradient"
        written = writer.write([probe], metadata, path, **options)
        runner = writer.read(path, written)
    return lambda point: runner.run("gradient", point)["gradient"]


def relative(found: Array, wanted: Array) -> float:
    """Returns the root mean square of a difference, as a share of what was wanted."""
    wanted = np.asarray(wanted, "float64")
    size = float(np.linalg.norm(wanted))
    return float(np.linalg.norm(found - wanted)) / size if size else 0.0
