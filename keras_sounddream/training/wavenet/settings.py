"""How a WaveNet is trained, as a table, and the optimizer that it asks for."""

import dataclasses

import keras
import numpy as np

from keras_sounddream.errors import InputError

OPTIMIZERS = ("adam", "sgd", "rmsprop")


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a WaveNet is trained.

    Args:
        steps: int, one batch each.
        optimizer: `"adam"`, `"sgd"` or `"rmsprop"`.
        learning_rate: float.
        momentum: float, of `"sgd"` and `"rmsprop"`.
        warm_up: int, steps in which the learning rate rises from 0.
        decay: bool, whether it then falls along a cosine to 0.
        l2: float, of the penalty on kernels, and on nothing else.
        clip_norm: float, most length of all gradients together; `None` for any.
        average: float such as 0.999, share of the old in the running mean of the weights, which
            then is what the model has in the end: for runs of several times 1 / (1 - average)
            steps, since it begins with the first weights. `None` for the last weights themselves.
        seed: int, of the first weights.
        precision: str, a Keras dtype policy.
        jit_compile: bool, whether XLA compiles the step.
        checkpoint_steps: int, from one saved state to the next.
        checkpoint_minutes: float, after which the state is saved in any case.
        keep: int, how many states are kept.
        summary_steps: int, from one summary for TensorBoard to the next.
        sound_steps: int, from one sound for TensorBoard to the next; `None` for none.

    Raises:
        InputError: if there is no such optimizer, or a number is out of range.
    """

    steps: int
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    warm_up: int = 0
    decay: bool = True
    l2: float = 0.0
    clip_norm: float | None = 1.0
    average: float | None = None
    seed: int = 0
    precision: str = "float32"
    jit_compile: bool = True
    checkpoint_steps: int = 500
    checkpoint_minutes: float = 5.0
    keep: int = 3
    summary_steps: int = 10
    sound_steps: int | None = None

    def __post_init__(self):
        if self.optimizer not in OPTIMIZERS:
            raise InputError(f"`optimizer` must be one of {OPTIMIZERS}. Received: {self.optimizer}")
        for name in ("steps", "checkpoint_steps", "keep", "summary_steps", "sound_steps"):
            count = getattr(self, name)
            if count is not None and (not isinstance(count, int) or count < 1):
                raise InputError(f"`{name}` must be an int, 1 or more. Received: {count!r}")
        for name in ("learning_rate", "clip_norm", "checkpoint_minutes"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise InputError(f"`{name}` must be above 0. Received: {value!r}")
        if self.average is not None and not 0 < self.average < 1:
            raise InputError(f"`average` must be between 0 and 1. Received: {self.average!r}")
        if not 0 <= self.warm_up < self.steps:
            raise InputError(
                f"`warm_up` must be below the {self.steps} steps. Received: {self.warm_up!r}"
            )


def make_optimizer(settings):
    """Makes the optimizer of a run.

    Args:
        settings: `Settings`.

    Returns:
        Keras optimizer.
    """
    rate, rest = settings.learning_rate, settings.steps - settings.warm_up
    if settings.decay and settings.warm_up:
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, rest, warmup_target=rate, warmup_steps=settings.warm_up
        )
    elif settings.decay:
        rate = keras.optimizers.schedules.CosineDecay(rate, rest)
    elif settings.warm_up:
        rate = keras.optimizers.schedules.PolynomialDecay(0.0, settings.warm_up, rate)
    common = {"learning_rate": rate, "global_clipnorm": settings.clip_norm}
    if settings.average is not None:
        common |= {"use_ema": True, "ema_momentum": settings.average}
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(**common)
    kinds = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}
    return kinds[settings.optimizer](momentum=settings.momentum, **common)
