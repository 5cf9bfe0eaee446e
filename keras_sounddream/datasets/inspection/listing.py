"""What is known of sound files by their names, their folders and the table beside them."""

import dataclasses
import pathlib
import re

from keras_sounddream.datasets.file_lists import find_sounds, read_rows
from keras_sounddream.errors import InputError

# Table: the columns of file, class, fold and recording, and of begin and end in the recording.
_TABLES = {
    "esc50.csv": ("filename", "category", "fold", "src_file", None, None),
    "UrbanSound8K.csv": ("slice_file_name", "class", "fold", "fsID", "start", "end"),
}
_NAMES = (
    re.compile(r"(?P<fold>[1-5])-(?P<recording>\d+)-[A-Z](-\d+)?"),  # ESC-10, ESC-50
    re.compile(r"(?P<recording>\d+)-\d-\d+-\d+"),  # UrbanSound8K
)
_PART = re.compile(
    r"fold[ _-]?\d+|train(ing)?|valid(ation)?|val|dev|test(ing)?|eval", re.IGNORECASE
)
_ORDER = re.compile(r"\d+ - ")  # before the name of a class, in ESC-10


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of a sound; an empty word is what is not.

    Attributes:
        label: str, its class.
        part: str, its fold, or its part such as `train`.
        recording: str, the recording that it was cut from.
        seconds: float by the table, or `None`.
    """

    label: str = ""
    part: str = ""
    recording: str = ""
    seconds: float | None = None


def list_known(folder):
    """Lists the sound files of a folder with what is known of them.

    Known are the tables of ESC-50 and UrbanSound8K, the names of files in them (and in ESC-10),
    folders that are parts (`fold1`, `train`, `validation`, `test`), and of other folders the
    first, as a class.

    Args:
        folder: str or path; it may hold such a table without any sound.

    Returns:
        `(known, missing)`: dict from `pathlib.Path` to `Known`, sorted by path; and a list of the
        names in the table that are no files in the folder. Where there is no sound at all, `known`
        holds the names in the table, and nothing is missing.

    Raises:
        InputError: if there is no such folder, neither sound nor table, or the table is malformed.
    """
    folder = pathlib.Path(folder)
    rows = _read_table(folder)
    if rows and not any(path.suffix.lower() in (".wav", ".ogg") for path in folder.rglob("*")):
        return {pathlib.Path(name): known for name, known in rows.items()}, []
    paths = find_sounds(folder)
    by_name = _named(paths)
    known = {path: _known(path.relative_to(folder), rows.get(path.name), by_name) for path in paths}
    there = {path.name for path in paths}
    return known, [name for name in rows if name not in there]


def find_crossing(known):
    """Finds the recordings that are in several parts.

    Args:
        known: dict from path to `Known`.

    Returns:
        dict from each such recording to the sorted list of its paths.
    """
    found = {}
    for path, each in known.items():
        if each.recording and each.part:
            found.setdefault(each.recording, []).append(path)
    return {
        recording: sorted(paths)
        for recording, paths in sorted(found.items())
        if len({known[path].part for path in paths}) > 1
    }


def _read_table(folder):
    """Dict from file name to `Known`, of the table that there is; else empty."""
    for name, columns in _TABLES.items():
        for table in (folder / name, folder / "meta" / name, folder / "metadata" / name):
            if table.is_file():
                file, label, part, recording, start, end = columns
                rows = read_rows(table, [file, label, part])
                for line, row in rows:
                    if None in (row[file], row[label], row[part]):
                        raise InputError(f"Line {line} of {table} is too short. Complete it.")
                return {
                    row[file]: Known(
                        row[label],
                        row[part],
                        row.get(recording) or "",
                        _length(table, line, row.get(start), row.get(end)),
                    )
                    for line, row in rows
                }
    return {}


def _length(table, line, start, end):
    """Seconds from the begin to the end of a slice; `None` where the table says neither."""
    if start is None or end is None:
        return None
    try:
        return float(end) - float(start)
    except ValueError:
        raise InputError(
            f"Expected begin and end in seconds in line {line} of {table}. "
            f"Received: {start!r} and {end!r}"
        ) from None


def _named(paths):
    """The pattern that all names follow, or `None`."""
    return next((p for p in _NAMES if all(p.fullmatch(path.stem) for path in paths)), None)


def _known(path, row, pattern):
    """What is known of a file: by its row, by its name, by the folders it is in."""
    if row is not None:
        return row
    parts = [part for part in path.parts[:-1] if _PART.fullmatch(part)]
    classes = [part for part in path.parts[:-1] if part not in parts and part != "audio"]
    by_name = pattern.fullmatch(path.stem).groupdict() if pattern else {}
    return Known(
        _ORDER.sub("", classes[0]) if classes else "",
        by_name.get("fold") or (parts[0].lower() if parts else ""),
        by_name.get("recording", ""),
    )
