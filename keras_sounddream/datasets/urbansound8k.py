"""UrbanSound8K: its clips in its own layout, its folds, and the nine-class subset."""

import pathlib
import typing
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from keras_sounddream.applications.pretrained import read_labels
from keras_sounddream.audio.io import load, resample, seconds_of
from keras_sounddream.checks import check, choice
from keras_sounddream.datasets.file_lists import read_rows
from keras_sounddream.datasets.tfds import archives
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

LABELS = read_labels("urbansound8k.txt")
NINE_LABELS = tuple(label for label in LABELS if label != "gun_shot")
FOLDS = tuple(range(1, 11))
CLIP_SECONDS = 4.0
NINE_RATE = 8000  # Hz, of the nine-class subset
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}

_TABLE = pathlib.Path("metadata", "UrbanSound8K.csv")
_TOLERANCE_SECONDS = 0.01
_FEATURES = ("fold", "recording", "start", "end", "salience")  # of the TFDS data set
_COLUMNS = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")


class Clip(typing.NamedTuple):
    """A slice of a recording: its file, class index, fold, and the recording's Freesound id.

    `start` and `end` are in seconds of the recording; `salience` is 1 in the foreground, or 2.
    """

    path: pathlib.Path
    label: int
    fold: int
    recording: str
    start: float = 0.0
    end: float = CLIP_SECONDS
    salience: int = 1


def read_clips(folder: PathLike, check_files: bool = True) -> list[Clip]:
    """Lists the clips of a folder in UrbanSound8K's layout.

    Args:
        folder: holds `metadata/UrbanSound8K.csv` and `audio/fold1` … `audio/fold10`; or
            `"urbansound8k/original"`, the TFDS data set, if it is built.
        check_files: whether every file named in the table must be there.

    Returns:
        the clips, in the table's order.

    Raises:
        InputError: if the table is missing or malformed, or one of its files is not there; or the
            data set is another one.
    """
    if archives.is_data_set(folder):
        archive = archives.unpack(folder, LABELS, features=_FEATURES)
        return [_from_archive(clip) for clip in archive.clips]
    path = pathlib.Path(folder) / _TABLE
    if not path.is_file():
        raise InputError(
            f"Expected UrbanSound8K's layout ({_TABLE}, audio/fold1 …) in {folder}: there is no "
            f"{path}. Get it from urbansounddataset.weebly.com."
        )
    rows = read_rows(path, _COLUMNS)
    return [_clip(pathlib.Path(folder), path, line, row, check_files) for line, row in rows]


def _from_archive(clip):
    """A clip of `Unpacked`, with the fields of the table."""
    label, fold = LABELS.index(clip["label"]), int(clip["fold"])
    recording, start, end = clip["recording"], float(clip["start"]), float(clip["end"])
    return Clip(clip["file"], label, fold, recording, start, end, int(clip["salience"]))


def _clip(folder, table, line, row, check_files):
    try:
        fold, label, salience = int(row["fold"]), int(row["classID"]), int(row["salience"])
        start, end = float(row["start"]), float(row["end"])
    except (TypeError, ValueError):
        fold = label = 0
    if fold not in FOLDS or not 0 <= label < len(LABELS) or LABELS[label] != row["class"]:
        raise InputError(
            f"Expected a fold of 1 to 10 and a class of {len(LABELS)} in line {line} of {table}. "
            f"Received: fold {row['fold']}, classID {row['classID']}, class {row['class']}"
        )
    path = folder / "audio" / f"fold{fold}" / row["slice_file_name"]
    if check_files and not path.is_file():
        raise InputError(f"Line {line} of {table} names {path}, which is not there. Copy it again.")
    return Clip(path, label, fold, row["fsID"], start, end, salience)


def official_split(clips: Sequence[Clip], fold: int) -> dict[str, list[Clip]]:
    """Lists `train`, `validation` (empty) and `test`: the clips of `fold`; neither may be empty."""
    parts = {
        "train": [clip for clip in clips if clip.fold != fold],
        "validation": [],
        "test": [clip for clip in clips if clip.fold == fold],
    }
    if not parts["train"] or not parts["test"]:
        folds = sorted({clip.fold for clip in clips})
        raise InputError(f"Expected clips in fold {fold} and in others. Found folds: {folds}")
    return parts


def nine_classes(clips: Sequence[Clip], progress: bool = True) -> list[Clip]:
    """The clips of exactly 4 s by their files, labelled by `NINE_LABELS`, without gun shots."""
    selected = []
    for clip in tqdm(clips, desc="lengths", unit="clip", disable=not progress):
        label = LABELS[clip.label]
        if label in NINE_LABELS and abs(seconds_of(clip.path) - CLIP_SECONDS) <= _TOLERANCE_SECONDS:
            selected.append(clip._replace(label=NINE_LABELS.index(label)))
    return selected


def nine_classes_by_table(clips: Sequence[Clip]) -> list[Clip]:
    """The clips of 4 s by the table, without gun shots: 7317 of the 8732; files are not opened."""
    return [
        clip._replace(label=NINE_LABELS.index(LABELS[clip.label]))
        for clip in clips
        if LABELS[clip.label] in NINE_LABELS and abs(clip.end - clip.start - CLIP_SECONDS) < 1e-3
    ]


def split_by_recording(clips: Sequence[Clip], seed: int) -> dict[str, list[Clip]]:
    """Random lists `train`, `validation` and `test` that share no recording.

    As near to 60, 20 and 20 % of every class as whole recordings allow.
    """
    rng = np.random.default_rng(seed)
    recordings: dict[str, list[Clip]] = {}
    for clip in clips:
        recordings.setdefault(clip.recording, []).append(clip)
    totals = np.bincount([clip.label for clip in clips])
    lacking = {part: share * totals for part, share in SHARES.items()}
    parts: dict[str, list[Clip]] = {part: [] for part in SHARES}
    for name in rng.permutation(sorted(recordings)):
        slices = recordings[name]
        part = max(parts, key=lambda part: lacking[part][slices[0].label] / SHARES[part])
        parts[part] += slices
        np.subtract.at(lacking[part], [clip.label for clip in slices], 1)
    return parts


def split_by_file(clips: Sequence[Clip], seed: int) -> dict[str, list[Clip]]:
    """Random lists `train`, `validation` and `test`: 60, 20 and 20 % of the files of every class.

    Slices of one recording fall in several parts, as in the original work: accuracy on such a test
    part is too high.
    """
    rng = np.random.default_rng(seed)
    parts: dict[str, list[Clip]] = {part: [] for part in SHARES}
    for label in sorted({clip.label for clip in clips}):
        members = [clip for clip in clips if clip.label == label]
        members = [members[i] for i in rng.permutation(len(members))]
        ends = np.round(np.cumsum(list(SHARES.values())) * len(members)).astype(int)
        for part, start, end in zip(parts, (0, *ends), ends, strict=False):
            parts[part] += members[start:end]
    return parts


def load_clip(
    clip: Clip, sample_rate: int, short: str = "tile", through_rate: int | None = None
) -> Array:
    """A clip cut or extended to 4 s: float32 `(1, samples)`, resampled through another rate if any.

    `short` says how clips of less than 4 s are extended: `"tile"` repeats them, `"pad"` adds
    silence.
    """
    check("short", short, choice(("tile", "pad")))
    waveform = load(clip.path, through_rate or sample_rate)
    if through_rate:
        waveform = resample(waveform, through_rate, sample_rate)
    length = round(CLIP_SECONDS * sample_rate)
    if waveform.shape[1] < length and short == "tile":
        waveform = np.tile(waveform, (1, -(-length // waveform.shape[1])))
    missing = max(0, length - waveform.shape[1])
    return np.pad(waveform, ((0, 0), (0, missing)))[:, :length]
