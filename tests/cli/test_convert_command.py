"""`sounddream convert`: every format to our own, and bad input in one line."""

import hashlib
import pickle
import re

import numpy as np
import pytest
from convert.writers import WRITERS, write_npz, write_pth

from keras_sounddream import applications
from keras_sounddream.applications import weights
from keras_sounddream.cli.main import main


@pytest.fixture(scope="module")
def model():
    return applications.LogMelCNN()


@pytest.fixture
def arrays(model, tmp_path, monkeypatch):
    """A network's weights; tests run in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return {weight.path: np.asarray(weight.value) for weight in model.weights}


def assert_same(model, path):
    again = applications.LogMelCNN(weights=path)
    for ours, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)


@pytest.mark.parametrize("file", WRITERS)
def test_every_format_becomes_ours(file, model, arrays, tmp_path, capsys):
    WRITERS[file](tmp_path / file, arrays)
    source = file.removesuffix(".index")
    for output in ("out.npz", "out.weights.h5"):
        assert main(["convert", "log_mel_cnn", source, "-o", output]) == 0
        said = capsys.readouterr().out
        digest = hashlib.sha256((tmp_path / output).read_bytes()).hexdigest()
        count = model.count_params()
        assert said == f"{output}: {len(arrays)} tensors, {count:,} parameters, SHA-256 {digest}\n"
        assert_same(model, output)


def test_weights_of_another_layout_are_converted(model, arrays, tmp_path, monkeypatch):
    layout = {
        path: weights.Foreign(path.replace("/", "."), lambda a: a.transpose()) for path in arrays
    }
    theirs = {layout[path].name: np.ascontiguousarray(a.T) for path, a in arrays.items()}
    write_pth(tmp_path / "theirs.pth", theirs)
    load = weights.load
    monkeypatch.setattr(
        weights, "load", lambda model, path, tops, **_: load(model, path, tops, [layout])
    )
    assert main(["convert", "LogMelCNN", "theirs.pth", "-o", "out.npz"]) == 0
    monkeypatch.undo()
    assert_same(model, str(tmp_path / "out.npz"))


def test_the_top_can_be_left_out_and_numbers_halved(arrays, tmp_path):
    bare = {path: array for path, array in arrays.items() if "predictions" not in path}
    write_npz(tmp_path / "bare.npz", bare)
    command = ["convert", "log_mel_cnn", "bare.npz", "-o", "out.npz"]
    assert main(command) == 2
    assert main([*command, "--no-top", "--dtype", "float16"]) == 0
    with np.load("out.npz") as file:
        assert set(file.files) == set(bare)
        assert {file[name].dtype for name in file.files} == {np.dtype("float16")}


def test_a_file_that_exists_is_replaced_when_asked(arrays, tmp_path):
    write_npz(tmp_path / "in.npz", arrays)
    (tmp_path / "out.npz").write_bytes(b"mine")
    command = ["convert", "log_mel_cnn", "in.npz", "-o", "out.npz"]
    assert main(command) == 2
    assert (tmp_path / "out.npz").read_bytes() == b"mine"
    assert main([*command, "--force"]) == 0


class Attack:
    def __reduce__(self):
        return exec, ("open('run', 'w')",)


def bad_inputs(arrays, folder):
    """Arguments, and what the one line says."""
    name = "predictions/bias"
    write_npz(folder / "in.npz", arrays)
    write_npz(folder / "large.npz", {**arrays, name: np.full(10, 1e5)})
    write_pth(folder / "missing.pth", {k: v for k, v in arrays.items() if k != name})
    (folder / "cut.npz").write_bytes((folder / "in.npz").read_bytes()[:5000])
    (folder / "hostile.pth").write_bytes(pickle.dumps({name: Attack()}))
    (folder / "text.npz").write_text("words")
    return [
        (["gone.pth", "-o", "o.npz"], r"or a file. Received: 'gone.pth'"),
        (["text.npz", "-o", "o.npz"], "text.npz is none of them: it begins with b'words'"),
        (["cut.npz", "-o", "o.npz"], "its zip archive is broken or cut off"),
        (["hostile.pth", "-o", "o.npz"], "its pickle names 'builtins.exec', which is no array"),
        (["missing.pth", "-o", "o.npz"], f"missing.pth lacks the tensor '{name}'"),
        (["large.npz", "-o", "o.npz", "--dtype", "float16"], f"'{name}' holds 1e.05, too large"),
        (["in.npz", "-o", "o.pth"], "Expected weights to write as .npz or .weights.h5, or"),
        (["in.npz", "-o", "o.weights.h5", "--dtype", "float16"], "float16 is for .npz alone"),
        (["in.npz", "-o", "no/o.npz"], "The folder no for o.npz does not exist"),
        (["in.npz"], "Missing option '-o'"),
    ]


def test_bad_input_is_one_line_exit_code_2_and_no_file(arrays, tmp_path, capsys):
    cases = bad_inputs(arrays, tmp_path)
    before = set(tmp_path.iterdir())
    for arguments, message in cases:
        assert main(["convert", "log_mel_cnn", *arguments]) == 2
        said = capsys.readouterr().err
        assert re.search(message, said), said
        assert said.count("\n") == 1
    assert main(["convert", "log_mel_cn", "in.npz", "-o", "o.npz"]) == 2
    assert "Did you mean log_mel_cnn" in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before
