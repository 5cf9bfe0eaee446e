"""Finds the files of a job, hands out those that are not done, and counts."""

import dataclasses
import glob
import json
import os
import pathlib
import time

from keras_sounddream.batch import jobs, tables, worker
from keras_sounddream.batch.outputs import Folder, bounds_of, cut, dream_path
from keras_sounddream.batch.runners import check_beam, run_units
from keras_sounddream.errors import InputError

_UNITS_PER_WORKER = 4  # at least, so that no worker is left with much while others are done


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a run has done.

    Attributes:
        done: int, files whose output this run has made.
        skipped: int, files whose output was there already.
        failed: int, files in the list of those that could not be done.
        seconds: float, s, that it took.
    """

    done: int
    skipped: int
    failed: int
    seconds: float


def run(
    job, pattern, output, runner="DirectRunner", workers=1, options=(), threads=None, progress=False
):
    """Does a job on many files, each once, however often it is run.

    Args:
        job: `Job`.
        pattern: str, of paths, as a shell's, with `**` for folders of any depth; or a folder, for
            all files in it.
        output: str or path of a folder, which every worker can write to.
        runner: str, of Beam's.
        workers: int, processes; of a cluster, the cluster's own options say it.
        options: sequence of str, further options of the runner.
        threads: int, of TensorFlow in each worker; by default one, or as many as there are cores if
            one worker is all there is.
        progress: bool, whether to show a progress bar.

    Returns:
        `Summary`.

    Raises:
        InputError: if no file is found, `output` is another job's, the model is not to be had, or
            the job breaks off, say because a disk is full or a worker died: what is done stays.
    """
    check_beam()
    start, job, folder = time.perf_counter(), jobs.absolute(job), Folder(output)
    files = find_files(pattern, folder.path)
    if job.task == "dream":
        _check_names(files, folder, job.suffix)
    identity = {"inputs": os.path.abspath(_root_of(pattern)), **job.identity()}
    size = min(jobs.FILES_PER_UNIT[job.task], -(-len(files) // (_UNITS_PER_WORKER * workers)))
    with folder.held(identity, bounds_of(files, size)) as bounds:
        todo = sorted(set(files) - _done(job, folder, files))
        if job.task == "dream":
            bounds = bounds_of(todo, size)
        units = {
            n: [(name, files[name]) for name in names] for n, names in cut(todo, bounds).items()
        }
        here = runner == "DirectRunner"
        plan = {
            "job": dataclasses.asdict(job),
            "folder": str(folder.path),
            "threads": threads or (None if here and workers == 1 else 1),
            "run": folder.begin(),
            "launcher": os.getpid() if here else None,
        }
        try:
            if units:
                numbers = folder.write_lists(units)
                worker.check_disk(folder.path)
                run_units(json.dumps(plan), folder, numbers, runner, workers, options, progress)
        finally:
            done = _done(job, folder, files)
            failed = folder.list_failed(done.__contains__)
    made = len(done) - (len(files) - len(todo))
    return Summary(made, len(files) - len(todo), failed, time.perf_counter() - start)


def find_files(pattern, output):
    """Finds the files of a job.

    Args:
        pattern: str, as of `run`.
        output: `pathlib.Path` of the job, whose own files are left out.

    Returns:
        dict from names, relative to the folder that the pattern begins with, to absolute paths. A
        folder that several links lead to, or one in itself, is looked through once.

    Raises:
        InputError: if there is none.
    """
    root = os.path.abspath(_root_of(pattern))
    if os.path.isdir(pattern):
        pattern = os.path.join(glob.escape(pattern), "**")
    paths = (os.path.abspath(path) for path in _expand(pattern))
    own = os.path.join(output, "")
    files = {
        os.path.relpath(path, root): path
        for path in paths
        if not path.startswith(own) and os.path.isfile(path)
    }
    if not files:
        raise InputError(f"Expected files, but none is called {pattern}. Quote the pattern.")
    return files


def _expand(pattern, seen=None):
    """Paths that a pattern stands for; `**` leads into each folder once, by whatever links."""
    parts = pathlib.Path(pattern).parts
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    place, seen = parts.index("**"), set() if seen is None else seen
    rest = parts[place + 1 :] or ("*",)
    for start in glob.iglob(os.path.join(*parts[:place])) if place else ["."]:
        for folder, inside, _ in os.walk(start, followlinks=True):
            here = os.path.realpath(folder), rest
            if here in seen:
                inside.clear()
                continue
            seen.add(here)
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
    """The folder that a pattern begins with, before anything that stands for several."""
    if os.path.isdir(pattern):
        return pattern
    parts = pathlib.Path(pattern).parts
    plain = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return os.path.join(*parts[:plain]) if plain else "."


def _done(job, folder, files):
    """Names of the files whose output is there."""
    if job.task != "dream":
        return tables.names_in(folder.path, job.task) & set(files)
    there = {
        os.path.join(inside, name) for inside, _, names in os.walk(folder.path) for name in names
    }
    return {name for name in files if str(dream_path(folder.path, name, job.suffix)) in there}
