"""Training of a classifier with a fixed schedule, resumed where it was interrupted."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import keras
from tqdm import tqdm

from keras_sounddream import checks
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.files import keep_folder
from keras_sounddream.processor import settle_precision
from keras_sounddream.training.states import TrainingState
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

_PEAK_LEARNING_RATE = 2e-3
_WARM_UP_SHARE = 0.05
_WEIGHT_DECAY = 0.02


def fit(
    build: Callable[[], keras.Model],
    batches: StepBatches,
    folder: PathLike,
    seed: int,
    precision: str = "float32",
    *,
    optimizer: Callable[[], keras.Optimizer] | None = None,
    loss: Any = "categorical_crossentropy",
    metrics: Any = ("accuracy",),
    save_every: int = 1,
    keep: int = 2,
    unit: str = "epoch",
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    strategy: "tf.distribute.Strategy | None" = None,
    **options: Any,
) -> keras.Model:
    """Trains a new model, or goes on with the one whose state is in a folder.

    AdamW, unless another optimizer is given; the learning rate rises for a twentieth of the steps
    and falls along a cosine to zero.

    Args:
        build: makes the model.
        batches: `StepBatches`, such as `AugmentedCrops` or `BalancedBatches`.
        folder: for the training state and TensorBoard's logs.
        seed: of weights and random layers.
        precision: a Keras dtype policy, or `"auto"`, mixed_bfloat16 where that is quicker.
        optimizer: makes a Keras optimizer; `None` for AdamW.
        loss: see `keras.Model.compile`.
        metrics: see `keras.Model.compile`; objects made in the strategy's scope, or the workers
            count each for itself.
        save_every: epochs from one state to the next; the last is always saved.
        keep: how many states are kept.
        unit: name of an epoch on the progress bar.
        callbacks: called before the state is saved; `None` for TensorBoard's scalars of each epoch.
        strategy: to share each batch out by, see `strategies.find`; `None` for one device.
        **options: of `keras.Model.fit`; with a strategy, of `strategies.fit`.

    Returns:
        The trained model.

    Raises:
        InputError: if another process trains in the folder, none of its states can be read, or the
            seed is negative.
    """
    require_tensorflow("Training")
    seed = checks.check("seed", seed, checks.seed(negative=False))
    folder = keep_folder(folder)
    keras.utils.set_random_seed(seed)
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = build_under(build, precision)
        if strategy:
            _strategies().prepare(model, strategy)
        model.compile(
            optimizer=optimizer() if optimizer else adamw(batches.epochs * batches.steps_per_epoch),
            loss=loss,
            metrics=metrics if isinstance(metrics, dict) else list(metrics),
        )
        model.optimizer.build(model.trainable_variables)
    worker = _strategies().worker(strategy) if strategy else 0
    state = TrainingState(folder, seed, save_every, batches.epochs, keep, worker=worker)
    if callbacks is None:
        callbacks = [keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]
    with state.held():
        _go_on(model, batches, state, callbacks, unit, strategy, options)
    return model


def _go_on(model, batches, state, callbacks, unit, strategy, options):
    """Trains from the newest state on, unless that is the last."""
    epoch = state.restore(model)
    if epoch == batches.epochs:
        return
    common: dict[str, Any] = {
        "epochs": batches.epochs,
        "initial_epoch": epoch,
        "steps_per_epoch": batches.steps_per_epoch,
        "callbacks": [*callbacks, state, ProgressBar(epoch, batches.epochs, unit)],
    }
    if strategy:
        _strategies().fit(model, batches.batch, strategy, **common, **options)
    else:
        batches.first_step = epoch * batches.steps_per_epoch
        model.fit(batches, shuffle=False, verbose=0, **common, **options)


class ProgressBar(keras.callbacks.Callback):
    """Shows the epochs of a run on one bar, with the newest loss and accuracy."""

    def __init__(self, done: int, total: int, unit: str = "epoch") -> None:
        super().__init__()
        self._options = {"initial": done, "total": total, "desc": "train", "unit": unit}

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._bar = tqdm(**self._options)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()})
        self._bar.update()

    def on_train_end(self, logs: dict | None = None) -> None:
        self._bar.close()


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Gives a compiled model the running mean of its weights within a `with` block."""
    weights = model.get_weights()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        model.set_weights(weights)


def build_under(build: Callable[[], keras.Model], precision: str) -> keras.Model:
    """Model that `build` makes under a dtype policy or `"auto"`, which holds for it alone."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settle_precision(precision, quick="mixed_bfloat16"))
    try:
        return build()
    finally:
        keras.config.set_dtype_policy(policy)


def adamw(steps: int, peak_learning_rate: float = _PEAK_LEARNING_RATE) -> keras.Optimizer:
    """AdamW for a run of `steps`: warm-up, cosine decay; biases and normalisations do not decay."""
    warm_up = int(_WARM_UP_SHARE * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - warm_up, 1),
        warmup_target=peak_learning_rate,
        warmup_steps=warm_up,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=_WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _strategies():
    """The module of strategies, imported only where there is one."""
    from keras_sounddream.training.distributed import strategies

    return strategies
