"""The task of generators in exported files: from latents to pictures, or patches of sounds."""

from collections.abc import Sequence

import keras
import numpy as np

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import Task, check_task
from keras_sounddream.types import Array

NAME = "generate"
_LIMIT = 1e-4  # of the peak: a generator is deep, and its sums are long


def is_of_latents(model: keras.Model | DeepDream) -> bool:
    """Whether a model is a generator, or a dream on one."""
    if isinstance(model, DeepDream):
        return model.generator is not None
    return hasattr(model, "latent_size")  # as a `Generator` has; others might take waveforms


def find(model: keras.Model | DeepDream, names: Sequence[str] | None) -> list[Task]:
    """Returns the one task of a generator: `picture`, float32 in [-1, 1], of a `latent`.

    Raises:
        InputError: for a dream on a generator, which has no exported form, or another task.
    """
    if isinstance(model, DeepDream):
        raise InputError(
            "A dream on a generator has no exported form: export the generator, or the network."
        )
    for name in names or ():
        check_task(name)
        if name != NAME:
            raise InputError(f"{model.name} has the task {NAME!r}. Received: {name!r}")
    size = model.inputs[0].shape[-1]

    def function(latent):
        return {"picture": model(latent, training=False)}

    return [
        Task(
            NAME,
            function,
            ("picture",),
            model,
            sample_rate=getattr(model, "sample_rate", None),  # type: ignore[arg-type]
            min_samples=size,
            samples=size,
            limit=_LIMIT,
            input="latent",
        )
    ]


def latents_for(task: Task, count: int = 2) -> list[Array]:
    """Returns random latents, float32 `(1, size)` each, of a root mean square of about 1."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=(1, *task.shape)).astype("float32") for _ in range(count)]


def check_fixed(task: Task, **options: object) -> None:
    """Raises an `InputError` for a length or size, which a generator has by itself."""
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{task.model.name} makes one size of picture: leave `{name}` out.")
