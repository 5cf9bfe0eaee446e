"""What a corpus holds, counted and drawn."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.cli.main import main
from keras_sounddream.reports.corpus import amounts, describe, draw_corpus, in_words


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["rock", "metal", "rock"], {"rock": (2, 40.0), "metal": (1, 20.0)}),
        (["b", "c", "a"], {"c": (1, 20.0), "a": (1, 30.0), "b": (1, 10.0)}),
        (["1999", "985", "1999"], {"985": (1, 20.0), "1999": (2, 40.0)}),
    ],
)
def test_amounts_are_added_up_by_label(labels, expected):
    found = amounts([10.0, 20.0, 30.0], labels)
    assert found == expected
    by_length = sorted(found, key=lambda label: -found[label][1])
    in_order = labels[0].isdecimal()
    assert list(found) == (sorted(found, key=int) if in_order else by_length)


@pytest.mark.parametrize(("seconds", "words"), [(3.04, "3.0 s"), (90, "1.5 min"), (5400, "1.5 h")])
def test_lengths_are_said_in_a_fitting_unit(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize("count", [1, 300])
def test_corpora_of_any_size_are_drawn(tmp_path, rng, recwarn, count):
    labels = {
        "genre": [f"genre {number % 40}" for number in range(count)],
        "year": ["1999"] * count,
    }
    draw_corpus(rng.uniform(0.1, 400, count), labels, tmp_path / "corpus.png")
    assert not recwarn.list
    with Image.open(tmp_path / "corpus.png") as picture:
        assert picture.width == 990


@pytest.mark.parametrize("seconds", [[], [0.0], [np.nan]])
def test_lengths_that_are_none_are_refused(tmp_path, seconds):
    with pytest.raises(InputError, match="Expected the length of each sound"):
        draw_corpus(seconds, {}, tmp_path / "corpus.png")


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, seconds in (("metal/a.wav", 2), ("metal/b.wav", 3), ("rock/c.wav", 90)):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(8000 * seconds), 8000)
    (tmp_path / "music/rock/bad.wav").write_text("no sound")
    (tmp_path / "table.csv").write_text("file,mood\nmusic/metal/a.wav,wild\n")
    (tmp_path / "empty").mkdir()


def test_the_command_counts_draws_and_names_what_is_left_out(corpus, capsys):
    assert main(["data", "summary", "music", "--condition", "genre", "-o", "corpus.png"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[:5] == [
        "genre  sounds    length  share",
        "rock        1   1.5 min  94.7%",
        "metal       2     5.0 s   5.3%",
        "",
        "in all: 3 sounds, 1.6 min",
    ]
    assert "left out: music/rock/bad.wav: Cannot read" in said.err
    with Image.open("corpus.png") as picture:
        assert picture.width == 990
    assert main(["data", "summary", "table.csv", "--condition", "mood"]) == 0
    assert "wild       1     2.0 s" in capsys.readouterr().out


def test_the_command_reads_tags(media, capsys):
    assert main(["data", "summary", str(media / "derived"), "--tags"]) == 0
    said = capsys.readouterr()
    assert [line.split()[:3] for line in said.out.splitlines()[1:2]] == [["classical", "2", "6.0"]]
    assert "1985       1     3.0 s" in said.out
    assert "tabla_genre_no_year.mp3: It has no year." in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing", "--condition", "genre"], "there is no folder missing"),
        (["empty"], "Found none"),
        (["music", "--genres", "table.csv"], "Expected --tags with --genres"),
        (["music", "--tags"], "Expected files tagged with genre and year"),
        (["music", "--tags", "--genres", "table.csv"], "Expected the columns tag, genre"),
        (["music", "--tags", "--condition", "mood"], "Expected conditions of"),
        (["music", "--condition", "a", "--condition", "b"], "Folders stand for one condition"),
        (["table.csv", "--condition", "genre"], "Expected the columns genre"),
        (["music", "-o", "corpus.jpg"], "Expected a picture"),
    ],
)
def test_bad_input_is_one_line(corpus, capsys, arguments, words):
    assert main(["data", "summary", *arguments]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "sounddream:" in line]
    assert len(lines) == 1
    assert words in lines[0]


SUMMARY = {
    "sounds": 3,
    "seconds": 100.0,
    "conditions": {
        "genre": {
            "rock": {"sounds": 2, "seconds": 75.0},
            "chamber music": {"sounds": 1, "seconds": 25.0},
        }
    },
    "lengths": {
        **{"least": 25.0, "median": 30.0, "mean": 33.333, "most": 45.0},
        "histogram": {"edges": [25.0, 35.0, 45.0], "sounds": [2, 1]},
    },
    "sample_rates": {44100: 2, 8000: 1},
    "channels": {},
    "codings": {"PCM_16": 3},
    "levels": None,
}
LEVELS = {"clipped": 1, "silent": 0, "silent_share": 0.125, "peak_db": -3.04, "level_db": None}


def test_a_summary_is_described_in_columns():
    lines = describe(SUMMARY)
    assert lines[:3] == [
        "genre          sounds    length  share",
        "rock                2   1.2 min  75.0%",
        "chamber music       1    25.0 s  25.0%",
    ]
    assert "in all: 3 sounds, 1.7 min" in lines
    assert "lengths: least 25.000 s, median 30.000 s, mean 33.333 s, most 45.000 s" in lines
    assert lines[-2:] == ["sample rates: 44100 Hz (2), 8000 Hz (1)", "codings: PCM_16 (3)"]


@pytest.mark.parametrize(
    ("changed", "last"),
    [
        (
            {"levels": LEVELS},
            "1 sounds clipped; 0 silent; 12.5% of the time silent; median peak -3.0 dB; "
            "median level silence",
        ),
        ({"codings": {}}, "sample rates: 44100 Hz (2), 8000 Hz (1)"),
    ],
)
def test_levels_and_empty_counts(changed, last):
    assert describe(SUMMARY | changed)[-1] == last


def test_sounds_of_one_length_have_no_histogram():
    lengths = SUMMARY["lengths"] | {"most": 25.0}
    assert not [line for line in describe(SUMMARY | {"lengths": lengths}) if " to " in line]
    assert len([line for line in describe(SUMMARY) if " to " in line]) == 2
