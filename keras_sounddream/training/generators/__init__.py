"""Training of generators: GANs and autoencoders."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "GAN": "gan",
        "PictureBatches": "batches",
        "Settings": "settings",
        "frechet_distance": "frechet",
        "read_folder": "data",
        "sound_features": "frechet",
        "train": "fit",
    },
)
