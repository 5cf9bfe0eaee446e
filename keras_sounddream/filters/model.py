"""DreamFilter: one dream, learnt by a small network that dreams as the sound goes by."""

import dataclasses
import json
from typing import Any

from keras_sounddream.applications import base
from keras_sounddream.applications import weights as weight_files
from keras_sounddream.applications.pretrained import weights_path
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.checks import Allowed, check, integer, number
from keras_sounddream.filters.layer import DreamMask
from keras_sounddream.filters.pretrained import NAME, PRETRAINED
from keras_sounddream.types import PathLike

MASK = "mask"  # name of the layer
ANALYSIS = Analysis(sample_rate=24000, frame_seconds=0.040, step_seconds=0.020)
_ALLOWED = {
    "width": integer(1, 4096),
    "dilations": Allowed(
        "a list of at most 16 integers of 1 to 1000",
        lambda value: (
            isinstance(value, tuple) and len(value) <= 16 and all(map(integer(1, 1000).fits, value))
        ),
    ),
    "look_ahead": integer(1, 100),
    "mask_db": number(0, 120),
    "fall_db": number(0, 120),
    "ceiling_db": number(-60, 60),
}


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
    stored = {}
    if weights is not None:
        stored = weight_files.stored_settings(weights_path(weights, PRETRAINED))
    analysis = analysis or stored.get("analysis", ANALYSIS)
    analysis = analysis if isinstance(analysis, Analysis) else Analysis(**analysis)
    settings = _checked({**stored.get(MASK, {}), **settings})
    inputs = base.settle_input(None, (None,), "waveform")
    layer = DreamMask(analysis, **settings, name=MASK)
    model = base.AudioModel(inputs, layer(inputs), name=name)
    kept = {"analysis": dataclasses.asdict(analysis), MASK: settings}
    kept = json.loads(json.dumps(kept))  # as a file brings it: lists for tuples
    model = base.describe(model, analysis.sample_rate, None, None, kept)
    return base.load_weights(model, weights, PRETRAINED)


def _checked(settings):
    for name in settings:
        check("settings", name, Allowed(f"of {', '.join(_ALLOWED)}", lambda n: n in _ALLOWED))
    return {name: check(name, value, _ALLOWED[name]) for name, value in settings.items()}
