"""Logs of training: the old one against numbers known of it, new ones against what was put in."""

import json
import math

import numpy as np
import pytest
from PIL import Image
from places import shared_data

from keras_sounddream.cli.main import main
from keras_sounddream.reports.training_log import draw_log, read_log, sum_up, trend

OLD_PARTS = (  # first and last step; median and mean loss; median seconds a step
    (0, 9, 5.536, 5.536, 182.1),
    (0, 99, 5.303, 5.299, 180.8),
    (100, 342, 4.767, 4.695, 183.4),
    (343, 869, 4.373, 4.287, 220.6),
    (870, 1009, 4.205, 4.084, 30.7),
    (1010, 1999, 4.208, 4.045, 30.6),
    (2000, 4999, 4.156, 4.008, 30.6),
    (5000, 9999, 4.115, 3.953, 30.5),
    (10000, 14999, 4.062, 3.890, 30.1),
    (14900, 15004, 4.123, 3.985, 30.6),
)


@pytest.fixture(scope="module")
def old():
    return read_log(shared_data("wavenet_log") / "training.txt")


def test_the_old_log_is_read_whole(old):
    assert len(old.steps) == 15005
    counts = np.bincount(old.steps)
    assert len(counts) == 15005
    assert counts[1791] == 0
    assert counts[15001] == 2
    assert (old.steps[0], old.loss[0], old.seconds[0]) == (0, 5.666, 195.089)
    assert (old.steps[-1], old.loss[-1], old.seconds[-1]) == (15004, 4.560, 33.647)
    assert old.restart_lines == 84
    assert len(old.restarts) == 45
    assert (min(old.restarts), max(old.restarts), len(set(old.restarts))) == (1010, 15000, 44)
    assert old.unread == ()
    assert len(old.last_of_each_step()) == 15004


def test_the_old_logs_numbers_are_those_known(old):
    assert np.median(old.seconds) == pytest.approx(30.45, abs=0.002)
    assert old.seconds.mean() == pytest.approx(40.64, abs=0.005)
    assert (old.seconds.min(), old.seconds.max()) == (2.473, 351.203)
    assert old.seconds[old.last_of_each_step()].sum() == pytest.approx(609752, abs=0.5)
    assert (old.steps[old.loss.argmin()], old.loss.min()) == (11616, 1.275)
    assert (old.steps[old.loss.argmax()], old.loss.max()) == (43, 5.946)


@pytest.mark.parametrize(("first", "last", "median", "mean", "seconds"), OLD_PARTS)
def test_parts_of_the_old_log(old, first, last, median, mean, seconds):
    once = old.last_of_each_step()
    part = once[(old.steps[once] >= first) & (old.steps[once] <= last)]
    assert np.median(old.loss[part]) == pytest.approx(median, abs=0.0006)
    assert old.loss[part].mean() == pytest.approx(mean, abs=0.0006)
    assert np.median(old.seconds[part]) == pytest.approx(seconds, abs=0.06)


def write(tmp_path, *entries):
    path = tmp_path / "log.jsonl"
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_json_lines_are_read(tmp_path):
    path = write(
        tmp_path,
        {"step": 0, "loss": 5.5, "seconds": 2.0, "bits_per_sample": 7.9, "note": "first"},
        {"step": 1, "loss": 5.0, "seconds": 0.5},
        {"step": 2, "loss": 4.5, "seconds": 0.5},
        '{"step": 3, "lo',  # killed here
        {"restart": True, "step": 2},
        "",
        {"step": 2, "loss": 4.25, "seconds": 1.5},
        {"step": 3, "loss": None, "seconds": 0.5, "held_out": 3.0},
    )
    log = read_log(path)
    assert log.steps.tolist() == [0, 1, 2, 2, 3]
    np.testing.assert_array_equal(log.loss, [5.5, 5.0, 4.5, 4.25, math.nan])
    assert log.seconds.tolist() == [2.0, 0.5, 0.5, 1.5, 0.5]
    assert set(log.more) == {"bits_per_sample", "held_out"}
    np.testing.assert_array_equal(log.more["held_out"], [math.nan] * 4 + [3.0])
    assert (log.restarts, log.restart_lines, log.unread) == ((1,), 1, (4,))
    assert log.loss[log.last_of_each_step()].tolist()[:3] == [5.5, 5.0, 4.25]
    said = " ".join(sum_up(log))
    assert "5 lines of 4 steps, 0 to 3; 1 restarts (1 lines)" in said
    assert "lowest 4.250 at step 2" in said
    assert "1 lines could not be read, the first is 4" in said


@pytest.mark.parametrize("window", [1, 4, 31, 500])
def test_the_trend_is_the_mean_of_what_is_near(rng, window):
    values = rng.normal(size=90)
    values[[3, 40, 41]] = math.nan
    half = window // 2
    near = [np.nanmean(values[max(0, i - half) : i + half + 1]) for i in range(90) if half or i < 3]
    np.testing.assert_allclose(trend(values, window)[: len(near)], near)


@pytest.mark.parametrize(
    "entries",
    [
        [{"step": 7, "loss": 5.0, "seconds": 1.0}],
        [{"step": 0, "seconds": 1.0}, {"restart": True}, {"step": 1, "seconds": 90.0}],
        [{"step": 0, "loss": 5.0, "bits_per_sample": 7.0, "marginal_bits": 7.5}],
        [{"step": 0, "loss": float("nan")}, {"step": 1, "loss": float("inf"), "seconds": 0}],
    ],
)
def test_any_log_is_drawn(tmp_path, recwarn, entries):
    log = read_log(write(tmp_path, *entries))
    draw_log(log, tmp_path / "log.png")
    assert sum_up(log)
    assert not recwarn.list
    with Image.open(tmp_path / "log.png") as picture:
        assert picture.size == (1100, 770)


def test_the_command_sums_up_and_draws(tmp_path, capsys):
    steps = [{"step": step, "loss": 5 - step / 99, "seconds": 0.1} for step in range(99)]
    log, picture = write(tmp_path, *steps), tmp_path / "log.png"
    assert main(["log", str(log), "-o", str(picture)]) == 0
    assert "99 lines of 99 steps, 0 to 98; 0 restarts" in capsys.readouterr().out
    with Image.open(picture) as image:  # the loss falls: the blue does
        pixels = np.asarray(image.convert("RGB"), int)
    blue = (pixels[:350, :, 2] - pixels[:350, :, 0]) > 60
    rows, columns = np.nonzero(blue)
    assert np.corrcoef(rows, columns)[0, 1] > 0.7
    assert main(["log", str(log), "-o", str(picture)]) == 2
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("", [], "None of 0 lines"),
        ("hello\n[1]\n3\n{}\n", [], "None of 4 lines of log.txt is one"),
        ('{"step": -1}\n{"step": 0.5}\n{"step": "x"}\n{"loss": 1}\n', [], "None of 4 lines"),
        ("\x00\xff" * 50, [], "Expected a log of training"),
        (None, [], "Cannot read the log log.txt"),
        ('{"step": 0, "loss": 1}', ["-o", "log.jpg"], "Expected a picture .png, .svg or .pdf"),
        ('{"step": 0, "loss": 1}', ["-o", "no/log.png"], "does not exist"),
    ],
)
def test_bad_logs_are_one_line(tmp_path, monkeypatch, capsys, text, arguments, words):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "log.txt").write_text(text)
    assert main(["log", "log.txt", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("entries", "lines"),
    [
        (
            [{"step": 0, "seconds": 2.0}, {"step": 1, "seconds": 4.0}],
            ["2 lines of 2 steps", "seconds per step: median 3, mean 3, 2 to 4"],
        ),
        (
            [{"step": 5, "loss": 2.0}, {"restart": True}, {"step": 5, "loss": 1.0}],
            ["2 lines of 1 steps, 5 to 5; 1 restarts (1 lines)", "lowest 1.000 at step 5"],
        ),
        (
            [{"step": 0, "loss": 1.0, "bits_per_sample": 7.0}],
            ["at the end about 1.000 nats (7.000 bits per sample)"],
        ),
        ([{"step": 0}, "half a li", "another"], ["2 lines could not be read, the first is 2"]),
    ],
)
def test_logs_in_words(tmp_path, entries, lines):
    text = "\n".join(map(json.dumps, entries)).replace('"half a li"', "half a li")
    (tmp_path / "log.jsonl").write_text(text.replace('"another"', "another"))
    said = "\n".join(sum_up(read_log(tmp_path / "log.jsonl")))
    for line in lines:
        assert line in said


HUGE = "9" * 400  # an int beyond float


@pytest.mark.parametrize(
    ("lines", "not_finite", "said"),
    [
        ([f'{{"step": 0, "loss": {HUGE}}}', '{"step": 1, "loss": 2}'], (1,), "lowest 2.000"),
        (['{"step": 0, "loss": 1e400}', '{"step": 1, "loss": 2}'], (1,), "about 2.000 nats"),
        (['{"step": 0, "loss": -1e400}', '{"step": 1, "loss": 2}'], (1,), "lowest 2.000"),
        (['{"step": 0, "loss": NaN, "seconds": 1}'], (1,), "median 1, mean 1"),
        (['{"step": 0, "seconds": 1e308}', '{"step": 1, "seconds": 3}'], (1,), "3 to 3"),
        (['{"step": 0, "bits_per_sample": Infinity, "loss": 1}'], (1,), "about 1.000 nats"),
        (['{"step": 0, "loss": 1e38}', '{"step": 1, "loss": -1e38}'], (), "at step 1"),
        (['{"step": 0}', '{"step": 1, "loss": Infinity}'], (2,), "2 lines of 2 steps"),
    ],
)
def test_numbers_beyond_float_count_as_missing(tmp_path, recwarn, lines, not_finite, said):
    log = read_log(write(tmp_path, *lines))
    assert log.not_finite == not_finite
    text = " ".join(sum_up(log))
    assert said in text
    assert ("not finite, the first is" in text) == bool(not_finite)
    draw_log(log, tmp_path / "log.svg")
    assert not recwarn.list


@pytest.mark.parametrize("step", [HUGE, "1e400", "NaN", "-Infinity", "9" * 5000, "1e17"])
def test_a_step_beyond_float_is_no_step(tmp_path, step):
    log = read_log(write(tmp_path, f'{{"step": {step}, "loss": 1}}', '{"step": 1, "loss": 2}'))
    assert log.unread == (1,)
    assert log.steps.tolist() == [1]


def test_the_last_line_of_a_step_counts(tmp_path):
    entries = [{"step": step, "loss": loss} for step, loss in ((0, 9), (1, 8), (0, 7), (2, 6))]
    log = read_log(write(tmp_path, *entries))
    assert log.last_of_each_step().tolist() == [2, 1, 3]
    assert log.loss[log.last_of_each_step()].tolist() == [7, 8, 6]
