"""Lists of files: sounds with their labels, from a folder or a table; pictures of a folder."""

import collections
import concurrent.futures
import contextlib
import csv
import dataclasses
import fnmatch
import os
import pathlib
from collections.abc import Generator, Sequence
from typing import Any, Literal

import numpy as np

from keras_sounddream.audio.io import SUFFIXES, seconds_of
from keras_sounddream.audio.streaming import read_blocks
from keras_sounddream.datasets.videos import read_sound
from keras_sounddream.errors import InputError, fault_of
from keras_sounddream.images import io as pictures
from keras_sounddream.types import Array, PathLike

FILE_COLUMN = "file"

_CODED = (".m4a", ".m4b", ".mp4", ".aac", ".wma")  # read through PyAV: libsndfile does not
_LOW_RATE = 8000  # Hz, at which the duration of those is measured


@dataclasses.dataclass(frozen=True)
class SoundFiles:
    """Sound files and their labels.

    Attributes:
        paths: the files.
        labels: condition → one label per file; empty for none.
        left_out: `(name, reason)` of files that could not be labelled.
    """

    paths: tuple[pathlib.Path, ...]
    labels: dict[str, tuple[str, ...]]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sounds: their paths."""
        return tuple(str(path) for path in self.paths)

    @property
    def marks(self) -> list[list[Any]]:
        """Path, size and time of change of each file, to detect changes."""
        marks: list[list[Any]] = []
        for path in self.paths:
            path = path.absolute()
            state = path.stat() if path.is_file() else None
            marks.append([str(path), *((state.st_size, state.st_mtime_ns) if state else ())])
        return marks

    def waveforms(
        self, sample_rate: int, most_seconds: float | None = None
    ) -> Generator[Array | InputError, None, None]:
        """Decodes the files, several at a time.

        Args:
            sample_rate: Hz, to resample to.
            most_seconds: how much of each file to read; `None` for all.

        Yields:
            float32 `(samples,)`, mono, in the order of the files; or the `InputError` of a file
            that cannot be read.
        """
        workers = os.cpu_count() or 1
        pending: collections.deque[Any] = collections.deque()
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            try:
                for path in self.paths:
                    pending.append(pool.submit(_decoded, path, sample_rate, most_seconds))
                    if len(pending) > workers:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)


def list_folder(folder: PathLike, condition: str | None = None) -> SoundFiles:
    """Lists the sound files of a folder and its subfolders.

    Args:
        folder: its path.
        condition: such as `"genre"`: the names of the subfolders are its labels. `None` for sounds
            without labels.

    Returns:
        the files, sorted by path.

    Raises:
        InputError: if there is no such folder, no sound file, or with a `condition` no subfolder.
    """
    folder = pathlib.Path(folder)
    paths = find_sounds(folder)
    if condition is None:
        return SoundFiles(tuple(paths), {})
    paths = [path for path in paths if path.parent != folder]
    if not paths:
        raise InputError(
            f"Expected folders with sounds in {folder}, one per {condition}. Found sounds in no "
            "folder: leave the condition out, or sort them."
        )
    labels = tuple(path.relative_to(folder).parts[0] for path in paths)
    return SoundFiles(tuple(paths), {condition: labels})


def find_sounds(folder: PathLike) -> list[pathlib.Path]:
    """Sound files of a folder and its subfolders, sorted, without hidden ones; at least one."""
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of sounds, but there is no folder {folder}.")
    paths = _files(folder, (*SUFFIXES, *_CODED))
    if not paths:
        raise InputError(
            f"Expected sound files ({', '.join((*SUFFIXES, *_CODED))}) in {folder}. Found none."
        )
    return paths


def find_pictures(folder: PathLike) -> list[pathlib.Path]:
    """Picture files of a folder and its subfolders, sorted; none if there are none.

    Raises:
        InputError: if there is no such folder.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of pictures or sounds, but there is none: {folder}.")
    return _files(folder, pictures.SUFFIXES)


def find_media(
    folder: PathLike, leave_out: Sequence[str] = ()
) -> tuple[list[pathlib.Path], Literal["picture", "sound"]]:
    """Finds the pictures of a folder and its subfolders; or, where it holds none, its sounds.

    Args:
        folder: its path.
        leave_out: see `without`; where it leaves no picture, sounds are taken.

    Returns:
        `(paths, kind)`: the files, sorted, at least one, and their kind.

    Raises:
        InputError: if there is no such folder, it holds neither, or nothing is left.
    """
    found = find_pictures(folder)
    if any(not _matches(path, leave_out) for path in found):
        return without(found, leave_out), "picture"
    sounds = _files(pathlib.Path(folder), (*SUFFIXES, *_CODED)) if found else find_sounds(folder)
    return without(sounds or found, leave_out), "sound"


def without(paths: Sequence[pathlib.Path], leave_out: Sequence[str]) -> list[pathlib.Path]:
    """Leaves out the files whose names match a pattern.

    Args:
        paths: of files.
        leave_out: patterns as of `fnmatch`, such as `"5-*.ogg"`.

    Returns:
        the others, at least one.

    Raises:
        InputError: if none is left, or the patterns are no list.
    """
    if isinstance(leave_out, str):
        raise InputError(f"`leave_out` must be a list of patterns. Received: {leave_out!r}")
    kept = [path for path in paths if not _matches(path, leave_out)]
    if not kept:
        raise InputError(
            f"`leave_out` (--leave-out) leaves no file of {len(paths)}. Received: "
            f"{', '.join(leave_out)}"
        )
    return kept


def list_table(
    table: PathLike, conditions: Sequence[str], file_column: str = FILE_COLUMN
) -> SoundFiles:
    """Lists the sound files named in a table, with their labels.

    Args:
        table: path of a CSV file with a header, in UTF-8. File paths in it are relative to its
            folder.
        conditions: columns that hold labels; empty for none.
        file_column: column of file names.

    Returns:
        the files, in the table's order.

    Raises:
        InputError: if the table cannot be read, a column is missing, it has no rows, or a row
            names no file or no label.
    """
    table = pathlib.Path(table)
    rows = read_rows(table, [file_column, *conditions])
    for line, row in rows:
        for column in (file_column, *conditions):
            if not (row[column] or "").strip():
                raise InputError(f"Line {line} of {table} has no {column!r}. Fill it in.")
    paths = tuple(table.parent / row[file_column].strip() for _, row in rows)
    labels = {name: tuple(row[name].strip() for _, row in rows) for name in conditions}
    return SoundFiles(paths, labels)


def measure(files: SoundFiles) -> tuple[SoundFiles, list[float]]:
    """The files that can be opened (`left_out` names the others), and seconds by their headers."""
    seconds, left_out = [], list(files.left_out)
    for path in files.paths:
        try:
            seconds.append(_seconds(path))
        except Exception as error:  # of whatever kind: it is this file's
            seconds.append(0.0)
            left_out.append((str(path), str(fault_of(path, error))))
    usable = [number for number, length in enumerate(seconds) if length]
    if not usable:
        raise InputError(f"No sound of {len(seconds)} can be opened. {left_out[-1][1]}")
    labels = {
        name: tuple(column[number] for number in usable) for name, column in files.labels.items()
    }
    paths = tuple(files.paths[number] for number in usable)
    return SoundFiles(paths, labels, tuple(left_out)), [seconds[number] for number in usable]


def read_rows(table: PathLike, columns: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    """Last line and cells (`None` where the row is short) of each row of a CSV file in UTF-8."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read the table {os.fspath(table)}: {reason}.") from None
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(f"Expected the columns {', '.join(missing)} in {table}. Found: {header}")
    if not rows:
        raise InputError(f"Expected rows in {table}, one per sound. Found none.")
    return rows


def _seconds(path):
    if path.suffix.lower() in _CODED:
        return len(read_sound(path, _LOW_RATE)) / _LOW_RATE
    return seconds_of(path)


def _decoded(path, sample_rate, most_seconds):
    """A sound file as float32 `(samples,)`, or the error if it cannot be read."""
    try:
        if path.suffix.lower() in _CODED:
            return read_sound(path, sample_rate, most_seconds).astype("float32") / 32768
        most = np.inf if most_seconds is None else max(1, round(most_seconds * sample_rate))
        blocks, length = [], 0
        with contextlib.closing(read_blocks(path, sample_rate)) as source:
            for block in source:
                blocks.append(block)
                length += len(block)
                if length >= most:
                    break
        waveform = np.concatenate(blocks)
        return waveform if length <= most else waveform[:most]
    except Exception as error:  # of whatever kind: it is this file's
        return fault_of(path, error)


def _files(folder, suffixes):
    """Files of a folder and its subfolders with some suffixes, sorted, without hidden ones."""
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    return sorted(path for path in paths if path.is_file() and not _hidden(path, folder))


def _matches(path, patterns):
    return any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)


def _hidden(path, folder):
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
