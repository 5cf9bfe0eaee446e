"""Confusion matrices: counted, written, drawn."""

import pathlib
import types

import numpy as np
from PIL import Image

from keras_sounddream.training import evaluation

TRUTH = [0, 0, 1, 2, 2, 2]
SCORES = np.eye(3)[[0, 1, 1, 2, 2, 0]] - 5  # logits below zero, as the original could not count
LABELS = ("dog", "rain", "siren")


def test_the_highest_score_counts_whatever_its_sign():
    confusion = evaluation.confusion_matrix(TRUTH, SCORES)
    np.testing.assert_array_equal(confusion, [[1, 1, 0], [0, 1, 0], [1, 0, 2]])
    assert evaluation.accuracy(confusion) == 4 / 6


def test_the_table_has_a_line_a_class():
    lines = evaluation.table(evaluation.confusion_matrix(TRUTH, SCORES), LABELS).split("\n")
    assert lines[2].split() == ["siren", "1", "0", "2"]
    assert len({len(line) for line in lines}) == 1


def test_every_sample_is_told_right_or_wrong():
    clips = [
        types.SimpleNamespace(path=pathlib.Path(f"{i}.wav"), label=t) for i, t in enumerate(TRUTH)
    ]
    lines = list(evaluation.sample_lines(clips, SCORES, LABELS))
    assert lines[1] == "1.wav  dog  rain  -4.000  wrong"
    assert [line.endswith("right") for line in lines] == [True, False, True, True, True, False]


def test_the_plot_is_a_picture(tmp_path):
    evaluation.plot(evaluation.confusion_matrix(TRUTH, SCORES), LABELS, tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as picture:
        assert min(picture.size) > 300
