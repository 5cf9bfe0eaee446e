"""Distillation from video: a student of sound learns what teachers see in the pictures.

SoundNet's recipe: windows of 20 s, a picture for each of the student's time steps, the divergence
of the student's classes from the teacher's, Adam.
"""

import dataclasses
import functools
import pathlib

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.datasets.videos import find_videos
from keras_sounddream.errors import InputError
from keras_sounddream.training.classifier import claim_folder, fit
from keras_sounddream.training.distillation.dataset import Lessons, prepare
from keras_sounddream.training.distillation.history import Curve
from keras_sounddream.training.distillation.students import soundnet_student, time_steps, with_heads
from keras_sounddream.training.distillation.teachers import weights_digest
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.distributed.train_step import rows_each

_CURVE = "curve.json"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a student is taught.

    Attributes:
        window_seconds: float, of sound that it hears at a time.
        pictures_per_step: int, evenly spaced pictures of each of its time steps, of which the
            teachers' probabilities are averaged.
        epochs: int, passes over the windows.
        batch_size: int, windows.
        learning_rate: float, of Adam.
        held_out: float, share of the videos that agreement is measured on, at least one.
        seed: int.
        precision: str, a Keras dtype policy, of a student that is built here.
    """

    window_seconds: float = 20.0
    pictures_per_step: int = 1
    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 1e-3
    held_out: float = 0.1
    seed: int = 0
    precision: str = "float32"

    def __post_init__(self):
        if not 0 < self.held_out < 1:
            raise InputError(f"Expected a share above 0 and below 1. Received: {self.held_out}")
        if not (self.window_seconds > 0 and self.pictures_per_step > 0 and self.epochs > 0):
            raise InputError(f"Expected numbers above 0. Received: {dataclasses.asdict(self)}")


@dataclasses.dataclass(frozen=True)
class Distillation:
    """What has come of teaching.

    Attributes:
        model: `keras.Model`, the student.
        curve: dict from the epoch, 0 before the first, to a dict of numbers: `loss`, and of each
            head `…_agreement`, the share of time steps whose first class is the teacher's, and
            `…_loss`, the divergence in nats; with `val_` before it, of the videos held out.
        chance: dict from head to float, the share of the time steps held out whose first class
            is the teacher's commonest: what it takes to agree without listening.
        windows: dict of int, how many are `taught` and `held_out`.
        skipped: dict from the path of a video that could not be used to the reason.
    """

    model: keras.Model
    curve: dict
    chance: dict
    windows: dict
    skipped: dict


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Divergence(keras.losses.Loss):
    """The divergence of a student's probabilities from the teacher's, in nats.

    Kullback and Leibler's, the sum of `p * log(p / q)` over the classes, with the teacher's `p`
    first; the mean over time steps and batch. Taken from the logits where `q` comes out of a
    softmax, so that it has a gradient even where `q` rounds to 0.
    """

    def call(self, y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)
        entropy = -ops.sum(y_true * ops.log(ops.maximum(y_true, 1e-30)), axis=-1)
        return keras.losses.categorical_crossentropy(y_true, y_pred) - entropy


def distill(videos, teachers, folder, student=None, settings=None, strategy=None):
    """Teaches a student what the pictures of videos show, by their sound.

    Windows of a video follow one another; the teachers look at the picture in the middle of each of
    the student's time steps. No video is both learnt from and measured.

    Args:
        videos: str or path of a folder of videos.
        teachers: dict from head to `Teacher`, by the names of the student's outputs.
        folder: str or path for what is kept of the videos, training state and TensorBoard's logs;
            a run that was interrupted goes on from there.
        student: `keras.Model` from waveforms to probabilities, `(batch, steps, classes)` or
            `(batch, classes)`, or a dict of such, made in the strategy's scope; `None` for
            `soundnet_student`.
        settings: `Settings`, or `None` for SoundNet's.
        strategy: `tf.distribute.Strategy`, as of `classifier.fit`.

    Returns:
        `Distillation`.

    Raises:
        InputError: if there is no video that can be used, student and teachers do not fit each
            other, `folder` holds a run of other settings, or the devices cannot share a batch
            evenly.
    """
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
    step_seconds = settings.window_seconds / steps
    found, skipped = prepare(
        paths, teachers, folder / "watched", rate, step_seconds, steps, settings.pictures_per_step
    )
    taught, held_out = (
        Lessons(windows, teachers, steps, along_time is not None, **options)
        for windows, options in zip(_split(found, settings), _options(settings), strict=True)
    )
    build = (lambda: network) if given else (lambda: soundnet_student(teachers))
    told = Curve(folder / _CURVE, held_out)
    network = _teach(build, taught, told, folder, settings, strategy)
    curve = {int(epoch): point for epoch, point in told.points.items()}
    counts = {"taught": len(taught.windows), "held_out": len(held_out.windows)}
    return Distillation(student if given else network, curve, _chance(held_out), counts, skipped)


def _teach(build, taught, curve, folder, settings, strategy):
    """Trains the student that `build` gives; returns it."""
    agreement = keras.metrics.CategoricalAccuracy
    with strategies.scope(strategy):
        metrics = {head: [agreement(name="agreement")] for head in taught.heads}
    return fit(
        build,
        taught,
        folder,
        settings.seed,
        settings.precision,
        optimizer=functools.partial(keras.optimizers.Adam, settings.learning_rate),
        loss={head: Divergence() for head in taught.heads},
        metrics=metrics,
        callbacks=[
            curve,
            keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False),
        ],
        validation_data=curve.held_out,
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
    about = {"videos": num_videos, **dataclasses.asdict(settings)}
    about["teachers"] = {head: teacher.digest for head, teacher in teachers.items()}
    about["student"] = None if student is None else weights_digest(student)
    claim_folder(folder, about)


def _split(found, settings):
    """Windows to learn from, and those of the videos held out."""
    if len(found) < 2:
        raise InputError("Expected two videos that can be used, one to measure on. Found: 1")
    order = np.random.default_rng(settings.seed).permutation(len(found))
    num_held_out = min(max(round(settings.held_out * len(found)), 1), len(found) - 1)
    parts = order[num_held_out:], order[:num_held_out]
    return [[window for i in sorted(part) for window in found[i]] for part in parts]


def _options(settings):
    """What `Lessons` to learn from, and those to measure on, are given."""
    yield {
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "seed": settings.seed,
    }
    yield {"batch_size": settings.batch_size}


def _chance(held_out):
    """Share of the commonest first class of each head."""
    said = [held_out[i][1] for i in range(len(held_out))]
    shares = {}
    for head in held_out.heads:
        rows = np.concatenate([each[head].reshape(-1, each[head].shape[-1]) for each in said])
        shares[head] = float(np.bincount(rows.argmax(axis=1)).max() / len(rows))
    return shares
