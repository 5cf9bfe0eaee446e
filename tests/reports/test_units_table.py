"""Tables of units: rows best first, as CSV and for JSON."""

import csv
import json
import pathlib
import types

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.reports.units.table import in_words, write_table


@pytest.fixture
def found():
    """Three units, two classes; unit 2 separates its class best, unit 1 with an infinite d′."""
    auc = np.array([[0.6, 0.4], [0.1, 0.9], [1.0, 0.0]])
    return types.SimpleNamespace(
        model="net",
        layer="conv",
        labels=("rain", "dog"),
        clips=(pathlib.Path("x/a.wav"), pathlib.Path("x/b.wav")),
        truth=np.array([0, 1]),
        auc=auc,
        d_prime=np.array([[0.5, -0.5], [-np.inf, np.inf], [2.25, -2.25]]),
        top=np.array([[0, 1], [1, 0], [0, 1]]),
        seconds=np.array([[0.1234, 1.0], [2.0, 0.0], [0.5, 0.25]]),
        shuffled=0.75,
        best=auc.argmax(axis=1),
        order=lambda: np.array([2, 1, 0]),
    )


def test_a_csv_has_a_row_per_unit_best_first(found, tmp_path):
    write_table(found, tmp_path / "units.csv")
    with open(tmp_path / "units.csv", newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == [
        *("unit", "class", "auc", "d_prime", "auc rain", "auc dog", "d_prime rain", "d_prime dog"),
        *("clip 1", "seconds 1", "clip 2", "seconds 2"),
    ]
    assert [row[:4] for row in rows] == [
        ["2", "rain", "1", "2.25"],
        ["1", "dog", "0.9", "inf"],
        ["0", "rain", "0.6", "0.5"],
    ]
    assert rows[2][-4:] == ["a.wav", "0.123", "b.wav", "1.000"]


def test_a_csv_is_replaced_only_when_asked(found, tmp_path):
    path = tmp_path / "units.csv"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists"):
        write_table(found, path)
    assert path.read_text() == "mine"
    write_table(found, path, overwrite=True)
    assert path.read_text().startswith("unit,class")


def test_json_has_all_of_it_and_no_infinity(found):
    told = json.loads(json.dumps(in_words(found), allow_nan=False))
    assert [unit["unit"] for unit in told["units"]] == [2, 1, 0]
    assert told["units"][1] == {
        "unit": 1,
        "class": "dog",
        "auc": {"rain": 0.1, "dog": 0.9},
        "d_prime": {"rain": None, "dog": None},
        "top": [
            {"clip": "b.wav", "class": "dog", "seconds": 2.0},
            {"clip": "a.wav", "class": "rain", "seconds": 0.0},
        ],
    }
    assert (told["model"], told["layer"], told["clips"]) == ("net", "conv", 2)
    assert (told["labels"], told["shuffled"]) == (["rain", "dog"], 0.75)
