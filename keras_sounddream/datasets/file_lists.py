"""Which sounds there are, with their labels: of a folder or a table."""

import collections
import concurrent.futures
import contextlib
import csv
import dataclasses
import os
import pathlib

import numpy as np

from keras_sounddream.audio.io import SUFFIXES, open_sound
from keras_sounddream.audio.streaming import read_blocks
from keras_sounddream.datasets.videos import read_sound
from keras_sounddream.errors import InputError

FILE_COLUMN = "file"

_CODED = (".m4a", ".m4b", ".mp4", ".aac", ".wma")  # which libsndfile does not read
_LOW_RATE = 8000  # Hz, at which those are measured


@dataclasses.dataclass(frozen=True)
class SoundFiles:
    """Sound files and their labels.

    Attributes:
        paths: tuple of `pathlib.Path`.
        labels: dict from the name of a condition to a tuple of str, one a file; empty for none.
        left_out: tuple of `(name, reason)`, of files that could not be labelled.
    """

    paths: tuple
    labels: dict
    left_out: tuple = ()

    @property
    def names(self):
        """What the sounds are called: tuple of str, their paths."""
        return tuple(str(path) for path in self.paths)

    @property
    def marks(self):
        """What changes where a file does: list of path, size and time of change."""
        found = []
        for path in self.paths:
            path = path.absolute()
            state = path.stat() if path.is_file() else None
            found.append([str(path), *((state.st_size, state.st_mtime_ns) if state else ())])
        return found

    def waveforms(self, sample_rate, most_seconds=None):
        """Decodes the files, several at a time.

        Args:
            sample_rate: int, Hz, to bring them to.
            most_seconds: float, after which reading ends; `None` for all of each.

        Yields:
            float32 `(samples,)`, mono; or the `InputError` that says why a file cannot be read. In
            the order of the files.
        """
        workers, pending = os.cpu_count() or 1, collections.deque()
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


def list_folder(folder, condition=None):
    """Lists the sound files of a folder, and of the folders in it.

    Args:
        folder: str or path.
        condition: str, a name such as `"genre"` for what the folders in it stand for: each is a
            label of its files. `None` for sounds without labels.

    Returns:
        `SoundFiles`, sorted by path.

    Raises:
        InputError: if there is no such folder, no sound file, or with a `condition` no folder.
    """
    folder, paths = pathlib.Path(folder), find_sounds(folder)
    if condition is None:
        return SoundFiles(tuple(paths), {})
    paths = [path for path in paths if path.parent != folder]
    if not paths:
        raise InputError(
            f"Expected folders with sounds in {folder}, a folder a {condition}. Found sounds in no "
            "folder: leave the condition out, or sort them."
        )
    labels = tuple(path.relative_to(folder).parts[0] for path in paths)
    return SoundFiles(tuple(paths), {condition: labels})


def find_sounds(folder):
    """Finds the sound files of a folder, and of the folders in it.

    Args:
        folder: str or path.

    Returns:
        list of `pathlib.Path`, sorted; without hidden ones.

    Raises:
        InputError: if there is no such folder, or no sound file.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of sounds, but there is no folder {folder}.")
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in (*SUFFIXES, *_CODED)]
    paths = sorted(path for path in paths if path.is_file() and not _hidden(path, folder))
    if not paths:
        raise InputError(
            f"Expected sound files ({', '.join((*SUFFIXES, *_CODED))}) in {folder}. Found none."
        )
    return paths


def list_table(table, conditions, file_column=FILE_COLUMN):
    """Lists the sound files that a table names, with their labels.

    Args:
        table: str or path of a CSV file with a header, in UTF-8. Paths of files in it count from
            its folder.
        conditions: sequence of str, the columns that hold labels; empty for none.
        file_column: str, the column of file names.

    Returns:
        `SoundFiles`, in the table's order.

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


def measure(files):
    """Finds how long sounds are, by what their files say of themselves.

    Args:
        files: `SoundFiles`.

    Returns:
        `(files, seconds)`: `SoundFiles` without those that cannot be opened or are empty, which
        `left_out` names; and a list of float, one a file.

    Raises:
        InputError: if none is left.
    """
    seconds, left_out = [], list(files.left_out)
    for path in files.paths:
        try:
            seconds.append(_seconds(path))
        except InputError as error:
            seconds.append(0.0)
            left_out.append((str(path), str(error)))
    kept = [number for number, length in enumerate(seconds) if length]
    if not kept:
        raise InputError(f"No sound of {len(seconds)} can be opened. {left_out[-1][1]}")
    labels = {name: tuple(each[number] for number in kept) for name, each in files.labels.items()}
    paths = tuple(files.paths[number] for number in kept)
    return SoundFiles(paths, labels, tuple(left_out)), [seconds[number] for number in kept]


def read_rows(table, columns):
    """Reads a CSV file with a header, in UTF-8.

    Args:
        table: str or path.
        columns: sequence of str, that it must have.

    Returns:
        list of `(line, row)`: int, the number of the line that the row ends on, and a dict from
        column to str (`None` where the row is short).

    Raises:
        InputError: if it cannot be read, a column is missing, or it has no rows.
    """
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or []
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read the table {os.fspath(table)}: {reason}.") from None
    missing = [column for column in columns if column not in found]
    if missing:
        raise InputError(f"Expected the columns {', '.join(missing)} in {table}. Found: {found}")
    if not rows:
        raise InputError(f"Expected rows in {table}, a row a sound. Found none.")
    return rows


def _seconds(path):
    if path.suffix.lower() in _CODED:
        return len(read_sound(path, _LOW_RATE)) / _LOW_RATE
    with open_sound(path) as sound:
        if not sound.frames:
            raise InputError(f"Expected sound, but {path} holds no samples.")
        return sound.frames / sound.samplerate


def _decoded(path, sample_rate, most_seconds):
    """A sound file as float32 `(samples,)`, or the error that says why not."""
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
        whole = np.concatenate(blocks)
        return whole if length <= most else whole[:most]
    except InputError as error:
        return error


def _hidden(path, folder):
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
