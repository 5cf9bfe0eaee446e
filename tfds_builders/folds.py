"""Folds of a data set that share no source recording."""

import typing
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from keras_sounddream.errors import InputError


class Pair(typing.NamedTuple):
    """Training and test data with one fold left out.

    `test` is the fold alone; `train` holds all others, without the recordings that are in `test`.
    """

    fold: str
    train: typing.Any
    test: typing.Any


def leave_one_out(builder: typing.Any, **reading: typing.Any) -> list[Pair]:
    """Leaves out each fold in turn.

    Some data sets have slices of one recording in two folds (UrbanSound8K: of five recordings).
    Slices of such a recording outside the test fold are left out of training, too.

    Args:
        builder: a built `tfds.core.DatasetBuilder` with splits `fold1` … and a feature `recording`.
        **reading: arguments of `as_dataset`, such as `shuffle_files` and `read_config`.

    Returns:
        pairs of `tf.data.Dataset` of examples, in the folds' order.

    Raises:
        InputError: if the data set has fewer than two folds.
    """
    names = [name for name in builder.info.splits if name.startswith("fold")]
    names.sort(key=lambda name: int(name.removeprefix("fold")))
    if len(names) < 2:
        raise InputError(
            f"Expected a data set with splits fold1, fold2 … {builder.info.full_name} has: "
            f"{', '.join(builder.info.splits) or 'none; build it first'}"
        )
    crossing = (builder.info.metadata or {}).get("crossing", {})
    pairs = []
    for name in names:
        train = builder.as_dataset(split="+".join(n for n in names if n != name), **reading)
        train = _without(train, left_out(crossing, name))
        pairs.append(Pair(name, train, builder.as_dataset(split=name, **reading)))
    return pairs


def find_crossing(members: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Recordings in several parts, with those parts, from `(recording, part)` of each clip."""
    parts: dict[str, set[str]] = {}
    for recording, part in members:
        parts.setdefault(recording, set()).add(part)
    return {name: sorted(ones) for name, ones in sorted(parts.items()) if len(ones) > 1}


def left_out(crossing: Mapping[str, Sequence[str]], fold: str) -> list[str]:
    """Recordings of a fold that are in other folds, too: no training on them in its test."""
    return [recording for recording, parts in crossing.items() if fold in parts]


def deal(
    recordings: Sequence[str], labels: Sequence[str | int], num_folds: int, seed: int
) -> list[int]:
    """Random folds `1` … `num_folds` of clips, whole recordings, classes as even as possible."""
    first_label: dict[str, typing.Any] = {}
    for recording, label in zip(recordings, labels, strict=True):
        first_label.setdefault(recording, label)
    names = [
        sorted(first_label)[i] for i in np.random.default_rng(seed).permutation(len(first_label))
    ]
    names.sort(key=lambda name: str(first_label[name]))  # class by class, each shuffled
    fold = {name: 1 + i % num_folds for i, name in enumerate(names)}
    return [fold[recording] for recording in recordings]


def cut_by_shares(
    items: list[typing.Any], shares: Mapping[str, float]
) -> dict[str, list[typing.Any]]:
    """Consecutive parts of a list by shares that add up to 1; the first takes the remainder."""
    later = [int(share * len(items)) for share in list(shares.values())[1:]]
    ends = [len(items) - sum(later[i:]) for i in range(len(later) + 1)]
    starts = [0, *ends[:-1]]
    return {name: items[a:b] for name, a, b in zip(shares, starts, ends, strict=True)}


def _without(examples, recordings):
    if not recordings:
        return examples
    import tensorflow as tf

    names = tf.constant(recordings)
    return examples.filter(lambda example: tf.reduce_all(example["recording"] != names))
