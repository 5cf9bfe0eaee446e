"""Generators of pictures and spectrogram patches, their discriminators, and an autoencoder."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Autoencoder": "autoencoder",
        "DCGANDiscriminator": "model",
        "DCGANGenerator": "model",
        "FAMILIES": "tables",
        "GAN256Discriminator": "model",
        "GAN256Generator": "model",
        "Generator": "generator",
        "PRETRAINED": "pretrained",
        "draw_latents": "latents",
        "generate_large": "large",
        "interpolate": "latents",
        "load_generator": "files",
        "on_sphere": "latents",
    },
)
