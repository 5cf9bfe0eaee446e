"""A Keras model zoo for sound, and the instrument to dream with it."""

import importlib

__version__ = "0.1.0"

_MODULES = (
    "applications",
    "audio",
    "batch",
    "deepdream",
    "export",
    "generation",
    "lite",
    "reports",
    "sonification",
    "training",
)
_NAMES = {
    "DeepDream": "keras_sounddream.deepdream.model",
    "objectives": "keras_sounddream.deepdream",
    "ExportError": "keras_sounddream.errors",
    "InputError": "keras_sounddream.errors",
    "generate": "keras_sounddream.generation",
    "export_model": "keras_sounddream.export.model",
    "sonify": "keras_sounddream.sonification.methods",
}

__all__ = [*_MODULES, *_NAMES, "__version__"]


def __getattr__(name):
    """Imports a public name when it is first used, so that `import keras_sounddream` is quick."""
    if name in _MODULES:
        return importlib.import_module(f"keras_sounddream.{name}")
    if name in _NAMES:
        module = importlib.import_module(_NAMES[name])
        if not hasattr(module, name):
            return importlib.import_module(f"{_NAMES[name]}.{name}")
        return getattr(module, name)
    raise AttributeError(f"module 'keras_sounddream' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
