"""Weights of dream filters that ship: a table that needs no Keras."""

from typing import Any

PRETRAINED: dict[str, dict[str, Any]] = {}
