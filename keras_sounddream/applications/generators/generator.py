"""`Generator`: a functional Keras model from latents to pictures or spectrogram patches."""

from typing import Any

import keras
import numpy as np

from keras_sounddream.applications.generators.latents import as_latents, draw_latents, on_sphere
from keras_sounddream.audio.spectrogram_patches import SpectrogramPatches, as_patches
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_AT_ONCE = 32  # latents


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Generator(keras.Model):
    """A model from latents `(batch, latent_size)` to pictures `(batch, rows, columns, channels)`.

    Latents have a root mean square of 1, pixels are in [-1, 1].

    Attributes:
        patches: `SpectrogramPatches`, whose sounds its pictures are; `None` for pictures.
        weight_settings: dict of the constructor's arguments, saved with the weights.
    """

    patches: SpectrogramPatches | None = None
    weight_settings: Any = None

    @property
    def latent_size(self) -> int:
        """Numbers of a latent."""
        return self.inputs[0].shape[-1]

    @property
    def sample_rate(self) -> int | None:
        """Hz, of the sounds; `None` for pictures."""
        return self.patches.sample_rate if self.patches else None

    def draw(self, count: int, seed: int = 0) -> Array:
        """Draws random latents: float32 `(count, latent_size)`, by a seed."""
        return draw_latents(count, self.latent_size, seed)

    def generate(self, latents: Array, raw: bool = False, seed: int = 0) -> Array:
        """Makes pictures or sounds.

        Args:
            latents: float array `(batch, latent_size)` of any length but 0.
            raw: whether to return the model's output, and not the sounds that it stands for.
            seed: of the phases of sounds.

        Returns:
            float32 `(batch, rows, columns, 3)` in [0, 255]; or of spectrogram patches `(batch,
            samples)`; or, `raw`, the output in [-1, 1].

        Raises:
            InputError: if the latents are of another size, not finite, or 0.
        """
        latents = check_latents(latents, self.latent_size, self.name)
        parts = [latents[i : i + _AT_ONCE] for i in range(0, len(latents), _AT_ONCE)]
        made = np.concatenate([np.asarray(self(part, training=False)) for part in parts])
        if raw:
            return made
        if self.patches is not None:
            return self.patches.to_waveforms(made, seed=seed)
        return np.clip((made + 1) * 127.5, 0, 255)

    def get_config(self) -> dict[str, Any]:
        patches = self.patches.to_dict() if self.patches else None
        own = {"patches": patches, "weight_settings": self.weight_settings}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Generator":
        config = dict(config)
        own = config.pop("patches", None), config.pop("weight_settings", None)
        return describe(super().from_config(config, custom_objects=custom_objects), *own)


def describe(model: Any, patches: Any, weight_settings: dict[str, Any] | None) -> Any:
    """Sets the attributes of a `Generator`, `patches` perhaps as a dictionary, and returns it."""
    model.patches = None if patches is None else as_patches(patches)
    model.weight_settings = weight_settings
    return model


def check_latents(latents: Any, size: int, name: str) -> Array:
    """Latents `(batch, size)` on the sphere, float32; one alone gets a batch axis.

    Raises:
        InputError: if they are of another shape, not finite, or 0.
    """
    latents = as_latents(latents)
    latents = latents[np.newaxis] if latents.ndim == 1 else latents
    if latents.ndim != 2 or latents.shape[1] != size or not len(latents):
        raise InputError(
            f"{name} takes latents (batch, {size}), as its draw(count, seed) gives them. "
            f"Received shape: {latents.shape}"
        )
    return on_sphere(latents)
