"""Spectrograms made once, for training on them many times."""

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import load, resample
from keras_sounddream.audio.layers import LogMelSpectrogram

_TINY = 1e-12


def mel_powers(paths, analysis, speeds, power=2):
    """Computes the mel power of sounds, each played at several speeds.

    Args:
        paths: sequence of paths of sound files.
        analysis: `Analysis`.
        speeds: sequence of float; 1.1 is a tenth faster and higher.
        power: 2 for the mel bands of the power; 1 for the squares of those of the magnitude, which
            `AugmentedCrops` of the same `power` takes.

    Returns:
        For each path a list with, for each speed, float32 `(frames, num_mel_bins)`.
    """
    front_end = LogMelSpectrogram(analysis, power, log_offset=_TINY)
    to_power = 2 / power
    stored = []
    for path in tqdm(paths, desc="features", unit="clip"):
        waveform = load(path, analysis.sample_rate)
        played = [resample(waveform, round(speed * 1000), 1000) for speed in speeds]
        stored.append(
            [np.exp(to_power * keras.ops.convert_to_numpy(front_end(w))[0]) for w in played]
        )
    return stored
