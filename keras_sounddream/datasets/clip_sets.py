"""Labelled clips in folds: ESC-10, ESC-50, and any folder with a folder a class, such as GTZAN."""

import csv
import dataclasses
import pathlib

import numpy as np

from keras_sounddream.audio.io import SUFFIXES
from keras_sounddream.datasets.esc10 import Clip
from keras_sounddream.datasets.tfds import archives
from keras_sounddream.errors import InputError
from keras_sounddream.training.recipes import esc10

NUM_FOLDS = 5

_ESC50_TABLE = pathlib.Path("meta", "esc50.csv")
_ESC50_COLUMNS = ("filename", "fold", "target", "category")


@dataclasses.dataclass(frozen=True)
class ClipSet:
    """Clips of several classes, parted into folds.

    Attributes:
        clips: tuple of `Clip`, each with `path`, `label` (class index) and `fold`.
        labels: tuple of str, one a class.
        official: bool, whether the folds are the data set's own; if not, they were drawn.
    """

    clips: tuple
    labels: tuple
    official: bool

    @property
    def folds(self):
        """The folds there are: tuple of int, ascending."""
        return tuple(sorted({clip.fold for clip in self.clips}))

    def part(self, fold):
        """Parts the clips into those to train on and those of a fold.

        Args:
            fold: int.

        Returns:
            `(train, test)`, lists of `Clip`.

        Raises:
            InputError: if there is no such fold.
        """
        if fold not in self.folds:
            raise InputError(f"Expected a fold of {self.folds}. Received: {fold!r}")
        train = [clip for clip in self.clips if clip.fold != fold]
        return train, [clip for clip in self.clips if clip.fold == fold]


def read_clip_set(data, seed=0):
    """Lists the clips of a folder, in the layout that it has, or of a data set of TFDS.

    ESC-10's (`001 - Dog bark/1-100032-A.ogg`) and ESC-50's (`meta/esc50.csv`, `audio/`) keep their
    official folds. In any other, a folder is a class, as in GTZAN (`blues/blues.00000.au`); its
    clips are dealt into five folds at random, equally many of each class in each. Each split of a
    data set is a fold; those of a single split are dealt, too.

    Args:
        data: str or path of a folder, or str, the name of a data set of TFDS's or of
            `tfds_builders`' that is built, such as `"esc50/esc50"`.
        seed: int, of the folds that are drawn.

    Returns:
        `ClipSet`.

    Raises:
        InputError: if the folder holds no such layout, a single class, or too few clips of a class
            for every fold to have one, or the data set is not there.
    """
    if archives.is_data_set(data):
        found = _of_data_set(archives.unpack(data), seed)
        check_clip_set(found, data)
        return found
    folder = pathlib.Path(data)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of clips, but there is no folder {folder}.")
    if has_esc50_layout(folder):
        found = read_esc50(folder)
    elif any(folder.glob("001 - *")):
        found = ClipSet(tuple(esc10.read_clips(folder)), esc10.LABELS, True)
    else:
        found = _folders(folder, seed)
    check_clip_set(found, folder)
    return found


def check_clip_set(clip_set, name):
    """Checks that classes can be told apart, fold by fold.

    Args:
        clip_set: `ClipSet`.
        name: str or path, what the error calls it.

    Raises:
        InputError: if there is a single class or fold, or a fold lacks a class.
    """
    if len(clip_set.labels) < 2:
        raise InputError(
            f"Expected clips of at least two classes in {name}. Found: "
            f"{', '.join(clip_set.labels) or 'none'}"
        )
    counts = np.zeros((len(clip_set.folds), len(clip_set.labels)), int)
    for clip in clip_set.clips:
        counts[clip_set.folds.index(clip.fold), clip.label] += 1
    if len(counts) < 2:
        raise InputError(f"Expected clips in at least two folds in {name}. Found: {len(counts)}")
    if not counts.all():
        fold, label = np.argwhere(counts == 0)[0]
        raise InputError(
            f"Expected a clip of every class in each of {len(counts)} folds. {name} has "
            f"{counts[:, label].sum()} of {clip_set.labels[label]!r}, none in fold "
            f"{clip_set.folds[fold]}. Add clips, or leave the class out."
        )


def _folders(folder, seed):
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    members = {path.name: _sounds(path) for path in classes}
    members = {name: paths for name, paths in members.items() if paths}
    if not members:
        raise InputError(
            f"Expected folders of sounds in {folder}, a folder a class, or ESC-10 or ESC-50. Found "
            f"no folder with {', '.join(SUFFIXES)} in it."
        )
    return ClipSet(_dealt(members, seed), tuple(members), False)


def _dealt(members, seed):
    """Clips of a dict from class to paths, in folds that are drawn."""
    rng = np.random.default_rng(seed)
    return tuple(
        Clip(path, label, 1 + int(place) % NUM_FOLDS)
        for label, paths in enumerate(members.values())
        for path, place in zip(paths, rng.permutation(len(paths)), strict=True)
    )


def _of_data_set(found, seed):
    """The clips of `Unpacked`, of the classes that occur."""
    occur = {clip["label"] for clip in found.clips}
    labels = tuple(label for label in found.labels if label in occur)
    if len(found.splits) == 1:
        members = {name: [c["file"] for c in found.clips if c["label"] == name] for name in labels}
        return ClipSet(_dealt(members, seed), labels, False)
    clips = (
        Clip(clip["file"], labels.index(clip["label"]), 1 + found.splits.index(clip["split"]))
        for clip in found.clips
    )
    return ClipSet(tuple(clips), labels, True)


def _sounds(folder):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def has_esc50_layout(folder):
    """Tells whether a folder holds `meta/esc50.csv`.

    Args:
        folder: str or path.

    Returns:
        bool.
    """
    return (pathlib.Path(folder) / _ESC50_TABLE).is_file()


def read_esc50(folder, check_files=True):
    """Lists the clips of a folder in ESC-50's layout: `meta/esc50.csv` and `audio/`.

    Args:
        folder: str or path.
        check_files: bool, whether every file that the table names must be there.

    Returns:
        `ClipSet` of the categories in the table, in the order of their targets.

    Raises:
        InputError: if the table is malformed, or a file that it names is not there.
    """
    folder = pathlib.Path(folder)
    table = folder / _ESC50_TABLE
    with open(table, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _ESC50_COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                f"Expected the columns {', '.join(missing)} in {table}. Found: {reader.fieldnames}"
            )
        rows = [(reader.line_num, row) for row in reader]
    names = sorted({(_number(table, line, row, "target"), row["category"]) for line, row in rows})
    indices = {target: label for label, (target, _) in enumerate(names)}
    if len(indices) < len(names):
        raise InputError(f"Expected one category a target in {table}. Found: {names}")
    clips = []
    for line, row in rows:
        path = folder / "audio" / row["filename"]
        if check_files and not path.is_file():
            raise InputError(f"Line {line} of {table} names {path}, which is not there.")
        fold = _number(table, line, row, "fold")
        clips.append(Clip(path, indices[_number(table, line, row, "target")], fold))
    return ClipSet(tuple(clips), tuple(name.replace("_", " ") for _, name in names), True)


def _number(table, line, row, column):
    try:
        return int(row[column])
    except (TypeError, ValueError):
        raise InputError(
            f"Expected a whole number as {column} in line {line} of {table}. "
            f"Received: {row[column]!r}"
        ) from None
