"""Summary of a data set: classes and folds, lengths, rates, levels, clipping and silence."""

import collections
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from tqdm import tqdm

from keras_sounddream.datasets.inspection.checks import CLIPPED_SHARE
from keras_sounddream.datasets.inspection.listing import list_known
from keras_sounddream.datasets.inspection.measures import Measures, measure_files, measure_samples
from keras_sounddream.errors import InputError
from keras_sounddream.reports.corpus import amounts
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

Labels: TypeAlias = dict[str, tuple[str, ...]]  # condition → one label per sound
LeftOut: TypeAlias = list[tuple[str, str]]  # name and reason

_BARS = 8  # of the histogram of lengths
_CONDITIONS = {"class": "label", "part": "part"}  # condition → attribute of `Known`


def measure_folder(
    folder: PathLike, quick: bool = False, progress: bool = True
) -> tuple[list[Measures], Labels, LeftOut]:
    """Measures the sounds of a folder, or takes lengths from its table where it holds no sound.

    Args:
        folder: its path.
        quick: whether to read lengths and rates alone.
        progress: whether to show a progress bar.

    Returns:
        `(measures, labels, left_out)`: one `Measures` per sound; labels of the conditions `class`
        and `part`, where they are known; and files that could not be measured.

    Raises:
        InputError: if there is no such folder, neither sound nor table, or no sound can be read.
    """
    known, missing = list_known(folder)
    paths = list(known)
    if paths[0].is_file():
        measured = measure_files(paths, quick, progress)
    else:
        measured = [Measures(sound.seconds or 0.0) for sound in known.values()]
    labels = {
        name: [getattr(sound, attribute) or "none" for sound in known.values()]
        for name, attribute in _CONDITIONS.items()
        if any(getattr(sound, attribute) for sound in known.values())
    }
    measures, fixed, left_out = keep_measured(paths, measured, labels)
    return measures, fixed, left_out + [(name, "It is not there.") for name in missing]


def open_data_set(name: str, data_folder: PathLike | None = None) -> "tfds.core.DatasetBuilder":
    """Opens a data set of TFDS or `tfds_builders` that is built.

    Args:
        name: such as `"esc50/esc10"`.
        data_folder: of TFDS's data sets; `None` for its default.

    Returns:
        its builder.

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


def measure_data_set(
    builder: "tfds.core.DatasetBuilder", progress: bool = True
) -> tuple[list[Measures], Labels, LeftOut]:
    """Measures the sounds of a data set.

    Args:
        builder: from `open_data_set`.
        progress: whether to show a progress bar.

    Returns:
        `(measures, labels, left_out)`, see `measure_folder`; each split is a part.

    Raises:
        InputError: if no sound can be measured.
    """
    features = builder.info.features
    rate = getattr(features["audio"], "sample_rate", None)
    named = "label" in features and hasattr(features["label"], "int2str")
    names, measured = [], []
    labels: dict[str, list[str]] = {"class": [], "part": []} if named else {"part": []}
    for split, info in builder.info.splits.items():
        examples = _examples(builder, split)
        bar = tqdm(examples, split, info.num_examples, unit="sound", disable=not progress)
        for number, example in enumerate(bar):
            names.append(f"{split}/{number}")
            measured.append(_measured(example, rate))
            labels["part"].append(split)
            if named:
                labels["class"].append(features["label"].int2str(int(example["label"])))
    return keep_measured(names, measured, labels)


def keep_measured(
    names: Iterable[Any],
    measured: Sequence[Measures | InputError],
    labels: Mapping[str, Sequence[str]],
) -> tuple[list[Any], Labels, LeftOut]:
    """The sounds that could be measured, their labels, and the others with reasons."""
    usable = [i for i, result in enumerate(measured) if isinstance(result, Measures)]
    left_out = [
        (str(name), str(result))
        for name, result in zip(names, measured, strict=True)
        if not isinstance(result, Measures)
    ]
    if not usable:
        raise InputError(f"No sound of {len(left_out)} can be opened. {left_out[-1][1]}")
    fixed = {name: tuple(column[i] for i in usable) for name, column in labels.items()}
    return [measured[i] for i in usable], fixed, left_out


def sum_up(
    measures: Sequence[Measures], labels: Labels, left_out: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Sums up the content of a data set.

    Args:
        measures: from `measure_folder`.
        labels: from `measure_folder`.
        left_out: from `measure_folder`.

    Returns:
        for JSON: `sounds`, `seconds`, `conditions` (condition to label to `sounds`
        and `seconds`), `lengths` (s: least, median, mean, most, and a histogram), `sample_rates`,
        `channels` and `codings` with their counts, `levels` (`clipped` and `silent` sounds,
        `silent_share`, median `peak_db` and `level_db`; `None` if not measured), `left_out`.
    """
    seconds = np.array([sound.seconds for sound in measures])
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
        "sample_rates": _counts(sound.sample_rate for sound in measures),
        "channels": _counts(sound.channels for sound in measures),
        "codings": _counts(sound.coding for sound in measures),
        "levels": _levels(measures),
        "left_out": [list(pair) for pair in left_out],
    }


def _levels(measures):
    sounds = [sound for sound in measures if sound.silent is not None]
    if not sounds:
        return None
    seconds = sum(sound.seconds for sound in sounds)
    return {
        "clipped": sum(sound.clipped >= CLIPPED_SHARE for sound in sounds),
        "silent": sum(sound.silent == 1 for sound in sounds),
        "silent_share": sum(sound.silent * sound.seconds for sound in sounds) / seconds,
        "peak_db": _median(sound.peak_db for sound in sounds),
        "level_db": _median(sound.level_db for sound in sounds),
    }


def _median(levels):
    """Median in dB; `None` if it is that of digital silence: JSON has no infinity."""
    median = float(np.median(list(levels)))
    return median if math.isfinite(median) else None


def _counts(values):
    counts = collections.Counter(str(value) for value in values if value is not None)
    return dict(counts.most_common())


def _examples(builder, split):
    import tensorflow_datasets as tfds

    features = {n: True for n in ("audio", "sample_rate", "label") if n in builder.info.features}
    decoders = tfds.decode.PartialDecoding(features)
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
    except (TypeError, ValueError, ArithmeticError) as error:  # no rate, or one of 0
        return InputError(f"Expected samples and their rate. Received: {error}")
