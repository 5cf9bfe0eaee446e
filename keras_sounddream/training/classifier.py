"""Trains a classifier with a fixed schedule, and goes on where it was interrupted."""

import json
import pathlib
import time

import keras
from tqdm import tqdm

from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside
from keras_sounddream.training.distributed import strategies

_PEAK_LEARNING_RATE = 2e-3
_WARM_UP_SHARE = 0.05
_WEIGHT_DECAY = 0.02
_APART = 1_000_003  # from the seed of one worker to that of the next


def fit(
    build,
    batches,
    folder,
    seed,
    precision="float32",
    *,
    optimizer=None,
    loss="categorical_crossentropy",
    metrics=("accuracy",),
    save_every=1,
    keep=1,
    unit="epoch",
    callbacks=None,
    strategy=None,
    **options,
):
    """Trains a new model, or goes on with the one whose state is in a folder.

    AdamW, unless another optimizer is given; the learning rate rises for a twentieth of the steps
    and falls along a cosine to zero.

    Args:
        build: function without arguments that returns a `keras.Model`.
        batches: `AugmentedCrops` or `BalancedBatches`.
        folder: str or path for the training state and TensorBoard's logs.
        seed: int.
        precision: str, a Keras dtype policy.
        optimizer: function without arguments that returns a Keras optimizer, or `None`.
        loss: as of `keras.Model.compile`.
        metrics: as of `keras.Model.compile`; objects made in the strategy's scope, or the workers
            count each for itself.
        save_every: int, epochs from one state to the next; the last is always saved.
        keep: int, how many states are kept.
        unit: str, what the progress bar calls an epoch.
        callbacks: sequence of `keras.callbacks.Callback`, told before the state is saved;
            `None` for TensorBoard's scalars of each epoch.
        strategy: `tf.distribute.Strategy` to share each batch out by, as of `strategies.find`;
            `None` for one device.
        **options: of `keras.Model.fit`; with a strategy, of `strategies.fit`.

    Returns:
        `keras.Model`, trained.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    with strategies.scope(strategy):
        model = build_under(build, precision)
        strategies.prepare(model, strategy)
        model.compile(
            optimizer=optimizer() if optimizer else adamw(batches.epochs * batches.steps_per_epoch),
            loss=loss,
            metrics=metrics if isinstance(metrics, dict) else list(metrics),
        )
        model.optimizer.build(model.trainable_variables)
    worker = strategies.worker(strategy)
    state = TrainingState(folder, seed, save_every, batches.epochs, keep, worker=worker)
    epoch = state.restore(model)
    if epoch == batches.epochs:
        return model
    if callbacks is None:
        callbacks = [keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]
    common = {
        "epochs": batches.epochs,
        "initial_epoch": epoch,
        "steps_per_epoch": batches.steps_per_epoch,
        "callbacks": [*callbacks, state, ProgressBar(epoch, batches.epochs, unit)],
    }
    if strategy:
        strategies.fit(model, batches.__getitem__, strategy, **common, **options)
    else:
        batches.first_step = epoch * batches.steps_per_epoch
        model.fit(batches, shuffle=False, verbose=0, **common, **options)
    return model


def claim_folder(folder, settings):
    """Makes a folder a run's own: a state of other settings must not be taken up.

    Args:
        folder: str or path; made if it is missing.
        settings: dict that JSON can hold, all that tells one run from another.

    Raises:
        InputError: if it cannot be made, or holds a run of other settings.
    """
    path = keep_folder(folder) / "run.json"
    if not path.exists():
        with written_beside(path, overwrite=True) as temporary:  # another worker may do the same
            temporary.write_text(json.dumps(settings))
    found = json.loads(path.read_text())
    if found != settings:
        names = [name for name in {**found, **settings} if found.get(name) != settings.get(name)]
        held, asked = ({name: run.get(name) for name in names} for run in (found, settings))
        raise InputError(
            f"The folder {folder} holds a run with {held}, not {asked}. Give another folder."
        )


class TrainingState(keras.callbacks.Callback):
    """Keeps weights, optimizer and random state after epochs, each in a file that is renamed.

    Args:
        folder: path.
        seed: int; Keras does not save the state of random layers, so each epoch sets it anew.
        every: int, epochs from one state to the next.
        last: int, the epoch after which the state is saved in any case.
        keep: int, how many states are kept.
        minutes: float, after which the state is saved though `every` is not reached; `None` to
            save by epochs alone.
        worker: int, as of `strategies.worker`; each draws its own random numbers.

    Attributes:
        writes: bool, whether the states are saved: by one worker of several.
    """

    def __init__(self, folder, seed, every=1, last=None, keep=1, minutes=None, *, worker=0):
        super().__init__()
        self.folder, self.seed, self.every, self.last, self.keep = folder, seed, every, last, keep
        self.minutes, self._saved = minutes, time.monotonic()
        self.worker, self.writes = worker, True

    def restore(self, model):
        """Sets a compiled model to the newest state.

        Args:
            model: `keras.Model`.

        Returns:
            int, the epochs that it has been trained for.
        """
        states = self._states()
        if not states:
            return 0
        model.load_weights(states[-1])
        return _epochs_of(states[-1])

    def on_epoch_begin(self, epoch, logs=None):
        for layer in self.model.layers:
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed + _APART * self.worker, epoch << 16])

    def on_epoch_end(self, epoch, logs=None):
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
        return sorted(self.folder.glob("state-*.weights.h5"), key=_epochs_of)


def _epochs_of(state):
    """How many epochs a state is after, by the name of its file."""
    return int(state.name.split(".")[0].split("-")[1])


class ProgressBar(keras.callbacks.Callback):
    """Shows the epochs of a run on one bar, with the newest loss and accuracy.

    Args:
        done: int, epochs that an earlier run has made.
        total: int, epochs.
        unit: str, what an epoch is called.
    """

    def __init__(self, done, total, unit="epoch"):
        super().__init__()
        self._about = {"initial": done, "total": total, "desc": "train", "unit": unit}

    def on_train_begin(self, logs=None):
        self._bar = tqdm(**self._about)

    def on_epoch_end(self, epoch, logs=None):
        self._bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()})
        self._bar.update()

    def on_train_end(self, logs=None):
        self._bar.close()


def build_under(build, precision):
    """Builds a model under a dtype policy, which holds for it alone.

    Args:
        build: function without arguments that returns a `keras.Model`.
        precision: str, a Keras dtype policy.

    Returns:
        `keras.Model`.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return build()
    finally:
        keras.config.set_dtype_policy(policy)


def adamw(steps, peak_learning_rate=_PEAK_LEARNING_RATE):
    """Makes AdamW whose learning rate rises for a twentieth of the steps and falls along a cosine.

    Args:
        steps: int, of the whole run.
        peak_learning_rate: float.

    Returns:
        `keras.optimizers.AdamW`; biases and normalisations do not decay.
    """
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
