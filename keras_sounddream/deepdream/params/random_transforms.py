"""Random transforms that make sounds louder, coloured, noisier, higher, masked or reverberant."""

import math
from typing import Any

import keras
import tensorflow as tf

from keras_sounddream.audio.loudness import db_to_nepers, rms
from keras_sounddream.checks import check, integer, number
from keras_sounddream.deepdream.params.transforms import Transform
from keras_sounddream.types import Tensor

_WAVES = 4  # of an equaliser's curve
_DECAY = math.log(1000)  # nepers that a room's answer falls by in its time of reverberation, 60 dB


class _Random(Transform):
    """A transform of sounds with one setting, how far it may go."""

    limit = 60.0  # of the setting

    def __init__(self, most: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.most = check("most", most, number(0.0, self.limit))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "most": self.most}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomGain(_Random):
    """Makes a sound louder or softer by up to `most` dB."""

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        gain = tf.random.stateless_uniform((tf.shape(image)[0], 1), seed, -self.most, self.most)
        return image * tf.exp(db_to_nepers(gain))


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomEqualizer(_Random):
    """Colours a sound by a smooth curve over frequency, of a standard deviation of `most` dB."""

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        spectrum = tf.signal.rfft(image)
        places = tf.linspace(0.0, math.pi, tf.shape(spectrum)[1])
        waves = tf.cos(places * tf.range(1.0, _WAVES + 1)[:, tf.newaxis])
        heights = tf.random.stateless_normal((tf.shape(image)[0], _WAVES), seed)
        curve = heights @ waves * (self.most * math.sqrt(2 / _WAVES))
        factor = tf.cast(tf.exp(db_to_nepers(curve)), spectrum.dtype)
        return tf.signal.irfft(spectrum * factor, tf.shape(image)[1:])


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomNoise(_Random):
    """Adds white noise, `most` dB below the sound at the loudest and 30 dB more at the softest."""

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        below = self.most + tf.random.stateless_uniform((tf.shape(image)[0], 1), seed, 0.0, 30.0)
        noise = tf.random.stateless_normal(tf.shape(image), seed + 1)
        return image + noise * rms(image) * tf.exp(db_to_nepers(-below))


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomPitch(_Random):
    """Plays sounds faster or slower, so that they are up to `most` semitones higher or lower.

    The length stays: a faster sound begins again at its end, a slower one is cut.
    """

    limit = 24.0

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        semitones = tf.random.stateless_uniform(
            (tf.shape(image)[0], 1), seed, -self.most, self.most
        )
        count = tf.shape(image)[1]
        places = tf.range(tf.cast(count, "float32")) * 2.0 ** (semitones / 12)
        before = tf.cast(places, "int32")
        part = places - tf.cast(before, "float32")
        first, second = (
            tf.gather(image, (before + i) % count, axis=1, batch_dims=1) for i in (0, 1)
        )
        return first + part * (second - first)


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomMask(_Random):
    """Silences a stretch of time and a band of frequency, each up to the share `most`."""

    limit = 1.0

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        spectrum = tf.signal.rfft(image)
        heard = tf.cast(self._heard(spectrum, seed), spectrum.dtype)
        image = tf.signal.irfft(spectrum * heard, tf.shape(image)[1:])
        return image * self._heard(image, seed + 1)

    def _heard(self, values, seed):
        """0 in a stretch of the second axis, 1 elsewhere: float32 `(batch, places)`."""
        shape = tf.shape(values)
        width = tf.random.stateless_uniform((shape[0], 1), seed, 0.0, self.most)
        start = tf.random.stateless_uniform((shape[0], 1), seed + 2) * (1 - width)
        places = tf.linspace(0.0, 1.0, shape[1])
        return tf.cast((places < start) | (places > start + width), "float32")


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomRoom(_Random):
    """Plays sounds in a room that reverberates for up to `most` seconds.

    The room's answer is noise that decays by 60 dB in that time, as loud as the sound itself at the
    most.

    Args:
        most: seconds, from 0 to 10.
        sample_rate: Hz, of the sounds.
    """

    limit = 10.0

    def __init__(self, most: float, sample_rate: int, **kwargs: Any):
        super().__init__(most, **kwargs)
        self.sample_rate = check("sample_rate", sample_rate, integer(1))

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        batch, count = tf.unstack(tf.shape(image))
        drawn = tf.random.stateless_uniform((2, batch, 1), seed)
        decay = _DECAY / (self.sample_rate * self.most * drawn[0] + 1.0)
        noise = tf.random.stateless_normal((batch, count), seed + 1)
        answer = noise * tf.exp(-decay * tf.range(tf.cast(count, "float32")))
        answer *= drawn[1] / tf.norm(answer, axis=1, keepdims=True)
        length = [2 * count]
        spectrum = tf.signal.rfft(image, length) * tf.signal.rfft(answer, length)
        return image + tf.signal.irfft(spectrum, length)[:, :count]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sample_rate": self.sample_rate}
