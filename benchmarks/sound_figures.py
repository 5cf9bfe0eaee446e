"""Figures of a sound: level, spectral flatness and crest."""

import numpy as np

from keras_sounddream import applications, audio
from keras_sounddream.audio.spectral.stft import stft

RATE = applications.log_mel_cnn.ANALYSIS.sample_rate


def mean_power(waveform):
    """Power of each frequency bin, averaged over time."""
    real, imaginary = (np.asarray(part)[0] for part in stft(waveform, audio.Analysis(RATE)))
    return (real**2 + imaginary**2).mean(axis=0) + 1e-12


def flatness(waveform):
    """Geometric over arithmetic mean of the power spectrum: 1 for white noise, 0 for a tone."""
    power = mean_power(waveform)
    return float(np.exp(np.log(power).mean()) / power.mean())


def crest_db(waveform):
    """Loudest bin over the mean of all, dB."""
    power = mean_power(waveform)
    return float(10 * np.log10(power.max() / power.mean()))


def level_db(waveform):
    """Root mean square, dB of full scale."""
    return float(10 * np.log10(np.mean(np.square(waveform)) + 1e-20))
