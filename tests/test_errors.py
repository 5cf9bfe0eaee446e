"""Wording of errors."""

import pytest

from keras_sounddream.errors import InputError, MissingPackageError, unknown_name

MANY = [f"layer_{number:02}" for number in range(40)]


@pytest.mark.parametrize(
    ("name", "names", "text"),
    [
        ("convv1", ["conv1", "pool"], "It has no layer 'convv1'. Did you mean conv1?"),
        ("conv", ["conv1", "conv2"], "It has no layer 'conv'. Did you mean conv2 or conv1?"),
        ("zzz", ["conv1", "pool"], "It has no layer 'zzz'. It has: conv1, pool."),
        (7, ["conv1", "pool"], "It has no layer 7. It has: conv1, pool."),
        (None, ["pool"], "It has no layer None. It has: pool."),
        ("zzz", MANY[:30], f"It has no layer 'zzz'. It has: {', '.join(MANY[:30])}."),
        ("zzz", MANY, f"It has no layer 'zzz'. It has: {', '.join(MANY[:30])}, …."),
    ],
)
def test_an_unknown_name_is_shown_with_the_nearest_or_all(name, names, text):
    assert unknown_name("It has", "layer", name, names) == text


def test_at_most_three_names_are_suggested():
    text = unknown_name("It has", "layer", "layer_0", MANY)
    assert text.count(" or ") == 2


def test_a_missing_package_is_bad_input_and_a_failed_import():
    error = MissingPackageError("soundfile", "Reading FLAC", "audio")
    assert isinstance(error, InputError)
    assert isinstance(error, ImportError)
    assert str(error) == (
        "Reading FLAC needs the package soundfile. "
        "Install it: pip install 'keras-sounddream[audio]'"
    )
