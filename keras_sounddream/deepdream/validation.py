"""What can be dreamed with; each check names what came."""

import dataclasses

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import find_front_end, find_sample_rate
from keras_sounddream.audio.spectral.stft import check_inverse
from keras_sounddream.deepdream.network.checks import (
    check_network,
    takes_pictures,
    takes_sounds,
)
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.errors import InputError

_STEP_SECONDS = 0.010  # of the analysis for a model that has none


def check_model(model, objective):
    """Checks that a model takes sounds or pictures and has what an objective reads.

    Args:
        model: `keras.Model`, functional.
        objective: `Objective`.

    Returns:
        bool, whether it takes pictures.

    Raises:
        InputError: if it takes neither, or lacks something.
    """
    check_network(model)
    of_pictures = takes_pictures(model)
    if not (takes_sounds(model) or of_pictures):
        raise InputError(
            "Expected a model with one input, (batch, samples), (batch, samples, 1) or "
            f"(batch, height, width, 3). {model.name} takes: {model.inputs[0].shape}"
        )
    if not isinstance(objective, Objective):
        raise InputError(f"Expected an objective, such as layer('conv1'). Got: {objective!r}")
    objective.resolved(model).check(model)
    return of_pictures


def settle_analysis(model, analysis):
    """Finds the analysis whose spectrograms are changed.

    Args:
        model: `keras.Model` that takes sounds or pictures.
        analysis: `Analysis`, the dictionary of one, or `None` for that of the model's front end,
            with frames that overlap by half at least.

    Returns:
        `Analysis`; `None` of pictures.

    Raises:
        InputError: if it is given for pictures, is not known, or its frames hardly overlap.
    """
    if takes_pictures(model):
        if analysis is not None:
            raise InputError(f"`analysis` is of sounds, and {model.name} takes pictures.")
        return None
    if isinstance(analysis, dict):
        analysis = Analysis(**analysis)
    if not isinstance(analysis, Analysis | None):
        raise InputError(f"`analysis` must be an Analysis. Received: {analysis!r}")
    analysis = analysis or _analysis_of(model)
    check_inverse(analysis)
    return analysis


def settle_preprocessing(model, settings):
    """Leaves pixels alone where a model preprocesses them itself, in a layer named `front_end`.

    Args:
        model: `keras.Model` that takes pictures.
        settings: dict, some of `settings.Settings`.

    Returns:
        dict, with the `preprocessing` that the model needs if it says so.

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


def _analysis_of(model):
    front_end, rate = find_front_end(model), find_sample_rate(model)
    if rate is None:
        raise InputError(
            f"The sample rate of {model.name} is not known: it has no LogMelSpectrogram. "
            "Give `analysis=Analysis(sample_rate=…)`."
        )
    if front_end is None:
        step = round(_STEP_SECONDS * rate)  # samples, four of which make a frame
        return Analysis(rate, frame_seconds=4 * step / rate, step_seconds=step / rate)
    analysis = front_end.analysis
    least = min(analysis.step_seconds, analysis.frame_seconds / 2)  # or it could not be inverted
    return dataclasses.replace(analysis, step_seconds=least)
