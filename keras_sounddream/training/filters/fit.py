"""Training of a dream filter on crops of sounds or pictures, resumed exactly where it stopped."""

import json
import zlib
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications.base import AudioModel
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.digests import sampled_checksum, weights_digest
from keras_sounddream.errors import InputError
from keras_sounddream.filters import DreamFilter, PictureFilter
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.filters.crops import Crops
from keras_sounddream.training.filters.loss import DreamLoss
from keras_sounddream.training.filters.picture_crops import PictureCrops
from keras_sounddream.training.filters.picture_loss import PictureLoss
from keras_sounddream.training.filters.settings import Settings
from keras_sounddream.training.states import claim_folder
from keras_sounddream.training.transfer.picture_batches import StoredPictures
from keras_sounddream.types import PathLike

_EPOCH_STEPS = 50  # between two states
_WARM_UP_STEPS = 50
_CLIP_NORM = 1.0


def train(
    dream: DeepDream,
    data: Sounds | StoredPictures,
    folder: PathLike,
    settings: Settings | None = None,
) -> AudioModel:
    """Trains a filter to do what a dream does, or goes on with the one whose state is in a folder.

    A filter of sounds has the dream's analysis and the bounds of its mask.

    Args:
        dream: of sounds, with a mask; or of pictures.
        data: sounds of a corpus, at the dream's rate; or pictures.
        folder: for the state and TensorBoard's logs; an interrupted run goes on from there, and
            ends with the weights that it would have had.
        settings: of the run.

    Returns:
        The trained model of `filters.DreamFilter`, or of `filters.PictureFilter`.

    Raises:
        InputError: if the dream is of sounds and has no mask, the data are of the other kind, the
            sounds have another rate or are silent, the network does not take crops of that size,
            or `folder` holds a run of other settings, data or weights.
    """
    settings = settings or Settings()
    if not isinstance(dream, DeepDream):
        raise InputError(f"Expected a DeepDream for a filter to learn. Received: {dream!r}")
    if isinstance(data, Sounds) != (dream.kind == "sound"):
        raise InputError(f"Expected {dream.kind}s to train a filter on. Received: {type(data)}")
    build, crops, loss, own = _PARTS[dream.kind](dream, data, settings)
    claim_folder(folder, _identity(dream, settings, own))
    return fit(
        build,
        crops,
        folder,
        settings.seed,
        optimizer=lambda: _adam(len(crops), settings.learning_rate),
        loss=loss,
        metrics=(),
        unit=f"{_EPOCH_STEPS} steps",
    )


def _identity(dream, settings, own):
    """All that tells one run from another; `own` is of the kind of data."""
    others = {name for names in _OF_KIND.values() for name in names} - set(_OF_KIND[dream.kind])
    return {
        **{n: v for n, v in vars(settings).items() if v is not None and n not in others},
        **own,
        "model": dream.model.name,
        "network": weights_digest(dream.model),
        **_told(dream),
    }


def _of_sounds(dream, sounds, settings):
    """Parts of a filter that hears: constructor, crops, loss, and what else tells its run apart."""
    if dream.settings.parameterization != "mask":
        raise InputError("Expected a dream of sounds by a mask, the default, to learn.")
    if sounds.sample_rate != dream.sample_rate:
        raise InputError(
            f"Expected sounds at {dream.sample_rate} Hz. They are at {sounds.sample_rate} Hz."
        )
    sounds.check_audible()
    bounds = {name: getattr(dream.settings, name) for name in ("mask_db", "fall_db", "ceiling_db")}
    samples = round(settings.crop_seconds * dream.sample_rate)
    return (
        lambda: DreamFilter(None, analysis=dream.analysis, **bounds),
        Crops(sounds, samples, *_batches(settings)),
        DreamLoss(dream, settings.keep, settings.level_db),
        {**bounds, "sounds": [len(sounds), sounds.samples.size, sampled_checksum(sounds.samples)]},
    )


def _of_pictures(dream, pictures, settings):
    """The same parts of a filter that sees."""
    _check_crops(dream.ascent, settings)
    return (
        lambda: PictureFilter(None),
        PictureCrops(pictures, settings.crop_pixels, *_batches(settings)),
        PictureLoss(dream, settings.keep, settings.smallest),
        {"pictures": [len(pictures), pictures.size, pictures.checksum]},
    )


def _check_crops(ascent, settings):
    """Checks that the network takes crops at every scale that they are read at."""
    for scale in (1.0, settings.smallest):
        pixels = round(scale * settings.crop_pixels)
        crop = ascent.param.check(np.full((1, pixels, pixels, 3), 128.0))
        layer = ascent.extractor.first_empty(crop.shape)
        if layer is not None:
            raise InputError(
                f"Crops of {settings.crop_pixels} pixels, read at {scale:g} of their size, are "
                f"too small for layer {layer!r}: give larger `crop_pixels` (--crop-pixels)."
            )


_PARTS = {"sound": _of_sounds, "picture": _of_pictures}
_OF_KIND = {"sound": ("crop_seconds", "level_db"), "picture": ("crop_pixels", "smallest")}


def _batches(settings):
    return settings.batch_size, settings.steps, _EPOCH_STEPS, settings.seed


def _told(dream) -> dict[str, Any]:
    """The objective in words, and a checksum where they stand for many numbers."""
    words = repr(dream.objective)
    if " numbers>" not in words:
        return {"dream": words}
    return {
        "dream": words,
        "numbers": zlib.crc32(json.dumps(dream.objective.terms, default=repr).encode()),
    }


def _adam(steps, learning_rate):
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - _WARM_UP_STEPS, 1),
        warmup_target=learning_rate,
        warmup_steps=min(_WARM_UP_STEPS, steps),
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=_CLIP_NORM)
