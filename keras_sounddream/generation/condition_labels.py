"""Labels of conditions from the command line: `LABEL` or `NAME=LABEL`."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from keras_sounddream.errors import InputError

_MOST = 12  # labels in an error


def name_labels(given: Iterable[str], conditions: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The label of each named condition; an `InputError` if a label fits none, several or twice."""
    labels: dict[str, str] = {}
    for word in given:
        name, equals, label = word.partition("=")
        if not equals or name not in conditions:
            name, label = _having(word, conditions), word
        if name in labels:
            raise InputError(f"Expected one label of {name!r}. Received: {labels[name]}, {label}")
        labels[name] = label
    return labels


def all_labels(given: Iterable[str], conditions: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """One label of each condition, as `name_labels`; an `InputError` that lists all missing."""
    labels = name_labels(given, conditions)
    missing = {name: known for name, known in conditions.items() if name not in labels}
    if missing:
        known = "; ".join(f"{name}: {_some(words)}" for name, words in missing.items())
        options = " ".join(f"--condition {words[0]}" for words in missing.values())
        raise InputError(
            f"Expected a label of each condition, such as {options}. There are, of {known}."
        )
    for name, label in labels.items():
        if label not in conditions[name]:
            near = difflib.get_close_matches(label, conditions[name], n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {_some(conditions[name])}."
            raise InputError(f"There is no {name} {label!r}. {hint}")
    return labels


def _some(words):
    return ", ".join(words[:_MOST]) + f" and {len(words) - _MOST} more" * (len(words) > _MOST)


def _having(label, conditions):
    """The one condition that has a label."""
    having = [name for name, labels in conditions.items() if label in labels]
    if len(having) > 1:
        raise InputError(f"{' and '.join(having)} both have {label!r}. Say {having[0]}={label}.")
    if having:
        return having[0]
    if not conditions:
        raise InputError(f"This network has no conditions. Received: {label!r}. Leave it out.")
    words = [known for labels in conditions.values() for known in labels]
    words += [f"{name}={known}" for name, labels in conditions.items() for known in labels]
    near = difflib.get_close_matches(label, words, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(words[:12])} …"
    raise InputError(f"No condition of {', '.join(conditions)} has a label {label!r}. {hint}")
