"""Metadata of sound files, from their names, their folders and the table beside them."""

import dataclasses
import pathlib
import re
from collections.abc import Mapping

from keras_sounddream.datasets.file_lists import find_sounds, read_rows
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

# Table → columns of file, class, fold and recording, and of start and end in the recording.
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
    """Metadata of a sound; empty where unknown.

    Attributes:
        label: class.
        part: fold, or part such as `train`.
        recording: name of the recording that it was cut from.
        seconds: by the table, or `None`.
    """

    label: str = ""
    part: str = ""
    recording: str = ""
    seconds: float | None = None


def list_known(folder: PathLike) -> tuple[dict[pathlib.Path, Known], list[str]]:
    """Lists the sound files of a folder with their metadata.

    Sources are the tables of ESC-50 and UrbanSound8K, file names in their form (and ESC-10's),
    folders that are parts (`fold1`, `train`, `validation`, `test`), and of other folders the
    outermost, as the class.

    Returns:
        `(known, missing)`: path → metadata, sorted; and names in the table without a file. In a
        folder without any sound, `known` holds the names in the table, and `missing` is empty.

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
    names = {path.name for path in paths}
    return known, [name for name in rows if name not in names]


def find_crossing(known: Mapping[pathlib.Path, Known]) -> dict[str, list[pathlib.Path]]:
    """Recordings that are in several parts, each with its sorted paths."""
    paths_of: dict[str, list[pathlib.Path]] = {}
    for path, sound in known.items():
        if sound.recording and sound.part:
            paths_of.setdefault(sound.recording, []).append(path)
    return {
        recording: sorted(paths)
        for recording, paths in sorted(paths_of.items())
        if len({known[path].part for path in paths}) > 1
    }


def _read_table(folder):
    """File name → metadata, from the table in the folder; empty if there is none."""
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
    """Seconds from the start to the end of a slice; `None` if the table has neither."""
    if start is None or end is None:
        return None
    try:
        return float(end) - float(start)
    except ValueError:
        raise InputError(
            f"Expected start and end in seconds in line {line} of {table}. "
            f"Received: {start!r} and {end!r}"
        ) from None


def _named(paths):
    """The pattern that all names match, or `None`."""
    return next((p for p in _NAMES if all(p.fullmatch(path.stem) for path in paths)), None)


def _known(path, row, pattern):
    """Metadata of a file: from its row, or its name and the folders it is in."""
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
