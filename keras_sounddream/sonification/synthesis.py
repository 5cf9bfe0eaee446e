"""How planes of a layer become sound, one class a method: signal by signal, and all in one.

Each has `signals(planes)`, which yields float32 `(samples,)`, one a filter or voice, all of one
length, and `total(planes)`, float32 `(samples,)`, of all together.
"""

import numpy as np

from keras_sounddream.audio.layers import LogMelSpectrogram, find_sample_rate
from keras_sounddream.deepdream.network.checks import takes_pictures
from keras_sounddream.errors import InputError
from keras_sounddream.sonification import inverse_fft
from keras_sounddream.sonification.mask import Mask
from keras_sounddream.sonification.parameter_map import map_to_voices

PICTURE_SECONDS = 5.0  # of voices that a picture drives


class Spectra:
    """Takes each frame for a spectrum, as `formula.sonify_activations`.

    Args:
        legacy: bool, whether the quirks of netsounds are kept.
    """

    def __init__(self, legacy=False):
        self._legacy = legacy

    def signals(self, planes):
        """See the module."""
        planes = inverse_fft.without_bands(planes)
        for signal in inverse_fft.signals(planes, self._legacy):
            yield signal.astype("float32")

    def total(self, planes):
        """See the module."""
        return inverse_fft.sonify_activations(planes, "sum", self._legacy)


class Filters:
    """Filters the sound that was heard, as `masking.Mask`.

    Args:
        model: `keras.Model` that takes sounds.
        waveform: float32 `(samples,)`.
        layer: str, whose planes they are.
    """

    def __init__(self, model, waveform, layer):
        self._mask = Mask(model, waveform)
        self._of_front_end = isinstance(model.get_layer(layer), LogMelSpectrogram)

    def signals(self, planes):
        """See the module."""
        _check_moves(planes, "filter a sound")
        for plane in self._with_bands(planes):
            yield self._mask.apply(plane)

    def total(self, planes):
        """See the module."""
        _check_moves(planes, "filter a sound")
        return self._mask.apply_sum(self._with_bands(planes))

    def _with_bands(self, planes):
        return inverse_fft.without_bands(planes) if self._of_front_end else planes


class Voices:
    """Gives filters voices, as `voices.map_to_voices`.

    Args:
        model: `keras.Model`.
        source: float32 array, the sound or picture, which says how long to sing.
        sample_rate: int, Hz.
        **settings: of `map_to_voices`.
    """

    def __init__(self, model, source, sample_rate, seconds=None, **settings):
        if seconds is None:
            pictures = takes_pictures(model)
            seconds = PICTURE_SECONDS if pictures else len(source) / find_sample_rate(model)
        self._settings = {"sample_rate": sample_rate, "seconds": seconds, **settings}

    def signals(self, planes):
        """See the module."""
        _check_moves(planes, "drive a voice")
        yield from map_to_voices(planes, **self._settings)

    def total(self, planes):
        """See the module."""
        _check_moves(planes, "drive a voice")
        return map_to_voices(planes, **self._settings).sum(axis=0)


class Levelled:
    """Brings what another makes to a level, as `formula.bring_to_level`: each sound by itself.

    Args:
        sounder: one of this module's.
        level_db: float, dB.
    """

    def __init__(self, sounder, level_db):
        self._sounder = sounder
        self._level_db = level_db

    def signals(self, planes):
        """See the module."""
        for signal in self._sounder.signals(planes):
            yield inverse_fft.bring_to_level(signal, self._level_db)

    def total(self, planes):
        """See the module."""
        return inverse_fft.bring_to_level(self._sounder.total(planes), self._level_db)


def combined(sounder, planes, combine):
    """Makes the sound of a layer.

    Args:
        sounder: one of this module's.
        planes: sequence of float arrays `(frames, bands)`.
        combine: str, of `formula.COMBINES`.

    Returns:
        float32 `(samples,)`, or `(filters, samples)` of `"separate"`.
    """
    if combine == "sum":
        return sounder.total(planes)
    found = list(sounder.signals(planes))
    return np.concatenate(found) if combine == "concat" else np.stack(found)


def _check_moves(planes, what):
    if np.size(planes[0]) == 1:
        raise InputError(
            f"A layer without time or bands cannot {what}: its filters answer once. Take an "
            "earlier layer, or `ifft`."
        )
