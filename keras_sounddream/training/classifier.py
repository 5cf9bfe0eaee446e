"""Training of a classifier with a fixed schedule, resumed where it was interrupted."""

import contextlib
import json
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
from tqdm import tqdm

from keras_sounddream.backend import require_tensorflow
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

_PEAK_LEARNING_RATE = 2e-3
_WARM_UP_SHARE = 0.05
_WEIGHT_DECAY = 0.02
_APART = 1_000_003  # from the seed of one worker to that of the next


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
    keep: int = 1,
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
        precision: a Keras dtype policy.
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
    """
    require_tensorflow("Training")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
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
    epoch = state.restore(model)
    if epoch == batches.epochs:
        return model
    if callbacks is None:
        callbacks = [keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]
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
    return model


def claim_folder(folder: PathLike, settings: dict[str, Any]) -> None:
    """Makes a folder a run's own: a state of other settings must not be taken up.

    Args:
        folder: made if it is missing.
        settings: that JSON can hold, all that tells one run from another.

    Raises:
        InputError: if it cannot be made, or holds a run of other settings.
    """
    path = keep_folder(folder) / "run.json"
    if not path.exists():
        with written_beside(path, overwrite=True) as temporary:  # another worker may do the same
            temporary.write_text(json.dumps(settings))
    held = json.loads(path.read_text())
    if held != settings:
        names = [name for name in {**held, **settings} if held.get(name) != settings.get(name)]
        held, asked = ({name: run.get(name) for name in names} for run in (held, settings))
        raise InputError(
            f"The folder {folder} holds a run with {held}, not {asked}. Give another folder."
        )


class TrainingState(keras.callbacks.Callback):
    """Keeps weights, optimizer and random state after epochs, each in a file that is renamed.

    Saved are every `every`-th epoch, the `last`, and one after `minutes`; by the worker that
    `writes`. Keras does not save the state of random layers: each epoch sets it anew, from `seed`
    and `worker`.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        seed: int,
        every: int = 1,
        last: int | None = None,
        keep: int = 1,
        minutes: float | None = None,
        *,
        worker: int = 0,
    ) -> None:
        super().__init__()
        self.folder, self.seed, self.every, self.last, self.keep = folder, seed, every, last, keep
        self.minutes, self._saved = minutes, time.monotonic()
        self.worker, self.writes = worker, True

    def restore(self, model: keras.Model) -> int:
        """Sets a compiled model to the newest state; its number of epochs, 0 without a state."""
        states = self._states()
        if not states:
            return 0
        model.load_weights(states[-1])
        return _num_epochs(states[-1])

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        for layer in self.model.layers:
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed + _APART * self.worker, epoch << 16])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        done = epoch + 1
        late = self.minutes is not None and time.monotonic() - self._saved > 60 * self.minutes
        if not self.writes or (done % self.every and done != self.last and not late):
            return
        old = self._states()
        with written_beside(self.folder / f"state-{done:06d}.weights.h5", True) as temporary:
            self.model.save_weights(temporary)
        for path in old[: max(0, len(old) + 1 - self.keep)]:
            path.unlink()
        self._saved = time.monotonic()

    def _states(self):
        return sorted(self.folder.glob("state-*.weights.h5"), key=_num_epochs)


def _num_epochs(path):
    """Epochs before a state, by the name of its file."""
    return int(path.name.split(".")[0].split("-")[1])


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


def build_under(build: Callable[[], keras.Model], precision: str) -> keras.Model:
    """Model that `build` makes under a dtype policy, which holds for it alone."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
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
