"""Labels as command lines give them."""

import difflib

from keras_sounddream.errors import InputError


def name_labels(given, conditions):
    """Finds the conditions that labels are of: one example.

    Args:
        given: sequence of str, `LABEL` or `NAME=LABEL`.
        conditions: dict from the name of each condition to its labels.

    Returns:
        dict from the name of a condition to a label.

    Raises:
        InputError: if no condition has a label, several have it, or a condition is given two.
    """
    found = {}
    for each in given:
        name, equals, label = each.partition("=")
        if not equals or name not in conditions:
            name, label = _having(each, conditions), each
        if name in found:
            raise InputError(f"Expected one label of {name!r}. Received: {found[name]}, {label}")
        found[name] = label
    return found


def _having(label, conditions):
    """The one condition that has a label."""
    having = [name for name, labels in conditions.items() if label in labels]
    if len(having) > 1:
        raise InputError(f"{' and '.join(having)} both have {label!r}. Say {having[0]}={label}.")
    if having:
        return having[0]
    if not conditions:
        raise InputError(f"This network has no conditions. Received: {label!r}. Leave it out.")
    every = [each for labels in conditions.values() for each in labels]
    every += [f"{name}={each}" for name, labels in conditions.items() for each in labels]
    near = difflib.get_close_matches(label, every, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(every[:12])} …"
    raise InputError(f"No condition of {', '.join(conditions)} has a label {label!r}. {hint}")
