"""`sounddream generate`."""

import re

import numpy as np
import pytest

from keras_sounddream import applications, audio, generate
from keras_sounddream.applications import weights as _weights
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
        (["--condition", "one", "--condition", "digit=two"], "one label of 'digit'. Received: one"),
        (["--condition", "one", "--condition", "tow"], "label 'tow'. Did you mean two?"),
        (["--condition", "one", "--condition", "ane"], "digit, speaker has a label 'ane'. Did you"),
        (["--condition", "spaeker=ann"], "label 'spaeker=ann'. Did you mean speaker=ann?"),
        (["--condition", "digit"], "has a label 'digit'. Did you mean digit=two?"),
        (["--condition", "one", "--condition", "speaker=an"], "no speaker 'an'. Did you mean ann?"),
        (["--condition", "two"], "digit and speaker both have 'two'. Say digit=two."),
        (
            ["--condition", "one"],
            "each condition, such as --condition ann. There are, of speaker",
        ),
        (
            [],
            "--condition one --condition ann. There are, of digit: one, two; speaker: ann, two.",
        ),
        (
            ["--weights", "fsdd"],
            "There are, of digit: zero, one, two, .*; speaker: george, jack",
        ),
        (["--weights", "digits"], "Expected a .keras file"),
        (["--weights", "gone.keras"], "there is no such file"),
        (["--seconds", "nan"], "`seconds` above 0. Received: nan"),
        (["--seconds", "1e12"], "`seconds` of 134217 at most, which is what a WAV file holds"),
        (["-o", "out.mid"], "No sound format"),
        (["--checkpoint", "w.npz"], "Several checkpoints make a page: -o OUT.html"),
        (["--checkpoint", ".", "-o", "a.html"], "The folder . holds no weights"),
        (["--save-every", "1", "-o", "a.html"], "--save-every is for one OUT.wav"),
    ],
)
def test_bad_input_is_a_line(saved, arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    weights = [] if "--weights" in arguments else ["--weights", saved[0]]
    given = ["generate", *weights, "-o", "out.wav", *arguments]
    if "--seconds" in arguments or "out.mid" in arguments:
        given += ["--condition", "ann", "--condition", "one"]
    assert main(given) == 2
    said = capsys.readouterr().err
    assert message in said or re.search(message, said)
    assert "tracing" not in said or "--seconds" in arguments
    assert not list(tmp_path.iterdir())


def test_files_of_one_name_are_columns_of_their_own(saved, tmp_path):
    for name in ("early", "late"):
        (tmp_path / name).mkdir()
        _weights.save(saved[1], tmp_path / name / "w.npz", "float32")
    files = [str(tmp_path / name / "w.npz") for name in ("early", "late")]
    given = ["generate", "--weights", saved[0], "--condition", "ann", "--seconds", "0.01"]
    given += ["--condition", "one", "--checkpoint", files[0], "--checkpoint", files[1]]
    assert main([*given, "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert all(f'title="ann, {file}"' in page or f'title="one, {file}"' in page for file in files)


def test_a_page_has_a_player_for_each_label_and_checkpoint(saved, tmp_path, capsys):
    path, model = saved
    folder, out = tmp_path / "checkpoints", tmp_path / "page.html"
    folder.mkdir()
    for step in (20, 5020):
        _weights.save(model, folder / f"step{step}.npz", "float32")
    given = ["--weights", path, "--checkpoint", str(folder), "--condition", "ann"]
    assert main(["generate", *given, "--seconds", "0.01", "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 4 sounds of 0.01 s, seed 0\n"
    page = out.read_text()
    for digit in CONDITIONS["digit"]:
        for step in (20, 5020):
            assert f'title="{digit}, step{step}"' in page
    assert page.count("<audio") == 4
    assert page.count("× real time") == 4


def test_exports_a_file_that_generates(saved, tmp_path, capsys):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    out = tmp_path / "ann.tflite"
    given = ["export", saved[0], "--task", "generate", "-o", str(out)]
    assert main([*given, "--format", "litert", "--count", "20"]) == 0
    assert "100.0% of 120 draws are the model's" in capsys.readouterr().out
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "saved_model"], "A file that ends in .tflite is of the format litert"),
        (["--task", "dream"], "goes alone, .* Received: --task generate, --task dream"),
        (["--sound", "b"], "Received: --task generate, --sound"),
        (["--weights", "a"], "--weights goes with MODEL wavenet; a .keras file holds its own"),
        (["--max-seconds", "9"], "The format litert takes no --max-seconds"),
        (["--class", "a", "--step-size", "2"], "Received: --task generate, --class, --step-size"),
    ],
)
def test_what_a_file_that_generates_has_not_is_refused(saved, arguments, message, tmp_path, capsys):
    out = tmp_path / "ann.tflite"
    assert main(["export", saved[0], "--task", "generate", "-o", str(out), *arguments]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wavenet"], "Expected a .keras file, .* or pretrained weights .fsdd, music16k"),
        (["wavenet", "--weights", "fsd"], "Expected a .keras file, .* Received: fsd"),
        (["wavenet", "--weights", "fsdd", "--count", "9"], "saved_model takes no --count"),
        (["fsdd", "--serving", "--format", "onnx"], "--serving goes with --format saved_model"),
    ],
)
def test_what_a_folder_that_generates_has_not_is_refused(arguments, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["export", *arguments, "--task", "generate", "-o", str(out)]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "place"),
    [(["--task", "generate"], "."), (["--serving"], "models/wavenet/1"), ([], ".")],
)
def test_exports_a_folder_that_generates(saved, arguments, place, tmp_path, capsys):
    out = tmp_path / "out"
    given = [*arguments, "--no-verify", "--max-seconds", "9"]
    assert main(["export", saved[0], "-o", str(out), *given]) == 0
    assert "generate     not compared" in capsys.readouterr().out
    assert (out / place / "saved_model.pb").exists()
