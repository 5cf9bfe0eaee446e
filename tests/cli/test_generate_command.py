"""`sounddream generate`."""

import numpy as np
import pytest

from keras_sounddream import applications, audio, generate
from keras_sounddream.cli.main import main

SMALL = {"dilations": (1, 2), "residual_channels": 4, "dilation_channels": 4, "skip_channels": 4}
CONDITIONS = {"digit": ("one", "two"), "speaker": ("ann", "two")}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small network in a file, and the model."""
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model = applications.WaveNet(**SMALL, conditions=CONDITIONS)
    model.save(path)
    return str(path), model


def test_writes_what_generate_makes(saved, tmp_path):
    path, model = saved
    out = tmp_path / "out.wav"
    settings = ["--seconds", "0.01", "--seed", "3", "--save-every", "0.005"]
    labels = ["--condition", "one", "--condition", "speaker=two"]
    assert main(["generate", "--weights", path, *labels, *settings, "-o", str(out)]) == 0
    made = generate(model, 0.01, seed=3, conditions={"digit": ["one"], "speaker": ["two"]})
    np.testing.assert_allclose(audio.load(out, 16000), made, atol=1 / 32768)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--condition", "one", "--condition", "tow"], "Expected one label of 'digit'"),
        (["--condition", "one", "--condition", "speaker=an"], "no speaker 'an'. Did you mean ann?"),
        (["--condition", "two"], "digit and speaker both have 'two'. Say digit=two."),
        (["--condition", "one"], "Expected a label for the condition 'speaker'"),
        (["--weights", "fsdd"], "Expected a .keras file"),
        (["--weights", "gone.keras"], "there is no such file"),
        (["--seconds", "nan"], "`seconds` above 0. Received: nan"),
        (["-o", "out.mid"], "No sound format"),
    ],
)
def test_bad_input_is_a_line(saved, arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = ["generate", "--weights", saved[0], "-o", "out.wav", *arguments]
    if "--seconds" in arguments or "out.mid" in arguments:
        given += ["--condition", "ann", "--condition", "one"]
    assert main(given) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
