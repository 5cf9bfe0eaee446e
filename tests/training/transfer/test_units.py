"""What units answer to: AUC and d' against their definitions, and sounds whose answer is known."""

import csv
import json
import pathlib

import keras
import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError
from keras_sounddream.audio import Analysis, LogMelSpectrogram
from keras_sounddream.cli.main import main
from keras_sounddream.datasets.esc10 import Clip
from keras_sounddream.reports.units import table
from keras_sounddream.training.transfer import units

RATE, SECONDS = 8000, 2.5
HERTZ = {"high": 2500, "low": 400}


def bands():
    """A network whose units are mel bands."""
    inputs = keras.Input((None,), name="waveform")
    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=16, max_hz=4000)
    return keras.Model(inputs, LogMelSpectrogram(analysis, name="front_end")(inputs), name="bands")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five clips of each class: half a second of its tone, later in each, in noise."""
    path, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(0)
    time = np.arange(round(SECONDS * RATE)) / RATE
    for name, hertz in HERTZ.items():
        (path / name).mkdir()
        for i in range(5):
            inside = (time >= 0.4 * i) & (time < 0.4 * i + 0.5)
            tone = (0.1 + 0.05 * i) * np.sin(2 * np.pi * hertz * time) * inside
            samples = tone + rng.normal(0, 0.003, time.size)
            soundfile.write(path / name / f"{name}{i}.wav", samples, RATE)
    return path


@pytest.fixture(scope="module")
def found(folder):
    clips = [
        Clip(path, label, 1)
        for label, name in enumerate(HERTZ)
        for path in sorted((folder / name).iterdir())
    ]
    return units.measure_units(bands(), "front_end", clips, tuple(HERTZ), top=2)


def test_auc_is_the_share_of_pairs_in_order_ties_half(rng):
    answers = rng.integers(0, 6, (40, 5)).astype("float32")  # many are equal
    truth = rng.integers(0, 3, 40)
    area = units.area_under_curve(answers, truth)
    for unit, label in np.ndindex(5, 3):
        inside, outside = (answers[(truth == label) == own, unit] for own in (True, False))
        pairs = [(a > b) + (a == b) / 2 for a in inside for b in outside]
        assert area[unit, label] == pytest.approx(np.mean(pairs), abs=1e-12)


def test_d_prime_is_the_distance_of_the_means_in_deviations(rng):
    truth = np.repeat([0, 1, 2], 20000)
    means = np.array([[0.0, 1.0], [0.0, -2.0], [0.0, 0.0]])
    answers = rng.normal(means[truth], 0.5)
    found = units.discriminability(answers, truth)
    # of class 0 in unit 1: 1 against a mixture of -2 and 0, whose variance is 0.25 + 1
    expected = (1 - (-1)) / np.sqrt((0.25 + 1.25) / 2)
    np.testing.assert_allclose(found[0], 0, atol=0.02)
    assert found[1, 0] == pytest.approx(expected, rel=0.01)
    assert found[1, 1] < 0 < found[1, 0]


@pytest.mark.parametrize(
    ("answers", "truth", "area", "apart"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], [0, 1], [-4, 4]),
        ([1, 1, 1, 1], [0, 0, 1, 1], [0.5, 0.5], [0, 0]),  # a unit that never answers
        ([0, 0, 1, 1], [0, 0, 1, 1], [0, 1], [-np.inf, np.inf]),
        ([1, 2, 3, 4], [0, 0, 0, 0], [0.5, 0.5], [0, 0]),  # a class of all, one of none
    ],
)
def test_auc_and_d_prime_of_few(answers, truth, area, apart):
    column = np.array(answers, "float32")[:, None]
    np.testing.assert_allclose(units.area_under_curve(column, truth, 2)[0], area)
    np.testing.assert_allclose(units.discriminability(column, truth, 2)[0], apart)


def test_bands_answer_to_the_tones_that_lie_in_them(found):
    front_end = bands().get_layer("front_end")
    for label, (name, hertz) in enumerate(HERTZ.items()):
        tone = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)[None].astype("float32")
        band = int(np.asarray(front_end(tone)).mean(axis=(0, 1)).argmax())
        assert found.auc[band, label] == 1
        assert found.d_prime[band, label] > 2
        assert found.labels[found.best[band]] == name
        assert [found.clips[i].stem for i in found.top[band]] == [f"{name}4", f"{name}3"]
        for seconds, i in zip(found.seconds[band], (4, 3), strict=True):
            assert 0.4 * i - 0.02 <= seconds <= 0.4 * i + 0.52
    assert found.auc.shape == (16, 2)
    assert found.shuffled < 1


def test_units_are_listed_by_auc_and_filtered(found):
    area = found.auc.max(axis=1)
    order = found.order()
    assert sorted(order) == list(range(16))
    assert (np.diff(area[order]) <= 0).all()
    np.testing.assert_array_equal(found.order(limit=3), order[:3])
    high = found.order("high", least_auc=0.9)
    assert set(high) == {u for u in range(16) if area[u] >= 0.9 and found.auc[u].argmax() == 0}
    with pytest.raises(InputError, match="Expected a class of high, low"):
        found.order("middle")


def test_tables_hold_every_unit(found, tmp_path):
    table.write_table(found, tmp_path / "units.csv")
    rows = list(csv.DictReader((tmp_path / "units.csv").open(encoding="utf-8")))
    told = json.loads(json.dumps(table.in_words(found), allow_nan=False))
    assert len(rows) == len(told["units"]) == 16
    for row, unit, index in zip(rows, told["units"], found.order(), strict=True):
        assert int(row["unit"]) == unit["unit"] == index
        assert float(row["auc low"]) == pytest.approx(found.auc[index, 1], rel=1e-5)
        assert unit["auc"]["low"] == found.auc[index, 1]
        assert row["class"] == unit["class"]
        assert row["clip 2"] == unit["top"][1]["clip"]


def test_what_cannot_be_measured_is_refused(folder):
    clips = [Clip(path, 0, 1) for path in sorted((folder / "low").iterdir())]
    with pytest.raises(InputError, match="two classes or more. Found: low"):
        units.measure_units(bands(), "front_end", clips, ("low", "high"))
    two = [*clips, clips[0]._replace(label=1)]
    with pytest.raises(InputError, match="no layer 'front'. Did you mean front_end"):
        units.measure_units(bands(), "front", two, ("low", "high"))
    with pytest.raises(InputError, match="`answer` must be one of"):
        units.measure_units(bands(), "front_end", two, ("low", "high"), answer="median")


def test_the_command_writes_page_and_tables(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bands().save("bands.keras")
    command = [
        "units",
        "bands.keras",
        "--layer",
        "front_end",
        "--data",
        str(folder),
        "--limit",
        "2",
    ]
    command += ["-o", "page.html", "--csv", "units.csv", "--json", "units.json"]
    assert main(command) == 0
    assert capsys.readouterr().out.count("AUC 1.000") == 2
    assert all(pathlib.Path(f).exists() for f in ("page.html", "units.csv", "units.json"))
    for change, words in [
        ([], "page.html exists"),
        (["--force", "--layer", "nothing"], "has no layer 'nothing'"),
        (["--force", "--class", "middle"], "Expected a class of high, low"),
        (["--force", "--least-auc", "nan"], "nan is not a finite number"),
        (["--force", "--fold", "7"], "Expected folds of (1, 2, 3, 4, 5)"),
        (["--force", "-o", "page.txt"], "Expected a page .html"),
    ]:
        assert main([*command, *change]) == 2
        assert words in capsys.readouterr().err
