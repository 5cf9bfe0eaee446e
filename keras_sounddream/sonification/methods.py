"""From the activations of any layer to sound, by several methods."""

import dataclasses

import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import settings as dream_settings
from keras_sounddream.errors import InputError
from keras_sounddream.sonification import inverse_fft, parameter_map
from keras_sounddream.sonification.activations import read_activations
from keras_sounddream.sonification.checks import check_kind, check_layers, checked_source
from keras_sounddream.sonification.random_weights import shuffled
from keras_sounddream.sonification.synthesis import Filters, Levelled, Spectra, Voices, combined

METHODS = ("ifft", "mask", "invert", "parameter_map")

_OF_SOUNDS = ("mask", "invert")
_SETTINGS = {
    "ifft": (),
    "mask": (),
    "invert": ("steps",),
    "parameter_map": ("seconds", "voices", "lowest_hz", "octaves"),
}
_VOICES_RATE = 24000  # Hz, of voices that a picture drives
_LOWEST_RATE, _HIGHEST_RATE = 1000, 192000  # Hz


@dataclasses.dataclass
class Sonification:
    """What layers sound like.

    Attributes:
        waveform: float32 `(batch, samples)` in [-1, 1]; `(batch, filters, samples)` of
            `combine="separate"`.
        sample_rate: int, Hz.
        parts: dict from each layer to the like of it alone; empty of `"invert"`, which hears all
            layers at once.
        method: str.
        combine: str.
    """

    waveform: np.ndarray
    sample_rate: int
    parts: dict
    method: str
    combine: str


def sonify(
    model,
    source,
    layers,
    method="ifft",
    combine="sum",
    mix="sum",
    *,
    sample_rate=None,
    legacy=False,
    random_weights=False,
    level_db=None,
    preprocessing=None,
    seed=0,
    progress=False,
    **settings,
):
    """Makes audible what layers of a network answer to sounds or pictures.

    Args:
        model: `keras.Model`, functional, that takes sounds or pictures.
        source: float array `(samples,)` or `(batch, samples)` in [-1, 1], at the model's rate, or
            `(height, width, 3)` or `(batch, height, width, 3)` in [0, 255].
        layers: sequence of str, layers of the model.
        method: str: `"ifft"` takes each frame of the activations for a spectrum; `"mask"` lets
            through of a sound what the layer answers to; `"invert"` finds a sound that the layers
            answer to as they do to this; `"parameter_map"` gives filters voices whose pitch and
            loudness they drive.
        combine: str, of a layer's filters: `"sum"`, `"concat"` or `"separate"`.
        mix: str, of several layers, interpolated to the longest: `"sum"` or `"product"`.
        sample_rate: int, Hz, of what `"ifft"` (11025 by default) and `"parameter_map"` (the
            model's own, or 24000) make; the others keep the sound's.
        legacy: bool, whether `"ifft"` keeps the quirks of netsounds: a filter that answers the same
            everywhere is the constant -1, and a portrait picture is shown to the network lying.
        random_weights: bool, whether the model's weights are put in random order first: the
            baseline, which tells what of the sound is the method's own.
        level_db: float, dB, root mean square that each sound is brought to, its mean taken away; by
            default what the method gives.
        preprocessing: str, of pictures, as `read_activations` takes it.
        seed: int, of random weights and of the noise that `"invert"` begins with.
        progress: bool, whether to show a progress bar.
        **settings: of `"parameter_map"`: `seconds` (of a picture, 5 by default), `voices`,
            `lowest_hz`, `octaves`, as `map_to_voices` takes them; of `"invert"`: `steps`.

    Returns:
        `Sonification`.

    Raises:
        InputError: if the model, a layer, the source or a setting is not of that kind.

    Example:
        result = sonify(applications.LogMelCNN(), waveform, ["block2_conv2"], method="mask")
        audio.save("heard.wav", result.waveform, result.sample_rate)
    """
    check_request(model, layers, method, [combine], mix, sample_rate, level_db, settings)
    if combine == "separate" and len(set(layers)) > 1:
        raise InputError("Filters that are left apart cannot be mixed: name one layer.")
    source = checked_source(model, source, check_kind(model))
    heard_by = shuffled(model, seed) if random_weights else model
    rate = settle_rate(model, method, sample_rate)
    if method == "invert":
        waveform = _invert_each(heard_by, source, layers, seed, progress, settings)
        return Sonification(_at_level(waveform, level_db), rate, {}, method, combine)
    with tqdm(desc="sonify", unit="strip", disable=not progress) as bar:
        found = read_activations(
            heard_by, source, layers, legacy, preprocessing, tell=lambda done, _: bar.update()
        )
    parts = {}
    for name in found[0]:
        made = [
            combined(
                find_sounder(model, one, name, method, rate, legacy, level_db, settings),
                each[name],
                combine,
            )
            for one, each in zip(source, found, strict=True)
        ]
        parts[name] = np.stack(made)
    return Sonification(_mixed(parts, mix, level_db), rate, parts, method, combine)


def find_sounder(model, source, layer, method, sample_rate, legacy, level_db, settings):
    """Chooses how planes become sound.

    Args:
        model: `keras.Model`.
        source: float32, one sound or picture.
        layer: str.
        method: str, of `METHODS`, but not `"invert"`, which needs no planes.
        sample_rate: int, Hz.
        legacy: bool, as of `sonify`.
        level_db: float, as of `sonify`.
        settings: dict, as of `sonify`.

    Returns:
        one of `sounders`' classes.
    """
    if method == "ifft":
        sounder = Spectra(legacy)
    elif method == "mask":
        sounder = Filters(model, source, layer)
    else:
        sounder = Voices(model, source, sample_rate, **settings)
    return sounder if level_db is None else Levelled(sounder, level_db)


def check_request(
    model, layers, method, combines, mix, sample_rate=None, level_db=None, settings=None
):
    """Checks what is asked for, before any work is done for it.

    Args:
        model: what ought to be a `keras.Model`.
        layers: as of `sonify`, and so are `method`, `mix`, `sample_rate`, `level_db` and, as a
            dict, `settings`.
        combines: sequence of str.

    Raises:
        InputError: if something is not there, or does not go with something else.
    """
    of_pictures = check_kind(model)
    check_layers(model, layers)
    inverse_fft.check_choice("method", method, METHODS)
    inverse_fft.check_choice("mix", mix, inverse_fft.MIXES)
    for combine in combines:
        inverse_fft.check_choice("combine", combine, inverse_fft.COMBINES)
        if method == "invert" and combine != "sum":
            raise InputError("`invert` hears all filters at once: leave `combine` at sum.")
    if method in _OF_SOUNDS:
        _check_sound_method(model, method, of_pictures, sample_rate)
    if sample_rate is not None:
        settle_rate(model, method, sample_rate)
    if level_db is not None:
        inverse_fft.check_level(level_db)
    _check_settings(method, settings or {})


def settle_rate(model, method, sample_rate):
    """Finds the rate of the sound that is made.

    Args:
        model: `keras.Model`.
        method: str, of `METHODS`.
        sample_rate: int, Hz, or `None`.

    Returns:
        int, Hz.

    Raises:
        InputError: if `sample_rate` is no rate.
    """
    if sample_rate is None:
        own = find_sample_rate(model)
        return inverse_fft.SAMPLE_RATE if method == "ifft" else own or _VOICES_RATE
    whole = isinstance(sample_rate, int | np.integer) and not isinstance(sample_rate, bool)
    if not whole or not _LOWEST_RATE <= sample_rate <= _HIGHEST_RATE:
        raise InputError(
            f"`sample_rate` must be from {_LOWEST_RATE} to {_HIGHEST_RATE} Hz. "
            f"Received: {sample_rate!r}"
        )
    return int(sample_rate)


def _check_settings(method, settings):
    for name in settings:
        if name not in _SETTINGS[method]:
            known = ", ".join(_SETTINGS[method]) or "none of its own"
            raise InputError(f"`{method}` has no setting {name!r}. It has: {known}")
    if method == "parameter_map":
        parameter_map.check_settings(**settings)
    if method == "invert":
        dream_settings.choose("sound", **settings)


def _check_sound_method(model, method, of_pictures, sample_rate):
    if of_pictures:
        raise InputError(
            f"`{method}` makes sound of sound, and {model.name} takes pictures: use `ifft` or "
            "`parameter_map`."
        )
    if find_sample_rate(model) is None:
        raise InputError(f"The sample rate of {model.name} is not known: set its `sample_rate`.")
    if sample_rate is not None:
        raise InputError(f"`{method}` keeps the sound's own rate: leave `sample_rate` out.")


def _invert_each(model, source, layers, seed, progress, settings):
    from keras_sounddream.sonification.feature_inversion import invert

    made = [invert(model, one, layers, seed=seed, progress=progress, **settings) for one in source]
    return np.concatenate([np.asarray(result.waveform) for result in made])


def _mixed(parts, mix, level_db):
    """The mix of several layers; the one as it is."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    mixes = [inverse_fft.mix(each, mix) for each in zip(*parts.values(), strict=True)]
    return _at_level(np.stack(mixes), level_db)


def _at_level(waveform, level_db):
    return waveform if level_db is None else inverse_fft.bring_to_level(waveform, level_db)
