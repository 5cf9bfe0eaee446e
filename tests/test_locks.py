"""One process per output: the second is told, and nothing is left of the lock."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from keras_sounddream import locks
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.locks import locked

HOLD = """
import sys
from keras_sounddream.locks import locked
with locked(sys.argv[1], "dream"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(path):
    """A process that holds a lock until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    return process


def take(path, **options):
    with locked(path, "dream", **options):
        return True


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_second_process_is_told_who_writes(tmp_path):
    with hold(tmp_path / "out.wav") as process:
        holder = rf"\(since \d\d:\d\d, process {process.pid}: dream\)"
        message = rf"Another process writes .*out.wav {holder}"
        with pytest.raises(InputError, match=message) as caught:
            take(tmp_path / "out.wav")
        assert "\n" not in str(caught.value)
        assert take(tmp_path / "other.wav")
        process.stdin.close()
        process.wait()
    assert take(tmp_path / "out.wav")
    assert names(tmp_path) == []


def test_a_killed_process_holds_nothing(tmp_path):
    with hold(tmp_path / "out.wav") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert names(tmp_path) == [".out.wav.lock"]
        assert take(tmp_path / "out.wav")
    assert names(tmp_path) == []


def test_two_threads_of_one_process_are_kept_apart(tmp_path):
    refused = []

    def try_it():
        try:
            take(tmp_path / "out.wav")
        except InputError as error:
            refused.append(str(error))

    with locked(tmp_path / "out.wav", "dream"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert "out.wav" in refused[0]
    assert f"process {os.getpid()}: dream" in refused[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("out.wav", "out.wav"),
        ("out.wav", "link.wav"),
        ("folder/../out.wav", "out.wav"),
        ("folder", "./folder"),
    ],
)
def test_every_way_to_an_output_meets_its_lock(first, second, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.wav").symlink_to("out.wav")
    monkeypatch.chdir(tmp_path)
    with locked(first, "export"), pytest.raises(InputError, match="Another process writes"):
        take(second)
    assert names(tmp_path) == ["folder", "link.wav"]


def test_a_folder_that_stays_is_locked_inside(tmp_path):
    with locked(tmp_path / "run", "training", inside=True):
        assert names(tmp_path / "run") == [".lock"]
        with pytest.raises(InputError, match="training"):
            take(tmp_path / "run", inside=True)
        assert take(tmp_path / "run")  # beside it is another lock
    assert names(tmp_path / "run") == []


def test_a_lock_is_given_back_after_a_failure(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "out.wav", "dream"):
        raise KeyError
    assert take(tmp_path / "out.wav")


def test_a_lock_file_that_its_holder_removed_is_no_lock(tmp_path, monkeypatch):
    """Between opening and locking, the holder ends: the lock is taken on a new file."""
    path, hold_it = tmp_path / ".out.wav.lock", locks._hold
    calls = []

    def holder_ends(file, output, wait):
        calls.append(output)
        if len(calls) == 1:
            path.unlink()
        return hold_it(file, output, wait)

    monkeypatch.setattr(locks, "_hold", holder_ends)
    with locked(tmp_path / "out.wav", "dream"):
        assert len(calls) == 2
        assert path.exists()


def test_devices_and_pipes_are_not_locked(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with locked(tmp_path / "pipe.wav", "dream"), locked("/dev/null", "dream"):
        assert names(tmp_path) == ["pipe.wav"]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_folder_without_locks_is_named(code, tmp_path, monkeypatch):
    def refuse(file, how):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with pytest.warns(InputWarning, match="knows no locks"):
        assert take(tmp_path / "out.wav")


def test_a_system_without_locks_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "fcntl", None)
    with pytest.warns(InputWarning, match="knows no locks"):
        assert take(tmp_path / "out.wav")


def test_a_lock_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="Cannot write .*file/out.wav: "):
        take(tmp_path / "file" / "out.wav")


def test_a_full_disk_leaves_no_lock(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(locks.os, "pwrite", full)
    message = "Cannot write .*No space left"
    with pytest.raises(InputError, match=message), locked(tmp_path / "a.wav", "dream"):
        pytest.fail("nothing is to be done")
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_fails_leaves_no_new_folders(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "new" / "newer" / "out.wav", "dream"):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_who_waits_is_told_for_whom(tmp_path):
    """A thread holds the output for a while; the other goes on when it is free."""
    held, path = threading.Event(), tmp_path / "out.bin"

    def hold():
        with locked(path, "fetch"):
            held.set()
            time.sleep(1)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    told = pytest.warns(InputWarning, match=rf"Waiting for process {os.getpid()} .*: fetch")
    with told, locked(path, "fetch", wait=True):
        thread.join()
    assert list(tmp_path.iterdir()) == []
