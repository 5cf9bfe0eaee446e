"""Classes by their labels, found without Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keras_sounddream.errors import InputError, unknown_name


def every_label(labels: Sequence[str] | Mapping[Any, Sequence[str]] | None) -> list[str]:
    """The labels of a model, of all its outputs one after another."""
    heads = labels.values() if isinstance(labels, Mapping) else [labels or ()]
    return [label for names in heads for label in names]


def find_in_labels(
    model_name: str, labels: Sequence[str] | Mapping[Any, Sequence[str]], label: str
) -> tuple[int, str | None]:
    """Finds a class by its label, or by one of its synonyms: `"tabby"` of `"tabby, tabby cat"`.

    Args:
        model_name: for the error.
        labels: of a model's classes; or a dict of such by the names of its outputs.
        label: what to find.

    Returns:
        `(index, output)`; `output` is `None` for a model with one.

    Raises:
        InputError: if no class is called so, with the nearest names.
    """
    heads = labels if isinstance(labels, Mapping) else {None: labels}
    classes = [(i, output) for output, names in heads.items() for i in range(len(names))]
    known = every_label(labels)
    for matches in ([label == name for name in known], [label in n.split(", ") for n in known]):
        if any(matches):
            return classes[matches.index(True)]
    synonyms = ", ".join(known).split(", ")
    raise InputError(unknown_name(f"{model_name} has", "label", label, synonyms))
