"""Labelled clips in folds: ESC-10, ESC-50, and any folder with one folder per class (GTZAN)."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from keras_sounddream.audio.io import SUFFIXES
from keras_sounddream.datasets import esc10
from keras_sounddream.datasets.esc10 import Clip
from keras_sounddream.datasets.file_lists import read_rows
from keras_sounddream.datasets.tfds import archives
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

NUM_FOLDS = 5

_ESC50_TABLE = pathlib.Path("meta", "esc50.csv")
_ESC50_COLUMNS = ("filename", "fold", "target", "category")


@dataclasses.dataclass(frozen=True)
class ClipSet:
    """Clips of several classes in folds.

    Attributes:
        clips: each with `path`, `label` (class index) and `fold`.
        labels: names of the classes.
        official: whether the folds are the data set's own, not drawn at random.
    """

    clips: tuple[Clip, ...]
    labels: tuple[str, ...]
    official: bool

    @property
    def folds(self) -> tuple[int, ...]:
        """All folds, ascending."""
        return tuple(sorted({clip.fold for clip in self.clips}))

    def part(self, fold: int) -> tuple[list[Clip], list[Clip]]:
        """Splits the clips into `(train, test)`, `test` the clips of `fold`.

        Raises:
            InputError: if there is no such fold.
        """
        if fold not in self.folds:
            raise InputError(f"Expected a fold of {self.folds}. Received: {fold!r}")
        train = [clip for clip in self.clips if clip.fold != fold]
        return train, [clip for clip in self.clips if clip.fold == fold]


def read_clip_set(data: PathLike, seed: int = 0) -> ClipSet:
    """Lists the clips of a folder, whatever its layout, or of a TFDS data set.

    ESC-10 (`001 - Dog bark/1-100032-A.ogg`) and ESC-50 (`meta/esc50.csv`, `audio/`) keep their
    official folds. In any other layout each folder is a class, as in GTZAN
    (`blues/blues.00000.au`); its clips are dealt into five folds at random, stratified by class.
    Each split of a data set is a fold; the clips of a single split are dealt, too.

    Args:
        data: path of a folder, or the name of a data set of TFDS or `tfds_builders` that is built,
            such as `"esc50/esc50"`.
        seed: of the folds that are drawn.

    Returns:
        the clips with their labels and folds.

    Raises:
        InputError: if the folder holds no such layout, a single class, or too few clips of a class
            for every fold to have one, or the data set is not there.
    """
    clip_set = _read(data, seed)
    check_clip_set(clip_set, data)
    return clip_set


def _read(data, seed):
    if archives.is_data_set(data):
        return from_archive(archives.unpack(data), seed)
    folder = pathlib.Path(data)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of clips, but there is no folder {folder}.")
    if has_esc50_layout(folder):
        return read_esc50(folder)
    if any(folder.glob("001 - *")):
        return ClipSet(tuple(esc10.read_clips(folder)), esc10.LABELS, True)
    return from_folders(folder, seed, SUFFIXES)


def check_clip_set(clip_set: ClipSet, name: PathLike) -> None:
    """Refuses a single class or fold, and folds that lack a class; the error says `name`."""
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


def check_class(label: str | None, labels: Sequence[str]) -> None:
    """Raises an `InputError` if a class, unless it is `None`, is not among `labels`."""
    if label is not None and label not in labels:
        raise InputError(f"Expected a class of {', '.join(labels)}. Received: {label!r}")


def from_folders(folder: pathlib.Path, seed: int, suffixes: Sequence[str]) -> ClipSet:
    """Files of some suffixes in a folder of folders, one per class, in folds that are drawn."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    members = {path.name: _files(path, suffixes) for path in classes}
    members = {name: paths for name, paths in members.items() if paths}
    if not members:
        of_sounds = suffixes is SUFFIXES
        raise InputError(
            f"Expected folders of {'sounds' if of_sounds else 'pictures'} in {folder}, one per "
            f"class{', or ESC-10 or ESC-50' if of_sounds else ''}. Found no folder with "
            f"{', '.join(suffixes)} in it."
        )
    return ClipSet(_dealt(members, seed), tuple(members), False)


def _dealt(members, seed):
    """Clips of a dict from class to paths, in folds that are drawn."""
    rng = np.random.default_rng(seed)
    return tuple(
        Clip(path, label, 1 + int(order) % NUM_FOLDS)
        for label, paths in enumerate(members.values())
        for path, order in zip(paths, rng.permutation(len(paths)), strict=True)
    )


def from_archive(archive: archives.Unpacked, seed: int) -> ClipSet:
    """Clips of unpacked files, without classes that do not occur."""
    occur = {clip["label"] for clip in archive.clips}
    labels = tuple(label for label in archive.labels if label in occur)
    if len(archive.splits) == 1:
        members = {
            name: [clip["file"] for clip in archive.clips if clip["label"] == name]
            for name in labels
        }
        return ClipSet(_dealt(members, seed), labels, False)
    clips = (
        Clip(clip["file"], labels.index(clip["label"]), 1 + archive.splits.index(clip["split"]))
        for clip in archive.clips
    )
    return ClipSet(tuple(clips), labels, True)


def _files(folder, suffixes):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def has_esc50_layout(folder: PathLike) -> bool:
    """Whether a folder holds `meta/esc50.csv`."""
    return (pathlib.Path(folder) / _ESC50_TABLE).is_file()


def read_esc50(folder: PathLike, check_files: bool = True) -> ClipSet:
    """Clips of `meta/esc50.csv`, in `audio/`, with the table's categories in target order."""
    folder = pathlib.Path(folder)
    table = folder / _ESC50_TABLE
    rows = read_rows(table, _ESC50_COLUMNS)
    names = sorted(
        {
            (_number(table, line, row, "target"), _text(table, line, row, "category"))
            for line, row in rows
        }
    )
    indices = {target: label for label, (target, _) in enumerate(names)}
    if len(indices) < len(names):
        raise InputError(f"Expected one category per target in {table}. Found: {names}")
    clips = []
    for line, row in rows:
        path = folder / "audio" / _text(table, line, row, "filename")
        if check_files and not path.is_file():
            raise InputError(f"Line {line} of {table} names {path}, which is not there.")
        fold = _number(table, line, row, "fold")
        clips.append(Clip(path, indices[_number(table, line, row, "target")], fold))
    return ClipSet(tuple(clips), tuple(name.replace("_", " ") for _, name in names), True)


def _text(table, line, row, column):
    if not row[column]:
        raise InputError(f"Expected a {column} in line {line} of {table}. The row is short.")
    return row[column]


def _number(table, line, row, column):
    try:
        return int(row[column])
    except (TypeError, ValueError):
        raise InputError(
            f"Expected a whole number as {column} in line {line} of {table}. "
            f"Received: {row[column]!r}"
        ) from None
