"""ESC-10: its clips, classes and folds."""

import pathlib
import typing

from keras_sounddream.applications.pretrained import read_labels
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

LABELS = read_labels("esc10.txt")
FOLDS = (1, 2, 3, 4, 5)


class Clip(typing.NamedTuple):
    """A recording: its file, class index and fold."""

    path: pathlib.Path
    label: int
    fold: int


def read_clips(folder: PathLike) -> list[Clip]:
    """Lists the clips of a folder in ESC-10's layout, `001 - Dog bark/1-100032-A.ogg`.

    Args:
        folder: its path; or `"esc50/esc10"`, the TFDS data set, if it is built.

    Returns:
        the clips, sorted by class and file name.

    Raises:
        InputError: if the folder does not hold ten class folders of clips named by fold, or the
            data set is not ESC-10.
    """
    if not pathlib.Path(folder).is_dir():
        clips = _of_data_set(str(folder))
        if clips is not None:
            return clips
    folder = pathlib.Path(folder)
    classes = sorted(p for p in folder.glob("[0-9][0-9][0-9] - *") if p.is_dir())
    if len(classes) != len(LABELS):
        raise InputError(
            f"Expected ESC-10's ten class folders (`001 - Dog bark` …) in {folder}. "
            f"Found: {len(classes)}. Get it from github.com/karolpiczak/ESC-10."
        )
    clips = [
        Clip(path, label, int(path.name[0]))
        for label, class_folder in enumerate(classes)
        for path in sorted(class_folder.glob("[1-5]-*.ogg"))
    ]
    if {clip.fold for clip in clips} != set(FOLDS):
        raise InputError(f"Expected clips of folds 1 to 5 (`1-100032-A.ogg` …) in {folder}.")
    return clips


def _of_data_set(name):
    """The clips of a TFDS data set of that name; `None` if it cannot be one."""
    from keras_sounddream.datasets.tfds import archives

    if not archives.is_data_set(name):
        return None
    archive = archives.unpack(name, LABELS, [f"fold{fold}" for fold in FOLDS])
    clips = [
        Clip(clip["file"], LABELS.index(clip["label"]), 1 + archive.splits.index(clip["split"]))
        for clip in archive.clips
    ]
    return sorted(clips, key=lambda clip: (clip.label, clip.path.name))
