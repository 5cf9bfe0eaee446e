"""Parameterisations: what gradient ascent changes, and how it becomes a sound or picture."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LatentParam": "latent",
        "MODES": "pixels",
        "PixelParam": "pixels",
        "RandomEqualizer": "random_transforms",
        "RandomGain": "random_transforms",
        "RandomMask": "random_transforms",
        "RandomNoise": "random_transforms",
        "RandomPitch": "random_transforms",
        "RandomRoom": "random_transforms",
        "SoundLatentParam": "latent",
        "SpectrogramParam": "spectrogram",
        "Transform": "transforms",
        "preprocess": "pixels",
    },
)
