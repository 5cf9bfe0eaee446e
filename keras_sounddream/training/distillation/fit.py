"""Distillation from video: an audio student is trained on image classifiers' probabilities.

SoundNet's recipe: windows of 20 s, a picture for each of the student's time steps, the divergence
of the student's classes from the teacher's, Adam.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from keras_sounddream import checks
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.datasets.videos import find_videos
from keras_sounddream.digests import weights_digest
from keras_sounddream.errors import InputError
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.distillation.dataset import VideoWindows, prepare
from keras_sounddream.training.distillation.history import MetricHistory
from keras_sounddream.training.distillation.students import soundnet_student, time_steps, with_heads
from keras_sounddream.training.distillation.teachers import Teacher
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.distributed.train_step import rows_each
from keras_sounddream.training.states import claim_folder
from keras_sounddream.types import PathLike, Tensor

if TYPE_CHECKING:
    import tensorflow as tf

_HISTORY = "curve.json"
_ALLOWED = {
    "window_seconds": checks.number(0, above=True),
    "pictures_per_step": checks.integer(1),
    "epochs": checks.integer(1),
    "batch_size": checks.integer(1),
    "learning_rate": checks.number(0, above=True),
    "held_out": checks.fraction(),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of a distillation.

    Args:
        window_seconds: sound of an example.
        pictures_per_step: evenly spaced pictures of each of the student's time steps, over which
            the teachers' probabilities are averaged.
        epochs: passes over the windows.
        batch_size: windows of a step.
        learning_rate: of Adam.
        held_out: share of the videos that agreement is measured on, at least one; above 0 and
            below 1.
        seed: of weights, batches and the videos held out.
        precision: a Keras dtype policy, of a student that is built here.

    Raises:
        InputError: if a number is out of range.
    """

    window_seconds: float = 20.0
    pictures_per_step: int = 1
    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 1e-3
    held_out: float = 0.1
    seed: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        checks.check_fields(self, _ALLOWED)


@dataclasses.dataclass(frozen=True)
class Distillation:
    """Result of a distillation.

    Attributes:
        model: the student.
        curve: dict from the epoch, 0 before the first, to a dict of numbers: `loss`, and of each
            head `…_agreement`, the share of time steps whose first class is the teacher's, and
            `…_loss`, the divergence in nats; with `val_` before it, of the videos held out.
        chance: dict from head to the share of the time steps held out whose first class is the
            teacher's commonest: the agreement of a student that ignores the sound.
        windows: dict with the number of windows that are `taught` and `held_out`.
        skipped: dict from the path of a video that could not be used to the reason.
    """

    model: keras.Model
    curve: dict[int, dict[str, float]]
    chance: dict[str, float]
    windows: dict[str, int]
    skipped: dict[str, str]


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Divergence(keras.losses.Loss):
    """The divergence of a student's probabilities from the teacher's, in nats.

    Kullback and Leibler's, the sum of `p * log(p / q)` over the classes, with the teacher's `p`
    first; the mean over time steps and batch. Taken from the logits where `q` comes out of a
    softmax, so that it has a gradient even where `q` rounds to 0.
    """

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true = ops.cast(y_true, y_pred.dtype)
        entropy = -ops.sum(y_true * ops.log(ops.maximum(y_true, 1e-30)), axis=-1)
        return keras.losses.categorical_crossentropy(y_true, y_pred) - entropy


def distill(
    videos: PathLike,
    teachers: Mapping[str, Teacher],
    folder: PathLike,
    student: keras.Model | None = None,
    settings: Settings | None = None,
    strategy: "tf.distribute.Strategy | None" = None,
) -> Distillation:
    """Trains a student to output, from the sound of videos, teachers' classes of their pictures.

    Windows of a video follow one another; the teachers classify the picture in the middle of each
    of the student's time steps. No video is both learnt from and measured.

    Args:
        videos: a folder.
        teachers: by the names of the student's outputs.
        folder: for the kept sounds and probabilities, training state and TensorBoard's logs; a run
            that was interrupted goes on from there.
        student: from waveforms to probabilities, `(batch, steps, classes)` or `(batch, classes)`,
            or a dict of such, made in the strategy's scope; `None` for `soundnet_student`.
        settings: `None` for SoundNet's.
        strategy: to share each batch out by, see `training.fit`; `None` for one device.

    Returns:
        The trained student, and its metrics.

    Raises:
        InputError: if there is no video that can be used, student and teachers do not fit each
            other, `folder` holds a run of other settings, or the devices cannot share a batch
            evenly.
    """
    require_tensorflow("Training")
    settings, folder = settings or Settings(), pathlib.Path(folder)
    rows_each(strategy, settings.batch_size)
    paths = find_videos(videos)
    given = student is not None
    _check_scope(student, strategy)
    with strategies.scope(strategy):
        network = with_heads(student if given else soundnet_student(teachers), teachers)
    rate = find_sample_rate(network) or find_sample_rate(student)
    along_time = time_steps(network, round(settings.window_seconds * rate))
    steps = along_time or 1
    _claim(folder, len(paths), network if given else None, teachers, settings)
    windows, skipped = prepare(
        paths,
        teachers,
        folder / "watched",
        rate,
        settings.window_seconds / steps,
        steps,
        settings.pictures_per_step,
    )
    learned, held_out = (
        VideoWindows(part, teachers, steps, along_time is not None, **options)
        for part, options in zip(_split(windows, settings), _options(settings), strict=True)
    )
    build = (lambda: network) if given else (lambda: soundnet_student(teachers))
    history = MetricHistory(folder / _HISTORY, held_out)
    network = _train(build, learned, history, folder, settings, strategy)
    return Distillation(
        model=student if given else network,
        curve={int(epoch): point for epoch, point in history.points.items()},
        chance=_chance(held_out),
        windows={"taught": len(learned.windows), "held_out": len(held_out.windows)},
        skipped=skipped,
    )


def _train(build, learned, history, folder, settings, strategy):
    """The trained student, which `build` makes."""
    agreement = keras.metrics.CategoricalAccuracy
    with strategies.scope(strategy):
        metrics = {head: [agreement(name="agreement")] for head in learned.heads}
    return fit(
        build,
        learned,
        folder,
        settings.seed,
        settings.precision,
        optimizer=functools.partial(keras.optimizers.Adam, settings.learning_rate),
        loss={head: Divergence() for head in learned.heads},
        metrics=metrics,
        callbacks=[
            history,
            keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False),
        ],
        validation_data=history.held_out,
        strategy=strategy,
    )


def _check_scope(student, strategy):
    if student is not None and strategy and student.distribute_strategy is not strategy:
        raise InputError(
            f"Expected a student made in the strategy's scope. {student.name} was made before: "
            "load it in `with strategy.scope():`."
        )


def _claim(folder, num_videos, student, teachers, settings):
    """Makes the folder this run's own."""
    identity = {"videos": num_videos, **dataclasses.asdict(settings)}
    identity["teachers"] = {head: teacher.digest for head, teacher in teachers.items()}
    identity["student"] = None if student is None else weights_digest(student)
    claim_folder(folder, identity)


def _split(windows, settings):
    """Windows to learn from, and those of the videos held out."""
    if len(windows) < 2:
        raise InputError("Expected two videos that can be used, one to measure on. Found: 1")
    order = np.random.default_rng(settings.seed).permutation(len(windows))
    num_held_out = min(max(round(settings.held_out * len(windows)), 1), len(windows) - 1)
    parts = order[num_held_out:], order[:num_held_out]
    return [[window for i in sorted(part) for window in windows[i]] for part in parts]


def _options(settings):
    """Arguments of `VideoWindows` to learn from, and of those to measure on."""
    yield {
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "seed": settings.seed,
    }
    yield {"batch_size": settings.batch_size}


def _chance(held_out):
    """Share of the commonest first class of each head."""
    targets = [held_out[i][1] for i in range(len(held_out))]
    shares = {}
    for head in held_out.heads:
        rows = np.concatenate([batch[head].reshape(-1, batch[head].shape[-1]) for batch in targets])
        shares[head] = float(np.bincount(rows.argmax(axis=1)).max() / len(rows))
    return shares
