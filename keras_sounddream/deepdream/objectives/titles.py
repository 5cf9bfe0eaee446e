"""Titles of objectives, as a person would say them: `block3_conv2 channel 7 + rooster`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

_MOST_NUMBERS = 6  # of a list that is spelled out

LabelOf: TypeAlias = Callable[[str | None, int], str | None]  # of a layer and the class's index


def title(
    terms: Sequence[Mapping[str, Any]], templates: Mapping[str, str], label_of: LabelOf
) -> str:
    """Title of a weighted sum of terms; those of one name and weight are said once.

    Args:
        terms: of an `Objective`.
        templates: how each kind is said, with fields for `layer` and the settings.
        label_of: gives the label of a class, or `None`.
    """
    said = dict.fromkeys((term["weight"], _said(term, templates, label_of)) for term in terms)
    text = "".join(_signed(weight, words) for weight, words in said)
    return text.removeprefix(" + ") if text.startswith(" + ") else f"-{text.removeprefix(' - ')}"


def as_said(label: str) -> str:
    """The first of a label's synonyms: `"tabby"` of `"tabby, tabby cat"`."""
    return label.partition(", ")[0]


def _said(term, templates, label_of):
    """A term without its weight."""
    if term.get("name"):
        return term["name"]
    layer, settings = term["layer"], term["settings"]
    if term["kind"] == "logit":
        label = label_of(layer, settings["index"])
        if label is not None:
            return as_said(label)
    template = templates[term["kind"]] or f"{term['kind']} of {{layer}}"
    shown = {name: _in_words(value) for name, value in settings.items()}
    return template.format(layer=layer or "the last layer", **shown)


def _in_words(value):
    if callable(value):
        name = getattr(value, "__name__", "<")
        return "a function" if name.startswith("<") else name
    if isinstance(value, list) and len(value) > _MOST_NUMBERS:
        return f"{', '.join(map(str, value[:_MOST_NUMBERS]))} and {len(value) - _MOST_NUMBERS} more"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _signed(weight, words):
    """A term with its sign before it, and its weight unless that is 1."""
    sign = "-" if weight < 0 else "+"
    factor = "" if abs(weight) == 1 else f"{abs(weight):g} × "
    return f" {sign} {factor}{words}"
