"""Does a unit of files in one process, which loads its model once."""

import functools
import json
import os
import sys
import threading

from keras_sounddream.batch.jobs import Job
from keras_sounddream.batch.outputs import Folder
from keras_sounddream.errors import InputError

_PROBE_BYTES = 1 << 18  # a dream of 5 s
_ONE_AT_A_TIME = threading.Lock()  # runners have threads; more of them would only share a core


def do_unit(plan, number):
    """Does one unit, and records what of it failed.

    A file that cannot be read, or that the network cannot take, is named with its reason. Where
    no file could be written, on a full disk, the unit ends instead: others would fare alike.

    Args:
        plan: str, JSON of `job`; `folder`; `threads`, those of TensorFlow; `run`, as `Folder.begin`
            gives it; and `launcher`, the id of a process without which the work is in vain.
        number: int, of the unit.

    Returns:
        int, how many files it had.

    Raises:
        InputError: if the folder takes no file, the model is not to be had, or the run is over:
            its command was killed, or another has begun.
    """
    with _ONE_AT_A_TIME:
        task, folder = _prepare(plan)
        go_on = functools.partial(_check_wanted, folder, json.loads(plan))
        go_on()
        files = folder.read_list(number)
        failed = []
        for name, error in task.do(number, files, go_on):
            check_disk(folder.path)
            failed.append({"file": name, "reason": _in_words(error)})
        folder.record(number, len(files), failed)
        return len(files)


def prepare(plan):
    """Loads what a plan needs, before the first unit comes.

    Args:
        plan: str, as of `do_unit`.
    """
    with _ONE_AT_A_TIME:
        _prepare(plan)


def check_disk(folder):
    """Checks that a folder takes a file.

    Args:
        folder: `pathlib.Path`.

    Raises:
        InputError: if it does not, with the system's reason.
    """
    probe = folder / f".{os.urandom(4).hex()}.probe"  # named as what a later run removes
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.posix_fallocate(descriptor, 0, _PROBE_BYTES)  # room, not bytes: it is quick
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InputError(f"{folder} takes no files: {error.strerror}. Make room.") from error
    finally:
        probe.unlink(missing_ok=True)


@functools.lru_cache(maxsize=1)
def _prepare(plan):
    wanted = json.loads(plan)
    if wanted["threads"] and "tensorflow" not in sys.modules:
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(wanted["threads"])
        os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from keras_sounddream.batch import tasks

    job, folder = Job(**wanted["job"]), Folder(wanted["folder"])
    return tasks.TASKS[job.task](job, folder), folder


def _check_wanted(folder, plan):
    """Ends what a run that is over has left: a worker would go on with its share of the files."""
    if not folder.runs(plan["run"]):
        raise InputError(f"Another run has begun in {folder.path}.")
    if plan["launcher"]:
        try:
            os.kill(plan["launcher"], 0)
        except ProcessLookupError:
            raise InputError("The command that this worker works for has ended.") from None


def _in_words(error):
    first = next(iter(str(error).splitlines()), "")
    return first if isinstance(error, InputError) else f"{type(error).__name__}: {first}"
