"""Labels from the command line to conditions."""

import pytest

from keras_sounddream import InputError
from keras_sounddream.generation.condition_labels import all_labels, name_labels

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


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            [],
            "of each condition, such as --condition one --condition ann. There are, of digit: o",
        ),
        (["one"], "such as --condition ann. There are, of speaker: ann, two"),
        (["one", "speaker=an"], "There is no speaker 'an'. Did you mean ann?"),
    ],
)
def test_all_that_is_missing_is_named_at_once(given, message):
    conditions = {"digit": ("one", "two"), "speaker": ("ann", "two")}
    with pytest.raises(InputError, match=message):
        all_labels(given, conditions)
    assert all_labels(["one", "ann"], conditions) == {"digit": "one", "speaker": "ann"}


def test_of_many_labels_some_are_named():
    with pytest.raises(InputError, match="word: 0, 1, .*, 11 and 8 more."):
        all_labels([], {"word": tuple(map(str, range(20)))})
