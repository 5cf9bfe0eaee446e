"""Logs of generation: WaveNetExploration's numbers, units of time, and what is no log."""

import numpy as np
import pytest
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.cli.main import main
from keras_sounddream.reports import generation_log

FIRST = 1574567892.0  # s since 1970
# The known sums of its 19 intervals: 36275.488 s, the first of two sounds, 1813.8 s per sound.
INTERVALS = [3622.5, *[1807.8] * 9, *[1771.1] * 5, 1880.0, 1880.0, 1880.0, 1887.288]


def write(path, unit, intervals=INTERVALS):
    times = FIRST + np.concatenate([[0], np.cumsum(intervals)])
    path.write_text("".join(f"{round(time / unit)}\n" for time in times))
    return path


@pytest.mark.parametrize("unit", [1, 1e-3, 1e-6, 1e-9])
def test_times_in_any_unit_are_summed_up(tmp_path, unit):
    path = write(tmp_path / "generation.txt", unit)
    assert generation_log.holds_times(path)
    times = generation_log.read_times(path)
    np.testing.assert_allclose(np.diff(times), INTERVALS, atol=1.1 if unit == 1 else 0.01)
    assert generation_log.count_sounds(times).tolist() == [2] + [1] * 18
    text = " ".join(generation_log.sum_up(times))
    assert "20 times, 19 intervals; 36275 s (10.08 h)" in text
    assert "1 of them is of more than one sound, by its length: 20 sounds of 1813.8 s" in text


def test_a_clock_that_was_set_back_is_named(tmp_path):
    times = generation_log.read_times(write(tmp_path / "log.txt", 1e-3, [10, -3, 10, 10]))
    assert "1 times are not after the one before" in generation_log.sum_up(times)[-1]
    assert "30 s" in generation_log.sum_up(times)[0]


def test_the_command_sums_up_and_draws(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "generation.txt", 1e-3)
    assert main(["log", "generation.txt", "-o", "times.png"]) == 0
    assert "19 intervals" in capsys.readouterr().out
    with Image.open("times.png") as picture:
        assert picture.size == (1100, 550)
    assert main(["log", "generation.txt", "-o", "times.png"]) == 2
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "is_log"),
    [
        ("1574567892000\n", True),
        ("\n\n1574567892.25\n", True),
        ('{"step": 1574567892000}\n', False),
        ("step 7 - loss = 5.4, (30.1 sec/step)\n", False),
        ("12\n13\n", False),
        ("9" * 400 + "\n", False),
        ("", False),
    ],
)
def test_a_log_of_generation_is_told_by_its_first_line(tmp_path, text, is_log):
    (tmp_path / "log.txt").write_text(text)
    assert generation_log.holds_times(tmp_path / "log.txt") == is_log


def test_what_cannot_be_read_is_no_log(tmp_path):
    assert not generation_log.holds_times(tmp_path / "gone.txt")
    (tmp_path / "one.txt").write_text("1574567892000\nend\n")
    with pytest.raises(InputError, match=r"one\.txt holds 1: two make an interval"):
        generation_log.read_times(tmp_path / "one.txt")
