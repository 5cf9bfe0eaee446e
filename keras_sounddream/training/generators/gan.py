"""`GAN`: a generator and a discriminator that are trained against each other."""

from typing import Any

import keras
import tensorflow as tf

from keras_sounddream.types import Tensor


class GAN(keras.Model):
    """A generator and its discriminator, as one model with one step of training.

    Both networks step at once, along the gradients of their own losses by their own weights: what
    the generator learns never moves the discriminator, so nothing has to be frozen. Real and made
    pictures are judged in batches of their own, equally large.

    Args:
        generator: from latents to pictures in [-1, 1].
        discriminator: from pictures to a logit `(batch, 1)`.
        real_label: what the discriminator is to say of real pictures.
    """

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, real_label: float = 0.9
    ) -> None:
        super().__init__(name="gan")
        self.generator, self.discriminator = generator, discriminator
        self.real_label = real_label
        self.means = [keras.metrics.Mean(name=name) for name in ("makes", "judges", "real", "made")]
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Means over an epoch: losses, and shares of pictures that are judged to be real."""
        return self.means

    def compile(self, **settings: Any) -> None:
        super().compile(**{**settings, "metrics": None, "jit_compile": False})

    def losses_of(self, pictures: Tensor, latents: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Losses of the generator and of the discriminator, and the logits of real and made."""
        made = self.generator(latents, training=True)
        real_logits = self.discriminator(pictures, training=True)
        made_logits = self.discriminator(made, training=True)
        judges = _loss(self.real_label, real_logits) + _loss(0.0, made_logits)
        return _loss(1.0, made_logits), judges, real_logits, made_logits

    def train_step(self, data: Any) -> dict[str, Tensor]:
        """One step of both networks on a batch of `PictureBatches`."""
        inputs = data[0]
        makers = self.generator.trainable_variables
        judge = self.discriminator.trainable_variables
        with tf.GradientTape(persistent=True) as tape:
            makes, judges, real, made = self.losses_of(inputs["picture"], inputs["latent"])
        gradients = [*tape.gradient(makes, makers), *tape.gradient(judges, judge)]
        self.optimizer.apply(gradients, [*makers, *judge])
        shares = (tf.reduce_mean(tf.cast(logits > 0, "float32")) for logits in (real, made))
        for mean, value in zip(self.means, (makes, judges, *shares), strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}

    def call(self, latents: Tensor, training: bool = False) -> Tensor:
        return self.generator(latents, training=training)


def _loss(label, logits):
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
