"""Dreams learnt by small networks: DreamFilter as the sound goes by, PictureFilter in one pass."""

import dataclasses
import json
from typing import Any

from keras_sounddream.applications import base
from keras_sounddream.applications import weights as weight_files
from keras_sounddream.applications.pretrained import weights_path
from keras_sounddream.audio.analysis import Analysis, as_analysis
from keras_sounddream.checks import Allowed, check
from keras_sounddream.errors import InputError
from keras_sounddream.filters import layer_settings
from keras_sounddream.filters.layer import DreamMask
from keras_sounddream.filters.picture_layer import PictureChange
from keras_sounddream.filters.pretrained import NAME, PICTURE_NAME, PICTURES, PRETRAINED
from keras_sounddream.types import PathLike

MASK, CHANGE = "mask", "change"  # names of the layers
ANALYSIS = Analysis(sample_rate=24000, frame_seconds=0.040, step_seconds=0.020)


def DreamFilter(
    weights: PathLike | None = "block3_conv2",
    *,
    analysis: Analysis | dict[str, Any] | None = None,
    name: str = NAME,
    **settings: Any,
) -> base.AudioModel:
    """Builds a filter that dreams in one pass, causally, with a state: for live sound.

    Log-magnitude frames go through a dense layer, residual dilated convolutions along time and a
    dense layer, which sets a mask in dB within the bounds of the default dream. 0.45 million
    parameters, 22 million multiply-adds per second of sound, beside those of the transform. Its
    layer `mask` filters a stream by `step`, see `filters.DreamMask`.

    Args:
        weights: key of `filters.PRETRAINED`; a path of `.npz` that `sounddream train filter`
            wrote; or `None` for a filter that changes nothing yet.
        analysis: `Analysis` of the spectrogram; by default that of LogMelCNN's dreams, 40 ms
            every 20 ms at 24 kHz.
        name: of the model.
        **settings: of `filters.DreamMask`: `width`, `dilations`, `look_ahead`, `mask_db`,
            `fall_db`, `ceiling_db`. Those that are not given are the file's.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1], any length, to the same
        shape: the dreams, about as loud.

    Raises:
        InputError: if a setting is unknown or out of its range, or the weights do not fit.
    """
    stored = _stored(weights, PRETRAINED, MASK)
    analysis = stored.get("analysis", ANALYSIS) if analysis is None else analysis
    analysis = as_analysis(analysis)
    settings = _checked({**stored.get(MASK, {}), **settings}, layer_settings.OF_SOUNDS)
    inputs = base.settle_input(None, (None,), "waveform")
    layer = DreamMask(analysis, **settings, name=MASK)
    kept = {"analysis": dataclasses.asdict(analysis), MASK: settings}
    return _finished(inputs, layer, name, analysis.sample_rate, kept, weights, PRETRAINED)


def PictureFilter(
    weights: PathLike | None = "fire8",
    *,
    name: str = PICTURE_NAME,
    **settings: Any,
) -> base.AudioModel:
    """Builds a filter that dreams pictures of any size in one pass.

    Convolutions whose places are 4 pixels apart change each pixel by a bounded number of levels,
    by what is in some 160 x 160 pixels around it. 0.24 million parameters, 15,000 multiply-adds a
    pixel.

    Args:
        weights: key of `filters.PICTURES`; a path of `.npz` that `sounddream train filter` wrote
            for a network of pictures; or `None` for a filter that changes nothing yet.
        name: of the model.
        **settings: of `filters.PictureChange`: `width`, `dilations`, `limit`. Those that are not
            given are the file's.

    Returns:
        `keras.Model` from float32 `(batch, height, width, 3)` in [0, 255] to the same shape: the
        dreams.

    Raises:
        InputError: if a setting is unknown or out of its range, or the weights do not fit.
    """
    stored = _stored(weights, PICTURES, CHANGE)
    settings = _checked({**stored.get(CHANGE, {}), **settings}, layer_settings.OF_PICTURES)
    inputs = base.settle_input(None, (None, None, 3), "picture")
    layer = PictureChange(**settings, name=CHANGE)
    return _finished(inputs, layer, name, None, {CHANGE: settings}, weights, PICTURES)


def _stored(weights, pretrained, layer):
    """The settings that go with the weights of a filter of that layer."""
    if weights is None:
        return {}
    stored = weight_files.stored_settings(weights_path(weights, pretrained))
    if layer not in stored and stored.keys() & {MASK, CHANGE}:
        is_sound = layer == MASK
        raise InputError(
            f"{weights} is a filter of {'pictures' if is_sound else 'sounds'}: take "
            f"{'PictureFilter' if is_sound else 'DreamFilter'}."
        )
    return stored


def _finished(inputs, layer, name, sample_rate, settings, weights, pretrained):
    """The model of a filter's layer, with its settings and weights."""
    model = base.AudioModel(inputs, layer(inputs), name=name)
    kept = json.loads(json.dumps(settings))  # as a file brings it: lists for tuples
    model = base.describe(model, sample_rate, None, None, kept)
    return base.load_weights(model, weights, pretrained)


def _checked(settings, allowed):
    for name in settings:
        check("settings", name, Allowed(f"of {', '.join(allowed)}", lambda n: n in allowed))
    return dict(zip(settings, layer_settings.checked(allowed, **settings), strict=True))
