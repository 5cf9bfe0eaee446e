"""Tables of scores and features: parts with some hundred files each, every file once."""

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_sounddream.batch.outputs import Folder, write_lines
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike


def read_scores(folder: PathLike) -> Iterator[dict[str, Any]]:
    """Reads the scores of `sounddream batch classify`.

    Args:
        folder: of the job.

    Yields:
        dict with `file`, str, and `scores`, a list of `{"label": str, "score": float}`.
    """
    for path in _parts(folder, ".jsonl"):
        yield from read_lines(path)


def read_features(folder: PathLike) -> Iterator[tuple[list[str], Array]]:
    """Reads the features of `sounddream batch embed`, one part at a time.

    Args:
        folder: of the job.

    Yields:
        `(names, features)`: names of files, and float32 `(names, channels)`.
    """
    for path in _parts(folder, ".npz"):
        rows = read_arrays(path)
        yield [row["file"] for row in rows], np.stack([row["features"] for row in rows])


def part_path(folder: PathLike, number: int, suffix: str) -> pathlib.Path:
    """Path of a unit's part, `.jsonl` or `.npz`."""
    return pathlib.Path(folder) / f"part-{number:05d}{suffix}"


def read_lines(path: pathlib.Path) -> list[dict[str, Any]]:
    """Rows of a part of scores; none if it does not exist."""
    with contextlib.suppress(FileNotFoundError), _damage_named(path):
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return []


def read_arrays(path: pathlib.Path) -> list[dict[str, Any]]:
    """Rows `file` and `features` `(channels,)` of a part of features; none without a file."""
    with contextlib.suppress(FileNotFoundError), _damage_named(path), np.load(path) as part:
        files, features = part["files"].tolist(), part["features"]
        return [{"file": f, "features": x} for f, x in zip(files, features, strict=True)]
    return []


def write_arrays(path: pathlib.Path, rows: Sequence[dict[str, Any]]) -> None:
    """Writes a part of features, all or nothing."""
    with written_beside(path, overwrite=True) as temporary, temporary.open("wb") as file:
        files = np.array([row["file"] for row in rows])
        np.savez(file, files=files, features=np.stack([row["features"] for row in rows]))


def names_in(folder: pathlib.Path, task: str) -> set[str]:
    """Names of the files that are done."""
    if task == "classify":
        return {row["file"] for path in folder.glob("part-*.jsonl") for row in read_lines(path)}
    names = set()
    for path in folder.glob("part-*.npz"):
        with _damage_named(path), np.load(path) as part:
            names.update(part["files"].tolist())  # without reading the features
    return names


_Reader = Callable[[pathlib.Path], list[dict[str, Any]]]
_Writer = Callable[[pathlib.Path, Sequence[Any]], None]
KINDS: dict[str, tuple[str, _Reader, _Writer]] = {  # task → suffix of its parts, reader, writer
    "classify": (".jsonl", read_lines, write_lines),
    "embed": (".npz", read_arrays, write_arrays),
}


@contextlib.contextmanager
def _damage_named(path):
    """Context in which a part that cannot be read is named."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:  # of zip files, NumPy or JSON
        raise InputError(
            f"{path} is damaged ({error}). Remove it and run the job again: its files are missing."
        ) from error


def _parts(folder, suffix):
    paths = sorted(Folder(folder).path.glob(f"part-*{suffix}"))
    if not paths:
        raise InputError(f"Expected the folder of a finished job. {folder} has no part-*{suffix}.")
    return paths
