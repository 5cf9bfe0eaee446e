"""What an exported file answers along a sound, made audible."""

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.lite.length_variants import check_waveform
from keras_sounddream.sonification.inverse_fft import SAMPLE_RATE, sonify_activations, to_planes
from keras_sounddream.sonification.parameter_map import map_to_voices

METHODS = ("ifft", "parameter_map")

_FEWEST = 2  # windows, or nothing changes along the sound


def sonify(embedder, waveform, method="ifft", hop_seconds=0.1):
    """Makes audible how the features of a sound change along it.

    Args:
        embedder: `Embedder`.
        waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `embedder.sample_rate`.
        method: `"ifft"` takes the features of each window for a spectrum; `"parameter_map"` gives
            the liveliest of them voices, as loud as they are and as long as the sound.
        hop_seconds: float, s, from one window to the next.

    Returns:
        `(waveform, sample_rate)`: float32 `(samples,)` in [-1, 1], and int, Hz.

    Raises:
        InputError: if there is no such method, or the sound is no longer than a window and a hop.
    """
    if method not in METHODS:
        raise InputError(f"`method` must be one of {', '.join(METHODS)}. Received: {method!r}")
    waveform = check_waveform(waveform)
    found = [features for _, features in embedder.stream([waveform], hop_seconds)]
    if len(found) < _FEWEST:
        least = embedder.samples[0] / embedder.sample_rate + hop_seconds
        seconds = len(waveform) / embedder.sample_rate
        raise InputError(f"Expected at least {least:.3g} s of sound. Received: {seconds:.3g} s.")
    planes = to_planes(np.stack(found))
    if method == "ifft":
        return sonify_activations(planes), SAMPLE_RATE
    rate = embedder.sample_rate
    return map_to_voices(planes, rate, len(waveform) / rate).sum(axis=0), rate
