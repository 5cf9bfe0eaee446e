"""The command line in its terminal: signals, closed outputs, bars, and names that command."""

import errno
import os
import signal
import subprocess
import sys
import warnings

import click
import pytest
import tqdm

from keras_sounddream.cli import main as command_line
from keras_sounddream.cli.terminal import say, visible_output
from keras_sounddream.errors import InputError, InputWarning, visible


@pytest.fixture
def command(monkeypatch):
    """Replaces the command line's command by a function; returns what runs it."""

    def run(function, *arguments):
        @click.command()
        @click.argument("words", nargs=-1)
        def stand_in(words):
            return function()

        monkeypatch.setattr(command_line, "cli", stand_in)
        return command_line.main(list(arguments))

    return run


def fails(error):
    def function():
        raise error

    return function


def wrapped(error):
    def function():
        try:
            raise error
        except OSError as inner:
            raise RuntimeError("a library's") from inner

    return function


class LibraryError(Exception):
    """As those of TensorFlow."""


FULL = "No space left on device"
ERRORS = {
    "bad input": (fails(InputError("Expected\n a file.")), 2, "Expected a file."),
    "full": (fails(OSError(errno.ENOSPC, FULL)), 2, f"Cannot write: {FULL}. Make room."),
    "full, named": (
        fails(OSError(errno.ENOSPC, FULL, "a\x1b.wav")),
        2,
        rf"Cannot write a\x1b.wav: {FULL}. Make room.",
    ),
    "full, wrapped": (wrapped(OSError(errno.ENOSPC, FULL)), 2, f"Cannot write: {FULL}. Make room."),
    "full, a library": (fails(LibraryError(f"write: {FULL}; x")), 2, f"Cannot write: {FULL}. Make"),
    "too large": (fails(OSError(errno.EFBIG, "x")), 2, "Cannot write: File too large. Make room."),
    "forbidden": (
        fails(PermissionError(errno.EACCES, "Permission denied", "/locked/x")),
        2,
        "Permission denied: /locked/x.",
    ),
    "h5py": (fails(OSError("Unable to open file\n(truncated)")), 2, "Unable to open file."),
    "interrupted": (fails(KeyboardInterrupt()), 1, "interrupted"),
}


@pytest.mark.parametrize(("function", "code", "line"), ERRORS.values(), ids=ERRORS)
def test_what_goes_wrong_is_one_line(function, code, line, command, capsys):
    assert command(function) == code
    said = [text for text in capsys.readouterr().err.splitlines() if text]
    assert len(said) == 1
    assert said[0].startswith(f"sounddream: {line}")


def test_a_fault_of_the_program_keeps_its_traceback(command):
    with pytest.raises(ZeroDivisionError):
        command(lambda: 1 / 0)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_command_as_an_interruption_does(name, command, capsys, tmp_path):
    from keras_sounddream.files import written_beside

    number = getattr(signal, name)

    def work():
        with written_beside(tmp_path / "out.wav") as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), number)
            pytest.fail("it went on")

    before = signal.getsignal(number)
    assert command(work) == 1
    assert capsys.readouterr().err.strip() == "sounddream: interrupted"
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_so(command):
    """As under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert command(lambda: os.kill(os.getpid(), signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_line_begins_below_the_bars(command, capsys):
    def work():
        for _ in tqdm.tqdm(range(3), desc="dream"):
            raise InputError("Expected sound.")

    assert command(work) == 2
    said = capsys.readouterr().err
    assert "dream:" in said
    assert said.endswith("\nsounddream: Expected sound.\n")


def test_a_warning_stands_above_the_bar(command, capsys):
    def work():
        with tqdm.tqdm(range(3), desc="dream") as bar:
            warnings.warn("a file is left out", InputWarning, stacklevel=1)
            bar.update(3)

    assert command(work) == 0
    assert "sounddream: a file is left out\n" in capsys.readouterr().err.replace("\r", "\n")


NAMES = {
    "clears": ("a\x1b[2J.wav", r"a\x1b[2J.wav"),
    "goes back": ("a\rb", r"a\rb"),
    "rings": ("a\x07", r"a\x07"),
    "eight bits": ("a\x9b2J", r"a\x9b2J"),
    "turns round": ("a\u202egnp.exe", r"a\u202egnp.exe"),
    "new line": ("a\nb", r"a\nb"),
    "umlauts": ("Größe 音\u3000é", "Größe 音\u3000é"),
}


@pytest.mark.parametrize(("name", "shown"), NAMES.values(), ids=NAMES)
def test_names_are_shown_and_not_sent(name, shown, command, capsys):
    assert visible(name) == shown
    for error in (InputError(f"There is no {visible(name)}."), OSError(2, "No", name)):
        assert command(fails(error)) == 2
    said = capsys.readouterr().err
    assert said.count(visible(name)) == 2
    assert command(lambda: print(f"{name}: 1 s\tdone")) == 0
    assert capsys.readouterr().out == f"{visible(name, keep=chr(10))}: 1 s\tdone\n"


@pytest.mark.parametrize("words", [["-o", "/dev/stdout"], ["-o/dev/fd/1"], ["--json=/dev/stdout"]])
def test_what_is_printed_makes_way_for_what_is_written(words, capsys):
    with visible_output(words):
        print("a line")
    assert capsys.readouterr() == ("", "a line\n")


def test_a_standard_error_that_is_full_is_no_error(monkeypatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        say("nobody hears it")
        monkeypatch.undo()
        full.buffer.raw.close()


def run(command, **options):
    code = f"from keras_sounddream.cli.main import main; import sys; sys.exit(main({command!r}))"
    return subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, **options
    )


def test_a_full_standard_output_is_one_line():
    with open("/dev/full", "w") as full:
        done = run(["--help"], stdout=full)
    assert done.returncode == 2
    assert done.stderr == "sounddream: Cannot write: No space left on device. Make room.\n"


def test_a_closed_standard_output_ends_quietly():
    read, write = os.pipe()
    os.close(read)
    done = run(["--help"], stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
