"""The page of generated sounds: rows of labels, columns of checkpoints."""

import re

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.reports import write_matrix

RATE = 8000
CELLS = {
    ("zero", "a.npz"): (np.zeros(RATE), 2.0),
    ("zero", "b<>.npz"): (np.zeros(RATE), 0.5),
    ("one", "a.npz"): (np.zeros(RATE), 1.0),
    ("one", "b<>.npz"): (np.zeros(RATE // 2), 1.0),
}


def test_rows_are_labels_and_columns_checkpoints(tmp_path):
    write_matrix(CELLS, tmp_path / "page.html", RATE)
    page = (tmp_path / "page.html").read_text()
    assert re.findall(r'<th scope="col">(.*?)</th>', page) == ["a.npz", "b&lt;&gt;.npz"]
    assert re.findall(r'<th scope="row">(.*?)</th>', page) == ["zero", "one"]
    titles = re.findall(r'<audio [^>]*title="([^"]+)"', page)
    assert titles == ["zero, a.npz", "zero, b&lt;&gt;.npz", "one, a.npz", "one, b&lt;&gt;.npz"]


def test_speeds_are_those_of_each_sound(tmp_path):
    write_matrix(CELLS, tmp_path / "page.html", RATE)
    page = (tmp_path / "page.html").read_text()
    assert re.findall(r"([\d.]+) × real time", page) == ["0.50", "2.00", "1.00", "0.50"]
    assert "4 sounds, 1.0 s each, made in 4.5 s in all" in page


def test_a_title_is_text(tmp_path):
    write_matrix(CELLS, tmp_path / "page.html", RATE, title="<i>")
    assert "<h1>&lt;i&gt;</h1>" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("name", "message"), [("page.png", "Expected a page .html"), ("none/page.html", "none")]
)
def test_bad_paths_are_one_line(tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        write_matrix(CELLS, tmp_path / name, RATE)
    assert list(tmp_path.iterdir()) == []
