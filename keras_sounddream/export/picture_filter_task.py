"""The task of a picture filter in exported files: pictures in, dreamed pictures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import Task, check_task

NAME = "filter"
_LIMIT = 1e-4  # of white: a few hundredths of a level


def find(
    model: keras.Model,
    names: Sequence[str] | None,
    specification: dict[str, Any],
) -> list[Task]:
    """Returns the one task, `filter`: from `picture` to `filtered`, both in [0, 255].

    Raises:
        InputError: for another task.
    """
    for name in names or ():
        check_task(name)
        if name != NAME:
            raise InputError(f"{model.name} has the task {NAME!r}. Received: {name!r}")

    def function(picture):
        return {"filtered": model(picture, training=False)}

    return [Task(NAME, function, ("filtered",), model, limit=_LIMIT, **specification)]
