"""Labelled sounds of a data set of TFDS as files, for the recipes that read files."""

import csv
import dataclasses
import pathlib
import re

from tqdm import tqdm

from keras_sounddream.audio.io import save
from keras_sounddream.errors import InputError
from keras_sounddream.files import folder_beside

_NAME = re.compile(r"[a-z]\w*(/[\w.-]+)*(:[\w.]+)?", re.ASCII)
_TABLE = "clips.csv"
_COLUMNS = ("file", "split", "label")
_PARTS = ("train", "validation", "test")  # in this order; any other after them


@dataclasses.dataclass(frozen=True)
class Unpacked:
    """Sounds of a data set, each in a file.

    Attributes:
        name: str, of the data set.
        labels: tuple of str, all its classes.
        splits: tuple of str, `fold1`, `fold2` …, or `train`, `validation`, `test`.
        clips: tuple of dict of str, one a sound, split by split: `file` (its path), `split`,
            `label` (the name of its class), and what else the data set says of it in a word.
    """

    name: str
    labels: tuple
    splits: tuple
    clips: tuple


def is_data_set(data):
    """Tells whether something can be the name of a data set, and is no folder.

    Args:
        data: str or path.

    Returns:
        bool.
    """
    named = isinstance(data, str) and _NAME.fullmatch(data) is not None
    return named and not pathlib.Path(data).exists()


def unpack(name, labels=None, splits=None, data_dir=None, progress=True, said=()):
    """Writes the sounds of a data set that is built as files of 16 bits, unless they are there.

    They lie in the data set's own folder, in `clips`, and go when it goes.

    Args:
        name: str, of TFDS's or of `tfds_builders`', such as `"esc50/esc10"`.
        labels: sequence of str, the classes that it must have; `None` for any.
        splits: sequence of str, the splits that it must have; `None` for any.
        data_dir: str or path that TFDS keeps data sets in; `None` for its own.
        progress: bool, whether to show a progress bar.
        said: sequence of str, features of a word or number that it must have.

    Returns:
        `Unpacked`.

    Raises:
        InputError: if the data set is unknown, not built, or not one of sounds with classes, has
            others than these, lacks a feature, or the files cannot be written.
    """
    from keras_sounddream.datasets.tfds import builders

    try:
        builder = builders.find_prepared(name, data_dir)
    except InputError as error:
        raise InputError(f"There is no folder {name}. {error}") from None
    features = builder.info.features
    classes = getattr(features["label"], "names", None) if "label" in features else None
    if "audio" not in features or not classes:
        raise InputError(
            f"Expected a data set with audio and classes as label. {name} has: "
            f"{', '.join(features)}."
        )
    missing = [each for each in said if each not in _words(features)]
    if missing:
        raise InputError(
            f"Expected a data set with the features {', '.join(said)}, each a word or a number. "
            f"{name} lacks: {', '.join(missing)}."
        )
    _check("classes", classes, labels, name)
    _check("splits", _in_order(builder.info.splits), splits, name)
    folder = pathlib.Path(builder.data_path) / "clips"
    if not (folder / _TABLE).is_file():
        with folder_beside(folder, overwrite=True, holds=_TABLE) as temporary:
            _write(builder, temporary, progress)
    with open(folder / _TABLE, newline="", encoding="utf-8") as file:
        clips = tuple({**row, "file": folder / row["file"]} for row in csv.DictReader(file))
    return Unpacked(name, tuple(classes), _in_order(builder.info.splits), clips)


def _check(what, found, wanted, name):
    if wanted is not None and sorted(found) != sorted(wanted):
        raise InputError(
            f"Expected a data set with the {what} {', '.join(wanted)}. {name} has: "
            f"{', '.join(found)}."
        )


def _in_order(splits):
    """Splits as folds are counted: `fold2` before `fold10`, `test` last."""

    def place(split):
        number = split.removeprefix("fold")
        if number.isdigit():
            return 0, int(number), split
        return 1, _PARTS.index(split) if split in _PARTS else len(_PARTS), split

    return tuple(sorted(splits, key=place))


def _write(builder, folder, progress):
    from keras_sounddream.datasets.tfds import builders

    words = _words(builder.info.features)
    rate = builders.rate_of(builder)
    wanted = ["audio", "label", *words, *([] if rate else ["sample_rate"])]
    int2str = builder.info.features["label"].int2str
    count = sum(split.num_examples for split in builder.info.splits.values())
    bar = tqdm(desc="unpack", total=count, unit="clip", disable=not progress)
    with bar, open(folder / _TABLE, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*_COLUMNS, *words])
        for split in _in_order(builder.info.splits):
            (folder / split).mkdir()
            for number, example in enumerate(builders.read_in_order(builder, split, wanted)):
                said = {name: _as_word(example[name]) for name in words}
                path = _free_path(folder / split, said, number)
                waveform = builders.as_waveform(example["audio"])
                save(path, waveform, int(rate or example["sample_rate"]))
                label = int2str(int(example["label"]))
                table.writerow([path.relative_to(folder), split, label, *said.values()])
                bar.update()


def _words(features):
    """Names of the features, beside those that every sound has, that are a word or a number."""
    others = {name: each for name, each in features.items() if not hasattr(each, "names")}
    found = [name for name, each in others.items() if getattr(each, "shape", None) == ()]
    return [name for name in found if name not in (*_COLUMNS, "audio", "sample_rate")]


def _as_word(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _free_path(folder, said, number):
    """A file's own name where the data set keeps it: recipes know some clips by theirs."""
    stem = pathlib.PurePath(said.get("filename", "")).stem
    path = folder / f"{stem}.wav"
    usable = re.fullmatch(r"\w[\w.-]*", stem) and not path.exists()
    return path if usable else folder / f"{number:05d}.wav"
