"""`sounddream features`: the archive it writes, and bad files among good ones."""

import subprocess
import sys

import numpy as np
import pytest

from keras_sounddream import audio
from keras_sounddream.cli.main import main
from keras_sounddream.training.transfer import layer_activations
from keras_sounddream.training.transfer.activations import POOLINGS


@pytest.fixture(scope="module")
def model_file(tmp_path_factory, small_model):
    path = tmp_path_factory.mktemp("models") / "small.keras"
    small_model.save(path)
    return str(path)


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sounds").mkdir()
    audio.save("sounds/long.wav", chirp, 24000)
    audio.save("sounds/short.wav", chirp[:, :9600], 24000)
    (tmp_path / "text.wav").write_text("no sound")
    return tmp_path


def test_pooled_features_have_a_row_per_file(folder, small_model, model_file, capsys):
    words = ["sounds", "text.wav", "--model", model_file, "--layer", "conv1,conv2"]
    assert main(["features", *words, "-o", "f.npz"]) == 2
    shown = capsys.readouterr()
    assert shown.err.splitlines()[-1].startswith("sounddream: Cannot read text.wav as sound")
    assert "f.npz: 2 layers of 2 files" in shown.out
    with np.load("f.npz", allow_pickle=False) as archive:
        assert archive["files"].tolist() == ["sounds/long.wav", "sounds/short.wav"]
        for layer in ("conv1", "conv2"):
            wanted = layer_activations(small_model, layer, archive["files"].tolist())
            np.testing.assert_allclose(archive[layer], wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        (["--pooling", "none"], (25 * 16, 8)),
        (["--pooling", "none", "--keep-bands"], (25, 16, 8)),
        (["--pooling", "windows"], (19, 40 * 8)),
        (["--pooling", "none", "--keep-bands", "--seconds", "0.4"], (10, 16, 8)),
    ],
)
def test_uneven_features_have_an_array_per_file(folder, model_file, options, shape):
    words = ["sounds/long.wav", "--model", model_file, "--layer", "conv2", *options]
    assert main(["features", *words, "-o", "f.npz"]) == 0
    with np.load("f.npz", allow_pickle=False) as archive:
        assert set(archive.files) == {"files", "conv2/0"}
        assert archive["conv2/0"].shape == shape


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["text.wav"], "Cannot read text.wav as sound"),
        (["sounds", "--layer", "conv9"], "no layer 'conv9'. Did you mean"),
    ],
)
def test_nothing_is_left_of_a_failure(folder, model_file, capsys, words, message):
    assert main(["features", *words, "--model", model_file, "--layer", "conv1", "-o", "f.npz"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert sorted(path.name for path in folder.iterdir()) == ["sounds", "text.wav"]


EARLY = [
    (["gone.wav", "--layer", "a", "-o", "f.npz"], "there is no gone.wav"),
    (["sounds", "--layer", "a", "-o", "f.npy"], "Expected features to write as .npz"),
    (["sounds", "--layer", "a", "-o", "no/f.npz"], "The folder no for f.npz does not exist"),
    (["sounds", "--layer", ",", "-o", "f.npz"], "Expected names of layers"),
    (["sounds", "-o", "f.npz"], "Missing option '--layer'"),
    (["sounds", "--layer", "a", "-o", "f.npz", "--pooling", "sum"], "'sum' is not one of"),
    (["empty", "--layer", "a", "-o", "f.npz"], "Found none"),
]


def test_what_names_reveal_is_known_before_tensorflow_is_loaded(folder):
    (folder / "empty").mkdir()
    script = (
        "import sys\n"
        "from keras_sounddream.cli.main import main\n"
        f"codes = [main(['features', *words]) for words in {[words for words, _ in EARLY]!r}]\n"
        "assert set(codes) == {2}, codes\n"
        "sys.exit('tensorflow' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    for (_, message), line in zip(EARLY, run.stderr.splitlines(), strict=True):
        assert message in line


def test_poolings_are_those_of_activations():
    from keras_sounddream.cli.commands import features

    assert features._POOLINGS == POOLINGS
