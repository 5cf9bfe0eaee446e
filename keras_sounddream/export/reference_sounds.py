"""Reference sounds to compare exports on: speech-like, any rate, the same every time."""

import numpy as np

from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.types import Array

_FORMANTS_HZ = ((750, 1250, 2500), (280, 2250, 2950), (400, 850, 2400))  # a, ee, oo
_BANDWIDTH_HZ = 100.0
_NOISE = 0.03  # of a sound's level: -30 dB


def under_noise(image: Array, count: int) -> list[Array]:
    """Returns a sound or picture under noise, another each time: away from ties and silence.

    Float32 of its shape, the same every time; pixels stay in [0, 255].
    """
    rng = np.random.default_rng(0)
    level = _NOISE * float(np.sqrt(np.mean(np.square(image))))
    noisy = [(image + rng.normal(0, level, image.shape)).astype("float32") for _ in range(count)]
    return [np.clip(each, 0, WHITE) for each in noisy] if image.ndim == 4 else noisy


def speech_like(num_samples: int, sample_rate: int, seed: int = 0) -> Array:
    """Returns a voice that glides through vowels, hisses between and noise below, peak 0.5.

    Float32 `(1, num_samples)`, with all that makes exports differ: harmonics, noise, attacks and
    near-silence.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(num_samples) / sample_rate  # s
    pitch = rng.uniform(100, 220) * (1 + 0.1 * np.sin(2 * np.pi * 1.3 * time))  # Hz
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    vowel = (time * 3) % len(_FORMANTS_HZ)
    points = np.arange(len(_FORMANTS_HZ) + 1)
    formants = [
        np.interp(vowel, points, [row[i] for row in (*_FORMANTS_HZ, _FORMANTS_HZ[0])])
        for i in range(3)
    ]
    highest = min(5000, 0.45 * sample_rate)
    voice = np.zeros(num_samples)
    for harmonic in range(1, int(highest / pitch.max()) + 1):
        hz = harmonic * pitch
        gain = sum(1 / (1 + ((hz - centre) / _BANDWIDTH_HZ) ** 2) for centre in formants)
        voice += gain * np.sin(harmonic * phase)
    syllable = np.clip(np.sin(2 * np.pi * 2.5 * time + seed), 0, 1)
    hiss = np.diff(rng.normal(size=num_samples + 1)) * np.clip(-syllable + 0.2, 0, 1)
    sound = voice * syllable + 0.5 * hiss + 1e-3 * rng.normal(size=num_samples)
    return (0.5 * sound / np.abs(sound).max()).astype("float32")[None]
