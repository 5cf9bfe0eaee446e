"""A filter's file: whole sounds, streams of any blocks, microphone and loudspeaker, and pipes."""

import io
import os
import stat
import sys
import types

import numpy as np
import pytest
from lite import made_files
from lite.made_files import RATE

from keras_sounddream import InputError
from keras_sounddream.lite import Filter, Generator, ModelFile, encode_pcm, load, play, save
from keras_sounddream.lite.cli import main


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return made_files.sound_filter(tmp_path_factory.mktemp("filters") / "half.tflite")


def program(folder, name, script):
    """Puts a program of that name into a folder."""
    file = folder / name
    file.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize("samples", [1, 39, 40, 41, 100, 5000])
def test_a_sound_comes_out_whole_and_in_time(path, sound, samples):
    np.testing.assert_array_equal(Filter(path).filter(sound[:samples]), 0.5 * sound[:samples])


@pytest.mark.parametrize("size", [1, 7, 40, 331, 5000])
def test_a_stream_is_the_whole_sound_whatever_its_blocks(path, sound, size):
    blocks = [sound[first : first + size] for first in range(0, 1000, size)] + [sound[:0]]
    found = list(Filter(path).stream(iter(blocks)))
    assert all(0 < len(block) <= 40 for block in found)
    np.testing.assert_array_equal(np.concatenate(found), 0.5 * np.concatenate(blocks))


def test_sound_goes_out_as_soon_as_its_call_is_made(path, sound):
    taken = []

    def blocks():
        for first in range(0, 1000, 40):
            taken.append(first)
            yield sound[first : first + 40]

    dreamer = Filter(path)
    next(dreamer.stream(blocks()))
    assert len(taken) == 3  # 100 samples of delay, and the first 20 of a call
    assert dreamer.seconds_behind == 140 / RATE


def test_two_streams_do_not_mix(path, sound):
    dreamer = Filter(path)
    one, other = dreamer.stream([sound]), dreamer.stream([-sound])
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, -second)


def test_calls_are_timed_but_not_the_first(path, sound):
    dreamer = Filter(path)
    dreamer.warm_up()
    assert dreamer.latency == {"calls": 0, "median": None, "longest": None}
    dreamer.filter(sound[:200])
    assert dreamer.latency["calls"] == 8  # 5 of sound, 3 of delay


def test_an_empty_stream_gives_nothing(path):
    assert list(Filter(path).stream([])) == []


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([np.zeros(9, "int16")], "Received: int16"),
        ([np.full(9, np.nan, "float32")], "The peak is nan"),
        ([np.full(9, 200.0, "float32")], "200"),
        ([np.zeros((2, 9), "float32")], r"\(2, 9\)"),
    ],
)
def test_blocks_of_no_sound_are_errors(path, blocks, message):
    with pytest.raises(InputError, match=message):
        list(Filter(path).stream(blocks))


def test_other_files_are_refused(path, model, tmp_path):
    with pytest.raises(InputError, match="filters no sounds: give a file of"):
        Filter(model)
    with pytest.raises(InputError, match="filters sounds: open it with Filter"):
        ModelFile(path)
    with pytest.raises(InputError, match="Expected a file that generates"):
        Generator(path)
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(path.read_bytes()[:300] + b"x" + path.read_bytes()[301:])
    with pytest.raises(InputError, match="is damaged"):
        Filter(broken)
    with pytest.raises(InputError, match="Cannot read"):
        Filter(tmp_path / "missing.tflite")


def test_filter_writes_a_file(path, sound, tmp_path, capsys):
    save(tmp_path / "in.wav", sound, RATE)
    command = ["filter", str(path), str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav")]
    assert main(command) == 0
    expected = 0.5 * load(tmp_path / "in.wav", RATE)
    np.testing.assert_allclose(load(tmp_path / "out.wav", RATE), expected, atol=2e-5)
    assert main(command) == 2
    assert "exists" in capsys.readouterr().err


def test_live_goes_from_pipe_to_pipe(path, sound, monkeypatch, capsys):
    raw, out = b"".join(encode_pcm([sound])), io.BytesIO()
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(raw + b"x")))
    monkeypatch.setattr(
        sys, "stdout", types.SimpleNamespace(buffer=out, flush=lambda: None, write=None)
    )
    assert main(["live", str(path), "-", "-o", "-"]) == 0
    found = np.frombuffer(out.getvalue(), "<i2")
    np.testing.assert_allclose(found / 32768, 0.5 * sound, atol=3e-5)
    said = capsys.readouterr().err
    assert "8000 Hz; what comes in goes out 18 ms later" in said
    assert "one due every 5 ms" in said


@pytest.mark.parametrize("closed", ["stdin", "stdout"])
def test_a_pipe_that_is_closed_is_told(path, closed, monkeypatch, capsys):
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(sys, name, types.SimpleNamespace(buffer=io.BytesIO()))
    monkeypatch.setattr(sys, closed, None)
    assert main(["live", str(path), "-", "-o", "-"]) == 2
    assert f"Expected a pipe, but {closed} is closed" in capsys.readouterr().err


def test_live_goes_from_microphone_to_loudspeaker(path, tmp_path, monkeypatch, capsys):
    heard, arguments = tmp_path / "heard", tmp_path / "arguments"
    write = f"open({str(arguments)!r}, 'a').write(' '.join(sys.argv) + '\\n')"
    program(tmp_path, "arecord", f"{write}\nsys.stdout.buffer.write(bytes([0, 64]) * 500)")
    program(
        tmp_path, "aplay", f"{write}\nopen({str(heard)!r}, 'wb').write(sys.stdin.buffer.read())"
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert main(["live", str(path), "--device", "mic", "--speaker", "box"]) == 2
    assert "`arecord` ended" in capsys.readouterr().err  # as a microphone never does
    common = "-q -t raw -f S16_LE -c 1 -r 8000 -D"
    lines = sorted(line.split(" ", 1)[1] for line in arguments.read_text().splitlines())
    assert lines == [f"{common} box --buffer-time=100000", f"{common} mic --period-time=20000"]


def test_what_is_played_is_played_to_its_end(sound, tmp_path, monkeypatch):
    heard = tmp_path / "heard"
    write = f"open({str(heard)!r}, 'wb').write(sys.stdin.buffer.read())"
    program(tmp_path, "aplay", f"import time\ntime.sleep(0.2)\n{write}")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    play([sound[:700], sound[700:]], RATE)
    np.testing.assert_array_equal(
        np.frombuffer(heard.read_bytes(), "<i2"), np.round(sound * 32768).astype("<i2")
    )


def test_a_loudspeaker_that_fails_says_why(sound, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"needs `aplay` \(apt install alsa-utils\)"):
        play([sound], RATE)
    program(tmp_path, "aplay", "print('no such device', file=sys.stderr)")
    with pytest.raises(InputError, match="`aplay` ended: no such device"):
        play([sound] * 100, RATE)
