"""One process per output: a lock that another job meets as one line; it dies with its process.

The kernel holds the lock (`flock`), not the file that it lies on: after a `kill -9` or a power cut
the output is free, whatever lies there.
"""

import contextlib
import errno
import os
import pathlib
import stat
import time
import warnings
from collections.abc import Iterator
from typing import Any

from keras_sounddream import leftovers
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import PathLike

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}  # of network folders


@contextlib.contextmanager
def locked(path: PathLike, job: str, *, inside: bool = False, wait: bool = False) -> Iterator[None]:
    """Holds an output for one job, in this process or any other of this machine.

    The lock lies beside the output, as `.NAME.lock`, and is removed at the end. A device or pipe is
    not locked; a link is followed. The folder of the output is made if it is missing. Only the
    outermost call of a job may lock: a second lock of the same process is refused, too.

    Args:
        path: file or folder that the job writes, appends to or resumes.
        job: what is done, a word for the message, such as `"dream"`.
        inside: whether `path` is a folder that stays as it is, such as that of a training: the lock
            lies in it, as `.lock`, and so is met through every way that leads there.

    Raises:
        InputError: if another job holds the output, or the lock cannot be written.
    """
    path = pathlib.Path(path)
    target = pathlib.Path(os.path.realpath(path))
    if _is_special(target):
        yield
        return
    lock = target / ".lock" if inside else target.with_name(f".{target.name}.lock")
    with leftovers.tidy_parents(lock):
        file = _take(lock, path, job, wait)
        try:
            yield
        finally:
            if file is not None:  # removed while held: who opened it before sees that it is gone
                with contextlib.suppress(OSError):
                    lock.unlink()
                os.close(file)


def _take(lock, path, job, wait):
    """An open lock file that this job alone holds; `None` where the folder knows no locks."""
    if fcntl is None:
        return _without_lock(path)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file, held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), False
            try:
                held = _hold(file, path, wait) and _is_at(file, lock)
                if held:
                    os.ftruncate(file, 0)
                    os.pwrite(file, f"{os.getpid()} {time.strftime('%H:%M')} {job}".encode(), 0)
                    return file
            except BaseException:
                if held:  # the disk is full
                    lock.unlink()
                os.close(file)
                raise
            os.close(file)  # its holder removed it meanwhile
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return _without_lock(path)
        raise InputError(f"Cannot write {path}: {error.strerror or error} ({lock}).") from error


def _hold(file, path, wait):
    """Locks an open file; an `InputError` that names the holder if it is not waited for."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process, when, job = (os.pread(file, 200, 0).decode().split(maxsplit=2) + ["?"] * 3)[:3]
        if wait:
            message = f"Waiting for process {process} (since {when}: {job}), which writes {path}."
            warnings.warn(message, InputWarning, stacklevel=2)
            fcntl.flock(file, fcntl.LOCK_EX)
            return True
        raise InputError(
            f"Another process writes {path} (since {when}, process {process}: {job}). Wait for it, "
            "or choose another output."
        ) from None
    return True


def _is_at(file, lock):
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(lock))
    except FileNotFoundError:
        return False


def _is_special(path):
    """Whether a path is a device, pipe or socket."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _without_lock(path):
    warnings.warn(
        f"The folder of {path} knows no locks: see to it that no other process writes there.",
        InputWarning,
        stacklevel=2,
    )
