"""Scores and features of many files: some hundred in each part, and every file once."""

import contextlib
import json
import pathlib

import numpy as np

from keras_sounddream.batch.outputs import Folder, write_lines
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside


def read_scores(folder):
    """Reads what `sounddream batch classify` has written.

    Args:
        folder: str or path, of the job.

    Yields:
        dict with `file`, str, and `scores`, a list of `{"label": str, "score": float}`.
    """
    for path in _parts(folder, ".jsonl"):
        yield from read_lines(path)


def read_features(folder):
    """Reads what `sounddream batch embed` has written, a part at a time.

    Args:
        folder: str or path, of the job.

    Yields:
        `(names, features)`: list of str, and float32 `(names, channels)`.
    """
    for path in _parts(folder, ".npz"):
        rows = read_arrays(path)
        yield [row["file"] for row in rows], np.stack([row["features"] for row in rows])


def part_path(folder, number, suffix):
    """Path of a part.

    Args:
        folder: path.
        number: int, of the unit that makes it.
        suffix: str, `".jsonl"` or `".npz"`.

    Returns:
        `pathlib.Path`.
    """
    return pathlib.Path(folder) / f"part-{number:05d}{suffix}"


def read_lines(path):
    """Reads a part of scores, if it is there.

    Args:
        path: `pathlib.Path`.

    Returns:
        list of dict.
    """
    with contextlib.suppress(FileNotFoundError):
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return []


def read_arrays(path):
    """Reads a part of features, if it is there.

    Args:
        path: `pathlib.Path`.

    Returns:
        list of dict, with `file`, str, and `features`, float32 `(channels,)`.
    """
    with contextlib.suppress(FileNotFoundError), np.load(path, allow_pickle=False) as part:
        files, features = part["files"].tolist(), part["features"]
        return [{"file": f, "features": x} for f, x in zip(files, features, strict=True)]
    return []


def write_arrays(path, rows):
    """Writes a part of features, whole or not at all.

    Args:
        path: `pathlib.Path`.
        rows: list of dict, as of `read_arrays`.
    """
    with written_beside(path, overwrite=True) as temporary, temporary.open("wb") as file:
        files = np.array([row["file"] for row in rows])
        np.savez(file, files=files, features=np.stack([row["features"] for row in rows]))


def names_in(folder, task):
    """Names of the files that are done.

    Args:
        folder: path.
        task: str, key of `KINDS`.

    Returns:
        set of str.
    """
    if task == "classify":
        return {row["file"] for path in folder.glob("part-*.jsonl") for row in read_lines(path)}
    names = set()
    for path in folder.glob("part-*.npz"):
        with np.load(path, allow_pickle=False) as part:
            names.update(part["files"].tolist())  # its features stay unread
    return names


KINDS = {  # of a task: suffix of its parts, and what reads and writes one
    "classify": (".jsonl", read_lines, write_lines),
    "embed": (".npz", read_arrays, write_arrays),
}


def _parts(folder, suffix):
    found = sorted(Folder(folder).path.glob(f"part-*{suffix}"))
    if not found:
        raise InputError(f"Expected the folder of a finished job. {folder} has no part-*{suffix}.")
    return found
