"""A listener that was trained apart from the dreams' networks: YAMNet's TFLite file."""

import numpy as np
from yamnet_esc10 import LABELS, MATCHES, scorer

from keras_sounddream import audio
from keras_sounddream.applications import YAMNet, log_mel_cnn, yamnet

FIRST = 5  # of 521 classes
RATE = log_mel_cnn.ANALYSIS.sample_rate


class Listener:
    """Names sounds by YAMNet's TFLite file, or does nothing without one."""

    def __init__(self, path=None):
        self._score = None if path is None else scorer(YAMNet(weights=str(path)))

    def named(self, before, after, label):
        """Whether an ESC-10 class is among the first before and after a change."""
        if self._score is None or label is None:
            return {}
        return {"named": self._names(before, label), "named_after": self._names(after, label)}

    def _names(self, waveform, label):
        sound = audio.resample(waveform, RATE, yamnet.ANALYSIS.sample_rate)
        first = np.argsort(np.asarray(self._score(sound))[0])[-FIRST:]
        return bool({LABELS[i] for i in first} & set(list(MATCHES.values())[label]))
