"""Scores to labels, by known answers."""

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications.decoding import decode, decode_for_family, decode_steps

NAMES = ("dog", "rain", "sea")
SCORES = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])
DOG_OR_RAIN = [(0, "dog", 0.4), (1, "rain", 0.4)]


class Model:
    """Something with labels of its own."""

    @staticmethod
    def decode_predictions(scores, top):
        return decode(scores, ("x", "y", "z"), top)


def test_the_highest_come_first_and_equal_ones_by_number():
    best = decode(SCORES, NAMES, 2)
    assert best == [[(1, "rain", 0.5), (2, "sea", 0.3)], DOG_OR_RAIN]
    assert all(type(i) is int and type(score) is float for row in best for i, _, score in row)


def test_top_above_the_classes_gives_all():
    assert [len(row) for row in decode(SCORES, NAMES, np.int64(9))] == [3, 3]


def test_without_labels_classes_have_numbers():
    assert decode(SCORES, None, 1) == [[(1, "1", 0.5)], [(0, "0", 0.4)]]


def test_steps_are_decoded_one_by_one():
    steps = decode_steps(np.stack([SCORES, SCORES[::-1]]), NAMES, 1)
    assert [[row[0][1] for row in example] for example in steps] == [
        ["rain", "dog"],
        ["dog", "rain"],
    ]
    assert decode_steps(SCORES, NAMES, 2) == decode(SCORES, NAMES, 2)


def test_of_several_lists_the_one_of_as_many_classes_is_taken():
    lists = {"kinds": ("a", "b"), "places": NAMES}
    assert decode(SCORES, lists, 1)[0][0][1] == "rain"
    assert decode(SCORES[:, :2], lists, 1)[0][0][1] == "b"
    with pytest.raises(InputError, match=r"shape \(batch, 2\). Received: \(2, 1\)"):
        decode(SCORES[:, :1], lists, 1)


def test_given_labels_go_before_the_models_and_those_before_the_familys():
    def name(**settings):
        given = {"model": None, "labels": None, "default": NAMES, **settings}
        return decode_for_family(SCORES, 1, **given)[0][0][1]

    assert name() == "rain"
    assert name(model=Model()) == "y"
    assert name(model=Model(), labels=("p", "q", "r")) == "q"
    assert name(labels=["p", "q", "r"]) == "q"
    with pytest.raises(InputError, match="which has labels. Received: list. Give `labels=`"):
        name(model=["p", "q", "r"])


@pytest.mark.parametrize(
    ("scores", "top", "message"),
    [
        (SCORES[0], 1, r"shape \(batch, 3\). Received: \(3,\)"),
        (SCORES[:, :2], 1, r"Received: \(2, 2\)"),
        (SCORES[None], 1, r"Received: \(1, 2, 3\)"),
        (SCORES, 0, "`top` must be an int above 0. Received: 0"),
        (SCORES, True, "Received: True"),
        (SCORES, 1.0, "Received: 1.0"),
        ("scores", 1, "Received: str"),
    ],
)
def test_bad_scores_are_named(scores, top, message):
    with pytest.raises(InputError, match=message):
        decode(scores, NAMES, top)


def test_a_dict_of_scores_asks_for_one_output():
    with pytest.raises(InputError, match="Choose one: objects, scenes"):
        decode_steps({"objects": SCORES, "scenes": SCORES}, NAMES, 1)
