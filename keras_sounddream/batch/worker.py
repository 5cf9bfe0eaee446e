"""Worker process: loads the model once and processes units of files."""

import contextlib
import ctypes
import functools
import json
import os
import pathlib
import sys
import threading

from keras_sounddream.batch.jobs import Job
from keras_sounddream.batch.outputs import Folder
from keras_sounddream.errors import InputError
from keras_sounddream.leftovers import temporary_name

_PROBE_BYTES = 1 << 18  # about a dream of 5 s
_ONE_AT_A_TIME = threading.Lock()  # runners have threads; more of them would only share a core
_at_work: list[int] = []  # identifier of the thread that does a unit


def do_unit(plan: str, number: int) -> int:
    """Processes a unit, records the files that failed, and returns its number of files.

    A file that cannot be read, or that the network cannot take, is recorded with its reason. An
    `InputError` ends the unit where others would fail alike: on a full disk, without the model, or
    in a run that is over, because its command was killed or another run has begun.

    Args:
        plan: JSON of `job`; `folder`; `threads`, for TensorFlow; `run`, the result of
            `Folder.begin`; and `launcher`, the id of the process that waits for the work.
        number: of the unit.
    """
    with _ONE_AT_A_TIME, _known_at_work():
        task, folder = _prepare(plan)
        go_on = functools.partial(_check_wanted, folder, json.loads(plan))
        go_on()
        files = folder.read_list(number)
        failed = []
        for name, error in task.do(number, files, go_on):
            check_disk(folder.path)
            failed.append({"file": name, "reason": _reason(error)})
        folder.record(number, len(files), failed)
        return len(files)


def prepare(plan: str) -> None:
    """Loads the model of a plan, before the first unit."""
    with _ONE_AT_A_TIME:
        _prepare(plan)


def interrupt(seconds: float) -> None:
    """Ends the unit that a thread of this process does, as Ctrl-C would, and waits for its end.

    A thread that is left behind at the end of the process would leave its locks and unfinished
    files, and may end the process by SIGABRT.

    Args:
        seconds: how long to wait for the thread, which ends when its call of TensorFlow does.
    """
    for thread in _at_work:
        ended = ctypes.py_object(KeyboardInterrupt)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ended)
    if _ONE_AT_A_TIME.acquire(timeout=seconds):
        _ONE_AT_A_TIME.release()  # for the next job of this process


@contextlib.contextmanager
def _known_at_work():
    _at_work.append(threading.get_ident())
    try:
        yield
    finally:
        _at_work.clear()


def check_disk(folder: pathlib.Path) -> None:
    """Refuses a folder that takes no file, with the system's reason."""
    probe = temporary_name(folder / "probe")  # a later run removes such names
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.posix_fallocate(descriptor, 0, _PROBE_BYTES)  # reserves room without writing: quick
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InputError(f"{folder} takes no files: {error.strerror}. Make room.") from error
    finally:
        probe.unlink(missing_ok=True)


@functools.lru_cache(maxsize=1)
def _prepare(plan):
    content = json.loads(plan)
    if content["threads"] and "tensorflow" not in sys.modules:
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(content["threads"])
        os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from keras_sounddream.batch import tasks

    job, folder = Job(**content["job"]), Folder(content["folder"])
    return tasks.TASKS[job.task](job, folder), folder


def _check_wanted(folder, plan):
    """Raises in a worker of a run that is over, which would go on with its share of the files."""
    if not folder.runs(plan["run"]):
        raise InputError(f"Another run has begun in {folder.path}.")
    if plan["launcher"]:
        try:
            os.kill(plan["launcher"], 0)
        except ProcessLookupError:
            raise InputError("The command that started this worker has ended.") from None


def _reason(error):
    first = next(iter(str(error).splitlines()), "")
    return first if isinstance(error, InputError) else f"{type(error).__name__}: {first}"
