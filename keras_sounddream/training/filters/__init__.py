"""Training of filters that dream in one pass."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Crops": "crops",
        "DreamLoss": "loss",
        "PictureCrops": "picture_crops",
        "PictureLoss": "picture_loss",
        "Settings": "settings",
        "train": "fit",
    },
)
