"""Checks of the model and the analysis of a dream."""

import dataclasses
import warnings
from typing import Any

import keras
import numpy as np

from keras_sounddream import processor
from keras_sounddream.audio.analysis import Analysis, as_analysis
from keras_sounddream.audio.layers import find_front_end, find_sample_rate
from keras_sounddream.audio.spectral.stft import check_inverse
from keras_sounddream.deepdream.network.checks import (
    check_network,
    takes_pictures,
    takes_sounds,
)
from keras_sounddream.deepdream.params.latent import settle_generator
from keras_sounddream.deepdream.settings import Settings
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Array

_MOST_LOST = 0.5  # of a sound, without a warning
_STEP_SECONDS = 0.010  # of the analysis for a model that has none


def wrapped(model: keras.Model, front_end: Any, constants: Any, analysis: Any) -> keras.Model:
    """The model with its front end and constants, if these are given; see `wrap_model`."""
    if front_end is None and not constants:
        return model
    from keras_sounddream.deepdream.network.wrapping import wrap_model

    given = analysis.get("sample_rate") if isinstance(analysis, dict) else analysis
    return wrap_model(model, front_end, constants, getattr(given, "sample_rate", given))


def find_kind(model: keras.Model) -> str:
    """Kind of dream that a model can have: `"sound"` or `"picture"`.

    Raises:
        InputError: if it is no functional model with one input of either.
    """
    check_network(model)
    if takes_pictures(model):
        return "picture"
    if takes_sounds(model):
        return "sound"
    raise InputError(
        "Expected a model with one input, (batch, samples), (batch, samples, 1) or "
        f"(batch, height, width, 3). {model.name} takes: {model.inputs[0].shape}. If these are "
        "spectrograms, give what makes them: DeepDream(…, front_end=…); for the command line, save "
        "deepdream.wrap_model(model, front_end) as a .keras file."
    )


def settle_precision(settings: Settings) -> Settings:
    """Settings with the precision that `"auto"` is here; warns of one that is slower."""
    precision = processor.settle_precision(settings.precision)
    return dataclasses.replace(settings, precision=precision)


def settle_analysis(model: keras.Model, analysis: Any, generator: Any = None) -> Analysis | None:
    """Finds the analysis whose spectrograms are changed, for a model of sounds.

    That of a dream on a generator is the generator's, which must fit the model.

    It may be an `Analysis`, the dictionary of one, or `None` for that of the model's front end,
    with frames that overlap by half at least; `None` for a model of pictures.

    Raises:
        InputError: if it is given for pictures, is not known, or its frames hardly overlap.
    """
    if generator is not None:
        analysis = settle_generator(generator, find_kind(model), find_sample_rate(model), analysis)
    if takes_pictures(model):
        if analysis is not None:
            raise InputError(f"`analysis` is a setting of sounds, and {model.name} takes pictures.")
        return None
    analysis = _analysis_of(model) if analysis is None else as_analysis(analysis)
    check_inverse(analysis)
    return analysis


def settle_preprocessing(model: keras.Model, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings for an image model: without preprocessing, if its layer `front_end` does it.

    Raises:
        InputError: if pixels would be preprocessed twice.
    """
    if "front_end" not in (layer.name for layer in model.layers):
        return settings
    if settings.get("preprocessing", "none") != "none":
        raise InputError(
            f"{model.name} preprocesses pictures itself, in its layer 'front_end'. Received: "
            f"preprocessing={settings['preprocessing']!r}. Leave it out."
        )
    return {**settings, "preprocessing": "none"}


def check_objective(scores: Array, name: str) -> None:
    """Checks that an objective, float `(batch,)`, is a finite number.

    Raises:
        InputError: if it is not.
    """
    if not np.isfinite(scores).all():
        raise InputError(
            f"{name} is {scores[~np.isfinite(scores)][0]} and not a finite number: check the "
            "network's weights, and that its values stay within float32."
        )


def warn_of_no_gradient(name: str) -> None:
    """Warns that a dream did not change anything."""
    warnings.warn(
        f"The gradient of {name} is zero at this input, so that nothing was dreamed: its units do "
        "not respond (rectifiers at 0, or saturated). Choose other units, or another input.",
        InputWarning,
        stacklevel=3,
    )


def warn_of_loss(lost: Array) -> None:
    """Warns that more than half of a sound is gone, given the share of each that is."""
    if (lost > _MOST_LOST).any():
        warnings.warn(
            f"{lost.max():.0%} of the sound is lost in its dream. A lower `strength`, or a lower "
            "`fall_db`, keeps more of it.",
            InputWarning,
            stacklevel=3,
        )


def _analysis_of(model):
    front_end, rate = find_front_end(model), find_sample_rate(model)
    if rate is None:
        raise InputError(
            f"The sample rate of {model.name} is not known: no layer tells it, as a "
            "LogMelSpectrogram does. Give `analysis=Analysis(sample_rate=…)`."
        )
    if front_end is None:
        step = round(_STEP_SECONDS * rate)  # samples, four of which make a frame
        return Analysis(rate, frame_seconds=4 * step / rate, step_seconds=step / rate)
    analysis = front_end.analysis
    least = min(analysis.step_seconds, analysis.frame_seconds / 2)  # or it could not be inverted
    return dataclasses.replace(analysis, step_seconds=least)
