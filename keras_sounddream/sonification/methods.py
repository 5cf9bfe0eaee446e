"""Sonification of the activations of any layer, by several methods."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.checks import check
from keras_sounddream.errors import InputError
from keras_sounddream.sonification import inverse_fft
from keras_sounddream.sonification.activations import read_activations
from keras_sounddream.sonification.checks import check_layers
from keras_sounddream.sonification.choices import SAMPLE_RATE, check_choices
from keras_sounddream.sonification.inputs import PICTURE_SECONDS, ImageInput, model_input
from keras_sounddream.sonification.random_weights import shuffle_weights
from keras_sounddream.sonification.synthesis import (
    InverseFFT,
    Levelled,
    MaskedSound,
    ParameterMap,
    Synthesizer,
    combined,
)
from keras_sounddream.types import Array

_FOR_SOUNDS = ("mask", "invert")
FOR_PLANES = ("ifft", "parameter_map")  # methods that need feature maps alone
_PARAMETER_MAP_RATE = 24000  # Hz, for pictures


@dataclasses.dataclass
class Sonification:
    """The sound of layers.

    Attributes:
        waveform: float32 `(batch, samples)` in [-1, 1]; `(batch, filters, samples)` for
            `combine="separate"`.
        sample_rate: Hz.
        parts: for each layer the waveforms of it alone; empty for `"invert"`, which combines all
            layers.
        method: key of `METHODS`.
        combine: how the filters of a layer are combined.
    """

    waveform: np.ndarray
    sample_rate: int
    parts: dict[str, np.ndarray]
    method: str
    combine: str


def sonify(
    model: keras.Model,
    source: Array,
    layers: Sequence[str],
    method: str = "ifft",
    combine: str = "sum",
    mix: str = "sum",
    *,
    sample_rate: int | None = None,
    legacy: bool = False,
    random_weights: bool = False,
    level_db: float | None = None,
    preprocessing: str | None = None,
    seed: int = 0,
    progress: bool = False,
    **settings: Any,
) -> Sonification:
    """Makes the activations of a network's layers for sounds or pictures audible.

    Args:
        model: functional, takes sounds or pictures.
        source: float array `(samples,)` or `(batch, samples)` in [-1, 1], at the model's rate, or
            `(height, width, 3)` or `(batch, height, width, 3)` in [0, 255].
        layers: layers of the model.
        method: `"ifft"` treats each frame of the activations as a spectrum; `"mask"` filters the
            sound by the activations; `"invert"` finds a sound with the same activations;
            `"parameter_map"` maps filters to the pitch and loudness of voices.
        combine: of a layer's filters: `"sum"`, `"concat"` or `"separate"`.
        mix: of several layers, interpolated to the longest: `"sum"` or `"product"`.
        sample_rate: Hz, of the sound from `"ifft"` (11025 by default) and `"parameter_map"` (the
            model's own, or 24000); the other methods keep the input's.
        legacy: whether `"ifft"` keeps the quirks of netsounds: a filter with constant activation is
            the constant -1, and a portrait picture is transposed before the network.
        random_weights: whether the model's weights are permuted first: the baseline, which shows
            how much of the sound comes from the method alone.
        level_db: root mean square in dB that each sound is brought to, its mean removed; by
            default the method's own level.
        preprocessing: pictures only: mode as in `read_activations`.
        seed: of random weights, and of the initial noise of `"invert"`.
        progress: whether to show a progress bar.
        **settings: for `"ifft"`: `least_seconds`, to which shorter sounds are lengthened by
            repeating each frame, 0.5 by default (with `legacy` 0: every frame once); for
            `"parameter_map"`: `seconds` (5 by default for a picture), `voices`,
            `lowest_hz`, `octaves`, see `map_to_voices`; for `"invert"`: `steps`.

    Returns:
        the waveforms, with those of each layer.

    Raises:
        InputError: if the model, a layer, the source or a setting does not fit.

    Example:
        result = sonify(applications.LogMelCNN(), waveform, ["block2_conv2"], method="mask")
        audio.save("sonified.wav", result.waveform, result.sample_rate)
    """
    check_request(model, layers, method, [combine], mix, sample_rate, level_db, settings)
    if combine == "separate" and len(set(layers)) > 1:
        raise InputError("Separate filters of several layers cannot be mixed: name one layer.")
    source = model_input(model).check(source)
    network = shuffle_weights(model, seed) if random_weights else model
    rate = output_rate(model, method, sample_rate)
    if method == "invert":
        waveform = _invert_each(network, source, layers, seed, progress, settings)
        return Sonification(_at_level(waveform, level_db), rate, {}, method, combine)
    with tqdm(desc="sonify", unit="chunk", disable=not progress) as bar:
        examples = read_activations(
            network, source, layers, legacy, preprocessing, tell=lambda done, _: bar.update()
        )
    parts = {}
    for name in examples[0]:
        waveforms = [
            combined(
                make_synthesizer(
                    model, one, name, method, rate, legacy, level_db, settings, combine
                ),
                maps[name],
                combine,
            )
            for one, maps in zip(source, examples, strict=True)
        ]
        parts[name] = np.stack(waveforms)
    return Sonification(_mixed(parts, mix, level_db), rate, parts, method, combine)


def make_synthesizer(
    model: keras.Model,
    source: Array,
    layer: str,
    method: str,
    sample_rate: int,
    legacy: bool,
    level_db: float | None,
    settings: dict[str, Any],
    combine: str = "sum",
) -> Synthesizer:
    """The synthesizer of a method other than `"invert"`, for one sound or picture."""
    if method == "mask":
        synthesizer = MaskedSound(model, source, layer)
        return synthesizer if level_db is None else Levelled(synthesizer, level_db)
    seconds = model_input(model).seconds(source) if method == "parameter_map" else 0.0
    return synthesizer_of_planes(method, sample_rate, legacy, level_db, settings, combine, seconds)


def synthesizer_of_planes(
    method: str,
    sample_rate: int,
    legacy: bool,
    level_db: float | None,
    settings: dict[str, Any],
    combine: str = "sum",
    seconds: float = PICTURE_SECONDS,
) -> Synthesizer:
    """The synthesizer of a method that needs feature maps alone, `"ifft"` or `"parameter_map"`.

    `seconds` is the length of the sound of `"parameter_map"`, unless `settings` have it.
    """
    synthesizer: Synthesizer
    if method == "ifft":
        default = 0.0 if legacy else inverse_fft.DEFAULT_LEAST_SECONDS
        least_seconds = settings.get("least_seconds", default)
        least_samples = round(least_seconds * sample_rate)
        synthesizer = InverseFFT(legacy, least_samples, joined=combine == "concat")
    else:
        synthesizer = ParameterMap(sample_rate, **{"seconds": seconds, **settings})
    return synthesizer if level_db is None else Levelled(synthesizer, level_db)


def check_request(
    model: keras.Model,
    layers: Sequence[str],
    method: str,
    combines: Sequence[str],
    mix: str,
    sample_rate: int | None = None,
    level_db: float | None = None,
    settings: dict[str, Any] | None = None,
) -> None:
    """Refuses arguments of `sonify` that do not fit, before any work; `combines` are several."""
    kind = model_input(model)
    check_layers(model, layers)
    check_choices(method, combines, mix, sample_rate, level_db, settings)
    if method in _FOR_SOUNDS:
        _check_sound_method(method, kind, sample_rate)


def output_rate(model: keras.Model | None, method: str, sample_rate: int | None) -> int:
    """Sample rate of a method's sound in Hz: the given one, or the default; `model` if any."""
    if sample_rate is not None:
        return check("sample_rate", sample_rate, SAMPLE_RATE)
    if method == "ifft":
        return inverse_fft.SAMPLE_RATE
    return (model is not None and find_sample_rate(model)) or _PARAMETER_MAP_RATE


def _check_sound_method(method, kind, sample_rate):
    if isinstance(kind, ImageInput):
        raise InputError(
            f"`{method}` needs a sound, and {kind.model.name} takes pictures: use `ifft` or "
            "`parameter_map`."
        )
    if find_sample_rate(kind.model) is None:
        raise InputError(
            f"The sample rate of {kind.model.name} is not known: set its `sample_rate`."
        )
    if sample_rate is not None:
        raise InputError(f"`{method}` keeps the sound's own rate: leave `sample_rate` out.")


def _invert_each(model, source, layers, seed, progress, settings):
    from keras_sounddream.sonification.feature_inversion import invert

    dreams = [
        invert(model, one, layers, seed=seed, progress=progress, **settings) for one in source
    ]
    return np.concatenate([np.asarray(dream.waveform) for dream in dreams])


def _mixed(parts, mix, level_db):
    """The mix of several layers, or the waveforms of the only one."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    mixes = [inverse_fft.mix(waveforms, mix) for waveforms in zip(*parts.values(), strict=True)]
    return _at_level(np.stack(mixes), level_db)


def _at_level(waveform, level_db):
    return waveform if level_db is None else inverse_fft.bring_to_level(waveform, level_db)
