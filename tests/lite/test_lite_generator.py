"""`lite.Generator` and `sounddream-lite generate`: the sound of `keras_sounddream.generate`."""

import itertools

import numpy as np
import pytest

from keras_sounddream import InputError, applications, generate
from keras_sounddream.export import export_generator
from keras_sounddream.lite import Generator, ModelFile, load
from keras_sounddream.lite.cli import main

CONDITIONS = {"digit": ("one", "two"), "speaker": ("ann", "ben")}
TWO = {"digit": "two", "speaker": "ann"}
SMALL = {"dilations": (1, 2, 1), "residual_channels": 6, "dilation_channels": 5}
SMALL |= {"skip_channels": 7, "classes": 16, "sample_rate": 100, "conditions": CONDITIONS}


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A file of calls of 7 samples, and the network that it is of."""
    model = applications.WaveNet(**SMALL)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    path = tmp_path_factory.mktemp("generator") / "digits.tflite"
    export_generator(model, path, count=7, verify=False)
    return Generator(path), model


@pytest.mark.parametrize("settings", [{}, {"seed": 3, "temperature": 0.7}, {"temperature": 0}])
def test_the_same_seed_makes_the_sound_of_generate(generator, settings):
    ours, model = generator
    made = ours.generate(0.3, **settings, **TWO)
    labels = {name: [label] for name, label in TWO.items()}
    wanted = generate(model, 0.3, conditions=labels, **settings)
    np.testing.assert_array_equal(made, wanted[0])


def test_the_file_says_what_it_takes(generator):
    ours, _ = generator
    assert (ours.conditions, ours.sample_rate, ours.count) == (CONDITIONS, 100, 7)


def test_a_stream_is_the_sound_call_by_call(generator):
    ours, _ = generator
    pieces = list(itertools.islice(ours.stream(seed=1, **TWO), 4))
    assert [len(set(piece)) > 1 for piece in pieces] == [True] * 4
    np.testing.assert_array_equal(np.concatenate(pieces), ours.generate(0.28, seed=1, **TWO))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 0}, r"`seconds` must be above 0 and at most 2.14748e\+07. Received: 0"),
        ({"seconds": float("nan")}, "`seconds` must be above 0 and .* Received: nan"),
        ({"seconds": 1e9}, "`seconds` must be .* Received: 1000000000.0"),
        ({"seconds": "1"}, "`seconds` must be .* Received: '1'"),
        ({"seconds": None}, "`seconds` must be .* Received: None"),
        ({"seed": -1}, "`seed` must be an int of at least 0. Received: -1"),
        ({"seed": 1.5}, "`seed` must be an int of at least 0. Received: 1.5"),
        ({"seed": True}, "`seed` must be an int of at least 0. Received: True"),
        ({"temperature": -1}, "`temperature` must be finite and at least 0. Received: -1"),
        ({"temperature": float("inf")}, "`temperature` must be finite and at least 0"),
        ({"temperature": "hot"}, "`temperature` must be finite and at least 0. Received: 'hot'"),
        ({"digit": "tow"}, "a label of 'digit', one of one, two. Received: 'tow'"),
        ({"digit": None}, "a label of 'digit', one of one, two. Received: None"),
        ({"genre": "rock"}, "no condition 'genre'. There are: digit, speaker."),
    ],
)
def test_what_does_not_fit_is_named(generator, settings, message):
    with pytest.raises(InputError, match=message):
        generator[0].generate(**{"seconds": 0.1, **TWO, **settings})


def test_files_that_do_something_else_are_named(generator, model):
    with pytest.raises(InputError, match="Expected a file that generates, of export_generator"):
        Generator(model)
    with pytest.raises(InputError, match="generates sounds: open it with Generator"):
        ModelFile(generator[0].path)


def test_the_command_writes_the_sound(generator, tmp_path, capsys):
    ours, _ = generator
    out = str(tmp_path / "two.wav")
    given = ["generate", str(ours.path), "--seconds", "0.3", "--seed", "3", "-o", out]
    assert main([*given, "--condition", "digit=two", "--condition", "ann"]) == 0
    made = ours.generate(0.3, seed=3, **TWO)
    np.testing.assert_allclose(load(out, 100), made, atol=1 / 32768)
    for labels, message in (
        (["two"], "Expected a label of 'speaker', one of ann, ben. Received: None"),
        (["two", "digit=one"], "Expected one label of 'digit'. Received: two, one"),
        (["anne"], "No condition of digit, speaker has a label 'anne'. Did you mean ann?"),
    ):
        options = [word for label in labels for word in ("--condition", label)]
        assert main([*given, "--force", *options]) == 2
        assert message in capsys.readouterr().err
