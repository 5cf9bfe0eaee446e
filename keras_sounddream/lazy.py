"""Lazy packages: a public name is imported on first use (PEP 562)."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def attach(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns the module functions that import a package's public names on first use.

    Args:
        package: the package's `__name__`.
        homes: public name → module that defines it, inside the package or by its full name; `""`
            where the name is itself a submodule.

    Returns:
        `(__getattr__, __dir__, __all__)`, for the package to bind.

    Example:
        __getattr__, __dir__, __all__ = attach(__name__, {"load": "io", "spectral": ""})
    """

    def get_attribute(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        if not home:
            return importlib.import_module(f"{package}.{name}")
        module = home if home.startswith("keras_sounddream.") else f"{package}.{home}"
        value = getattr(importlib.import_module(module), name)
        setattr(sys.modules[package], name, value)
        return value

    names = sorted(homes)
    return get_attribute, lambda: names, names
