"""The ways of dreaming that the benchmark compares: ours, and four that one would write instead."""

from typing import ClassVar

import keras
import tensorflow as tf

from keras_sounddream import DeepDream, objectives
from keras_sounddream.audio.limiter import at_level
from keras_sounddream.audio.loudness import db_to_nepers, hold_level, rms
from keras_sounddream.audio.spectral.mel import mel_matrix
from keras_sounddream.audio.spectral.stft import from_polar, istft, stft, to_polar
from keras_sounddream.deepdream.ascent.updates import bounded

STEPS = 40
STEP_DB = 4.0
PROJECT_EVERY = 10
WAVEFORM_STEP = 0.02  # of the input's level


class Method:
    """A way of dreaming on one layer: call it with a waveform."""

    def __init__(self, model, layer):
        self.front_end = model.get_layer("front_end")
        self.analysis = self.front_end.analysis
        output = model.get_layer(layer).output
        self._of_waveform = keras.Model(model.inputs[0], output)
        self._of_mel = keras.Model(self.front_end.output, output)
        self._mel = tf.constant(mel_matrix(self.analysis))
        self._read = tf.function(self.of_waveform, reduce_retracing=True)
        self._gradient = tf.function(self._gradient_of, reduce_retracing=True)

    def of_waveform(self, waveform):
        return _objective(self._of_waveform(waveform, training=False))

    def of_mel(self, log_mel):
        return _objective(self._of_mel(log_mel, training=False))

    def to_mel(self, log_magnitude):
        return tf.math.log(tf.exp(2 * log_magnitude) @ self._mel + self.front_end.log_offset)

    def read(self, waveform):
        return float(self._read(tf.constant(waveform))[0])

    def _gradient_of(self, variable):
        with tf.GradientTape() as tape:
            tape.watch(variable)
            score = self.score(variable)
        return tape.gradient(score, variable)

    def make(self, log_magnitude, phase, waveform):
        whole = istft(*from_polar(log_magnitude, *phase), self.analysis, waveform.shape[1])
        return at_level(whole, rms(waveform), self.analysis.sample_rate).numpy()


class Ours(Method):
    """The default dream."""

    name, title = "ours", "**ours**, the default (strength 0.5)"
    settings: ClassVar = {}

    def __init__(self, model, layer):
        super().__init__(model, layer)
        self.dream = DeepDream(model, objectives.layer(layer), **self.settings)
        assert self.dream.settings.octaves * self.dream.settings.steps == STEPS

    def __call__(self, waveform):
        result = self.dream.run(waveform)
        return (
            result.waveform,
            float(result.objective_before[0]),
            float(result.objective_believed[0]),
        )


class Gentle(Ours):
    name, title = "gentle", "ours, `gentle` (0.25)"
    settings: ClassVar = {"preset": "gentle"}


class Vivid(Ours):
    name, title = "vivid", "ours, `vivid` (1)"
    settings: ClassVar = {"preset": "vivid"}


class Unbounded(Ours):
    """The spectrogram without bounds, as the default was before."""

    name, title = "unbounded", "ours, `log_magnitude` without bounds, steps of 4 dB"
    settings: ClassVar = {
        "parameterization": "log_magnitude",
        "step_size": STEP_DB,
    }


class MelFilter(Method):
    """Ascends the log-mel picture and applies its change to the sound as a filter."""

    name, title = "mel", "log-mel picture, applied as a filter"

    def score(self, log_mel):
        return self.of_mel(log_mel)

    def __call__(self, waveform):
        log_magnitude, *phase = to_polar(*stft(waveform, self.analysis))
        start = log_mel = self.to_mel(log_magnitude)
        for _ in range(STEPS):
            log_mel += 2 * db_to_nepers(STEP_DB) * bounded(self._gradient(log_mel))  # of power
        weights = tf.transpose(self._mel / (tf.reduce_sum(self._mel, axis=1, keepdims=True) + 1e-9))
        filtered = log_magnitude + 0.5 * (log_mel - start) @ weights
        dream = self.make(filtered, phase, waveform)
        return dream, float(self.of_mel(start)[0]), float(self.of_mel(log_mel)[0])


class PhaseKept(Method):
    """Ascends the log-magnitude through the mel matrix and keeps the input's phase."""

    name, title = "phase", "log-magnitude, phase kept"
    project_every = STEPS

    def score(self, log_magnitude):
        return self.of_mel(self.to_mel(log_magnitude))

    def __call__(self, waveform):
        start, *phase = to_polar(*stft(waveform, self.analysis))
        log_magnitude = start
        for step in range(STEPS):
            if step and step % self.project_every == 0:
                projected = self.make(log_magnitude, phase, waveform)
                log_magnitude, *phase = to_polar(*stft(projected, self.analysis))
            log_magnitude += db_to_nepers(STEP_DB) * bounded(self._gradient(log_magnitude))
        dream = self.make(log_magnitude, phase, waveform)
        return dream, float(self.score(start)[0]), float(self.score(log_magnitude)[0])


class Projected(PhaseKept):
    """The same, made the spectrogram of a real waveform every few steps."""

    name, title = "projected", f"the same, projected every {PROJECT_EVERY} steps"
    project_every = PROJECT_EVERY


class Waveform(Method):
    """Ascends the waveform itself."""

    name, title = "waveform", "gradient on the waveform"

    def score(self, waveform):
        return self.of_waveform(waveform)

    def __call__(self, waveform):
        level, dream = rms(waveform), tf.constant(waveform)
        for _ in range(STEPS):
            gradient = self._gradient(dream)
            size = tf.sqrt(tf.reduce_mean(tf.square(gradient))) + 1e-20
            dream = hold_level(dream + WAVEFORM_STEP * level * gradient / size, level)
        dream = at_level(dream, level, self.analysis.sample_rate).numpy()
        return dream, self.read(waveform), self.read(dream)


OURS = (Gentle, Ours, Vivid, Unbounded)
OTHERS = (MelFilter, PhaseKept, Projected, Waveform)


def _objective(activation):
    return tf.reduce_mean(tf.square(activation), axis=tuple(range(1, len(activation.shape))))
