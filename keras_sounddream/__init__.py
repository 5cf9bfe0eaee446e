"""A Keras model zoo for sound, and DeepDream with its models."""

from keras_sounddream import errors as errors
from keras_sounddream import moved, registered
from keras_sounddream.lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DeepDream": "deepdream.model",
        "ExportError": "errors",
        "InputError": "errors",
        "StyleTransfer": "deepdream.style_transfer",
        "applications": "",
        "audio": "",
        "batch": "",
        "convert": "",
        "datasets": "",
        "deepdream": "",
        "errors": "",
        "export": "",
        "export_model": "export.writer",
        "filters": "",
        "generate": "generation.autoregressive",
        "generation": "",
        "images": "",
        "lite": "",
        "objectives": "deepdream",
        "reports": "",
        "sonification": "",
        "sonify": "sonification.methods",
        "training": "",
        "workflows": "",
    },
)
__all__ += ["__version__"]

moved.install()
registered.install()
