"""What a data set holds: classes and folds, lengths, rates, levels, clipping and silence."""

import collections
import math

import numpy as np
from tqdm import tqdm

from keras_sounddream.datasets.inspection.checks import CLIPPED_SHARE
from keras_sounddream.datasets.inspection.listing import list_known
from keras_sounddream.datasets.inspection.measures import Measures, measure_files, measure_samples
from keras_sounddream.errors import InputError
from keras_sounddream.reports.corpus import amounts

_BARS = 8  # of the histogram of lengths in the table, as the first system drew it
_KINDS = {"class": "label", "part": "part"}  # condition: the attribute of `Known`


def measure_folder(folder, quick=False, progress=True):
    """Measures the sounds of a folder, or reads them off its table where it holds no sound.

    Args:
        folder: str or path.
        quick: bool, whether to read lengths and rates alone.
        progress: bool, whether to show a progress bar.

    Returns:
        `(measures, labels, left_out)`: list of `Measures`; dict from `class` and `part`, where they
        are known, to a tuple of str, one a sound; and a list of `(name, reason)`.

    Raises:
        InputError: as `listing.list_known`, or if no sound can be read.
    """
    known, missing = list_known(folder)
    paths = list(known)
    if paths[0].is_file():
        measured = measure_files(paths, quick, progress)
    else:
        measured = [Measures(each.seconds or 0.0) for each in known.values()]
    labels = {
        name: [getattr(each, attribute) or "none" for each in known.values()]
        for name, attribute in _KINDS.items()
        if any(getattr(each, attribute) for each in known.values())
    }
    measures, labels, left_out = keep_measured(paths, measured, labels)
    return measures, labels, left_out + [(name, "It is not there.") for name in missing]


def open_data_set(name, data_folder=None):
    """Opens a data set of TFDS, or of `tfds_builders`, that is built.

    Args:
        name: str, such as `"esc50/esc10"`.
        data_folder: str or path, where TFDS keeps it; `None` for its default.

    Returns:
        `tfds.core.DatasetBuilder`.

    Raises:
        InputError: if there is no such data set, it is not built, or it holds no sound.
    """
    from keras_sounddream.datasets.tfds import builders

    try:
        builder = builders.find_prepared(name, data_folder)
    except InputError as error:
        raise InputError(f"There is no folder {name}. {error}") from None
    if "audio" not in builder.info.features:
        raise InputError(f"{name} has no feature audio. It has: {', '.join(builder.info.features)}")
    return builder


def measure_data_set(builder, progress=True):
    """Measures the sounds of a data set.

    Args:
        builder: `tfds.core.DatasetBuilder`, as of `open_data_set`.
        progress: bool, whether to show a progress bar.

    Returns:
        As `measure_folder`; a part is a split.

    Raises:
        InputError: if no sound can be measured.
    """
    features = builder.info.features
    rate = getattr(features["audio"], "sample_rate", None)
    named = "label" in features and hasattr(features["label"], "int2str")
    names, found, labels = [], [], {"class": [], "part": []} if named else {"part": []}
    for split, about in builder.info.splits.items():
        examples = _examples(builder, split)
        bar = tqdm(examples, split, about.num_examples, unit="sound", disable=not progress)
        for number, example in enumerate(bar):
            names.append(f"{split}/{number}")
            found.append(_measured(example, rate))
            labels["part"].append(split)
            if named:
                labels["class"].append(features["label"].int2str(int(example["label"])))
    return keep_measured(names, found, labels)


def keep_measured(names, measured, labels):
    """Keeps the sounds that could be measured.

    Args:
        names: sequence of str or path, one a sound.
        measured: sequence of `Measures` and errors, one a sound.
        labels: dict from a condition to a sequence of str, one a sound.

    Returns:
        `(measures, labels, left_out)`, as of `measure_folder`.

    Raises:
        InputError: if none is left.
    """
    kept = [i for i, each in enumerate(measured) if isinstance(each, Measures)]
    left_out = [
        (str(name), str(each))
        for name, each in zip(names, measured, strict=True)
        if not isinstance(each, Measures)
    ]
    if not kept:
        raise InputError(f"No sound of {len(left_out)} can be opened. {left_out[-1][1]}")
    labels = {name: tuple(each[i] for i in kept) for name, each in labels.items()}
    return [measured[i] for i in kept], labels, left_out


def sum_up(measures, labels, left_out=()):
    """Sums up what a data set holds.

    Args:
        measures: list of `Measures`.
        labels: as of `measure_folder`.
        left_out: as of `measure_folder`.

    Returns:
        dict that JSON can hold: `sounds`, `seconds`, `conditions` (condition to label to `sounds`
        and `seconds`), `lengths` (s: least, median, mean, most, and a histogram), `sample_rates`,
        `channels` and `codings` with their counts, `levels` (`clipped` and `silent` sounds,
        `silent_share`, median `peak_db` and `level_db`; `None` if not measured), `left_out`.
    """
    seconds = np.array([each.seconds for each in measures])
    counts, edges = np.histogram(seconds, _BARS)
    conditions = {
        name: {
            word: {"sounds": count, "seconds": total}
            for word, (count, total) in amounts(seconds, words).items()
        }
        for name, words in labels.items()
    }
    return {
        "sounds": len(measures),
        "seconds": float(seconds.sum()),
        "conditions": conditions,
        "lengths": {
            "least": float(seconds.min()),
            "median": float(np.median(seconds)),
            "mean": float(seconds.mean()),
            "most": float(seconds.max()),
            "histogram": {"edges": edges.tolist(), "sounds": counts.tolist()},
        },
        "sample_rates": _counts(each.sample_rate for each in measures),
        "channels": _counts(each.channels for each in measures),
        "codings": _counts(each.coding for each in measures),
        "levels": _levels(measures),
        "left_out": [list(each) for each in left_out],
    }


def _levels(measures):
    heard = [each for each in measures if each.silent is not None]
    if not heard:
        return None
    frames = sum(each.seconds for each in heard)
    return {
        "clipped": sum(each.clipped >= CLIPPED_SHARE for each in heard),
        "silent": sum(each.silent == 1 for each in heard),
        "silent_share": sum(each.silent * each.seconds for each in heard) / frames,
        "peak_db": _median(each.peak_db for each in heard),
        "level_db": _median(each.level_db for each in heard),
    }


def _median(levels):
    """The median in dB, `None` if that sound is digital silence: JSON has no infinity."""
    found = float(np.median(list(levels)))
    return found if math.isfinite(found) else None


def _counts(values):
    found = collections.Counter(str(value) for value in values if value is not None)
    return dict(found.most_common())


def _examples(builder, split):
    import tensorflow_datasets as tfds

    wanted = {n: True for n in ("audio", "sample_rate", "label") if n in builder.info.features}
    decoders = tfds.decode.PartialDecoding(wanted)
    return tfds.as_numpy(builder.as_dataset(split=split, decoders=decoders))


def _measured(example, rate):
    samples = np.asarray(example["audio"])
    samples = samples[:, None] if samples.ndim == 1 else samples
    scale = 1 / 32768 if np.issubdtype(samples.dtype, np.integer) else 1
    try:
        rate = int(example.get("sample_rate", rate))
        return measure_samples(samples.astype("float32") * np.float32(scale), rate)
    except InputError as error:
        return error
