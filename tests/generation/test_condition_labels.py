"""Labels from the command line to conditions."""

import pytest

from keras_sounddream import InputError
from keras_sounddream.generation.condition_labels import name_labels

CONDITIONS = {"digit": ("one", "two"), "speaker": ("ann", "two", "x=y"), "mood": ("calm",)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {}),
        (["one"], {"digit": "one"}),
        (["one", "ann"], {"digit": "one", "speaker": "ann"}),
        (["speaker=two", "one"], {"speaker": "two", "digit": "one"}),
        (["x=y"], {"speaker": "x=y"}),
        (["digit=five"], {"digit": "five"}),
    ],
)
def test_each_label_finds_its_condition(given, expected):
    assert name_labels(given, CONDITIONS) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["two"], "digit and speaker both have 'two'. Say digit=two."),
        (["one", "digit=two"], "one label of 'digit'. Received: one, two"),
        (["on"], "No condition of digit, speaker, mood has a label 'on'. Did you mean one?"),
        (["qqq"], "There are: one, two, ann"),
        (["mod=calm"], "Did you mean mood=calm?"),
    ],
)
def test_labels_that_do_not_fit_are_named(given, message):
    with pytest.raises(InputError, match=message):
        name_labels(given, CONDITIONS)


def test_a_network_without_conditions_takes_no_label():
    with pytest.raises(InputError, match="no conditions. Received: 'one'. Leave it out."):
        name_labels(["one"], {})
