"""ESC-10: the recipe that trains a classifier on it, and its five-fold protocol."""

import functools
from collections.abc import Collection
from typing import TYPE_CHECKING

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.applications import find
from keras_sounddream.audio.io import load
from keras_sounddream.audio.layers import find_front_end, find_sample_rate
from keras_sounddream.datasets.esc10 import FOLDS, LABELS, Clip, read_clips
from keras_sounddream.errors import InputError
from keras_sounddream.training.augmentation import AugmentedCrops, mel_powers
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.evaluation import confusion_matrix
from keras_sounddream.training.states import claim_folder
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import tensorflow as tf

SPEEDS = (0.84, 0.92, 1.0, 1.09, 1.19)
CROP_SECONDS = 2.5
EPOCHS = 140

# Two clips come under CC Sampling Plus 1.0; published weights are not trained on them.
_NOT_FOR_TRAINING = ("1-40730-A", "2-96460-A")


def train(
    data: PathLike,
    test_fold: int,
    folder: PathLike,
    seed: int = 0,
    epochs: int = EPOCHS,
    precision: str = "float32",
    model: str = "log_mel_cnn",
    strategy: "tf.distribute.Strategy | None" = None,
) -> keras.Model:
    """Trains a model of log-mel spectrograms on every fold but one.

    Nothing is chosen by the fold that is left out: the number of epochs is fixed, and the last
    weights are kept.

    Args:
        data: folder of clips, or name of a data set, see `datasets.esc10.read_clips`.
        test_fold: the fold left out, 1 to 5.
        folder: for the training state and TensorBoard's logs; a run that was interrupted goes on
            from there.
        seed: of weights and batches.
        epochs: passes over the clips.
        precision: a Keras dtype policy; `"mixed_bfloat16"` halves the time on processors with
            bfloat16 matrix units.
        model: name of a family whose front end is a `LogMelSpectrogram`.
        strategy: to share each batch out by, see `training.fit`; `None` for one device.

    Returns:
        Model from waveforms to scores.

    Raises:
        InputError: if there is no such model, it has no log-mel front end, or `folder` holds a run
            of other settings.
    """
    name, family = find(model)
    build = functools.partial(
        getattr(family, name),
        weights=None,
        classes=len(LABELS),
        classifier_activation="softmax",
        labels=LABELS,
    )
    front_end = find_front_end(build())
    if front_end is None:
        raise InputError(f"Expected a model with a LogMelSpectrogram. {name} has none.")
    clips = [clip for clip in read_clips(data) if clip.fold != test_fold]
    clips = [clip for clip in clips if not clip.path.stem.startswith(_NOT_FOR_TRAINING)]
    settings = {"test_fold": test_fold, "seed": seed, "epochs": epochs, "precision": precision}
    claim_folder(folder, settings | {"model": name})
    batches = AugmentedCrops(
        mel_powers([clip.path for clip in clips], front_end, SPEEDS),
        labels=[clip.label for clip in clips],
        num_classes=len(LABELS),
        crop_frames=round(CROP_SECONDS / front_end.analysis.step_seconds),
        epochs=epochs,
        seed=seed,
        front_end=front_end,
    )
    network = fit(
        lambda: build(include_front_end=False),
        batches,
        folder,
        seed,
        precision,
        strategy=strategy,
    )
    classifier = build()
    classifier.set_weights(network.get_weights())
    return classifier


def score(
    model: keras.Model, data: PathLike, folds: Collection[int], progress: bool = True
) -> tuple[list[Clip], Array]:
    """Scores the whole clips of some folds.

    Args:
        model: from waveforms to scores, with ESC-10's ten classes.
        data: see `train`.
        folds: numbers from 1 to 5.
        progress: whether to show a progress bar.

    Returns:
        `(clips, scores)`: the clips, and float32 `(clips, 10)`.

    Raises:
        InputError: if the data cannot be read, or the model or a fold does not fit.
    """
    clips = [clip for clip in read_clips(data) if clip.fold in folds]
    if not clips:
        raise InputError(f"Expected folds of {FOLDS}. Received: {list(folds)}")
    if model.output_shape[1:] != (len(LABELS),):
        raise InputError(
            f"Expected a model of {len(LABELS)} classes. {model.name} gives {model.output_shape}."
        )
    rate = find_sample_rate(model)
    bar = tqdm(clips, desc="evaluate", unit="clip", disable=not progress)
    scores = [model.predict(load(clip.path, rate), verbose=0) for clip in bar]
    return clips, np.concatenate(scores)


def evaluate(
    model: keras.Model, data: PathLike, folds: Collection[int], progress: bool = True
) -> Array:
    """Classifies the whole clips of some folds.

    Args:
        model: from waveforms to scores, with ESC-10's ten classes.
        data: see `train`.
        folds: numbers from 1 to 5.
        progress: whether to show a progress bar.

    Returns:
        int64 `(10, 10)`, the confusion matrix: rows are the true classes, columns the predicted.
    """
    clips, scores = score(model, data, folds, progress)
    return confusion_matrix([clip.label for clip in clips], scores)
