"""Training of a dream filter on crops of a corpus, resumed exactly where it was interrupted."""

import dataclasses
import json
import zlib
from typing import Any

import keras

from keras_sounddream import checks
from keras_sounddream.applications.base import AudioModel
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.filters import DreamFilter
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.filters.crops import Crops
from keras_sounddream.training.filters.loss import DreamLoss
from keras_sounddream.training.states import claim_folder
from keras_sounddream.types import PathLike

_EPOCH_STEPS = 50  # between two states
_WARM_UP_STEPS = 50
_CLIP_NORM = 1.0
_ALLOWED = {
    "steps": checks.integer(1),
    "batch_size": checks.integer(1),
    "crop_seconds": checks.number(0.1, 60),
    "learning_rate": checks.number(0, above=True),
    "keep": checks.number(0),
    "level_db": checks.optional(checks.number(-120.0, 0.0)),
    "seed": checks.integer(0),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a filter is trained.

    Args:
        steps: one batch each, rounded up to whole fifties.
        batch_size: crops per step.
        crop_seconds: length of a crop, s.
        learning_rate: the highest, of Adam; it rises for 50 steps and falls along a cosine to 0.
        keep: weight of what is lost, beside the rise of the objective.
        level_db: RMS in dB of full scale at which the objective is read, see `DreamLoss`: that of
            a style's examples; `None` for each crop's own.
        seed: of weights and crops.

    Raises:
        InputError: if a number is out of range.
    """

    steps: int = 2000
    batch_size: int = 4
    crop_seconds: float = 2.5
    learning_rate: float = 2e-3
    keep: float = 0.2
    level_db: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        checks.check_fields(self, _ALLOWED)


def train(
    dream: DeepDream, sounds: Sounds, folder: PathLike, settings: Settings | None = None
) -> AudioModel:
    """Trains a filter to do what a dream does, or goes on with the one whose state is in a folder.

    Its mask has the dream's analysis and bounds.

    Args:
        dream: of sounds, with a mask.
        sounds: of the corpus, at the dream's rate.
        folder: for the state and TensorBoard's logs; an interrupted run goes on from there, and
            ends with the weights that it would have had.
        settings: of the run.

    Returns:
        The trained model of `filters.DreamFilter`.

    Raises:
        InputError: if the dream is of pictures or has no mask, the sounds have another rate or are
            silent, or `folder` holds a run of other settings.
    """
    settings = settings or Settings()
    _check(dream, sounds)
    bounds = {name: getattr(dream.settings, name) for name in ("mask_db", "fall_db", "ceiling_db")}
    identity = {
        **{name: value for name, value in vars(settings).items() if value is not None},
        **bounds,
        "model": dream.model.name,
        **_told(dream),
    }
    claim_folder(folder, {**identity, "sounds": [len(sounds), int(sounds.lengths.sum())]})
    samples = round(settings.crop_seconds * dream.sample_rate)
    more = settings.batch_size, settings.steps, _EPOCH_STEPS, settings.seed
    crops = Crops(sounds, samples, *more)
    return fit(
        lambda: DreamFilter(None, analysis=dream.analysis, **bounds),
        crops,
        folder,
        settings.seed,
        optimizer=lambda: _adam(len(crops), settings.learning_rate),
        loss=DreamLoss(dream, settings.keep, settings.level_db),
        metrics=(),
        unit="50 steps",
    )


def _told(dream) -> dict[str, Any]:
    """The objective in words, and a checksum where they stand for many numbers."""
    words = repr(dream.objective)
    if " numbers>" not in words:
        return {"dream": words}
    return {
        "dream": words,
        "numbers": zlib.crc32(json.dumps(dream.objective.terms, default=repr).encode()),
    }


def _check(dream, sounds):
    if dream.kind != "sound" or dream.settings.parameterization != "mask":
        raise InputError("Expected a dream of sounds by a mask, the default, to learn.")
    if sounds.sample_rate != dream.sample_rate:
        raise InputError(
            f"Expected sounds at {dream.sample_rate} Hz. They are at {sounds.sample_rate} Hz."
        )
    sounds.check_audible()


def _adam(steps, learning_rate):
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - _WARM_UP_STEPS, 1),
        warmup_target=learning_rate,
        warmup_steps=min(_WARM_UP_STEPS, steps),
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=_CLIP_NORM)
