"""Settings of a WaveNet's training, and the optimizer that they describe."""

import dataclasses

import keras

from keras_sounddream import checks
from keras_sounddream.errors import InputError

OPTIMIZERS = ("adam", "sgd", "rmsprop")

_ALLOWED = {
    "steps": checks.integer(1),
    "seed": checks.seed(negative=False),
    "optimizer": checks.choice(OPTIMIZERS),
    "learning_rate": checks.number(0, above=True),
    "clip_norm": checks.optional(checks.number(0, above=True)),
    "average": checks.optional(checks.fraction()),
    "checkpoint_steps": checks.integer(1),
    "checkpoint_minutes": checks.optional(checks.number(0, above=True)),
    "keep": checks.integer(1),
    "summary_steps": checks.integer(1),
    "sound_steps": checks.optional(checks.integer(1)),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a WaveNet is trained.

    Args:
        steps: one batch each.
        optimizer: `"adam"`, `"sgd"` or `"rmsprop"`.
        learning_rate: of the optimizer, above 0.
        momentum: of `"sgd"` and `"rmsprop"`.
        warm_up: steps in which the learning rate rises from 0.
        decay: whether it then falls along a cosine to 0.
        l2: of the penalty on kernels, and on nothing else.
        clip_norm: most length of all gradients together; `None` for any.
        average: such as 0.999, share of the old in the running mean of the weights, which the model
            has in the end: for runs of several times 1 / (1 - average) steps, since it begins with
            the first weights. `None` for the last weights themselves.
        seed: of the first weights.
        precision: a Keras dtype policy.
        jit_compile: whether XLA compiles the step.
        checkpoint_steps: from one saved state to the next.
        checkpoint_minutes: after which the state is saved in any case; `None` to save by steps.
        keep: how many states are kept.
        summary_steps: from one summary for TensorBoard to the next.
        sound_steps: from one sound for TensorBoard to the next; `None` for none.

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
    checkpoint_minutes: float | None = 5.0
    keep: int = 3
    summary_steps: int = 10
    sound_steps: int | None = None

    def __post_init__(self) -> None:
        checks.check_fields(self, _ALLOWED)
        if not 0 <= self.warm_up < self.steps:
            raise InputError(
                f"`warm_up` must be below the {self.steps} steps. Received: {self.warm_up!r}"
            )


def corpus_settings(steps: int, seed: int, goes_on: bool) -> Settings:
    """Settings of the recipes that train a WaveNet on a corpus.

    `goes_on`: from trained weights, at a lower rate.
    """
    rate, warm_up = (1.5e-3, 100) if goes_on else (2e-3, 300)
    return Settings(
        steps, learning_rate=rate, warm_up=warm_up, average=0.999, seed=seed, sound_steps=500
    )


def make_optimizer(settings: Settings) -> keras.Optimizer:
    """Optimizer of a run, with its schedule, clipping and running mean."""
    common = {"learning_rate": _schedule(settings), "global_clipnorm": settings.clip_norm}
    if settings.average is not None:
        common |= {"use_ema": True, "ema_momentum": settings.average}
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(**common)
    optimizers = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}
    return optimizers[settings.optimizer](momentum=settings.momentum, **common)


def _schedule(settings):
    """The learning rate, or its schedule: warm-up, decay, or both."""
    rate, rest = settings.learning_rate, settings.steps - settings.warm_up
    schedules = keras.optimizers.schedules
    if settings.decay and settings.warm_up:
        return schedules.CosineDecay(0.0, rest, warmup_target=rate, warmup_steps=settings.warm_up)
    if settings.decay:
        return schedules.CosineDecay(rate, rest)
    if settings.warm_up:
        return schedules.PolynomialDecay(0.0, settings.warm_up, rate)
    return rate
