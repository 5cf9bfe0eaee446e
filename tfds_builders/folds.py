"""Parts of a data set that share no source recording."""

import typing

import numpy as np

from keras_sounddream.errors import InputError


class Pair(typing.NamedTuple):
    """What to train on and what to test on when a fold is left out.

    `test` is the fold alone; `train` holds all others, without the recordings that are in `test`.
    """

    fold: str
    train: object
    test: object


def leave_one_out(builder, **reading):
    """Leaves out each fold in turn.

    Some data sets have slices of one recording in two folds (UrbanSound8K of five). What of such a
    recording is outside the fold that is tested is left out of training too.

    Args:
        builder: `tfds.core.DatasetBuilder` that is built, with splits `fold1` … and a feature
            `recording`.
        **reading: of `as_dataset`, such as `shuffle_files` and `read_config`.

    Returns:
        list of `Pair` with `tf.data.Dataset` of examples, in the folds' order.

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


def find_crossing(members):
    """Finds the recordings that are in several parts.

    Args:
        members: iterable of `(recording, part)`, both str, one a clip.

    Returns:
        dict from each such recording to the sorted list of its parts.
    """
    parts = {}
    for recording, part in members:
        parts.setdefault(recording, set()).add(part)
    return {name: sorted(found) for name, found in sorted(parts.items()) if len(found) > 1}


def left_out(crossing, fold):
    """Lists the recordings of a fold that are in other folds too.

    Args:
        crossing: dict, as of `find_crossing`.
        fold: str.

    Returns:
        list of str: not to be trained on when that fold is tested.
    """
    return [recording for recording, parts in crossing.items() if fold in parts]


def deal(recordings, labels, num_folds, seed):
    """Deals clips into folds at random, a recording as a whole, classes as evenly as that allows.

    Args:
        recordings: sequence of str, one a clip.
        labels: sequence of str or int, its class.
        num_folds: int.
        seed: int.

    Returns:
        list of int, `1` … `num_folds`, one a clip.
    """
    first_label = {}
    for recording, label in zip(recordings, labels, strict=True):
        first_label.setdefault(recording, label)
    names = [
        sorted(first_label)[i] for i in np.random.default_rng(seed).permutation(len(first_label))
    ]
    names.sort(
        key=lambda name: str(first_label[name])
    )  # classes one after the other, each shuffled
    fold = {name: 1 + i % num_folds for i, name in enumerate(names)}
    return [fold[recording] for recording in recordings]


def cut_by_shares(items, shares):
    """Cuts a list into parts one after the other.

    Args:
        items: list.
        shares: dict from a part's name to its share; they add up to 1.

    Returns:
        dict of lists: the first part takes what rounding leaves.
    """
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
