"""The loss of a dream filter: the dream's objective by the frozen network, and what is lost."""

import tensorflow as tf
from keras import ops

from keras_sounddream.audio.loudness import db_to_nepers, hold_level, nepers_to_db, rms
from keras_sounddream.audio.preservation import HEARD_DB
from keras_sounddream.audio.spectral.stft import stft, to_polar
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.types import Tensor

_ALLOWED_DB = 10.0  # that a bin may fall without cost
_LOGIT = 1.0  # natural scale of an objective of logits; of others it is their own value
_TINY = 1e-9


class DreamLoss:
    """Loss of a filtered sound beside its source.

    The objective's rise is measured in units of its value before, logarithmically where it is
    large, so that loud and soft sounds count alike: `-asinh(rise / |before|)`. Added is `keep`
    times the mean fall beyond 10 dB, in tens of dB, of the bins that can be heard (within 50 dB of
    the loudest, as `audio.lost` counts them). Both at the source's level.

    Args:
        dream: `DeepDream` of sounds.
        keep: 0 or more.
        level_db: RMS in dB of full scale that both are brought to before the objective is read, as
            a style's statistics are those of one loudness; by default the source's own.
    """

    def __init__(self, dream: DeepDream, keep: float, level_db: float | None = None):
        self.dream, self.keep = dream, keep
        self._level = None if level_db is None else ops.exp(db_to_nepers(level_db))
        self._floor = _LOGIT if dream.objective.logit_layers else _TINY

    def __call__(self, source: Tensor, filtered: Tensor) -> Tensor:
        """Losses float32 `(batch,)` of waveforms `(batch, samples)`."""
        filtered = hold_level(filtered, rms(source))
        return self.keep * self.fallen(source, filtered) - self.rise(source, filtered)

    def rise(self, source: Tensor, filtered: Tensor) -> Tensor:
        """The objective's rise, `(batch,)`."""
        score = self.dream.ascent.score
        if self._level is not None:
            source, filtered = (hold_level(each, self._level) for each in (source, filtered))
        before = tf.stop_gradient(score(source, source, differentiable=False))
        after = score(filtered, source)
        return ops.arcsinh((after - before) / (ops.abs(before) + self._floor))

    def fallen(self, source: Tensor, filtered: Tensor) -> Tensor:
        """Mean fall of the heard bins, `(batch,)`."""
        before, after = (self._levels(each) for each in (source, filtered))
        heard = before > ops.max(before, (1, 2), keepdims=True) - HEARD_DB
        heard = ops.cast(heard, "float32")
        fall = ops.relu(before - after - _ALLOWED_DB) / _ALLOWED_DB
        return ops.sum(heard * fall, (1, 2)) / ops.sum(heard, (1, 2))

    def _levels(self, waveform):
        """Spectrogram in dB."""
        return nepers_to_db(to_polar(*stft(waveform, self.dream.analysis, "fft"))[0])
