"""`sounddream convert wavenet`: what a checkpoint tells, and what its user has to."""

import json

import numpy as np
import pytest
from applications.test_wavenet_weights import KINDS, ORIGINALS, SMALL
from convert.writers import write_checkpoint, write_npz

from keras_sounddream import applications
from keras_sounddream.applications.registry import read_model
from keras_sounddream.cli.main import main

PARAMS = {  # as the original keeps them
    "filter_width": 2,
    "sample_rate": 8000,
    "dilations": [1, 2, 4],
    "residual_channels": 6,
    "dilation_channels": 6,
    "quantization_channels": 16,
    "skip_channels": 7,
    "use_biases": True,
    "scalar_input": False,
    "initial_filter_width": 4,
}
LABELS = ["--condition", "genre=metal,rock,rap"]
COMMAND = ["convert", "wavenet", "model.ckpt-15000", "-o", "out.keras"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Tests run in a folder with a checkpoint and its settings."""
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "model.ckpt-15000.index", ORIGINALS["conditioned"])
    (tmp_path / "wavenet_params.json").write_text(json.dumps(PARAMS))
    return tmp_path


def test_a_checkpoint_and_its_params_become_a_model(folder):
    assert main([*COMMAND, *LABELS, "--params", "wavenet_params.json"]) == 0
    made = read_model("out.keras")
    settings = {**SMALL, **KINDS["conditioned"], "sample_rate": 8000}
    wanted = applications.WaveNet(**settings, weights="model.ckpt-15000")
    assert made.plan == wanted.plan
    for ours, theirs in zip(made.weights, wanted.weights, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_tell_all_but_dilations_rate_and_labels(kind, folder):
    write_npz(folder / "w.npz", ORIGINALS[kind])
    given = [*(LABELS if kind == "conditioned" else []), "--dilations", "1,2,4"]
    given += ["--sample-rate", "8000", "--force"]
    assert main(["convert", "wavenet", "w.npz", "-o", "out.keras", *given]) == 0
    defaults = {} if KINDS[kind].get("scalar_input") else {"initial_filter_width": 32}
    wanted = applications.WaveNet(**{**SMALL, **KINDS[kind], "sample_rate": 8000, **defaults})
    assert read_model("out.keras").plan == wanted.plan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (LABELS, "of 3 layers. Expected as many dilations, by --params or --dilations. Received"),
        (["--dilations", "1,2,four"], "--dilations such as 1,2,4,8. Received: 1,2,four"),
        (["--dilations", "1,2,4"], "of 3 labels: give --condition NAME=LABEL,LABEL,…. Received: n"),
        (["--dilations", "1,2,4", "--condition", "genre=a,b"], "of 3 labels: give --condition"),
        (["--condition", "metal"], "Expected --condition NAME=LABEL,LABEL,…, each name once"),
        (["--params", "gone.json"], "Cannot read gone.json as JSON"),
        (["--params", "list.json"], "Expected an object of settings in list.json. Received: [1]"),
        (["--params", "odd.json"], "odd.json holds 'filters', which is no setting of WaveNet"),
        ([*LABELS, "--params", "wide.json"], "filter' of model.ckpt-15000 has shape"),
        ([*LABELS, "--dilations", "1,2,0"], "`dilations[2]` must be an int of at least 1"),
    ],
)
def test_what_does_not_fit_is_a_line(arguments, message, folder, capsys):
    for name, content in (
        ("list.json", [1]),
        ("odd.json", {"filters": 3}),
        ("wide.json", {**PARAMS, "filter_width": 3}),
    ):
        (folder / name).write_text(json.dumps(content))
    assert main([*COMMAND, *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (folder / "out.keras").exists()


def test_other_models_have_no_such_settings(folder, capsys):
    write_npz(folder / "w.npz", {})
    assert main(["convert", "yamnet", "w.npz", "-o", "out.npz", "--sample-rate", "8000"]) == 2
    assert (
        "--sample-rate is for wavenet alone. Leave it out. Received: YAMNet"
        in capsys.readouterr().err
    )
