"""The folder of a job: what is done, what failed, and what each unit of work has to do.

    DIR/job.json               what the job is; another job is refused
    DIR/…                      dreams, in folders as those of the inputs
    DIR/part-00007.jsonl       scores of many files, a line each (of features, .npz)
    DIR/failed.jsonl           files that could not be done, each with its reason
    DIR/.work/                 while the job runs: its lock, lists of files, and what failed so far

A file is done if its output is there, for outputs are written beside and renamed. So a job that
breaks off in whatever way has lost nothing, and its next run makes nothing twice.
"""

import bisect
import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import zlib

from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside

_LEFT = re.compile(r"\.[0-9a-f]{8}(\.[^/]*)?")  # what `written_beside` names, if it is killed


class Folder:
    """The folder that a job writes to.

    Attributes:
        path: `pathlib.Path`.
        work: `pathlib.Path`, of the lists and records of the run.
        failed: `pathlib.Path`, of the list of files that could not be done.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path).absolute()
        self.work = self.path / ".work"
        self.failed = self.path / "failed.jsonl"
        self._records = {}

    @contextlib.contextmanager
    def held(self, identity, bounds):
        """Makes the folder, or opens that of the same job, and keeps other runs out.

        Args:
            identity: dict that JSON can hold, of what must be the same in every run.
            bounds: list of int, of the units of a first run; later ones keep those.

        Yields:
            list of int, the bounds that hold.

        Raises:
            InputError: if it is another job's, holds something else, or a job runs in it.
        """
        keep_folder(self.path)
        described = self.path / "job.json"
        if not described.exists() and any(p.name != ".work" for p in self.path.iterdir()):
            raise InputError(f"{self.path} holds something else (no job.json). Choose another.")
        keep_folder(self.work)
        with (self.work / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(f"A job runs in {self.path}. Wait, or choose another.") from None
            bounds = self._settle(described, identity, bounds)
            self._sweep()
            yield bounds

    def _settle(self, described, identity, bounds):
        """Writes down what the job is, or compares."""
        if not described.exists():
            write_json(described, {"job": identity, "bounds": bounds})
        content = json.loads(described.read_text())
        kept = content["job"]
        for name in sorted({*kept, *identity}):
            if kept.get(name) != identity.get(name):
                raise InputError(
                    f"{self.path} is of another job: its {name} is {kept.get(name)!r}, not "
                    f"{identity.get(name)!r}. Choose another folder."
                )
        return content["bounds"]

    def _sweep(self):
        """Removes what runs that were killed have left half-written."""
        for folder, folders, files in os.walk(self.path):
            for name in filter(_LEFT.fullmatch, files):
                pathlib.Path(folder, name).unlink(missing_ok=True)
            for name in filter(_LEFT.fullmatch, folders):
                shutil.rmtree(pathlib.Path(folder, name), ignore_errors=True)
        for name in ("lists", "done"):
            shutil.rmtree(self.work / name, ignore_errors=True)
            (self.work / name).mkdir()

    def begin(self):
        """Begins a run, and so ends what is left of others: late workers, of a cluster perhaps.

        Returns:
            str, the name of the run.
        """
        name = os.urandom(8).hex()
        write_json(self.work / "run.json", name)
        return name

    def runs(self, name):
        """Tells whether a run is the latest.

        Args:
            name: str, as `begin` gives it.

        Returns:
            bool.
        """
        return json.loads((self.work / "run.json").read_text()) == name

    def write_lists(self, units):
        """Writes down what each unit has to do.

        Args:
            units: dict from the number of a unit to its files, `(name, path)` each.

        Returns:
            list of int, the numbers.
        """
        for number, files in units.items():
            write_json(self.work / "lists" / f"{number:05d}.json", files)
        return list(units)

    def read_list(self, number):
        """Reads what a unit has to do.

        Args:
            number: int.

        Returns:
            list of `[name, path]`, str each.
        """
        return json.loads((self.work / "lists" / f"{number:05d}.json").read_text())

    def record(self, number, num_files, failed):
        """Writes down that a unit is done.

        Args:
            number: int.
            num_files: int, that it had to do.
            failed: list of dict, `file` and `reason` of each that could not be done.
        """
        record = {"files": num_files, "failed": failed}
        write_json(self.work / "done" / f"{number:05d}.json", record)

    def records(self):
        """Reads what units have recorded so far, each once.

        Returns:
            list of dict, `files` and `failed`.
        """
        for path in (self.work / "done").glob("[0-9]*.json"):
            if path.name not in self._records:
                self._records[path.name] = json.loads(path.read_text())
        return list(self._records.values())

    def list_failed(self, is_done):
        """Brings the list of failed files up to date: the latest reason of each that is not done.

        Args:
            is_done: function of a name, to bool.

        Returns:
            int, how many there are.
        """
        kept = self.failed.read_text("utf-8").splitlines() if self.failed.exists() else []
        rows = [json.loads(line) for line in kept]
        rows += [row for record in self.records() for row in record["failed"]]
        latest = {row["file"]: row for row in rows if not is_done(row["file"])}
        write_lines(self.failed, [latest[name] for name in sorted(latest)])
        return len(latest)


def dream_path(folder, name, suffix):
    """Path of a dream: as the input's, with another suffix added, so that no two are the same.

    Args:
        folder: `pathlib.Path`.
        name: str, of the input, relative to the folder that all are in.
        suffix: str, such as `".wav"`.

    Returns:
        `pathlib.Path`.
    """
    return folder / (name if name.lower().endswith(suffix) else name + suffix)


def cut(names, bounds):
    """Hands names to units, each name always to the same.

    Args:
        names: iterable of str.
        bounds: list of int, as `bounds_of` gives it.

    Returns:
        dict from the number of a unit to the list of its names; units without any are left out.
    """
    units = {}
    for name in names:
        units.setdefault(bisect.bisect_right(bounds, _place(name)), []).append(name)
    return dict(sorted(units.items()))


def bounds_of(names, size):
    """Finds where to cut names into units that are equally large.

    Args:
        names: collection of str.
        size: int, of a unit.

    Returns:
        list of int, for `cut`.
    """
    return sorted(map(_place, names))[size::size]


def write_json(path, content):
    """Writes JSON, whole or not at all.

    Args:
        path: `pathlib.Path`.
        content: what `json.dumps` takes.
    """
    with written_beside(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(content) + "\n", "utf-8")


def write_lines(path, rows):
    """Writes JSON lines, whole or not at all.

    Args:
        path: `pathlib.Path`.
        rows: iterable of what `json.dumps` takes.
    """
    with written_beside(path, overwrite=True) as temporary:
        temporary.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _place(name):
    return zlib.crc32(name.encode("utf-8", "surrogateescape"))
