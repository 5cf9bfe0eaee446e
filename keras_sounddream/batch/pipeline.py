"""Runs of a job: finds its files, distributes those that are not done, and counts."""

import dataclasses
import glob
import json
import os
import pathlib
import time
from collections.abc import Sequence

from keras_sounddream.batch import jobs, tables, worker
from keras_sounddream.batch.outputs import Folder, bounds_of, cut, dream_path
from keras_sounddream.batch.runners import check_beam, run_units
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

_UNITS_PER_WORKER = 4  # at least, so that workers end at about the same time


@dataclasses.dataclass(frozen=True)
class Summary:
    """Counts of a run.

    Attributes:
        done: files with an output from this run.
        skipped: files with an output from an earlier run.
        failed: files in the list of failures.
        seconds: duration of the run.
    """

    done: int
    skipped: int
    failed: int
    seconds: float


def run(
    job: jobs.Job,
    pattern: str,
    output: PathLike,
    runner: str = "DirectRunner",
    workers: int = 1,
    options: Sequence[str] = (),
    threads: int | None = None,
    progress: bool = False,
) -> Summary:
    """Runs a job on many files, each once, however often it is called.

    Args:
        job: the work on each file.
        pattern: of paths, as in a shell, with `**` for folders of any depth; or a folder, for all
            files in it.
        output: folder that every worker can write to.
        runner: name of a Beam runner.
        workers: processes; on a cluster, its own options may override them.
        options: further options of the runner.
        threads: TensorFlow threads of each worker; by default one, or one per core if there is a
            single worker.
        progress: whether to show a progress bar.

    Returns:
        counts of files.

    Raises:
        InputError: if no file matches, `output` is another job's, the model cannot be loaded, or
            the job breaks off, for example on a full disk or when a worker dies: finished files
            stay.
    """
    start, job, folder = time.perf_counter(), jobs.absolute(job), Folder(output)
    files = find_files(pattern, folder.path)
    if job.task == "dream":
        _check_names(files, folder, job.suffix)
    check_beam()
    identity = {"inputs": os.path.abspath(_root_of(pattern)), **job.identity()}
    size = min(jobs.FILES_PER_UNIT[job.task], -(-len(files) // (_UNITS_PER_WORKER * workers)))
    with folder.held(identity, bounds_of(files, size)) as bounds:
        todo = sorted(set(files) - _done(job, folder, files))
        if job.task == "dream":
            bounds = bounds_of(todo, size)
        units = {
            n: [(name, files[name]) for name in names] for n, names in cut(todo, bounds).items()
        }
        local = runner == "DirectRunner"
        plan = {
            "job": dataclasses.asdict(job),
            "folder": str(folder.path),
            "threads": threads or (None if local and workers == 1 else 1),
            "run": folder.begin(),
            "launcher": os.getpid() if local else None,
        }
        try:
            if units:
                numbers = folder.write_lists(units)
                worker.check_disk(folder.path)
                run_units(json.dumps(plan), folder, numbers, runner, workers, options, progress)
        finally:
            done = _done(job, folder, files)
            failed = folder.list_failed(done.__contains__)
    skipped = len(files) - len(todo)
    return Summary(len(done) - skipped, skipped, failed, time.perf_counter() - start)


def find_files(pattern: str, output: PathLike) -> dict[str, str]:
    """Absolute paths of a pattern's files by their names relative to its root; at least one.

    Files in `output` are left out. Folders that several links lead to are searched once.
    """
    root = os.path.abspath(_root_of(pattern))
    if os.path.isdir(pattern):
        pattern = os.path.join(glob.escape(pattern), "**")
    paths = (os.path.abspath(path) for path in _expand(pattern))
    outputs = os.path.join(output, "")
    files = {
        os.path.relpath(path, root): path
        for path in paths
        if not path.startswith(outputs) and os.path.isfile(path)
    }
    if not files:
        raise InputError(f"Expected files, but none is called {pattern}. Quote the pattern.")
    return files


def _expand(pattern, seen=None):
    """Paths that match a pattern; `**` enters each folder once, through whatever links."""
    parts = pathlib.Path(pattern).parts
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    position, seen = parts.index("**"), set() if seen is None else seen
    rest = parts[position + 1 :] or ("*",)
    for start in glob.iglob(os.path.join(*parts[:position])) if position else ["."]:
        for folder, inside, _ in os.walk(start, followlinks=True):
            visit = os.path.realpath(folder), rest
            if visit in seen:
                inside.clear()
                continue
            seen.add(visit)
            names = (name for name in inside if name[0] != ".")  # links last
            inside[:] = sorted(names, key=lambda n: (os.path.islink(os.path.join(folder, n)), n))
            yield from _expand(os.path.join(glob.escape(folder), *rest), seen)


def _check_names(files, folder, suffix):
    taken = {}
    for name in files:
        other = taken.setdefault(dream_path(folder.path, name, suffix), name)
        if other != name:
            raise InputError(f"{other} and {name} would be dreamed into one file. Rename one.")


def _root_of(pattern):
    """The folder that a pattern begins with, before its first wildcard."""
    if os.path.isdir(pattern):
        return pattern
    parts = pathlib.Path(pattern).parts
    plain = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return os.path.join(*parts[:plain]) if plain else "."


def _done(job, folder, files):
    """Names of the files whose output exists."""
    if job.task != "dream":
        return tables.names_in(folder.path, job.task) & set(files)
    existing = {
        os.path.join(inside, name) for inside, _, names in os.walk(folder.path) for name in names
    }
    return {name for name in files if str(dream_path(folder.path, name, job.suffix)) in existing}
