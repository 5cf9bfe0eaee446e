"""UrbanSound8K: its clips in its own layout, its folds, and the nine-class set made of it."""

import csv
import pathlib
import typing

import numpy as np
from tqdm import tqdm

from keras_sounddream.applications.base import read_labels
from keras_sounddream.audio.io import load, open_sound, resample
from keras_sounddream.datasets.tfds import archives
from keras_sounddream.errors import InputError

LABELS = read_labels("urbansound8k.txt")
NINE_LABELS = tuple(label for label in LABELS if label != "gun_shot")
FOLDS = tuple(range(1, 11))
CLIP_SECONDS = 4.0
NINE_RATE = 8000  # Hz, of the nine-class set
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}

_TABLE = pathlib.Path("metadata", "UrbanSound8K.csv")
_TOLERANCE_SECONDS = 0.01
_SAID = ("fold", "recording", "start", "end", "salience")  # of a data set
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


def read_clips(folder, check_files=True):
    """Lists the clips of a folder in UrbanSound8K's layout.

    Args:
        folder: str or path of the folder that holds `metadata/UrbanSound8K.csv` and
            `audio/fold1` … `audio/fold10`; or `"urbansound8k/original"`, the data set of TFDS, if
            it is built.
        check_files: bool, whether every file that the table names must be there.

    Returns:
        list of `Clip`, in the table's order.

    Raises:
        InputError: if the table is missing or malformed, or a file that it names is not there; or
            the data set is another one.
    """
    if archives.is_data_set(folder):
        found = archives.unpack(folder, LABELS, said=_SAID)
        return [_of_data_set(clip) for clip in found.clips]
    path = pathlib.Path(folder) / _TABLE
    if not path.is_file():
        raise InputError(
            f"Expected UrbanSound8K's layout ({_TABLE}, audio/fold1 …) in {folder}: there is no "
            f"{path}. Get it from urbansounddataset.weebly.com."
        )
    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise InputError(
                f"Expected the columns {', '.join(missing)} in {path}. Found: {table.fieldnames}"
            )
        clips = [
            _clip(pathlib.Path(folder), path, table.line_num, row, check_files) for row in table
        ]
    if not clips:
        raise InputError(f"Expected a row a clip in {path}. It has none.")
    return clips


def _of_data_set(clip):
    """A clip of `Unpacked`, which says of it what the table says."""
    label, fold = LABELS.index(clip["label"]), int(clip["fold"])
    recording, start, end = clip["recording"], float(clip["start"]), float(clip["end"])
    return Clip(clip["file"], label, fold, recording, start, end, int(clip["salience"]))


def _clip(folder, table, line, row, check_files=True):
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


def official_split(clips, fold):
    """Parts clips into nine folds to train on and the tenth.

    Args:
        clips: list of `Clip`.
        fold: int, the one left out.

    Returns:
        dict with the lists `train`, `validation` (empty) and `test`.

    Raises:
        InputError: if either list is empty.
    """
    parts = {
        "train": [clip for clip in clips if clip.fold != fold],
        "validation": [],
        "test": [clip for clip in clips if clip.fold == fold],
    }
    if not parts["train"] or not parts["test"]:
        found = sorted({clip.fold for clip in clips})
        raise InputError(f"Expected clips in fold {fold} and in others. Found folds: {found}")
    return parts


def nine_classes(clips, progress=True):
    """Keeps the clips of exactly 4 s and drops gun shots, of which hardly any is so long.

    Args:
        clips: list of `Clip` of the ten classes.
        progress: bool, whether to show a progress bar.

    Returns:
        list of `Clip`, labelled by `NINE_LABELS`.

    Raises:
        InputError: if a file cannot be read, naming it.
    """
    kept = []
    for clip in tqdm(clips, desc="lengths", unit="clip", disable=not progress):
        label = LABELS[clip.label]
        if label in NINE_LABELS and abs(_seconds(clip.path) - CLIP_SECONDS) <= _TOLERANCE_SECONDS:
            kept.append(clip._replace(label=NINE_LABELS.index(label)))
    return kept


def nine_classes_by_table(clips):
    """Keeps what the table says lasts 4 s, and drops gun shots: 7317 of the 8732 clips.

    Args:
        clips: list of `Clip` of the ten classes; their files are not opened.

    Returns:
        list of `Clip`, labelled by `NINE_LABELS`.
    """
    return [
        clip._replace(label=NINE_LABELS.index(LABELS[clip.label]))
        for clip in clips
        if LABELS[clip.label] in NINE_LABELS and abs(clip.end - clip.start - CLIP_SECONDS) < 1e-3
    ]


def _seconds(path):
    with open_sound(path) as sound:
        return sound.frames / sound.samplerate


def split_by_recording(clips, seed):
    """Parts clips at random so that slices of one recording never cross parts.

    Args:
        clips: list of `Clip`.
        seed: int.

    Returns:
        dict with the lists `train`, `validation` and `test`, as near to 60, 20 and 20 % of every
        class as whole recordings allow.
    """
    rng = np.random.default_rng(seed)
    recordings = {}
    for clip in clips:
        recordings.setdefault(clip.recording, []).append(clip)
    totals = np.bincount([clip.label for clip in clips])
    lacking = {part: share * totals for part, share in SHARES.items()}
    parts = {part: [] for part in SHARES}
    for name in rng.permutation(sorted(recordings)):
        slices = recordings[name]
        part = max(parts, key=lambda part: lacking[part][slices[0].label] / SHARES[part])
        parts[part] += slices
        np.subtract.at(lacking[part], [clip.label for clip in slices], 1)
    return parts


def split_by_file(clips, seed):
    """Parts clips at random, file by file: slices of one recording fall in several parts.

    So the original tagged them; what is measured on such a test part is too good.

    Args:
        clips: list of `Clip`.
        seed: int.

    Returns:
        dict with the lists `train`, `validation` and `test`, 60, 20 and 20 % of every class.
    """
    rng = np.random.default_rng(seed)
    parts = {part: [] for part in SHARES}
    for label in sorted({clip.label for clip in clips}):
        members = [clip for clip in clips if clip.label == label]
        members = [members[i] for i in rng.permutation(len(members))]
        ends = np.round(np.cumsum(list(SHARES.values())) * len(members)).astype(int)
        for part, start, end in zip(parts, (0, *ends), ends, strict=False):
            parts[part] += members[start:end]
    return parts


def load_clip(clip, sample_rate, short="tile", through_rate=None):
    """Reads a clip as exactly 4 s.

    Args:
        clip: `Clip`.
        sample_rate: int, Hz, of the waveform to return.
        short: what becomes of a clip of less than 4 s: `"tile"` repeats it, `"pad"` adds silence.
            Longer ones are cut.
        through_rate: int, Hz, that the sound is brought to before; `None` to go straight.

    Returns:
        float32 `(1, samples)`.

    Raises:
        InputError: if the file cannot be read, naming it, or `short` is neither.
    """
    if short not in ("tile", "pad"):
        raise InputError(f"`short` must be 'tile' or 'pad'. Received: {short!r}")
    waveform = load(clip.path, through_rate or sample_rate)
    if through_rate:
        waveform = resample(waveform, through_rate, sample_rate)
    length = round(CLIP_SECONDS * sample_rate)
    if waveform.shape[1] < length and short == "tile":
        waveform = np.tile(waveform, (1, -(-length // waveform.shape[1])))
    missing = max(0, length - waveform.shape[1])
    return np.pad(waveform, ((0, 0), (0, missing)))[:, :length]
