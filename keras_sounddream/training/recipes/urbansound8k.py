"""UrbanSound8K: the recipe that trains `UrbanSoundCNN` on it, and its evaluation."""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream import checks
from keras_sounddream.applications.urban_sound_cnn import ANALYSIS, UrbanSoundCNN
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.datasets import urbansound8k
from keras_sounddream.errors import InputError
from keras_sounddream.training.balanced_batches import BalancedBatches, in_batches
from keras_sounddream.training.callbacks import LayerSummaries, LearningRateDrop
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.states import claim_folder
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import tensorflow as tf

CROP_SECONDS = 2.0  # of a log-mel spectrogram, in training
_KEPT_STATES = 5
_TAGGINGS = {
    "by_recording": urbansound8k.split_by_recording,
    "by_file": urbansound8k.split_by_file,
}
_BATCH = 16  # clips of a batch that is evaluated
_ALLOWED = {
    "protocol": checks.choice(("official", "nine_class")),
    "tagging": checks.choice(tuple(_TAGGINGS)),
    "short": checks.choice(("tile", "pad")),
    "steps": checks.integer(1),
    "batch_size": checks.integer(1),
    "learning_rate": checks.number(0, above=True),
    "low_learning_rate": checks.number(0, above=True),
    "checkpoint_steps": checks.integer(1),
    "summary_steps": checks.integer(1),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that tells one run from another.

    Args:
        protocol: `"official"`, trained on nine folds and measured on the tenth, or
            `"nine_class"`: clips of exactly 4 s at 8 kHz, without gun shots, 60 % to train on, 20
            to validate and 20 to test.
        fold: the official fold left out.
        tagging: of the nine-class set; `"by_recording"` keeps slices of a recording together,
            `"by_file"` does not, as the original: then the test sounds are not new to the network.
        architecture: see `UrbanSoundCNN`.
        front_end: see `UrbanSoundCNN`.
        legacy_normalization: see `UrbanSoundCNN`.
        short: `"tile"` or `"pad"`, how clips of less than 4 s are filled up.
        steps: of training.
        batch_size: clips of a step.
        learning_rate: of Adam.
        low_learning_rate: once the accuracy of the last 200 steps exceeds 0.7.
        checkpoint_steps: from one saved state to the next; five are kept.
        summary_steps: from one summary of the layers to the next.
        seed: of weights and batches.
        precision: a Keras dtype policy.

    Raises:
        InputError: if a value is not allowed.
    """

    protocol: str = "official"
    fold: int = 10
    tagging: str = "by_recording"
    architecture: str = "xsmall"
    front_end: str = "log_mel"
    legacy_normalization: bool = False
    short: str = "tile"
    steps: int = 5000
    batch_size: int = 100
    learning_rate: float = 1e-3
    low_learning_rate: float = 1e-4
    checkpoint_steps: int = 500
    summary_steps: int = 50
    seed: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        checks.check_fields(self, _ALLOWED)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes."""
        return urbansound8k.NINE_LABELS if self.protocol == "nine_class" else urbansound8k.LABELS


def describe_test(settings: Settings) -> str:
    """Text for the part of the data that is tested on."""
    if settings.protocol == "official":
        return f"fold {settings.fold}"
    return f"the nine-class test part, tagged {settings.tagging}, seed {settings.seed}"


def read_parts(data: PathLike, settings: Settings) -> dict[str, list[Any]]:
    """Clips by part, `train`, `validation` and `test`; an `InputError` if one would be empty."""
    clips = urbansound8k.read_clips(data)
    if settings.protocol == "official":
        return urbansound8k.official_split(clips, settings.fold)
    parts = _TAGGINGS[settings.tagging](urbansound8k.nine_classes(clips), settings.seed)
    for part, members in parts.items():
        if not members:
            raise InputError(
                f"Expected clips of 4 s of several recordings per class in {data}. None is left "
                f"for the part {part!r}."
            )
    return parts


def train(
    data: PathLike,
    folder: PathLike,
    settings: Settings,
    strategy: "tf.distribute.Strategy | None" = None,
) -> keras.Model:
    """Trains `UrbanSoundCNN` on clips of UrbanSound8K.

    Args:
        data: see `datasets.urbansound8k.read_clips`.
        folder: for the training state and TensorBoard's logs; a run that was interrupted goes on
            from there.
        settings: of the run.
        strategy: to share each batch out by, see `training.fit`; `None` for one device.

    Returns:
        Model from waveforms to scores, with its sample rate and labels.

    Raises:
        InputError: if the data cannot be read or `folder` holds a run of other settings.
    """
    folder = pathlib.Path(folder)
    claim_folder(folder, dataclasses.asdict(settings))
    classifier = _build(settings)
    parts = read_parts(data, settings)
    stored = {
        part: _spectrograms(classifier, clips, settings) for part, clips in parts.items() if clips
    }
    batches = BalancedBatches(
        stored["train"],
        [clip.label for clip in parts["train"]],
        len(settings.labels),
        settings.steps,
        settings.batch_size,
        None if settings.front_end == "legacy" else round(CROP_SECONDS / ANALYSIS.step_seconds),
        settings.seed,
    )
    network = fit(
        lambda: _build(settings, include_front_end=False),
        batches,
        folder,
        settings.seed,
        settings.precision,
        optimizer=functools.partial(keras.optimizers.Adam, settings.learning_rate),
        save_every=settings.checkpoint_steps,
        keep=_KEPT_STATES,
        unit="step",
        callbacks=[
            LearningRateDrop(folder, settings.low_learning_rate, settings.checkpoint_steps),
            LayerSummaries(folder / "tensorboard", batches, settings.summary_steps),
        ],
        strategy=strategy,
        **_validation(stored, parts, settings, strategy),
    )
    classifier.set_weights(network.get_weights())
    return classifier


def _build(settings, **arguments):
    return UrbanSoundCNN(
        weights=None,
        classes=len(settings.labels),
        labels=settings.labels,
        architecture=settings.architecture,
        front_end=settings.front_end,
        legacy_normalization=settings.legacy_normalization,
        **arguments,
    )


def _validation(stored, parts, settings, strategy):
    """Arguments of `fit` that have the whole validation part scored with each checkpoint."""
    if "validation" not in stored:
        return {}
    targets = np.eye(len(settings.labels))[[clip.label for clip in parts["validation"]]]
    arrays = stored["validation"], targets
    common = {"validation_freq": settings.checkpoint_steps}
    if strategy:
        return {"validation_data": in_batches(arrays, _BATCH), **common}
    return {"validation_data": arrays, "validation_batch_size": _BATCH, **common}


def _spectrograms(model, clips, settings):
    """The front end's spectrograms of clips, float32 `(clips, frames, bands)`."""
    front_end = model.get_layer("front_end")
    batches = _waveforms(model, clips, settings, "features")
    return np.concatenate([keras.ops.convert_to_numpy(front_end(batch)) for batch in batches])


def _waveforms(model, clips, settings, description, progress=True):
    """Clips of 4 s at the model's rate, float32 `(batch, samples)` at a time."""
    rate = find_sample_rate(model)
    through = urbansound8k.NINE_RATE if settings.protocol == "nine_class" else None
    bar = tqdm(range(0, len(clips), _BATCH), desc=description, unit="batch", disable=not progress)
    for start in bar:
        group = clips[start : start + _BATCH]
        yield np.concatenate(
            [urbansound8k.load_clip(clip, rate, settings.short, through) for clip in group]
        )


def evaluate(
    model: keras.Model, data: PathLike, settings: Settings, progress: bool = True
) -> tuple[Sequence[Any], Array]:
    """Scores every clip of the part that is left out.

    Args:
        model: from waveforms to scores of `settings.labels`.
        data: see `datasets.urbansound8k.read_clips`.
        settings: those of the training, or the test part is another one.
        progress: whether to show a progress bar.

    Returns:
        `(clips, scores)`: list of `Clip`, and float32 `(clips, classes)`.

    Raises:
        InputError: if the model has another number of classes, or the data cannot be read.
    """
    if model.output_shape[-1] != len(settings.labels):
        raise InputError(
            f"Expected a model of {len(settings.labels)} classes for the protocol "
            f"{settings.protocol!r}. {model.name} has {model.output_shape[-1]}."
        )
    clips = read_parts(data, settings)["test"]
    batches = _waveforms(model, clips, settings, "evaluate", progress)
    return clips, np.concatenate([model.predict(batch, verbose=0) for batch in batches])
