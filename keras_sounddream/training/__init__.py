"""Recipes: a data set, a model and a schedule, with exact resume."""

import importlib

__all__ = ["batches", "dataset"]


def __getattr__(name):
    """Imports a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'keras_sounddream.training' has no attribute {name!r}")
    return getattr(importlib.import_module("keras_sounddream.training.datasets"), name)
