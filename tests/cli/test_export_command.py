"""`sounddream export`: one line a task, and one line of what is wrong."""

import pytest

from keras_sounddream.cli.main import main


@pytest.fixture
def saved(small_model, tmp_path):
    small_model.save(tmp_path / "small.keras")
    return str(tmp_path / "small.keras")


def test_exports_a_model_and_says_how_far_it_differs(saved, tmp_path, capsys):
    assert main(["export", saved, "-o", str(tmp_path / "out"), "--embedding", "conv1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{tmp_path / 'out'}: ")
    assert said[1].split()[:3] == ["embed", "differs", "by"]
    assert (tmp_path / "out" / "saved_model.pb").exists()


def test_serves_a_dream(saved, tmp_path, capsys):
    arguments = ["export", saved, "-o", str(tmp_path / "out"), "--serving", "--layer", "conv2"]
    arguments += ["--octaves", "1", "--steps", "1", "--task", "dream"]
    assert main(arguments) == 0
    assert (tmp_path / "out" / "models" / "small" / "1" / "saved_model.pb").exists()
    assert "dream" in capsys.readouterr().out


def test_a_file_is_written_without_comparing(saved, tmp_path, capsys):
    path = tmp_path / "a.onnx"
    arguments = ["--format", "onnx", "--task", "embed", "--no-verify"]
    assert main(["export", saved, "-o", str(path), *arguments]) == 0
    assert "embed        not compared" in capsys.readouterr().out
    assert path.stat().st_size


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "mp3"], "`format` must be one of"),
        (["--task", "sing"], "`tasks` are classify"),
        (["--format", "onnx", "--serving"], "--serving goes with --format saved_model"),
        (["--force", "--serving"], "leave --force out"),
        (["--layer", "conv9"], "conv9"),
    ],
)
def test_what_cannot_be_is_one_line(saved, tmp_path, capsys, arguments, message):
    assert main(["export", saved, "-o", str(tmp_path / "out"), *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("model", "option"),
    [
        ("esc10_dreams", "--sound"),
        ("esc10_dreams", "--embedding"),
        ("esc10_dreams", "--layer"),
        ("esc10_dreams", "--preset"),
        ("dream_filter", "--sound"),
        ("dream_filter", "--octaves"),
        ("picture_filter", "--embedding"),
        ("picture_filter", "--class"),
    ],
)
def test_what_a_file_does_not_depend_on_is_refused(tmp_path, capsys, model, option):
    values = {"--octaves": "2", "--preset": "vivid"}
    words = ["export", model, "-o", str(tmp_path / "out.onnx"), option, values.get(option, "a")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"{model} is exported without {option}: leave it out." in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out.onnx").exists()
