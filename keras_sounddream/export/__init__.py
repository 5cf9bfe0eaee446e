"""Files of a model that other runtimes run; each is read back and compared before it counts."""

import importlib

_HOME = {
    "FORMATS": "model",
    "Metadata": "metadata",
    "TASKS": "tasks",
    "Task": "tasks",
    "export_generator": "generators",
    "export_model": "model",
    "export_serving": "serving",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    """Imports a public name when it is first used: reading metadata does not need Keras."""
    if name not in _HOME:
        raise AttributeError(f"module 'keras_sounddream.export' has no attribute {name!r}")
    return getattr(importlib.import_module(f"keras_sounddream.export.{_HOME[name]}"), name)


def __dir__():
    return __all__
