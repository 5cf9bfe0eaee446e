"""The folder of a job: finished files, failed files, and the files of each unit of work.

    DIR/job.json               the job's description; another job is refused
    DIR/…                      dreams, in subfolders as the inputs
    DIR/part-00007.jsonl       scores, one line per file (features: .npz)
    DIR/failed.jsonl           files that failed, each with its reason
    DIR/.lock                  during a run
    DIR/.work/                 during a run: lists of files, failures so far

A file is done if its output exists, because outputs are written beside and renamed. An interrupted
job loses nothing, and its next run repeats nothing.
"""

import bisect
import contextlib
import json
import os
import pathlib
import shutil
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, read_json, written_beside
from keras_sounddream.leftovers import is_unfinished
from keras_sounddream.locks import locked
from keras_sounddream.types import PathLike


class Folder:
    """The output folder of a job.

    Attributes:
        path: its absolute path.
        work: path of the lists and records of the run.
        failed: path of the list of files that failed.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = pathlib.Path(path).absolute()
        self.work = self.path / ".work"
        self.failed = self.path / "failed.jsonl"
        self._records: dict[str, dict[str, Any]] = {}

    @contextlib.contextmanager
    def held(self, identity: dict[str, Any], bounds: list[int]) -> Iterator[list[int]]:
        """Makes or reopens the folder, and keeps other runs out; yields the first run's `bounds`.

        An `InputError` tells of a folder of another job or other content, or of a job running in
        it. `identity` is the content of `job.json` that must be the same in every run.
        """
        keep_folder(self.path)
        description = self.path / "job.json"
        if not description.exists() and not all(map(_is_ours, self.path.iterdir())):
            raise InputError(f"{self.path} holds something else (no job.json). Choose another.")
        keep_folder(self.work)
        with locked(self.path, "batch", inside=True):
            bounds = self._settle(description, identity, bounds)
            self._sweep()
            yield bounds

    def _settle(self, description, identity, bounds):
        """Writes the job's description, or compares it with that of an earlier run."""
        if not description.exists():
            write_json(description, {"job": identity, "bounds": bounds})
        content = read_json(description, "Choose another folder.")
        stored = content["job"]
        for name in sorted({*stored, *identity}):
            if stored.get(name) != identity.get(name):
                raise InputError(
                    f"{self.path} is of another job: its {name} is {stored.get(name)!r}, not "
                    f"{identity.get(name)!r}. Choose another folder."
                )
        return content["bounds"]

    def _sweep(self):
        """Removes half-written files of killed runs."""
        for folder, folders, files in os.walk(self.path):
            for name in filter(is_unfinished, files):
                pathlib.Path(folder, name).unlink(missing_ok=True)
            for name in filter(is_unfinished, folders):
                shutil.rmtree(pathlib.Path(folder, name), ignore_errors=True)
        for name in ("lists", "done"):
            shutil.rmtree(self.work / name, ignore_errors=True)
            (self.work / name).mkdir()

    def begin(self) -> str:
        """Begins a run and returns its name; late workers of former runs end."""
        name = os.urandom(8).hex()
        write_json(self.work / "run.json", name)
        return name

    def runs(self, name: str) -> bool:
        """Whether a run is the latest, by its name."""
        return json.loads((self.work / "run.json").read_text()) == name

    def write_lists(self, units: dict[int, list[tuple[str, str]]]) -> list[int]:
        """Writes the `(name, path)` of the files of each unit; returns the units' numbers."""
        for number, files in units.items():
            write_json(self.work / "lists" / f"{number:05d}.json", files)
        return list(units)

    def read_list(self, number: int) -> list[list[str]]:
        """`[name, path]` of the files of a unit."""
        return json.loads((self.work / "lists" / f"{number:05d}.json").read_text())

    def record(self, number: int, num_files: int, failed: list[dict[str, str]]) -> None:
        """Records that a unit is done; `failed` has `file` and `reason` of each that failed."""
        record = {"files": num_files, "failed": failed}
        write_json(self.work / "done" / f"{number:05d}.json", record)

    def records(self) -> list[dict[str, Any]]:
        """Records of the units so far, each with `files` and `failed`."""
        for path in (self.work / "done").glob("[0-9]*.json"):
            if path.name not in self._records:
                self._records[path.name] = json.loads(path.read_text())
        return list(self._records.values())

    def list_failed(self, is_done: Callable[[str], bool]) -> int:
        """Updates the list of failed files, with their latest reasons; returns their number."""
        lines = self.failed.read_text("utf-8").splitlines() if self.failed.exists() else []
        rows = [json.loads(line) for line in lines]
        rows += [row for record in self.records() for row in record["failed"]]
        latest = {row["file"]: row for row in rows if not is_done(row["file"])}
        write_lines(self.failed, [latest[name] for name in sorted(latest)])
        return len(latest)


def dream_path(folder: pathlib.Path, name: str, suffix: str) -> pathlib.Path:
    """Path of a dream: the input's name with `suffix` appended, so that no two are the same."""
    return folder / (name if name.lower().endswith(suffix) else name + suffix)


def cut(names: Iterable[str], bounds: list[int]) -> dict[int, list[str]]:
    """Names of each unit that has any: a name is in the same unit whatever the others."""
    units: dict[int, list[str]] = {}
    for name in names:
        units.setdefault(bisect.bisect_right(bounds, _position(name)), []).append(name)
    return dict(sorted(units.items()))


def bounds_of(names: Collection[str], size: int) -> list[int]:
    """Bounds for `cut` that make units of `size` names."""
    return sorted(map(_position, names))[size::size]


def write_json(path: pathlib.Path, content: Any) -> None:
    """Writes JSON, all or nothing."""
    with written_beside(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(content) + "\n", "utf-8")


def write_lines(path: pathlib.Path, rows: Iterable[Any]) -> None:
    """Writes JSON lines, all or nothing."""
    with written_beside(path, overwrite=True) as temporary:
        temporary.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _is_ours(path):
    """Whether a path may lie in the folder of a job before it has a description."""
    return path.name in (".work", ".lock") or is_unfinished(path.name)


def _position(name):
    return zlib.crc32(name.encode("utf-8", "surrogateescape"))
