"""Sonification of the features that an exported file outputs along a sound."""

import numpy as np

from keras_sounddream import checks
from keras_sounddream.errors import InputError
from keras_sounddream.lite.classifier import Embedder
from keras_sounddream.lite.length_variants import check_waveform
from keras_sounddream.sonification.inverse_fft import SAMPLE_RATE, sonify_activations, to_planes
from keras_sounddream.sonification.parameter_map import map_to_voices
from keras_sounddream.types import Array

METHODS = ("ifft", "parameter_map")

_MIN_WINDOWS = 2  # or nothing changes along the sound


def sonify(
    embedder: Embedder, waveform: Array, method: str = "ifft", hop_seconds: float = 0.1
) -> tuple[Array, int]:
    """Makes audible how the features of a sound change along it.

    Args:
        embedder: file that embeds.
        waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `embedder.sample_rate`.
        method: `"ifft"` takes the features of each window as a spectrum; `"parameter_map"` gives
            the features that change most a voice each, as loud as they are.
        hop_seconds: s, from one window to the next.

    Returns:
        `(waveform, sample_rate)`: float32 `(samples,)` in [-1, 1], and int, Hz.

    Raises:
        InputError: if there is no such method, or the sound is no longer than a window and a hop.
    """
    checks.check("method", method, checks.choice(METHODS))
    waveform = check_waveform(waveform)
    features = [vector for _, vector in embedder.stream([waveform], hop_seconds)]
    rate = embedder.sample_rate
    seconds = len(waveform) / rate
    if len(features) < _MIN_WINDOWS:
        least = embedder.samples[0] / rate + hop_seconds
        raise InputError(f"Expected at least {least:.3g} s of sound. Received: {seconds:.3g} s.")
    planes = to_planes(np.stack(features))
    if method == "ifft":
        return sonify_activations(planes), SAMPLE_RATE
    return map_to_voices(planes, rate, seconds).sum(axis=0), rate
