"""Files and folders are either complete or not there."""

import errno
import os
import pathlib
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest

from keras_sounddream import InputError, files, leftovers
from keras_sounddream.files import (
    check_output,
    folder_beside,
    is_stream,
    keep_folder,
    read_json,
    why_full,
    written_beside,
)


def make(path, **options):
    with folder_beside(path, **options) as folder:
        (folder / "mark").write_text("new")


def write(path, text, error=None):
    """Replaces a file, or fails after it was written."""
    with written_beside(path, overwrite=error is not None) as temporary:
        temporary.write_text(text)
        if error is not None:
            raise error


def test_a_folder_appears_whole(tmp_path):
    make(tmp_path / "deep" / "out")
    assert (tmp_path / "deep" / "out" / "mark").read_text() == "new"
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_a_failure_leaves_what_was(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mark").write_text("old")

    def fail():
        with folder_beside(tmp_path / "out", overwrite=True) as folder:
            (folder / "mark").write_text("half")
            raise KeyError("fail")

    with pytest.raises(KeyError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mark").read_text() == "old"


def test_replacing_leaves_nothing_of_what_was(tmp_path):
    make(tmp_path / "out")
    (tmp_path / "out" / "more").write_text("old")
    with pytest.raises(InputError, match="out exists"):
        make(tmp_path / "out")
    make(tmp_path / "out", overwrite=True, holds="mark")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mark"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="holds something else \\(no saved_model.pb\\)"):
        make(tmp_path, overwrite=True, holds="saved_model.pb")
    with pytest.raises(InputError, match="is a file"):
        make(tmp_path / "thesis.txt", overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years"


def test_a_failed_replacement_puts_the_former_folder_back(tmp_path, monkeypatch):
    make(tmp_path / "out")
    rename = pathlib.Path.rename

    def fail(path, target):
        if path.name.endswith(".old") or target.name.endswith(".old"):
            return rename(path, target)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "rename", fail)
    with pytest.raises(InputError, match="Cannot write .*out: No space left on device"):
        make(tmp_path / "out", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mark").read_text() == "new"


def test_a_folder_inside_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="Cannot write .*file/out: "):
        make(tmp_path / "file" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "Expected a file to write, but .* is a folder. Give a file name"),
        ("folder", "Expected a file to write, but .*folder is a folder"),
        ("nowhere/out.wav", "The folder .*nowhere for out.wav does not exist. Make it first"),
        ("file/out.wav", "The folder .*file for out.wav does not exist"),
        ("file", r"file exists. Choose another name, or replace it with --force"),
    ],
)
@pytest.mark.parametrize("attempt", [check_output, lambda path: write(path, "new")])
def test_a_path_that_cannot_be_written_is_one_error(name, message, attempt, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=message) as caught:
        attempt(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_without_the_right_to_write_is_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(InputError, match="cannot be written to. Choose another one"):
        check_output(tmp_path / "out.wav")


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_a_path_that_can_be_written_is_a_path(kind, tmp_path):
    assert check_output(kind(tmp_path / "out.wav")) == tmp_path / "out.wav"
    (tmp_path / "out.wav").write_text("mine")
    assert check_output(kind(tmp_path / "out.wav"), overwrite=True) == tmp_path / "out.wav"
    assert (tmp_path / "out.wav").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.wav", ".wav"), ("a.tar.gz", ".tar.gz"), ("a", ""), ("a.b.c.d", ".c.d")]
)
def test_a_file_is_written_under_another_name_with_its_suffixes(name, suffix, tmp_path):
    with written_beside(tmp_path / name) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name != name
        assert temporary.name.endswith(suffix)
        temporary.write_text("new")
        assert not (tmp_path / name).exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, MemoryError])
def test_a_failed_write_leaves_the_former_file(error, tmp_path):
    (tmp_path / "a.wav").write_text("old")
    with pytest.raises(error):
        write(tmp_path / "a.wav", "half", error)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_text() == "old"


def test_an_error_of_the_system_is_named_with_the_file_asked_for(tmp_path):
    with (
        pytest.raises(InputError, match="Cannot write .*a.wav: No space left on device."),
        written_beside(tmp_path / "a.wav"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(InputError, match="Cannot write .*b.wav: No such file"),
        written_beside(tmp_path / "b.wav"),
    ):
        pass  # nothing was written
    assert not list(tmp_path.iterdir())


def test_a_folder_to_keep_things_in_is_made_once(tmp_path):
    for _ in range(2):
        assert keep_folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("mine")
    for name in ("file", "file/inside"):
        with pytest.raises(InputError, match="Expected a folder, but .* cannot be made: "):
            keep_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_device_is_written_to_and_stays_one(overwrite, tmp_path):
    path = tmp_path / "null.json"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        path = pathlib.Path("/dev/null")
    with written_beside(path, overwrite) as temporary:
        assert temporary.suffix == path.suffix
        temporary.write_text("gone")
    assert stat.S_ISCHR(path.stat().st_mode)
    assert not temporary.exists()


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    path, read = tmp_path / "pipe.json", []
    os.mkfifo(path)
    with pytest.raises(InputError, match="No process reads the pipe .*pipe.json. Start its reader"):
        write(path, "nobody")
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write(path, "x" * 10000)
    thread = threading.Thread(target=lambda: read.append(os.read(opened, 20000)))
    thread.start()
    thread.join()
    os.close(opened)
    assert read == [b"x" * 10000]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe.json"]


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_even_if_it_is_a_file(path, tmp_path):
    code = "import sys; from keras_sounddream.files import written_beside\n"
    code += "with written_beside(sys.argv[1]) as t: t.write_text('first ')\nprint('second')"
    with open(tmp_path / "out", "wb") as out:
        subprocess.run([sys.executable, "-c", code, path], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "first second\n"


def test_a_full_device_is_one_error():
    with pytest.raises(InputError, match="Cannot write /dev/full: No space left on device."):
        write("/dev/full", "x")


def test_a_disk_is_never_written_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        with pytest.raises(InputError, match="socket is a disk or a socket. Give a file name"):
            check_output("socket", overwrite=True)


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(there, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.json").symlink_to("folder/real.json")
    if there:
        (tmp_path / "folder" / "real.json").write_text("old")
        with pytest.raises(InputError, match="link.json exists"):
            write(tmp_path / "link.json", "new")
    with written_beside(tmp_path / "link.json", overwrite=there) as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link.json").is_symlink()
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["real.json"]
    assert (tmp_path / "folder" / "real.json").read_text() == "new"


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    make(tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "real"]
    assert (tmp_path / "real" / "mark").read_text() == "new"


@pytest.mark.parametrize(
    ("path", "answer"), [("/dev/null", True), ("/dev/fd/7", True), ("", False)]
)
def test_streams_are_told_from_files(path, answer, tmp_path):
    assert is_stream(path or tmp_path / "file") is answer


KILLED = """
import os, signal, sys
from keras_sounddream import files, leftovers
if sys.argv[1] == "file":
    with files.written_beside(sys.argv[2], True) as t:
        t.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
leftovers.remove = lambda path: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "between renames":
    files.sync = lambda path: None
    rename = files.pathlib.Path.rename
    def first(path, target):
        rename(path, target)
        os.kill(os.getpid(), signal.SIGKILL)
    files.pathlib.Path.rename = first
with files.folder_beside(sys.argv[2], overwrite=True) as t:
    (t / "mark").write_text("half")
    if sys.argv[1] == "folder":
        raise KeyError
"""


def kill_while(what, path):
    done = subprocess.run([sys.executable, "-c", KILLED, what, path], capture_output=True)
    assert done.returncode == -9, done.stderr


def test_what_a_kill_left_is_swept_at_the_next_start(tmp_path):
    kill_while("file", tmp_path / "a.wav")
    kill_while("file", tmp_path / "b.wav")
    kill_while("folder", tmp_path / "out")
    left = sorted(p.name for p in tmp_path.iterdir())
    assert [name.split(".")[1] for name in left] == ["a", "b", "out"]
    mine = [".a.wav", ".0123abcd.wav", ".a.wav.notes.tmp.wav", "a.tmp"]
    mine.append(leftovers.temporary_name(tmp_path / "a.wav", suffix=".wav").name)  # of this process
    for name in mine:
        (tmp_path / name).write_text("mine")
    write(tmp_path / "a.wav", "whole")
    make(tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {*mine, "a.wav", "out", left[1]}


def test_a_folder_is_put_back_when_a_kill_fell_between_the_renames(tmp_path):
    make(tmp_path / "out")
    kill_while("between renames", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="out exists"):
        make(tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mark").read_text() == "new"


@pytest.mark.parametrize(("days", "stays"), [(0, True), (0.9, True), (1.1, False)])
def test_what_another_machine_left_is_swept_after_a_day(days, stays, tmp_path):
    left = tmp_path / ".a.wav.01234567-1-01234567.tmp.wav"
    left.write_text("half")
    then = time.time() - days * 24 * 3600
    os.utime(left, (then, then))
    write(tmp_path / "a.wav", "whole")
    assert left.exists() == stays


@pytest.mark.parametrize("name", ["ä" * 120 + ".wav", "x" * 251 + ".wav", "a." + "b" * 200, "\n.é"])
def test_long_and_odd_names_have_temporary_ones(name, tmp_path):
    write(tmp_path / name, "new")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_contents_are_on_the_disk_before_they_have_their_name(tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(files, "sync", lambda path: order.append(pathlib.Path(path).name))
    write(tmp_path / "a.wav", "new")
    assert leftovers.is_unfinished(order[0])
    assert order[1:] == [tmp_path.name]
    order.clear()
    with folder_beside(tmp_path / "out") as folder:
        (folder / "deep").mkdir()
        write(folder / "deep" / "file", "new")
        assert order == []  # once, in the end
    assert {"deep", "file"} < set(order)
    assert order[-1] == tmp_path.name


class LibraryError(Exception):
    """As those of TensorFlow and h5py."""


FULL = {
    "the system": OSError(errno.ENOSPC, "No space left on device"),
    "a quota": OSError(errno.EDQUOT, "Disk quota exceeded"),
    "a limit": OSError(errno.EFBIG, "File too large"),
    "a library": LibraryError("RESOURCE_EXHAUSTED: write failed; No space left on device"),
}


@pytest.mark.parametrize("error", FULL.values(), ids=FULL)
@pytest.mark.parametrize("kind", ["file", "folder", "wrapped"])
def test_a_full_disk_is_one_line_whoever_says_it(error, kind, tmp_path):
    def fail():
        if kind != "wrapped":
            raise error
        try:
            raise error
        except Exception as inner:
            raise KeyError("name") from inner

    context = folder_beside if kind == "folder" else written_beside
    with (
        pytest.raises(InputError, match=r"^Cannot write .*out: [ND\w ]+\.$"),
        context(tmp_path / "out"),
    ):
        fail()
    assert not list(tmp_path.iterdir())
    assert why_full(KeyError("name")) is None


def test_damaged_json_is_named(tmp_path):
    for content in ("", '{"a": 1', "\xff", "[" * 100000):
        (tmp_path / "a.json").write_text(content, "latin-1")
        with pytest.raises(InputError, match="a.json is damaged .* Remove it."):
            read_json(tmp_path / "a.json", "Remove it.")


def test_a_folder_that_fails_leaves_no_new_parents(tmp_path):
    (tmp_path / "kept").mkdir()
    with (
        pytest.raises(InputError, match="it breaks"),
        folder_beside(tmp_path / "kept/new/newer/folder"),
    ):
        raise OSError("it breaks")
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]


def test_a_parent_that_holds_something_stays(tmp_path):
    def fail(temporary):
        (temporary.parent / "other").touch()
        raise KeyError

    with pytest.raises(KeyError), folder_beside(tmp_path / "new" / "folder") as temporary:
        fail(temporary)
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "other"]
